r"""Piecewise affine and convex (PAR): kinks at the levels l_1 < ... < l_k, slopes s_0 <= ... <= s_k between them.

Its prox is flat at the levels and of slope 1 between them. With the upper end l_{i+1} of the i-th piece,

    prox_{wR}(t) = max_i min(t - w s_i, l_{i+1}),    l_{k+1} infinite:

at the level l_j for l_j + w s_{j-1} <= t <= l_j + w s_j, and t - w s_i between the levels of the piece i.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, final

import numpy as np

from pqtheory._arrays import (
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    exact_like,
    infinite_where,
    is_symbolic,
    is_torch,
    keep_nan,
    namespace,
    number_like,
)
from pqtheory._checks import check_number, store
from pqtheory._elementwise import elementwise
from pqtheory._messages import brief
from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.indicator import Indicator
from pqtheory.sets.base import nearest
from pqtheory.sets.finite import Cells, FiniteSet, require_levels


@final
@dataclass(frozen=True)
class PiecewiseAffine(Regularizer):
    """R convex and affine between neighbouring levels, 0 at the lowest of them.

    Unlike a distance it is 0 at one level (or between two) only, and pulls everything toward there; what it gathers at
    the other levels are the arguments of the flat pieces of its prox. An infinite weight is the projection, as for
    every regularizer here, and not the limit of large weights.

    Parameters
    ----------
    set : FiniteSet
        The k levels.
    slopes : sequence of k + 1 numbers, optional
        Below the first level, between each and the next, above the last: ascending, the first <= 0 and the last >= 0;
        both may be infinite, and then weight 0 projects onto that side of the hull too. By default those of the
        interpolation of x^2 / 2 at the levels, (l_i + l_{i+1}) / 2, infinite outside: ``Bump`` plus x^2 / 2.

    Raises
    ------
    TypeError, ValueError
        If ``set`` has no fixed levels, or the slopes are not so many, not ascending, or do not change sign.

    References
    ----------
    Jin et al., PARQ, arXiv 2503.15748 (there symmetric: levels 0, +-q_k and slopes +-a_k).
    """

    set: FiniteSet
    slopes: tuple[Any, ...] = ()

    separable = True

    def __init__(self, set: FiniteSet, slopes: Sequence[Any] | None = None) -> None:
        levels = require_levels(set, "PiecewiseAffine").level_values
        if slopes is None:
            between = [(a + b) / exact_like(2, a) for a, b in itertools.pairwise(levels)]
            slopes = (-math.inf, *between, math.inf)
        store(self, set=set, slopes=_checked(slopes, len(levels)))

    @property
    def quantized_by(self) -> FiniteSet:
        """The set."""
        return self.set

    def quantize(self, theta: Any) -> Array:
        """Nearest level."""
        return self.set.project(theta)

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): the slopes on both sides; the empty interval (inf, -inf) where R is infinite.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, array = as_array(theta)
        cells = self.set.cells(array)

        def bound(xp: Namespace, t: Array, side: int) -> Array:
            slopes = [constant_like(xp, s, t) for s in self.slopes]
            result = xp.zeros_like(t) + slopes[0]
            for level, slope in zip(cells.levels, slopes[1:], strict=True):
                result = xp.where(t > level if side < 0 else t >= level, slope, result)
            for outside, slope in (
                (t < cells.levels[0], self.slopes[0]),
                (t > cells.levels[-1], self.slopes[-1]),
            ):
                if _is_infinite(slope):
                    empty = constant_like(xp, -side * math.inf, t)
                    result = xp.where(outside, empty, result)
            return keep_nan(xp, result, t)

        low, high = elementwise(bound, array, -1), elementwise(bound, array, 1)
        return as_given(low, theta), as_given(high, theta)

    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """The one minimiser of a strictly convex objective, exactly; at an infinite weight the nearest levels.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is no finite number, or ``weight`` is negative or NaN.
        """
        t, w = check_number(theta, "theta", finite=True), check_number(weight, "weight", 0)
        if w == math.inf:
            return Indicator(self.set).prox_set(t, w)
        found = self.prox(Fraction(t), Fraction(w))
        return (found if isinstance(t, Fraction) else float(found),)

    def _values(self, theta: Array) -> Array:
        levels, heights = self._heights(theta)
        first, *_, last = self.slopes

        def value(xp: Namespace, t: Array) -> Array:
            lines = zip((levels[0], *levels), (heights[0], *heights), self.slopes, strict=True)
            pieces = [
                height + _rise(xp, t, level, slope)
                for level, height, slope in lines
                if not _is_infinite(slope)
            ]
            # of a single level between two infinite slopes no piece is left
            result = reduce(xp.maximum, pieces or [xp.zeros_like(t)])
            if _is_infinite(first):
                result = infinite_where(xp, t < levels[0], result, t)
            if _is_infinite(last):
                result = infinite_where(xp, t > levels[-1], result, t)
            return result if is_symbolic(t) else keep_nan(xp, result, t)

        return elementwise(value, theta)

    def _heights(self, theta: Array) -> tuple[Any, Any]:
        """The levels and R at each, as numbers or terms beside ``theta``."""
        if is_symbolic(theta):
            cells = self.set.cells(theta)
            levels: Any = cells.levels
            rises = self._rises(levels)
            lowest = reduce(namespace(theta).minimum, rises)
            return levels, [r - lowest for r in rises]
        exact = [Fraction(level) for level in self.set.cells(theta).levels]
        rises = self._rises(exact)
        lowest = min(rises)
        return (
            [number_like(level, theta) for level in exact],
            [number_like(r - lowest, theta) for r in rises],
        )

    def _rises(self, levels: Sequence[Any]) -> list[Any]:
        """R at each level above that at the first."""
        gaps = [b - a for a, b in itertools.pairwise(levels)]
        slopes = [s if is_symbolic(s) else Fraction(s) for s in self.slopes[1:-1]]
        steps = [slope * gap for slope, gap in zip(slopes, gaps, strict=True)]
        return list(itertools.accumulate(steps, initial=0 * levels[0]))

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == math.inf:
            return self.set.map(nearest, theta, out=out)
        cells = self.set.cells(theta)

        def prox(xp: Namespace, t: Array, w: Any) -> Array:
            return keep_nan(xp, self._flattened(xp, t, w, cells), t)

        return elementwise(prox, theta, weight, out=out)

    def _flattened(self, xp: Namespace, t: Array, w: Any, cells: Cells) -> Array:
        """max_i min(t - w s_i, l_{i+1})."""
        first, *others = self.slopes
        levels = [constant_like(xp, level, t) for level in cells.levels]
        if _is_infinite(first):
            result = xp.zeros_like(t) + levels[0]
        else:
            result = xp.minimum(t - w * number_like(first, t), levels[0])
        for slope, upper in itertools.zip_longest(others, levels[1:]):
            if _is_infinite(slope):
                continue
            moved = t - w * number_like(slope, t)
            result = xp.maximum(result, moved if upper is None else xp.minimum(moved, upper))
        return result


def _rise(xp: Namespace, t: Array, level: Any, slope: Any) -> Array:
    """Slope (t - level), 0 at an infinite t too where the slope is 0."""
    flat = not is_symbolic(slope) and slope == 0
    return xp.zeros_like(t) if flat else number_like(slope, t) * (t - level)


def _is_infinite(slope: Any) -> bool:
    return not is_symbolic(slope) and abs(slope) == math.inf


def _checked(slopes: Any, count: int) -> tuple[Any, ...]:
    if isinstance(slopes, np.ndarray) or is_torch(slopes):
        slopes = slopes.tolist()
    if not isinstance(slopes, Sequence) or isinstance(slopes, str) or len(slopes) != count + 1:
        raise ValueError(
            f"slopes: expected {count + 1} numbers, one more than levels, got {brief(slopes)}"
        )
    if any(map(is_symbolic, slopes)):
        # that they ascend and change sign is for the proof to assume
        return tuple(slopes)
    values = tuple(check_number(s, "slopes") for s in slopes)
    if any(a > b for a, b in itertools.pairwise(values)):
        raise ValueError(f"slopes: expected ascending numbers, got {brief(slopes)}")
    if values[0] > 0 or values[-1] < 0:
        raise ValueError(f"slopes: expected the first <= 0 <= the last, got {brief(slopes)}")
    if any(abs(s) == math.inf for s in values[1:-1]):
        raise ValueError(f"slopes: expected finite ones between levels, got {brief(slopes)}")
    return values
