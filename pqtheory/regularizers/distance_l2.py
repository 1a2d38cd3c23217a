r"""Half the squared distance to any closed set: R(x) = 1/2 dist(x, Q)^2.

prox_{wR}(t) = (t + w p) / (1 + w) = p + (t - p) (1 / (1 + w)), p = P(t).

For every s in Q the minimiser of 1/2 |x - t|^2 + w/2 |x - s|^2 has the value w / (2 (1 + w)) |t - s|^2, which is least
at the nearest s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, as_given, keep_nan
from pqtheory._elementwise import elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.regularizers.weights import weight_like
from pqtheory.sets.base import Set, nearest, require_set
from pqtheory.sets.finite import FiniteSet, require_levels


@final
@dataclass(frozen=True)
class DistanceL2(LevelRegularizer):
    """``1/2 ||x - P(x)||^2``; the paper's squared regularizer with the constant that its printed prox belongs to.

    Raises
    ------
    TypeError
        If ``set`` is no quantization set.

    References
    ----------
    ProxQuant, arXiv 1810.00861, section 4 (the squared-L2 example, stated there up to a constant).
    """

    latex: ClassVar[str] = r"R(x) = \tfrac12 \min_{s \in Q} \|x - s\|^2"
    set: Set

    def __post_init__(self) -> None:
        require_set(self.set)

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """``prox`` by its definition; for a set that couples the coordinates, by the formula in plain NumPy.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        if isinstance(self.set, FiniteSet):
            return super().prox_naive(theta, weight)
        _, t = as_array(theta)
        w = np.asarray(weight_like(weight, t, self._weight_shape(t.shape)))
        share = np.where(w < np.inf, 1 / (1 + w), 0)
        return (share * t + (1 - share) * self.set.project(t)).astype(t.dtype)

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): t - P(t) twice, but at a midpoint (-h, h) with h half the gap.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point or the set couples the coordinates.
        """
        finite = require_levels(self.set, "DistanceL2.subdifferential")
        _, array = as_array(theta)
        cells = finite.cells(array)

        def bound(xp: Namespace, t: Array, side: int) -> Array:
            r = t - finite.nearest(xp, t, cells)
            return keep_nan(xp, xp.where(finite.at_tie(xp, t, cells), side * xp.abs(r), r), t)

        low, high = elementwise(bound, array, -1), elementwise(bound, array, 1)
        return as_given(low, theta), as_given(high, theta)

    def _values(self, theta: Array) -> Array:
        return self.set.map(_half_square, theta)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == np.inf:
            return self.set.map(nearest, theta, out=out)
        return self.set.map(relax, theta, weight, out=out)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        return min((x - level) ** 2 for level in levels) / 2

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        for level in levels:
            yield (theta + weight * level) / (1 + weight)


def _half_square(xp: Namespace, t: Array, p: Array) -> Array:
    return (t - p) ** 2 / 2


def relax(xp: Namespace, t: Array, p: Array, w: Any) -> Array:
    """(t + w p) / (1 + w) as a kernel."""
    # written so that levels are returned bit for bit
    return p + (t - p) * (1 / (1 + w))
