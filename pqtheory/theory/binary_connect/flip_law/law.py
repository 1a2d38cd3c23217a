"""In the band: of f = (w - low) / (high - low) the rarer level takes the share min(f, 1 - f), never twice in a row."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, invariant, nonnegative, one_of, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.theory.binary_connect.flip_law.band import (
    LINE,
    between_levels,
    in_band,
    moved,
    taken,
)

HALF = Fraction(1, 2)
#: ``side`` is 1 where high is the rarer level, f <= 1/2, and -1 where low is
RARE: dict[str, Any] = {**LINE, "side": one_of(-1, 1)}


def known(low: Any, high: Any, w: Any, side: Any) -> list[Any]:
    """Where w is."""
    return [*between_levels(low, high, w), side * (2 * w - low - high) <= 0]


def following(theta: Any, a: Any, eta: Any, low: Any, high: Any, w: Any) -> Any:
    """The next latent weight, in the band."""
    return moved(theta, taken(theta, low, high), a, eta, w)


def is_high(theta: Any, low: Any, high: Any) -> Any:
    """1 where high is taken, else 0."""
    return (taken(theta, low, high) - low) / (high - low)


def is_rare(theta: Any, low: Any, high: Any, side: Any) -> Any:
    """1 where the rarer level is taken, else 0."""
    return (1 - side) / 2 + side * is_high(theta, low, high)


def on_its_side(theta: Any, low: Any, high: Any) -> Any:
    """High is taken from the middle on."""
    xp, theta = as_array(theta)
    return is_high(theta, low, high) == xp.where(theta >= (low + high) / 2, 1, 0)


@forall(
    theta=real,
    **RARE,
    given=lambda theta, a, eta, low, high, w, side: [
        *known(low, high, w, side),
        in_band(theta, a, eta, low, high, w),
    ],
)
def kept(theta: Any, a: Any, eta: Any, low: Any, high: Any, w: Any, side: Any) -> Any:
    """The band is kept, and the rarer level is not taken twice in a row."""
    after = following(theta, a, eta, low, high, w)
    now, then = (is_rare(t, low, high, side) for t in (theta, after))
    bits = ((now == 0) | (now == 1)) & ((then == 0) | (then == 1)) & (now + then <= 1)
    up = taken(theta, low, high) == low + is_high(theta, low, high) * (high - low)
    return in_band(after, a, eta, low, high, w) & bits & up


@invariant(
    state="theta flips rare steps",
    fixed={**RARE, "start": real},
    given=lambda start, a, eta, low, high, w, side: [
        *known(low, high, w, side),
        in_band(start, a, eta, low, high, w),
    ],
    begins=lambda start: {"theta": start, "flips": 0, "rare": 0, "steps": 0},
    becomes=lambda theta, flips, rare, steps, a, eta, low, high, w, side: {
        "theta": following(theta, a, eta, low, high, w),
        "flips": flips
        + abs(
            is_high(following(theta, a, eta, low, high, w), low, high) - is_high(theta, low, high)
        ),
        "rare": rare + is_rare(theta, low, high, side),
        "steps": steps + 1,
    },
    by=lambda theta, a, eta, low, high, w, side: [
        kept.at(theta=theta, a=a, eta=eta, low=low, high=high, w=w, side=side)
    ],
)
def counts(
    theta: Any,
    flips: Any,
    rare: Any,
    steps: Any,
    start: Any,
    a: Any,
    eta: Any,
    low: Any,
    high: Any,
    w: Any,
    side: Any,
) -> Any:
    """F = 2 N up to its ends, N the visits to the rarer level, and N - T min(f, 1 - f) telescopes."""
    share = (1 - side) / 2 * (high - low) + side * (w - low)  # min(f, 1 - f), times the gap
    telescoped = eta * a * (rare * (high - low) - steps * share) == side * (start - theta)
    ended = is_rare(theta, low, high, side) - is_rare(start, low, high, side)
    return in_band(theta, a, eta, low, high, w) & telescoped & (flips == 2 * rare + ended)


def discrepancy(case: dict[str, Any], flips: Any, steps: Any, share: Any = 1) -> Any:
    """|F - 2 T min(f, 1 - f)| < 2 max(f, 1 - f), times the gap."""
    gap, side = case["high"] - case["low"], case["side"]
    rarer = (1 - side) / 2 * gap + side * (case["w"] - case["low"])
    return abs(flips * gap - 2 * steps * rarer) < share * 2 * (gap - rarer)


def _slack(start: Fraction, f: Fraction, unit: Fraction) -> Any:
    """What the law leaves in up to 8 steps between the levels 0 and 1; None for a start outside the band."""
    if not 0 < f < 1 or unit <= 0 or not in_band(start, 1, unit, 0, 1, f):
        return None
    theta, flips, slack = start, 0, []
    for steps in range(1, 9):
        after = Fraction(np.asarray(following(theta, 1, unit, 0, 1, f)).item())
        flips += int((theta >= HALF) != (after >= HALF))
        theta = after
        slack.append(2 * max(f, 1 - f) - abs(flips - 2 * steps * min(f, 1 - f)))
    return min(slack)


#: runs, where no solver is at hand
RUNS = Cases(
    _slack, {"start": Fractions(-2, 2), "f": Fractions(0, 1), "unit": Fractions(0, 3)}, quick=50
)


@forall(
    theta=real,
    start=real,
    **RARE,
    given=lambda theta, start, a, eta, low, high, w, side: [
        *known(low, high, w, side),
        in_band(start, a, eta, low, high, w),
        in_band(theta, a, eta, low, high, w),
    ],
)
def ends_are_apart(**case: Any) -> Any:
    """2 side (theta_0 - theta_T) and the ends of the count together are below twice the share of the other level."""
    side, gap, unit = case["side"], case["high"] - case["low"], case["eta"] * case["a"]
    rarer = (1 - side) / 2 * gap + side * (case["w"] - case["low"])
    ended = is_rare(case["theta"], case["low"], case["high"], side) - is_rare(
        case["start"], case["low"], case["high"], side
    )
    return abs(2 * side * (case["start"] - case["theta"]) + ended * unit * gap) < 2 * unit * (
        gap - rarer
    )


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
    by=lambda **case: [counts.at(**case), ends_are_apart.at(**_ends(case))],
)
def law(flips: Any, steps: Any, **case: Any) -> Any:
    """However many steps there are, and whatever eta and a."""
    return discrepancy(case, flips, steps)


def _ends(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in ("theta", "start", *RARE)}


def at_once(share: Any = 1, rare: bool = True) -> ForAll:
    """The law for one step; with high or low as the ``rare`` level, or whichever."""

    @forall(
        theta=real,
        **RARE,
        given=lambda theta, a, eta, low, high, w, side: [
            *(known(low, high, w, side) if rare else between_levels(low, high, w)),
            in_band(theta, a, eta, low, high, w),
        ],
    )
    def holds(theta: Any, **case: Any) -> Any:
        low, high = case["low"], case["high"]
        after = following(theta, *(case[name] for name in LINE))
        flips = abs(is_high(after, low, high) - is_high(theta, low, high))
        return discrepancy(case, flips, 1, share)

    return holds
