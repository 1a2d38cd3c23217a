"""No bound smaller than K holds of the runs of one step in ``first_run``: their ratio is (1 - 14 b) K at least.

    x^2 dist^2 >= 1 and (F_0 - F_*) K <= dist^2 + 14 b / x^2,

so for b small enough a bound smaller than K fails.
"""

from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, every, forall, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.claims.lemma import Instance
from pqtheory.theory.proxquant.nonsmooth_convergence import first_run
from pqtheory.theory.proxquant.nonsmooth_convergence.first_run import (
    NEAREST,
    RUN,
    falls,
    is_close,
    is_in_order,
    loss_of,
    lower_bound,
    numbers,
    objective,
)
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import Constant, distance, fall
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE

#: how near to K the simulated run comes
CLOSE = 1e-4


def gained(x: Any, b: Any) -> Any:
    """F_0 - F_*."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    return objective(own["p"], own["strength"], *turns) - lower_bound(**own)


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


def closeness(constant: Constant, x: Fraction) -> Any:
    """Slack of ``constant`` >= what the run reaches, and of no more than ``CLOSE`` between them."""
    above = constant(x) - first_run.first_step(x)
    return min(above, Fraction(CLOSE) * constant(x) - above)
