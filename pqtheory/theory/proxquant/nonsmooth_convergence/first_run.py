r"""The run of one step whose ratio is (1 - 14 b) K at least, for every x and small b > 0, at beta = 1 in one dimension.

From p = -(1 + x) / (1 + 3x - 2x^2) with g = p / x, so that the prox has a tie, it lands at q = x lambda = 1 - b, where
e = -(1 + x)(1 + 2x - 2x^2) / (x (1 + 3x - 2x^2)). The loss is the bent one: it falls by ``fall``, and F further by
``rest`` at most, as past q it is its upper model, and before q it is higher.

    x^2 dist^2 >= 1 and (fall + rest) K <= dist^2 + 14 b / x^2,   0 < b <= x^2 / 32.

So a bound smaller than K fails for b small enough.
"""

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, between, every, forall, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.claims.forall import Instance
from pqtheory.theory.proxquant.nonsmooth_convergence import runs
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import Constant, W, distance, fall, rest
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after

#: b / x^2 at most
NEAREST = Fraction(1, 32)
#: how near to K the simulated run comes
CLOSE = 1e-4
RUN: dict[str, Any] = {"x": UP_TO_ONE, "b": positive}
#: slope g up to p, then the turns m and q, slope e at q
LOSS: dict[str, Any] = dict.fromkeys("gpmqe", real)


def is_close(x: Any, b: Any) -> list[Any]:
    """It lands near enough to the level."""
    return [b <= x * x * NEAREST]


def bends(g: Any, p: Any, m: Any, q: Any, e: Any) -> list[Any]:
    """The turns are in order, and the slope at q is e."""
    return [p < m, m < q, e == g + (m - p) - (q - m)]


def falling(g: Any, p: Any, m: Any, q: Any, e: Any) -> list[Any]:
    """Also the loss falls at each."""
    return [*bends(g, p, m, q, e), g <= 0, g + m - p <= 0, e <= 0]


def numbers(x: Any, b: Any) -> dict[str, Any]:
    """Those of the run."""
    share = 1 + 3 * x - 2 * x * x
    p = -(1 + x) / share
    e = -(1 + x) * (1 + 2 * x - 2 * x * x) / share / x
    g, q = p / x, 1 - b
    return {"g": g, "p": p, "m": runs.middle_of(g, p, q, e), "q": q, "e": e, "strength": q / x}


def loss_of(x: Any, b: Any) -> dict[str, Any]:
    """Those of its loss."""
    return {name: value for name, value in numbers(x, b).items() if name in LOSS}


def objective(t: Any, g: Any, p: Any, m: Any, q: Any, strength: Any) -> Any:
    """F(t)."""
    return runs.curve(t, g, p, m, q) + strength * W.value(t)


def lower_bound(g: Any, p: Any, m: Any, q: Any, e: Any, strength: Any) -> Any:
    """F(q) - rest, as F_*."""
    return objective(q, g, p, m, q, strength) - rest(q, e, strength)


@forall(y=real, z=real, g=real, p=real, m=real, q=real, given=lambda p, m, q: [p <= m, m <= q])
def is_smooth(y: Any, z: Any, g: Any, p: Any, m: Any, q: Any) -> Any:
    """The loss is 1-smooth."""
    turns = (g, p, m, q)
    off = runs.curve(z, *turns) - runs.curve(y, *turns) - runs.bent_slope(y, *turns) * (z - y)
    return abs(off) <= (z - y) ** 2 / 2


@forall(**RUN, given=is_close)
def is_a_run(x: Any, b: Any) -> Any:
    """The method's step leads from p to q, and the slopes there are g and e."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    g, e = (runs.bent_slope(own[point], *turns) for point in "pq")
    return (
        (after(W, own["p"], g, x, own["strength"]) == own["q"]) & (g == own["g"]) & (e == own["e"])
    )


@forall(**RUN, given=is_close)
def is_in_order(x: Any, b: Any) -> Any:
    """P < m < q < 1, the loss falls at each, and lambda W(q) <= rest."""
    own = numbers(x, b)
    q, strength = own["q"], own["strength"]
    less = strength * W.value(q) <= rest(q, own["e"], strength)
    return every([*falling(**loss_of(x, b)), q > 0, q < 1, strength > 0, less])


# F at the start, and at least


@forall(**LOSS, given=bends)
def falls(g: Any, p: Any, m: Any, q: Any, e: Any) -> Any:
    """L(p) - L(q) = fall."""
    return runs.curve(p, g, p, m, q) - runs.curve(q, g, p, m, q) == fall(p, g, e, q)


@forall(**LOSS, t=real, given=lambda t, q, **loss: [*falling(q=q, **loss), t <= q])
def is_higher_before(g: Any, p: Any, m: Any, q: Any, t: Any) -> Any:
    """L(t) >= L(q) for t <= q."""
    return runs.curve(t, g, p, m, q) >= runs.curve(q, g, p, m, q)


def model(t: Any, q: Any, e: Any) -> Any:
    """What L(t) - L(q) is at most for t >= q."""
    return e * (t - q) + (t - q) ** 2 / 2


@forall(**LOSS, t=real, given=lambda t, q, **loss: [*bends(q=q, **loss), t >= q])
def is_its_model_past(g: Any, p: Any, m: Any, q: Any, e: Any, t: Any) -> Any:
    """L(t) = L(q) + e (t - q) + (t - q)^2 / 2 for t >= q."""
    return runs.curve(t, g, p, m, q) == runs.curve(q, g, p, m, q) + model(t, q, e)


@forall(
    q=between(0, 1, open_low=True, open_high=True),
    e=real,
    strength=positive,
    t=real,
    given=lambda q, t: [t >= q],
)
def is_no_less_past(q: Any, e: Any, strength: Any, t: Any) -> Any:
    """There the model of F is at least F(q) - rest."""
    return model(t, q, e) + (strength * W.value(t) - strength * W.value(q)) >= -rest(q, e, strength)


@forall(strength=positive, t=real)
def is_not_negative(strength: Any, t: Any) -> Any:
    """Lambda W(t) >= 0."""
    return strength * W.value(t) >= 0


@forall(
    **dict.fromkeys(("at_t", "at_q", "pull_t", "pull_q", "change", "rest"), real),
    given=lambda at_t, at_q, pull_t, pull_q, change, rest: [
        ((at_t >= at_q) & (pull_t >= 0) & (pull_q <= rest))
        | ((at_t == at_q + change) & (change + (pull_t - pull_q) >= -rest))
    ],
)
def adds_up(at_t: Any, at_q: Any, pull_t: Any, pull_q: Any, rest: Any) -> Any:
    """Whether before q or past it: L(t) + lambda W(t) is at least as said."""
    return at_t + pull_t >= at_q + pull_q - rest


def _before_or_past(t: Any, strength: Any, **loss: Any) -> list[Instance]:
    turns, q, e = [loss[name] for name in "gpmq"], loss["q"], loss["e"]
    parts = {
        "at_t": runs.curve(t, *turns),
        "at_q": runs.curve(q, *turns),
        "pull_t": strength * W.value(t),
        "pull_q": strength * W.value(q),
    }
    return [
        is_higher_before.at(t=t, **loss),
        is_its_model_past.at(t=t, **loss),
        is_no_less_past.at(q=q, e=e, strength=strength, t=t),
        is_not_negative.at(strength=strength, t=t),
        adds_up.at(**parts, change=model(t, q, e), rest=rest(q, e, strength)),
    ]


@forall(
    **LOSS,
    strength=positive,
    t=real,
    given=lambda t, strength, **loss: [
        *falling(**loss),
        loss["q"] > 0,
        loss["q"] < 1,
        strength * W.value(loss["q"]) <= rest(loss["q"], loss["e"], strength),
    ],
    by=_before_or_past,
)
def is_bounded_below(t: Any, strength: Any, **loss: Any) -> Any:
    """F(t) >= F(q) - rest."""
    turns = [loss[name] for name in "gpmq"]
    return objective(t, *turns, strength) >= lower_bound(**loss, strength=strength)


@forall(
    **RUN,
    t=real,
    given=is_close,
    by=lambda x, b, t: [is_in_order.at(x=x, b=b), is_bounded_below.at(t=t, **numbers(x, b))],
)
def has_a_lower_bound(x: Any, b: Any, t: Any) -> Any:
    """So is the F of the run."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    return objective(t, *turns, own["strength"]) >= lower_bound(**own)


# so no bound is smaller


def gained(x: Any, b: Any) -> Any:
    """F_0 - F_*."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    return objective(own["p"], *turns, own["strength"]) - lower_bound(**own)


def square(x: Any, b: Any) -> Any:
    """dist(0, dF(q))^2."""
    own = numbers(x, b)
    return distance(own["e"], own["q"], own["strength"]) ** 2


def closed(x: Any, b: Any) -> tuple[Any, Any]:
    """F_0 - F_* and dist, by the branches that the run is on: W(p) = 1 + p, W(q) = b, least at v > 1."""
    own = numbers(x, b)
    g, p, _, q, e, strength = own.values()
    v = q - e - strength
    drop = strength * (b - (v - 1)) - e * (v - q) - (v - q) * (v - q) / 2
    return fall(p, g, e, q) + strength * (1 + p - b) + drop, strength - e


@forall(
    **RUN, given=is_close, by=lambda x, b: [is_in_order.at(x=x, b=b), falls.at(**loss_of(x, b))]
)
def has_a_closed_form(x: Any, b: Any) -> Any:
    """F_0 - F_* and dist in closed form."""
    gain, dist = closed(x, b)
    return (gained(x, b) == gain) & (square(x, b) == dist * dist)


def is_small(x: Any, b: Any, bound: Any, K: Any) -> list[Any]:
    """Whether b is small enough to refute a bound < K."""
    return [*is_close(x, b), (bound >= K) | (28 * b * K <= K - bound)]


@forall(x=UP_TO_ONE, bound=real, K=positive)
def some_are_small(x: Any, bound: Any, K: Any) -> Any:
    """There is such a b."""
    xp, x = as_array(x)
    largest = x * x * NEAREST
    b = xp.where(bound < K, xp.minimum(largest, (K - bound) / (28 * K)), largest)
    return every([b > 0, *is_small(x, b, bound, K)])


@forall(
    x=positive,
    b=positive,
    gain=nonnegative,
    square=real,
    own_gain=real,
    own_square=real,
    K=positive,
    bound=real,
    given=lambda x, b, gain, square, own_gain, own_square, K, bound: [
        own_gain == gain,
        own_square == square,
        x * x * square >= 1,
        gain * K <= square + 14 * b / (x * x),
        own_square <= bound * own_gain,
        (bound >= K) | (28 * b * K <= K - bound),
    ],
)
def leaves_no_less(K: Any, bound: Any) -> Any:
    """A bound < K of what comes this close to K fails."""
    return bound >= K


def allows_no_less(constant: Constant) -> ForAll:
    """What bounds the runs of one step for every b is at least ``constant``."""

    @forall(x=UP_TO_ONE)
    def is_positive(x: Any) -> Any:
        return constant(x) > 0

    @forall(**RUN, given=is_close)
    def comes_close(x: Any, b: Any) -> Any:
        """x^2 dist^2 >= 1, and 0 <= (F_0 - F_*) K <= dist^2 + 14 b / x^2."""
        gain, dist = closed(x, b)
        close = gain * constant(x) <= dist * dist + 14 * b / (x * x)
        return (gain >= 0) & (x * x * (dist * dist) >= 1) & close

    def by(x: Any, b: Any, bound: Any) -> list[Instance]:
        gain, dist = closed(x, b)
        form = {"gain": gain, "square": dist * dist, "K": constant(x), "bound": bound}
        own = {"own_gain": gained(x, b), "own_square": square(x, b)}
        return [
            is_positive.at(x=x),
            has_a_closed_form.at(x=x, b=b),
            comes_close.at(x=x, b=b),
            leaves_no_less.at(x=x, b=b, **form, **own),
        ]

    @forall(
        **RUN,
        bound=real,
        given=lambda x, b, bound: [
            *is_small(x, b, bound, constant(x)),
            square(x, b) <= bound * gained(x, b),
        ],
        by=by,
        cases=Cases(partial(closeness, constant), {"x": Fractions(0, 1, open_low=True)}),
    )
    def no_less(x: Any, bound: Any) -> Any:
        return bound >= constant(x)

    return no_less


def first_step(x: Fraction) -> Fraction:
    """dist(0, dF(theta_1))^2 / (F_0 - F_*) of that run, simulated, with b = x^2 ``BEFORE``."""
    own = numbers(x, x * x * runs.BEFORE)
    g, p, q, e = (np.array([own[name]], dtype=object) for name in "gpqe")
    return runs.ratio(runs.bent(g, p, q, e), own["strength"], x, p, 1, runs.GRADIENT)


def closeness(constant: Constant, x: Fraction) -> Any:
    """Slack of ``constant`` >= what the run reaches, and of no more than ``CLOSE`` between them."""
    above = constant(x) - first_step(x)
    return min(above, Fraction(CLOSE) * constant(x) - above)
