r"""Bump between neighbouring levels a < b, infinite outside the hull: R(x) = (x - a)(b - x) / 2.

With p the level nearest to t, d = |t - p| and h half the gap, |x - p| of the prox of weight w is

    max(h - (h - d) / (1 - w), 0)  for w < 1,    and 0 for w >= 1, where the objective is concave between two levels:

inside a gap, the distance to the midpoint is stretched by 1 / (1 - w) and cut off at the levels. Outside the hull, the
prox is the outermost level.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, final

from pqtheory._arrays import (
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    infinite_where,
    keep_nan,
    namespace,
)
from pqtheory._elementwise import elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets.base import nearest
from pqtheory.sets.finite import FiniteSet, require_levels


@final
@dataclass(frozen=True)
class Bump(LevelRegularizer):
    """R(x) = (x - a)(b - x) / 2 between neighbouring levels a, b; 0 at levels, infinity outside the hull.

    Its prox at the weight 1 - s is the map of PARQ's code at the inverse slope s: the midpoint of the gap plus
    (t - midpoint) / s, cut off at the levels. From weight 1 on it is the projection; at weight 0 that onto the hull,
    as 0 times infinity counts as infinity. At weight 1 and a midpoint the whole gap minimises. A proof about
    the value has to assume that the point is in the hull: a term has no infinity.

    Raises
    ------
    TypeError
        If ``set`` has no fixed levels.

    References
    ----------
    Jin et al., PARQ, arXiv 2503.15748, and the code of torchao.prototype.parq.
    """

    latex: ClassVar[str] = (
        r"R(x) = \sum_j \tfrac12 (x_j - a)(b - x_j),\ a \le x_j \le b \text{ neighbours in } Q"
    )
    set: FiniteSet

    def __post_init__(self) -> None:
        require_levels(self.set, "Bump")

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): inside a gap the slope (a + b) / 2 - x twice, at a level those on both sides; infinite outside.

        At the outermost levels one end is infinite; outside the hull the interval is empty, (inf, -inf).

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, array = as_array(theta)
        cells = self.set.cells(array)
        levels, gaps = cells.levels, cells.half_gaps

        def bound(xp: Namespace, t: Array, side: int) -> Array:
            infinity = constant_like(xp, math.inf, t)
            p, h = self.set.nearest(xp, t, cells), self.set.half_gap(xp, t, cells)
            r = t - p
            # inside a gap: half the gap less the distance to the nearer level, rising to the left of the midpoint
            slope = xp.where(r >= 0, h - r, -h - r)
            at_level = r == 0
            for below, level, above in zip(
                (math.inf, *gaps), levels, (*gaps, math.inf), strict=True
            ):
                kink = constant_like(xp, above if side > 0 else -below, t)
                slope = xp.where(at_level & (p == level), kink, slope)
            outside = xp.where(t > levels[-1], True, t < levels[0])
            return keep_nan(xp, xp.where(outside, -side * infinity, slope), t)

        low, high = elementwise(bound, array, -1), elementwise(bound, array, 1)
        return as_given(low, theta), as_given(high, theta)

    def _values(self, theta: Array) -> Array:
        return self.set.map_with_gap(_bump, theta)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        below = weight < 1
        if isinstance(below, bool):
            if not below:
                return self.set.map(nearest, theta, out=out)
            return self.set.map_with_gap(_stretched, theta, 1 - weight, out=out)
        # where the weight is 1 or more the line is evaluated all the same, and any divisor but 0 will do
        divisor = namespace(theta).where(below, 1 - weight, 1)
        return self.set.map_with_gap(_stretched_below, theta, divisor, below, out=out)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Any:
        for a, b in itertools.pairwise(levels):
            if a <= x <= b:
                return (x - a) * (b - x) / 2
        return Fraction(0) if x in levels else math.inf

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        # the levels, and where the parabola of a gap is stationary in it; at weight 1 and a midpoint a line of them
        yield from levels
        for a, b in itertools.pairwise(levels):
            middle = (a + b) / 2
            if weight != 1 and a <= (x := middle + (theta - middle) / (1 - weight)) <= b:
                yield x


def _bump(xp: Namespace, t: Array, p: Array, h: Array) -> Array:
    d = xp.abs(t - p)
    return infinite_where(xp, (h == 0) & (d > 0), d * (2 * h - d) / 2, t)


def _stretched(xp: Namespace, t: Array, p: Array, h: Array, divisor: Any) -> Array:
    r = t - p
    # outside the hull h = 0, and the outermost level is left by nothing
    d = xp.minimum(xp.maximum(h - (h - xp.abs(r)) / divisor, 0 * h), h)
    return xp.where(r >= 0, p + d, p - d)


def _stretched_below(
    xp: Namespace, t: Array, p: Array, h: Array, divisor: Any, below: Any
) -> Array:
    return xp.where(below, _stretched(xp, t, p, h, divisor), keep_nan(xp, p, t))
