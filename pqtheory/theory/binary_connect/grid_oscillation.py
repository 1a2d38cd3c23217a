r"""How weights oscillate between two levels: how often each is taken, for how long, and what momentum does to it.

Straight-through in one dimension on a (x - w)^2 / 2 with a constant step size, between the neighbouring levels low < w <
high, f = (w - low) / (high - low), m = min(f, 1 - f): in the band of ``flip-law``, the rarer level is taken a share m of the
time, N times in T steps with |N - T m| < 1, one step at a time; the other for n steps in a row, |n - (1 - m) / m| < 1.

With heavy-ball momentum mu, v' = mu v + a (q - w) and theta' = theta - eta v', y = theta - eta mu v / (1 - mu) moves as theta
does without it, y' = y - eta a (q - w) / (1 - mu), and is never farther from theta than c = eta mu a (high - low) / (1 - mu)^2.
With two levels y therefore keeps to a band of width 2 c + eta a (high - low) / (1 - mu), and

    |N - T m| <= (1 + mu) / (1 - mu).

Each change has one end at the rarer level: F <= 2 T m + const. Momentum leaves the shares as they are, and can only lower
the changes, which are as many as the shares allow without it. Few changes alone are no sign of rest.
"""

import itertools
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    between,
    forall,
    invariant,
    negated,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.claims.kinds import Kind
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.flip_law.band import in_band, taken
from pqtheory.theory.binary_connect.flip_law.law import (
    RARE,
    RUNS,
    counts,
    following,
    is_high,
    is_rare,
    known,
)
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import reals

LINE_NAMES = ("a", "eta", "low", "high", "w")
BELOW_ONE = between(0, 1, open_high=True)
SHARE = "share of the higher level, f = 1/3, momentum 0, 1/2 and 9/10, to 2 digits"
FEWER = "level changes per step are fewer with momentum 9/10"


def rarer(case: dict[str, Any]) -> Any:
    """The share m, times the gap."""
    gap, side = case["high"] - case["low"], case["side"]
    return (1 - side) / 2 * gap + side * (case["w"] - case["low"])


def _levels(start: Fraction, f: Fraction, unit: Fraction, mu: Fraction) -> list[int]:
    """1 where the higher of the levels 0 and 1 is taken, in 12 exact steps."""
    theta, v, levels = start, Fraction(0), []
    for _ in range(12):
        levels.append(int(np.asarray(taken(theta, 0, 1)).item()))
        v = mu * v + (levels[-1] - f)
        theta -= unit * v
    return levels


def _run_slack(start: Fraction, f: Fraction, unit: Fraction, mu: Fraction) -> Any:
    """What the bounds leave; None for a start outside the bands."""
    m = min(f, 1 - f)
    if m <= 0 or unit <= 0 or not 0 <= mu < 1 or not in_band(start, 1, unit, 0, 1, f):
        return None
    levels, most = _levels(start, f, unit, mu), (1 + mu) / (1 - mu)
    rare = [q if 2 * f <= 1 else 1 - q for q in levels]
    slack = [most - abs(sum(rare[:T]) - T * m) for T in range(13)]
    if mu == 0:
        places = [t for t, is_it in enumerate(rare) if is_it]
        slack += [1 - abs(b - a - 1 - (1 - m) / m) for a, b in itertools.pairwise(places)]
    return min(slack)


DOMAINS = {"start": Fractions(-2, 2), "f": Fractions(0, 1), "unit": Fractions(0, 3)}
#: runs, where no solver is at hand
PLAIN = Cases(partial(_run_slack, mu=Fraction(0)), DOMAINS, quick=50)
HEAVY_RUNS = Cases(_run_slack, {**DOMAINS, "mu": Fractions(0, 1)}, quick=50)


# without momentum


@forall(
    theta=real,
    flips=real,
    rare=real,
    steps=nonnegative,
    start=real,
    **RARE,
    cases=RUNS,
    given=lambda start, a, eta, low, high, w, side: [
        *known(low, high, w, side),
        in_band(start, a, eta, low, high, w),
    ],
    by=lambda **case: [counts.at(**case)],
)
def occupation(rare: Any, steps: Any, **case: Any) -> Any:
    """The rarer level is taken N times in T steps, |N - T m| < 1."""
    gap = case["high"] - case["low"]
    return abs(rare * gap - steps * rarer(case)) < gap


@invariant(
    state="theta n",
    fixed={**RARE, "first": real},
    begins=lambda first: {"theta": first, "n": 0},
    becomes=lambda theta, n, a, eta, low, high, w, side: {
        "theta": following(theta, a, eta, low, high, w),
        "n": n + 1,
    },
    given=lambda low, high, w, side: known(low, high, w, side),
    step=lambda theta, low, high, side: [is_rare(theta, low, high, side) == 0],
)
def holds_on(theta: Any, n: Any, first: Any, eta: Any, a: Any, side: Any, **case: Any) -> Any:
    """While the other level is taken theta moves by eta a m (high - low) a step, back to the rarer one."""
    return theta == first + side * n * eta * a * rarer({**case, "side": side})


def dwells(within: Any = 1, count: Kind = positive) -> ForAll:
    """The other level is taken n times in a row, |n - (1 - m) / m| < ``within``."""

    @forall(
        theta=real,
        last=real,
        end=real,
        n=count,
        **RARE,
        cases=PLAIN,
        given=lambda theta, last, end, a, eta, low, high, w, side: [
            *known(low, high, w, side),
            in_band(theta, a, eta, low, high, w),
            # the rarer level at theta, then the other until ``last``, and the rarer one again at ``end``
            is_rare(theta, low, high, side) == 1,
            is_rare(last, low, high, side) == 0,
            is_rare(end, low, high, side) == 1,
        ],
        by=lambda theta, last, end, n, **case: [
            holds_on.at(
                theta=place,
                n=count,
                first=following(theta, *(case[k] for k in LINE_NAMES)),
                **case,
            )
            for place, count in ((last, n - 1), (end, n))
        ],
    )
    def in_a_row(n: Any, **case: Any) -> Any:
        gap, m = case["high"] - case["low"], rarer(case)
        return abs(n * m - (gap - m)) < within * m

    return in_a_row


# with momentum

HEAVY: dict[str, Any] = {**RARE, "mu": BELOW_ONE}


def pushed(theta: Any, v: Any, case: dict[str, Any]) -> dict[str, Any]:
    """One step of heavy ball."""
    a, eta, low, high, w = (case[name] for name in LINE_NAMES)
    after = case["mu"] * v + a * (taken(theta, low, high) - w)
    latent = BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(after)).latent
    return {"v": after, "theta": latent}


#: y is (1 - mu) theta - eta mu v here, (1 - mu) times that of the formula
PLACES: dict[str, Any] = {**HEAVY, **reals("theta", "v")}


def shifted(theta: Any, v: Any, case: dict[str, Any]) -> Any:
    """The number y."""
    return (1 - case["mu"]) * theta - case["eta"] * case["mu"] * v


def sides(case: dict[str, Any]) -> tuple[Any, Any]:
    """Eta a (high - w) and eta a (w - low): what y falls or rises by."""
    unit = case["eta"] * case["a"]
    return unit * (case["high"] - case["w"]), unit * (case["w"] - case["low"])


def slow(v: Any, case: dict[str, Any]) -> Any:
    """Whether v is within what it may become."""
    room, (fall, rise) = 1 - case["mu"], sides(case)
    return (room * case["eta"] * v <= fall) & (room * case["eta"] * v >= -rise)


def where(v: dict[str, Any]) -> list[Any]:
    """What is known of w, and that v is slow."""
    return [*known(v["low"], v["high"], v["w"], v["side"]), slow(v["v"], v)]


@forall(**PLACES, given=lambda **case: where(case))
def stays_slow(theta: Any, v: Any, **case: Any) -> Any:
    """The momentum stays bounded, and y moves as theta would without it."""
    after = pushed(theta, v, case)
    fall, rise = sides(case)
    y, y_next = shifted(theta, v, case), shifted(after["theta"], after["v"], case)
    high = taken(theta, case["low"], case["high"]) == case["high"]
    return slow(after["v"], case) & (
        (high & (y_next == y - fall)) | (negated(high) & (y_next == y + rise))
    )


@forall(
    **PLACES,
    c=nonnegative,
    given=lambda c, **case: [*where(case), *is_width(c, case)],
)
def is_near(theta: Any, v: Any, c: Any, **case: Any) -> Any:
    """Y and theta are c apart at most."""
    return abs(shifted(theta, v, case) - (1 - case["mu"]) * theta) <= c


def is_width(c: Any, case: dict[str, Any]) -> list[Any]:
    """The width c = mu eta a (high - low) / (1 - mu)."""
    return [c * (1 - case["mu"]) == case["mu"] * sum(sides(case))]


def in_wide_band(y: Any, c: Any, middle: Any, fall: Any, rise: Any) -> Any:
    """Whether y is in its band."""
    return (middle - c - fall <= y) & (y <= middle + c + rise)


@forall(
    **reals("y", "after", "place", "middle"),
    c=nonnegative,
    fall=positive,
    rise=positive,
    given=lambda y, after, place, middle, c, fall, rise: [
        abs(y - place) <= c,
        ((place >= middle) & (after == y - fall)) | ((place < middle) & (after == y + rise)),
        in_wide_band(y, c, middle, fall, rise),
    ],
)
def returns(after: Any, middle: Any, c: Any, fall: Any, rise: Any) -> Any:
    """What falls from above and rises from below, up to c, keeps to its band."""
    return in_wide_band(after, c, middle, fall, rise)


def band(theta: Any, v: Any, c: Any, case: dict[str, Any]) -> Any:
    """Whether y is in its band."""
    middle = (1 - case["mu"]) * (case["low"] + case["high"]) / 2
    return in_wide_band(shifted(theta, v, case), c, middle, *sides(case))


def of_y(theta: Any, v: Any, c: Any, case: dict[str, Any]) -> list[Any]:
    """The lemmas on one step."""
    after, room = pushed(theta, v, case), 1 - case["mu"]
    fall, rise = sides(case)
    return [
        stays_slow.at(theta=theta, v=v, **case),
        is_near.at(theta=theta, v=v, c=c, **case),
        returns.at(
            y=shifted(theta, v, case),
            after=shifted(after["theta"], after["v"], case),
            place=room * theta,
            middle=room * (case["low"] + case["high"]) / 2,
            c=c,
            fall=fall,
            rise=rise,
        ),
        *([at_the_middle.at(theta=theta, **case)]),
    ]


@forall(theta=real, **HEAVY, given=lambda low, high: [low < high])
def at_the_middle(theta: Any, low: Any, high: Any, mu: Any) -> Any:
    """High is taken from the middle on, read at (1 - mu) theta."""
    above = (1 - mu) * theta >= (1 - mu) * (low + high) / 2
    q = taken(theta, low, high)
    return (above & (q == high)) | (negated(above) & (q == low))


def is_kept(wide: bool = True) -> ForAll:
    """The band of y, of width 2 c more than without momentum, is kept; or that without."""

    @forall(
        **PLACES,
        c=nonnegative,
        given=lambda theta, v, c, **case: [
            *where({**case, "v": v}),
            *(is_width(c, case) if wide else [c == 0]),
            band(theta, v, c, case),
        ],
        by=lambda theta, v, c, **case: of_y(theta, v, c, case),
    )
    def kept(theta: Any, v: Any, c: Any, **case: Any) -> Any:
        after = pushed(theta, v, case)
        return band(after["theta"], after["v"], c, case)

    return kept


KEPT = is_kept()


@forall(
    **PLACES,
    given=lambda **case: where(case),
    by=lambda theta, v, **case: [
        stays_slow.at(theta=theta, v=v, **case),
        at_the_middle.at(theta=theta, **case),
    ],
)
def turns(theta: Any, v: Any, **case: Any) -> Any:
    """One step of the telescope, and what a change costs: one end at the rarer level."""
    after = pushed(theta, v, case)
    low, high, side = case["low"], case["high"], case["side"]
    now, then = is_rare(theta, low, high, side), is_rare(after["theta"], low, high, side)
    moved = shifted(theta, v, case) - shifted(after["theta"], after["v"], case)
    told = case["eta"] * case["a"] * (now * (high - low) - rarer(case)) == side * moved
    return told & (changes(theta, after["theta"], case) <= now + then)


def changes(theta: Any, after: Any, case: dict[str, Any]) -> Any:
    """1 where the level changes."""
    return abs(
        is_high(after, case["low"], case["high"]) - is_high(theta, case["low"], case["high"])
    )


@invariant(
    state="theta v flips rare steps",
    fixed={**HEAVY, "c": nonnegative, "start": real, "v0": real},
    given=lambda start, v0, c, **case: [
        *where({**case, "v": v0}),
        *is_width(c, case),
        band(start, v0, c, case),
    ],
    begins=lambda start, v0: {"theta": start, "v": v0, "flips": 0, "rare": 0, "steps": 0},
    becomes=lambda theta, v, flips, rare, steps, start, v0, c, **case: {
        **pushed(theta, v, case),
        "flips": flips + changes(theta, pushed(theta, v, case)["theta"], case),
        "rare": rare + is_rare(theta, case["low"], case["high"], case["side"]),
        "steps": steps + 1,
    },
    by=lambda theta, v, c, **case: [
        lemma.at(theta=theta, v=v, **extra, **{n: case[n] for n in HEAVY})
        for lemma, extra in ((KEPT, {"c": c}), (stays_slow, {}), (turns, {}))
    ],
)
def heavy_ball(
    theta: Any,
    v: Any,
    flips: Any,
    rare: Any,
    steps: Any,
    start: Any,
    v0: Any,
    c: Any,
    **case: Any,
) -> Any:
    """The bands are kept, N - T m telescopes to y_0 - y_T, and F <= 2 N up to its end."""
    low, high, side = case["low"], case["high"], case["side"]
    moved = side * (shifted(start, v0, case) - shifted(theta, v, case))
    told = case["eta"] * case["a"] * (rare * (high - low) - steps * rarer(case)) == moved
    counted = flips <= 2 * rare + is_rare(theta, low, high, side)
    return slow(v, case) & band(theta, v, c, case) & told & counted


@forall(
    **PLACES,
    **reals("flips", "rare", "start", "v0"),
    c=nonnegative,
    steps=nonnegative,
    given=lambda start, v0, c, **case: [
        *where({**case, "v": v0}),
        *is_width(c, case),
        band(start, v0, c, case),
    ],
    by=lambda **case: [
        heavy_ball.at(**case),
        at_the_middle.at(theta=case["theta"], **{n: case[n] for n in HEAVY}),
    ],
)
def with_momentum(flips: Any, rare: Any, steps: Any, mu: Any, **case: Any) -> Any:
    """|N - T m| <= (1 + mu) / (1 - mu), and F <= 2 T m + 2 (1 + mu) / (1 - mu) + 1."""
    gap, m, most = case["high"] - case["low"], rarer(case), (1 + mu) / (1 - mu)
    share = abs(rare * gap - steps * m) <= most * gap
    return share & (flips * gap <= 2 * steps * m + (2 * most + 1) * gap)


def _run(mu: float, steps: int) -> tuple[float, float]:
    """(share of the higher level, changes per step) on two levels, f = 1/3, by the method itself."""
    method, w, v = BinaryConnect(0.5), -1 / 3, np.zeros(1)
    state, taken_levels = method.init(np.zeros(1)), []
    for _ in range(steps):
        q = method.query(state)
        taken_levels.append(q[0])
        v = mu * v + (q - w)
        state = method.step(state, v)
    levels = np.array(taken_levels)
    return float((levels > 0).mean()), float((np.diff(levels) != 0).mean())


def _with_momentum(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    runs = [_run(mu, budget.pick(6000, 60_000)) for mu in (0.0, 0.5, 0.9)]
    measured = {SHARE: [round(share, 2) for share, _ in runs], FEWER: runs[2][1] < runs[0][1]}
    return measured, {SHARE: [0.33] * 3, FEWER: True}


CLAIM = Claim(
    name="grid-oscillation",
    source="Nagel et al., ICML 2022 (arXiv 2203.11086); derived here",
    statement=(
        "Straight-through in one dimension on a (x - w)^2 / 2, a > 0, constant eta > 0, low < w < high neighbouring levels, "
        "f = (w - low) / (high - low), m = min(f, 1 - f), in the band of flip-law: of any T steps N take the rarer level, |N "
        "- T m| < 1, one step at a time, and between two of them the other level is taken n times, |n - (1 - m) / m| < 1. "
        "With two levels and heavy-ball momentum 0 <= mu < 1, from starts with y_0 and v_0 in their bands, such as the middle "
        "with v_0 = 0: |N - T m| <= (1 + mu) / (1 - mu), so that the shares are the same, and there are no more than 2 T m + 2 "
        "(1 + mu) / (1 - mu) + 1 changes in T steps."
    ),
    formula=(
        "|N - T m| < 1,  |n - (1 - m) / m| < 1,  m = min(f, 1 - f), f in (0, 1);  with momentum mu in [0, 1):  |N - T m| <= (1 "
        "+ mu) / (1 - mu),  F <= 2 T m + 2 (1 + mu) / (1 - mu) + 1"
    ),
    formula_latex=(
        r"|N - T m| < 1,\quad \Bigl| n - \frac{1 - m}{m} \Bigr| < 1,\qquad m = \min(f, 1 - f);\qquad"
        r" \text{momentum } \mu \in [0, 1):\ |N - T m| \le \frac{1 + \mu}{1 - \mu},\quad"
        r" F \le 2 T m + 2\,\frac{1 + \mu}{1 - \mu} + 1"
    ),
    derivation_latex=(
        r"$N - T m$ is $\pm (\theta_0 - \theta_T) / (\eta a\,(\mathrm{high} - \mathrm{low}))$, and the band is one"
        r" $\eta a\,(\mathrm{high} - \mathrm{low})$ wide. While the other level is taken $\theta$ moves by $m$ of that a step."
        r" With momentum $y = \theta - \eta \mu v / (1 - \mu)$ has $y' = y - \eta a (q - w) / (1 - \mu)$ and is at most"
        r" $c = \eta \mu a\,(\mathrm{high} - \mathrm{low}) / (1 - \mu)^2$ from $\theta$: it keeps to a band that is $2 c$"
        r" wider. Each change has one end at the rarer level."
    ),
    parts=(
        Part("occupation", "how often the rarer level is taken", occupation),
        Part("dwell times", "for how long the other one is taken", dwells()),
        Part(
            "momentum",
            "the shares are the same, and the changes no more",
            all_of(is_kept(), with_momentum, figures=_with_momentum, cases=(HEAVY_RUNS,)),
        ),
    ),
    controls=(
        Control("half a step", "|n - (1 - m) / m| < 1/2", dwells(Fraction(1, 2), one_of(1, 2, 3))),
        Control("narrow band", "with momentum y keeps to the band without", is_kept(wide=False)),
    ),
    headline=SHARE,
    uses=("flip-law",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
    ),
)
