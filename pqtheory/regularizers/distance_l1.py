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

from pqtheory._arrays import (
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    is_compiling,
    is_torch,
    keep_nan,
)
from pqtheory._elementwise import InPlace, Writer, elementwise
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.regularizers.weights import weight_like
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

    def writer(self, like: Array, weight: float) -> Writer | None:
        """``prox`` into given memory, made ready once for many arrays like this one; None where there is none."""
        kernel, *arguments = self._kernel(like, weight_like(weight, like, like.shape))
        return self.set.writer(kernel, like, *arguments)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        kernel, *arguments = self._kernel(theta, weight)
        return self.set.map(kernel, theta, *arguments, out=out)

    def _kernel(self, theta: Array, weight: Any) -> tuple[Any, ...]:
        """What makes the prox of theta and its level, and with which arguments."""
        if isinstance(weight, float) and weight == math.inf:
            return (nearest,)
        near = is_torch(theta) and not is_compiling() and self._is_near(theta, weight)
        return (_TOWARD_NEAR if near else _TOWARD), weight

    def _is_near(self, theta: Array, weight: Any) -> bool:
        """Whether p - t is exact at this distance from every level p: at most |p| / 2 (Sterbenz), any from 0."""
        levels = self.set.cells(theta).levels
        return isinstance(weight, float) and all(0 < weight <= abs(p) / 2 for p in levels if p)

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
    # NumPy makes numbers of 0-d arrays, which hold no result
    low = np.asarray(t - w) if xp is np else t - w
    high = xp.add(t, w, out=out)
    if xp is np:
        np.maximum(p, low, out=low)
        np.minimum(low, high, out=out)
    else:
        xp.clamp(p, low, high, out=out)


def write_toward_near(xp: Namespace, out: Array, t: Array, p: Array, w: Any) -> None:
    """``t + min(max(p - t, -w), w)`` on torch: ``toward`` where p - t is exact within w, a temporary and a pass less.

    Farther away p - t, rounded, is still at least w in size, and the result t - w or t + w.
    """
    if p.ndim:
        p.sub_(t).clamp_(-w, w)
        # in place without the questions that add asks about dtypes
        t.add_(p) if out is t else xp.add(t, p, out=out)
    else:
        # one level alone is no array to write to
        write_toward(xp, out, t, p, w)


_TOWARD, _TOWARD_NEAR = InPlace(toward, write_toward), InPlace(toward, write_toward_near)
