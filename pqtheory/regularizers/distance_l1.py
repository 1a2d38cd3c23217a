r"""L1 distance to the levels (on Binary: the W-shaped regularizer): R(x) = sum_j min_i |x_j - l_i|.

prox_{wR}(t) moves t toward its nearest level p by w, and no further than p:
p + sign(t - p) max(|t - p| - w, 0) = min(max(p, t - w), t + w).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory._arrays import Array, Namespace, as_array, constant_like, keep_nan
from pqtheory._elementwise import Around, elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
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
        _, t = as_array(theta)
        cells = self.set.cells(t)

        def bound(xp: Namespace, t: Array, at_kink: int) -> Array:
            r = t - self.set.nearest(xp, t, cells)
            one = constant_like(xp, 1, t)
            slope = xp.where(r > 0, one, -one)
            kink = (r == 0) | self.set.at_tie(xp, t, cells)
            return keep_nan(xp, xp.where(kink, at_kink * one, slope), t)

        return elementwise(bound, theta, -1), elementwise(bound, theta, 1)

    def _values(self, theta: Array) -> Array:
        return self.set.distance(theta)

    def _prox(self, theta: Any, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == math.inf:
            return self.set.project(theta, out)
        return self.set.map(toward, theta, weight, out=out)

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


def toward(xp: Namespace, t: Array, p: Array, w: Any) -> Around:
    """``t`` moved toward ``p`` by ``w`` and no further, as a kernel."""
    return Around(p, t, w)
