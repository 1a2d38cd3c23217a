r"""What a quantization regularizer R offers: value, prox, minimisers, envelope, subdifferential.

prox_{wR}(theta) = argmin_x { 1/2 ||x - theta||^2 + w R(x) }, w = ``weight`` the whole factor in front of R.
"""

from abc import ABC, abstractmethod
from typing import Any

from pqtheory._arrays import HALF_PRECISION, Array, Namespace, as_array, dtype_name
from pqtheory._elementwise import narrow, widen
from pqtheory.regularizers.weights import finite_part, weight_like

Axis = int | tuple[int, ...] | None


class Regularizer(ABC):
    """A function R >= 0 that is smallest on quantized points."""

    @property
    def separable(self) -> bool:
        """Whether R is a sum over coordinates, so that the prox takes each by itself."""
        return False

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
        return total(xp, moved**2 / 2 + finite_part(xp, w) * level_distance, t, axis)

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


def total(xp: Namespace, values: Array, like: Array, axis: Axis) -> Array:
    """Sum over ``axis`` in the dtype of ``like``; half precision is summed in float32."""
    if dtype_name(like) in HALF_PRECISION:
        return narrow(xp, xp.sum(values, axis=axis, dtype=xp.float32), like)
    return xp.sum(values, axis=axis)
