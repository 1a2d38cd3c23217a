r"""Separable regularizers on a finite set, with the definition of their prox in exact arithmetic.

For one coordinate, prox_{wR}(t) = argmin over a finite list of candidates x of 1/2 (x - t)^2 + w R(x).
"""

import itertools
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array, is_torch
from pqtheory._checks import check_number, python_number
from pqtheory._messages import brief
from pqtheory._notebook import sketch
from pqtheory.regularizers.base import Regularizer, each_weight
from pqtheory.sets.base import Set
from pqtheory.sets.finite import FiniteSet, levels_of, require_levels


class LevelRegularizer(Regularizer):
    """A separable regularizer on a finite set: each coordinate of x solves a problem of its own.

    A subclass that also says, for exact numbers, where a minimiser can lie (``_candidates``) has ``prox_set`` and an
    exact ``prox_naive``; without, the twin is the search of ``pqtheory.regularizers.brute_force``.
    """

    set: Set

    @property
    def separable(self) -> bool:
        """As the set is."""
        return self.set.separable

    @property
    def quantized_by(self) -> Set:
        """The set."""
        return self.set

    def _plots(self) -> list[str]:
        if not isinstance(self.set, FiniteSet):
            return []
        levels = [float(v) for v in self.set.level_values]
        gap = min((b - a for a, b in itertools.pairwise(levels)), default=2.0)
        x = np.linspace(levels[0] - gap, levels[-1] + gap, 401)
        weight = gap / 8
        moved = self.prox(x, weight)
        return [
            sketch(x, [self._values(x)], "R(x), one coordinate"),
            sketch(x, [moved, x], f"prox of weight {weight:.3g}; dashed: the identity"),
        ]

    def quantize(self, theta: Any) -> Array:
        """Nearest point of the set."""
        return self.set.project(theta)

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.set.weight_shape(shape)

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        """R(x) for one coordinate; by default as ``_values`` reads on fractions."""
        return self._values(np.array([x], dtype=object))[0]

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        """Points among which every global minimiser is (of an interval of them, its ends)."""
        raise TypeError(
            f"{type(self).__name__}.prox_set: expected a regularizer that says where minimisers can lie"
        )

    @property
    def has_candidates(self) -> bool:
        """Whether the subclass says where minimisers can lie."""
        return type(self)._candidates is not LevelRegularizer._candidates

    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """Every global minimiser for the number ``theta``, ascending, found in exact arithmetic.

        Where the minimisers fill an interval (the smoothed W at a midpoint, weight exactly epsilon), its two ends.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is no finite number, ``weight`` is negative or NaN, or the set couples the coordinates.
        """
        t, w = _single(theta, "theta"), _single(weight, "weight")
        t, w = check_number(t, "theta", finite=True), check_number(w, "weight", 0)
        levels = levels_of(require_levels(self.set, f"{type(self).__name__}.prox_set"))
        exact = isinstance(t, Fraction)
        return tuple(x if exact else float(x) for x in self._minimisers(t, w, levels))

    def _minimisers(self, theta: Any, weight: Any, levels: Iterable[Any]) -> list[Fraction]:
        t, levels = Fraction(theta), tuple(Fraction(v) for v in levels)
        if weight == math.inf:
            least = min(abs(t - level) for level in levels)
            return [level for level in levels if abs(t - level) == least]
        w = Fraction(weight)
        objective = {
            x: (x - t) ** 2 / 2 + w * self._exact_value(x, levels)
            for x in self._candidates(t, w, levels)
        }
        least = min(objective.values())
        return sorted(x for x, value in objective.items() if value == least)

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """``prox`` by its definition, one exact coordinate at a time: NumPy in, NumPy out.

        The levels are those of the dtype of ``theta``, as they are for ``prox``.

        Raises
        ------
        TypeError, ValueError
            As ``prox``; also if the set couples the coordinates or an entry is infinite.
        """
        if not self.has_candidates:
            return super().prox_naive(theta, weight)
        _, t = as_array(theta)
        levels = require_levels(self.set, f"{type(self).__name__}.prox_naive").cells(t).levels
        weights = each_weight(weight, t, t.shape)
        result = np.empty_like(t)
        for index in np.ndindex(t.shape):
            number = t[index] if t.dtype == object else float(t[index])
            if isinstance(number, float) and math.isnan(number):
                result[index] = math.nan
            else:
                check_number(number, "theta", finite=True)
                largest = self._minimisers(number, weights[index], levels)[-1]
                result[index] = largest if t.dtype == object else float(largest)
        return result


def _single(value: Any, name: str) -> Any:
    """``value`` if it is one number, NumPy's as Python's."""
    number = python_number(value)
    if isinstance(number, np.ndarray) or is_torch(number):
        raise TypeError(f"{name}: expected one number, got {brief(value)}")
    return number
