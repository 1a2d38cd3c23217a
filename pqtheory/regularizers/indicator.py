r"""Indicator of a closed set: R(x) = 0 on Q and infinity elsewhere; prox_{wR} = P for every weight w.

References
----------
ProxQuant, arXiv 1810.00861, section 3.2 (projection as the limit lambda -> infinity).
"""

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
)
from pqtheory._checks import check_weight
from pqtheory._elementwise import Writer
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets.base import Set, nearest, require_set
from pqtheory.sets.finite import FiniteSet


@final
@dataclass(frozen=True)
class Indicator(LevelRegularizer):
    """0 on the set, infinity elsewhere; 0 times infinity counts as infinity, so weight 0 projects too.

    Raises
    ------
    TypeError
        If ``set`` is no quantization set.
    """

    latex: ClassVar[str] = r"R(x) = 0 \text{ for } x \in Q,\ \infty \text{ elsewhere}"
    set: Set

    def __post_init__(self) -> None:
        require_set(self.set)

    def writer(self, like: Array, weight: float) -> Writer | None:
        """``prox`` into given memory, made ready once for many arrays like this one; None where there is none."""
        return self.set.writer(nearest, like)

    def envelope(self, theta: Any, weight: Any, axis: Any = None) -> Array:
        """Half the squared distance to the set, whatever the weight.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        from pqtheory.regularizers.distance_l2 import DistanceL2

        check_weight(weight)
        # at weight 1 and infinity: the whole way, summed before it is narrowed
        return DistanceL2(self.set).envelope(theta, math.inf, axis)

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """The projection, one exact coordinate at a time where the set has fixed levels.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        if isinstance(self.set, FiniteSet):
            return super().prox_naive(theta, weight)
        check_weight(weight)
        return self.set.project(theta)

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): (-inf, inf) on the set, the empty interval (inf, -inf) elsewhere.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, t = as_array(theta)
        low, high = self.set.map(_bound, t, math.inf), self.set.map(_bound, t, -math.inf)
        return as_given(low, theta), as_given(high, theta)

    def _values(self, theta: Array) -> Array:
        return self.set.map(_indicator, theta)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        return self.set.map(nearest, theta, out=out)

    def _minimisers(self, theta: Any, weight: Any, levels: Iterable[Any]) -> list[Fraction]:
        return super()._minimisers(theta, math.inf, levels)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        raise ValueError("the indicator has no finite value off its levels")

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        return levels


def _indicator(xp: Namespace, t: Array, p: Array) -> Array:
    return infinite_where(xp, t != p, constant_like(xp, 0, t), t)


def _bound(xp: Namespace, t: Array, p: Array, off_the_set: float) -> Array:
    low = constant_like(xp, -off_the_set, t)
    return keep_nan(xp, xp.where(t == p, low, -low), t)
