r"""L1 distance to the levels (on Binary: the W-shaped regularizer): R(x) = sum_j min_i |x_j - l_i|.

prox_{wR}(t) moves t toward its nearest level p by w, and no further than p:
p + sign(t - p) max(|t - p| - w, 0) = min(max(p, t - w), t + w).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, as_given, constant_like, keep_nan
from pqtheory._elementwise import InPlace, elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets.base import distance, nearest
from pqtheory.sets.finite import FiniteSet, require_levels


@final
@dataclass(frozen=True)
class DistanceL1(LevelRegularizer):
    """``sum_j distance(x_j)`` to a set with fixed levels.

    Raises
    ------
    TypeError
        If ``set`` has no fixed levels.

    References
    ----------
    ProxQuant, arXiv 1810.00861, section 4 (the W-shaped regularizer and its prox).
    """

    latex: ClassVar[str] = r"R(x) = \sum_j \min_{l \in Q} |x_j - l|"
    set: FiniteSet

    def __post_init__(self) -> None:
        require_levels(self.set, "DistanceL1")

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): (-1, 1) at levels and midpoints, else the slope twice.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, array = as_array(theta)
        cells = self.set.cells(array)

        def bound(xp: Namespace, t: Array, at_kink: int) -> Array:
            r = t - self.set.nearest(xp, t, cells)
            one = constant_like(xp, 1, t)
            slope = xp.where(r > 0, one, -one)
            kink = (r == 0) | self.set.at_tie(xp, t, cells)
            return keep_nan(xp, xp.where(kink, at_kink * one, slope), t)

        low, high = elementwise(bound, array, -1), elementwise(bound, array, 1)
        return as_given(low, theta), as_given(high, theta)

    def _values(self, theta: Array) -> Array:
        return self.set.map(distance, theta)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == math.inf:
            return self.set.map(nearest, theta, out=out)
        return self.set.map(_TOWARD, theta, weight, out=out)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        return min(abs(x - level) for level in levels)

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        # R is the least of the convex |x - l|: a minimiser of the whole is the minimiser for some level
        for level in levels:
            if theta > level:
                yield max(level, theta - weight)
            else:
                yield min(level, theta + weight)


def toward(xp: Namespace, t: Array, p: Array, w: Any) -> Array:
    """``t`` moved toward ``p`` by ``w`` and no further, as a kernel."""
    return xp.minimum(xp.maximum(p, t - w), t + w)


def write_toward(xp: Namespace, out: Array, t: Array, p: Array, w: Any) -> None:
    """``toward`` in half the memory: ``out``, which may be ``t`` but not ``p``, holds the upper bound t + w first."""
    if xp is np:
        # NumPy combines 0-d arrays faster than Python numbers
        w = np.asarray(w, dtype=t.dtype)
    low = t - w
    high = xp.add(t, w, out=out)
    if xp is np:
        np.maximum(p, low, out=low)
        np.minimum(low, high, out=out)
    else:
        xp.clamp(p, low, high, out=out)


_TOWARD = InPlace(toward, write_toward)
