r"""PARQ's regularizer: a bump between neighbouring levels, R(x) = sum_j (x_j - a)(b - x_j) / 2 for a <= x_j <= b.

It is 0 on the levels, largest halfway between them, and infinite outside the outermost two. For w < 1

    prox_{wR}(t) = c + (t - c) / (1 - w), held between a and b,    c = (a + b) / 2 the midpoint,

so with p the level nearest to t, h = (b - a) / 2 and d = |t - p| the distance becomes max((d - w h) / (1 - w), 0): the
piecewise-linear map of slope 1 / (1 - w) that PARQ steepens, with w = 1 - s for its inverse slope s. From w = 1 on it
is the projection. Outside the outermost levels it is the projection for every w.

J(x) = (x - t)^2 / 2 + w R(x) has the curvature 1 - w between two levels, so one minimiser there for w < 1, and its
minimum at one of them for w >= 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, final

from pqtheory._arrays import (
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    keep_nan,
    namespace,
    number_like,
)
from pqtheory._elementwise import elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets.base import nearest
from pqtheory.sets.finite import Cells, FiniteSet, require_levels, step_function


@final
@dataclass(frozen=True)
class Bump(LevelRegularizer):
    """Between neighbouring levels a and b the parabola (x - a)(b - x) / 2, infinite outside the outermost levels.

    Infinite times 0 counts as infinite, so at weight 0 the prox is the projection onto the interval of the levels.

    Parameters
    ----------
    set : FiniteSet
        A set with fixed levels.

    Raises
    ------
    TypeError
        If ``set`` has no fixed levels.

    References
    ----------
    Jin et al., PARQ, arXiv 2503.15748, whose map with the slope 1 / s is the prox at the weight 1 - s.
    """

    set: FiniteSet

    def __post_init__(self) -> None:
        require_levels(self.set, "Bump")

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): c - x twice; at a level from the slope on its left to that on its right.

        At the first and the last level one of these is infinite. Outside of them, where R is infinite too, the empty
        interval (inf, -inf).

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, array = as_array(theta)
        cells = self.set.cells(array)
        infinity = float("inf")

        def bound(xp: Namespace, t: Array, side: int) -> Array:
            low, high = _ends(xp, t, cells)
            slope = (low + high) / 2 - t
            out = (t < cells.levels[0]) | (t > cells.levels[-1])
            # at a level ``_ends`` gives the gap above it; the slope below it is minus half the gap there
            below = -step_function(xp, t, cells.levels, (0, infinity, *cells.half_gaps))
            above = step_function(xp, t, cells.levels, (0, *cells.half_gaps, infinity))
            at_level = t == self.set.nearest(xp, t, cells)
            slope = xp.where(at_level, below if side < 0 else above, slope)
            return keep_nan(xp, xp.where(out, constant_like(xp, -side * infinity, t), slope), t)

        low, high = elementwise(bound, array, -1), elementwise(bound, array, 1)
        return as_given(low, theta), as_given(high, theta)

    def _values(self, theta: Array) -> Array:
        cells = self.set.cells(theta)

        def bump(xp: Namespace, t: Array) -> Array:
            low, high = _ends(xp, t, cells)
            within = (t >= cells.levels[0]) & (t <= cells.levels[-1])
            value = (t - low) * (high - t) / 2
            return keep_nan(xp, xp.where(within, value, constant_like(xp, float("inf"), t)), t)

        return elementwise(bump, theta)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == float("inf"):
            return self.set.map(nearest, theta, out=out)
        cells = self.set.cells(theta)
        steep = weight < 1
        # where the weight is 1 or more its line is evaluated all the same, and any divisor but 0 will do
        if isinstance(steep, bool):
            divisor = 1 - weight if steep else 1
        else:
            divisor = namespace(theta).where(steep, 1 - weight, number_like(1, theta))

        def toward(xp: Namespace, t: Array, w: Any, steep: Any, divisor: Any) -> Array:
            p = self.set.nearest(xp, t, cells)
            h = self.set.half_gap(xp, t, cells)
            r = t - p
            zero = 0 * h
            d = xp.minimum(xp.maximum((xp.abs(r) - w * h) / divisor, zero), h)
            d = xp.where((h > 0) & steep, d, zero)
            return keep_nan(xp, xp.where(r >= 0, p + d, p - d), t)

        return elementwise(toward, theta, weight, steep, divisor, out=out)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Any:
        if not levels[0] <= x <= levels[-1]:
            return float("inf")
        return max((x - a) * (b - x) / 2 for a, b in pairwise((*levels, levels[-1])))

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        yield from levels
        for a, b in pairwise(levels):
            if weight < 1:
                yield min(max((theta - weight * (a + b) / 2) / (1 - weight), a), b)


def _ends(xp: Namespace, t: Array, cells: Cells) -> tuple[Array, Array]:
    """The levels around t; from the last level on, and below the first, those of the nearest gap."""
    levels = cells.levels if len(cells.levels) > 1 else cells.levels * 2
    inner = levels[1:-1]
    return step_function(xp, t, inner, levels[:-1]), step_function(xp, t, inner, levels[1:])
