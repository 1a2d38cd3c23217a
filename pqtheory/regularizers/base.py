r"""What a quantization regularizer R offers: value, prox, minimisers, envelope, subdifferential.

prox_{wR}(theta) = argmin_x { 1/2 ||x - theta||^2 + w R(x) }, w = ``weight`` the whole factor in front of R.
"""

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import (
    EXACT,
    HALF_PRECISION,
    Array,
    Namespace,
    as_array,
    constant_like,
    dtype_name,
    is_torch,
)
from pqtheory._checks import check_number, check_weight
from pqtheory._elementwise import narrow, widen
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
        _, t = as_array(theta)
        return self._prox(theta, weight_like(weight, t, self._weight_shape(t.shape)), out)

    def envelope(self, theta: Any, weight: Any, axis: Axis = None) -> Array:
        """min_x { 1/2 ||x - theta||^2 + weight R(x) }, summed like ``value`` (Moreau envelope times weight).

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        w = weight_like(weight, t, self._weight_shape(t.shape))
        x = self._prox(t, w, None)
        moved, level_distance = widen(xp, x) - widen(xp, t), widen(xp, self._values(x))
        return total(xp, moved**2 / 2 + _finite(xp, w) * level_distance, t, axis)

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

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What an array of weights must broadcast to."""
        return shape

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

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.set.weight_shape(shape)

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
        t, w = _single(theta, "theta"), _single(weight, "weight")
        check_number(t, "theta", finite=True)
        check_number(w, "weight", 0)
        exact = isinstance(t, Fraction)
        return tuple(x if exact else float(x) for x in self._minimisers(t, w))

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
        _, t = as_array(theta)
        weights = np.broadcast_to(np.asarray(weight_like(weight, t, t.shape), object), t.shape)
        result = np.empty_like(t)
        for index in np.ndindex(t.shape):
            number = t[index] if t.dtype == object else float(t[index])
            if isinstance(number, float) and math.isnan(number):
                result[index] = math.nan
            else:
                check_number(number, "theta", finite=True)
                largest = self._minimisers(number, weights[index])[-1]
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


def number_like(number: Any, theta: Array) -> Any:
    """``number`` to combine with ``theta``: a fraction beside fractions, else a Python number."""
    if dtype_name(theta) == EXACT:
        return exact_like(number, theta)
    return number if type(number) in (int, float) else float(number)


def weight_like(weight: Any, theta: Array, shape: tuple[int, ...]) -> Any:
    """``weight`` as a number, or as an array of theta's library that broadcasts to ``shape``.

    Raises
    ------
    TypeError, ValueError
        If it is negative or NaN, of another library, or does not broadcast.
    """
    weight = check_weight(weight)
    if isinstance(weight, np.ndarray) and weight.ndim == 0:
        weight = weight.item()
    if isinstance(weight, numbers.Real):
        return number_like(weight, theta)
    if is_torch(weight) and not is_torch(theta):
        raise TypeError("weight: expected a number or an array of theta's library, got Tensor")
    given = tuple(weight.shape)
    pairs = zip(reversed(given), reversed(tuple(shape)), strict=False)
    if len(given) > len(shape) or not all(n in (1, m) for n, m in pairs):
        raise ValueError(f"weight: expected a shape that broadcasts to {tuple(shape)}, got {given}")
    xp, _ = as_array(theta)
    if dtype_name(theta) == EXACT:
        return np.vectorize(lambda w: number_like(w, theta), otypes=[EXACT])(weight)
    return constant_like(xp, weight, widen(xp, xp.reshape(theta, (-1,))[:0]))


def _finite(xp: Namespace, weight: Any) -> Any:
    """``weight``, but 0 where it is infinite: R vanishes at the prox there."""
    if isinstance(weight, numbers.Real):
        return weight if weight < math.inf else 0
    return xp.where(weight < math.inf, weight, xp.zeros_like(weight))


def _single(value: Any, name: str) -> Any:
    """``value`` if it is one number, NumPy's as Python's."""
    if isinstance(value, np.ndarray) or is_torch(value):
        raise TypeError(f"{name}: expected one number, got {value!r}")
    return value.item() if isinstance(value, np.generic) else value


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
