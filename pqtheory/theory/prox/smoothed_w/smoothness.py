r"""How close S is to W, that S' is its derivative, and the Lipschitz constant of S', for any codebook.

No more than one level or one midpoint lies between two numbers closer than 2 eps, and there S' = 0. Those farther apart
need |S'| <= 1 alone.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any

from pqtheory.claims import ForAll, every, forall, implies, negated, positive
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers import DistanceL1
from pqtheory.theory.prox.one_more_level import Seen
from pqtheory.theory.prox.smoothed_w.cells import (
    CODEBOOK,
    both_see,
    on_two_levels,
    one_side,
    sight,
)
from pqtheory.theory.prox.smoothed_w.own_gap import S, in_gap, smoothed

#: two numbers, and what they see
PAIR: dict[str, Any] = {**sight("x"), **sight("y")}


def W(level: Any, half: Any, x: Any) -> Any:
    """W(x)."""
    return DistanceL1(Seen(level, half)).value(x)


def slope(level: Any, half: Any, epsilon: Any, x: Any) -> Any:
    """S'(x)."""
    return smoothed(level, half, epsilon).gradient(x)


def within(share: Fraction = Fraction(1)) -> ForAll:
    """0 <= W - S <= share eps."""

    def close(epsilon: Any, x: Any, at_x: Any, half_x: Any) -> Any:
        error = W(at_x, half_x, x) - S(at_x, half_x, epsilon, x)
        return (error >= 0) & (error <= share * epsilon)

    def by(last: Any, epsilon: Any, x: Any, at_x: Any, half_x: Any) -> list[Instance]:
        return [both_see(last, epsilon, (x, at_x, half_x), (x, at_x, half_x))]

    return ForAll(close, {**CODEBOOK, **sight("x")}, by=by, cases=on_two_levels(close, "x"))


def _same_half(x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any, **_: Any) -> Any:
    return one_side(x, at_x, y, at_y) & (half_x == half_y)


def _around_level(x: Any, at_x: Any, y: Any, at_y: Any, **_: Any) -> Any:
    return (at_x == at_y) & negated((x >= at_x) == (y >= at_y))


def _upward(x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any, **_: Any) -> Any:
    same_gap = (half_x > 0) & (half_x == half_y) & (at_y == at_x + 2 * half_x)
    return same_gap & (x >= at_x) & (y < at_y)


def _downward(x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any, **_: Any) -> Any:
    same_gap = (half_x > 0) & (half_x == half_y) & (at_y == at_x - 2 * half_x)
    return same_gap & (x < at_x) & (y >= at_y)


def _apart(epsilon: Any, x: Any, y: Any, **_: Any) -> Any:
    return abs(x - y) >= 2 * epsilon


#: in the same half gap; a level, a midpoint, or more than that between them
RELATIONS = (_same_half, _around_level, _upward, _downward, _apart)


def _in_gaps(
    epsilon: Any, x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any
) -> list[Any]:
    own, other = (
        [half >= 0, *in_gap(half, epsilon, abs(z - level))]
        for z, level, half in ((x, at_x, half_x), (y, at_y, half_y))
    )
    return [*own, *other]


@forall(
    **CODEBOOK,
    **PAIR,
    by=lambda last, epsilon, x, at_x, half_x, y, at_y, half_y: [
        both_see(last, epsilon, (x, at_x, half_x), (y, at_y, half_y))
    ],
)
def are_related(last: Any, **case: Any) -> Any:
    """X and y are related in one of these ways."""
    return every(_in_gaps(**case)) & reduce(or_, (relation(**case) for relation in RELATIONS))


def _if_related(holds: Callable[..., Any], relation: Callable[..., Any]) -> ForAll:
    def given(**case: Any) -> list[Any]:
        return [*_in_gaps(**case), relation(**case)]

    return ForAll(holds, {"epsilon": positive, **PAIR}, given)


def of_any_two(holds: Callable[..., Any], shown: Callable[..., Any] | None = None) -> ForAll:
    """``holds`` of any two numbers, by what is ``shown``, the same unless it is given, of each relation."""
    lemmas = [_if_related(shown or holds, relation) for relation in RELATIONS]

    def by(last: Any, **case: Any) -> list[Instance]:
        return [are_related.at(last=last, **case), *(lemma.at(**case) for lemma in lemmas)]

    return ForAll(holds, {**CODEBOOK, **PAIR}, by=by, cases=on_two_levels(holds, "x", "y"))


def lipschitz(factor: Fraction = Fraction(1)) -> ForAll:
    """|S'(x) - S'(y)| <= factor |x - y| / eps."""

    def bounded(
        epsilon: Any, x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any
    ) -> Any:
        change = slope(at_x, half_x, epsilon, x) - slope(at_y, half_y, epsilon, y)
        return epsilon * abs(change) <= factor * abs(x - y)

    return of_any_two(bounded, None if factor == 1 else lipschitz().holds)


def is_derivative(
    epsilon: Any, x: Any, at_x: Any, half_x: Any, y: Any, at_y: Any, half_y: Any
) -> Any:
    """|S(y) - S(x) - S'(x) (y - x)| <= (y - x)^2 / (2 eps) where |x - y| <= eps."""
    rise = S(at_y, half_y, epsilon, y) - S(at_x, half_x, epsilon, x)
    off = rise - slope(at_x, half_x, epsilon, x) * (y - x)
    small = (2 * epsilon * off <= (x - y) ** 2) & (-2 * epsilon * off <= (x - y) ** 2)
    return implies([abs(x - y) <= epsilon], small)
