r"""What a quantization regularizer R offers: value, prox, minimisers, envelope, subdifferential.

prox_{wR}(theta) = argmin_x { 1/2 ||x - theta||^2 + w R(x) }, w = ``weight`` the whole factor in front of R.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, HALF_PRECISION, Array, Namespace, as_array, dtype_name
from pqtheory._checks import check_number, check_weight
from pqtheory._elementwise import narrow
from pqtheory.sets.base import Set
from pqtheory.sets.finite import FiniteSet

Axis = int | tuple[int, ...] | None


class Regularizer(ABC):
    """A function R >= 0 that is smallest on quantized points."""

    def value(self, theta: Any, axis: Axis = None) -> Array:
        """R(theta), summed over ``axis`` (None: over all); differentiable under torch.

        Parameters
        ----------
        theta : array
            Any shape.
        axis : int or tuple of int, optional
            Axes to sum over.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        xp, t = as_array(theta)
        return total(xp, self._values(t), t, axis)

    def prox(self, theta: Any, weight: Any, out: Array | None = None) -> Array:
        """argmin_x { 1/2 ||x - theta||^2 + weight R(x) }; the largest minimiser at a tie.

        Parameters
        ----------
        theta : array
            Any shape; NaN stays NaN.
        weight : float or array
            The whole factor in front of R, >= 0; infinity gives the projection. An array broadcasts against ``theta``:
            the prox in a diagonal metric D has the weight w / D.
        out : array, optional
            Where the result goes; may be ``theta``.

        Returns
        -------
        array
            Shape, dtype and library of ``theta``.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real floating-point, or ``weight`` is negative, NaN or does not broadcast.
        """
        return self._prox(theta, exact_like(check_weight(weight), theta), out)

    def envelope(self, theta: Any, weight: Any, axis: Axis = None) -> Array:
        """min_x { 1/2 ||x - theta||^2 + weight R(x) }, summed like ``value`` (Moreau envelope times weight).

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        x = self.prox(t, weight)
        return total(xp, (x - t) ** 2 / 2 + weight * self._values(x), t, axis)

    @abstractmethod
    def quantize(self, theta: Any) -> Array:
        """The quantized point that R pulls ``theta`` to."""

    @abstractmethod
    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """``prox`` by its definition, slow and readable: NumPy in, NumPy out."""

    @abstractmethod
    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """Every global minimiser for the number ``theta``, ascending, found in exact arithmetic.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is no number, or ``weight`` is negative or NaN.
        """

    @abstractmethod
    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """Clarke's subdifferential per coordinate, as the interval (low, high)."""

    @abstractmethod
    def _values(self, theta: Array) -> Array:
        """R per coordinate."""

    @abstractmethod
    def _prox(self, theta: Any, weight: Any, out: Array | None) -> Array: ...


class LevelRegularizer(Regularizer):
    """A separable regularizer on a finite set: each coordinate of x solves a problem of its own.

    A subclass says, for exact numbers, what R is and where a minimiser can lie; ``prox_set`` and ``prox_naive`` follow.
    """

    set: Set

    def quantize(self, theta: Any) -> Array:
        """Nearest point of the set."""
        return self.set.project(theta)

    @abstractmethod
    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        """R(x) for one coordinate."""

    @abstractmethod
    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        """Points among which every global minimiser is (of an interval of them, its ends)."""

    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """Every global minimiser for the number ``theta``, ascending, found in exact arithmetic.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is no finite number, ``weight`` is negative or NaN, or the set couples the coordinates.
        """
        check_number(theta, "theta", finite=True)
        check_number(weight, "weight", 0)
        exact = isinstance(theta, Fraction)
        return tuple(x if exact else float(x) for x in self._minimisers(theta, weight))

    def _minimisers(self, theta: Any, weight: Any) -> list[Fraction]:
        finite = require_levels(self.set, f"{type(self).__name__}.prox_set")
        levels = tuple(Fraction(v) for v in finite.level_values)
        t = Fraction(theta)
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

        Raises
        ------
        TypeError, ValueError
            As ``prox``; also if the set couples the coordinates or an entry is infinite.
        """
        check_number(weight, "weight", 0)
        _, t = as_array(theta)
        result = np.empty_like(t)
        for index in np.ndindex(t.shape):
            number = t[index] if t.dtype == object else float(t[index])
            if isinstance(number, float) and math.isnan(number):
                result[index] = math.nan
            else:
                largest = self._minimisers(number, weight)[-1]
                result[index] = largest if t.dtype == object else float(largest)
        return result


def total(xp: Namespace, values: Array, like: Array, axis: Axis) -> Array:
    """Sum over ``axis`` in the dtype of ``like``; half precision is summed in float32."""
    if dtype_name(like) in HALF_PRECISION:
        return narrow(xp, xp.sum(values, axis=axis, dtype=xp.float32), like)
    return xp.sum(values, axis=axis)


def exact_like(number: Any, theta: Any) -> Any:
    """``number`` as a fraction if ``theta`` holds fractions, so that arithmetic with it stays exact."""
    is_exact = isinstance(theta, (np.ndarray, Fraction)) and np.asarray(theta).dtype == EXACT
    if is_exact and isinstance(number, (int, float)) and math.isfinite(number):
        return Fraction(number)
    return number


def require_levels(quantization_set: Set, what: str) -> FiniteSet:
    """``quantization_set`` if it has the same fixed levels for every coordinate.

    Raises
    ------
    TypeError
        If it has not, saying that ``what`` needs them.
    """
    if not isinstance(quantization_set, FiniteSet):
        raise TypeError(
            f"{what}: expected a set with fixed levels (Binary, Ternary, UniformGrid, Codebook), "
            f"got {quantization_set!r}"
        )
    return quantization_set


def require_set(value: Any) -> None:
    """Raise unless ``value`` is a set."""
    if not isinstance(value, Set):
        raise TypeError(f"set: expected a quantization set, got {value!r}")
