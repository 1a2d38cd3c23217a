r"""What a quantization regularizer R offers: value, prox, minimisers, envelope, subdifferential.

prox_{wR}(theta) = argmin_x { 1/2 ||x - theta||^2 + w R(x) }, w = ``weight`` the whole factor in front of R.
"""

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from pqtheory._arrays import (
    EXACT,
    HALF_PRECISION,
    Array,
    Namespace,
    accurate_sum,
    as_array,
    as_given,
    dtype_name,
)
from pqtheory._checks import check_number
from pqtheory._elementwise import Writer, narrow, widen
from pqtheory._groups import check_axis
from pqtheory._messages import brief
from pqtheory._notebook import shown
from pqtheory.quantizers.base import Quantizer
from pqtheory.regularizers.brute_force import least_point
from pqtheory.regularizers.weights import (
    finite_part,
    has_infinity,
    infinite_unless_zero,
    weight_like,
)
from pqtheory.sets.base import Set

Axis = int | tuple[int, ...] | None


class Regularizer(ABC):
    """A function R >= 0 that is smallest on quantized points.

    A subclass says what R is (``_values``), its prox (``_prox``), where it pulls to (``quantize``), and whether each
    coordinate is for itself (``separable``).

    Attributes
    ----------
    latex : str
        R(x) as a formula, where a notebook shows it.
    """

    latex: ClassVar[str] = ""

    @property
    def separable(self) -> bool:
        """Whether R is a sum over coordinates, so that the prox takes each by itself."""
        return False

    @property
    def quantized_by(self) -> Set | Quantizer:
        """The set or the quantizer whose levels R pulls to.

        Raises
        ------
        TypeError
            If R does not say.
        """
        raise TypeError(f"regularizer: expected one on a set, got {brief(self)}")

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
        xp, t = as_array(theta)
        w = weight_like(weight, t, self._weight_shape(t.shape))
        moved = self._moved(xp, t, w, out)
        return as_given(moved, theta) if out is None else moved

    def writer(self, like: Array, weight: float) -> Writer | None:
        """``prox`` into given memory, made ready once for many arrays like this one; None where there is none."""
        return None

    def envelope(self, theta: Any, weight: Any, axis: Axis = None) -> Array:
        """min_x { 1/2 ||x - theta||^2 + weight R(x) }, summed like ``value`` (Moreau envelope times weight).

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        w = weight_like(weight, t, self._weight_shape(t.shape))
        # half precision is narrowed when all is weighed and summed
        wide = widen(xp, t)
        with np.errstate(invalid="ignore"):
            x = self._moved(xp, wide, w, None)
            terms = (x - wide) ** 2 / 2 + finite_part(xp, w) * self._values(x)
        if dtype_name(t) != EXACT:
            # from an infinite theta every move costs an infinity, and weight 0 asks for none where R is finite
            stays = xp.where(x == wide, infinite_unless_zero(xp, w, wide), math.inf)
            terms = xp.where(xp.abs(wide) == math.inf, stays, terms)
        return total(xp, terms, t, axis)

    def _moved(self, xp: Namespace, theta: Array, weight: Any, out: Array | None) -> Array:
        """``_prox``; where some weights of an array are infinite, the projection there.

        So an infinite theta less an infinite weight is no NaN, and fractions beside the float infinity stay fractions.
        """
        if not has_infinity(weight):
            return self._prox(theta, weight, out)
        finite = self._prox(theta, finite_part(xp, weight), None)
        projected = self._prox(theta, math.inf, None)
        result = xp.where(weight == math.inf, projected, finite)
        if out is None:
            return result
        out[...] = result
        return out

    def _repr_latex_(self) -> str | None:
        """R(x), where the class says it."""
        return f"${self.latex}$" if self.latex else None

    def _repr_html_(self) -> str:
        """The formula, and R and its prox over one coordinate where there is one."""
        return shown(repr(self), self.latex, plots=self._plots())

    def _plots(self) -> list[str]:
        return []

    @abstractmethod
    def quantize(self, theta: Any) -> Array:
        """The quantized point that R pulls ``theta`` to."""

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """``prox`` by its definition, slow: NumPy in, NumPy out; the value decides, one coordinate at a time.

        Raises
        ------
        TypeError, ValueError
            As ``prox``; also if R is not separable or an entry is infinite.
        """
        if not self.separable:
            raise TypeError(f"prox_naive: expected a separable regularizer, got {brief(self)}")
        _, t = as_array(theta)
        weights = each_weight(weight, t, self._weight_shape(t.shape))
        result = np.empty_like(t)
        for index in np.ndindex(t.shape):
            number, w = float(t[index]), float(weights[index])
            if math.isnan(number):
                result[index] = math.nan
                continue
            check_number(number, "theta", finite=True)
            known = float(self.quantize(np.array([number]))[0])
            found = known if w == math.inf else least_point(self._values, number, w, known)
            result[index] = found
        return result

    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """Every global minimiser for the number ``theta``, ascending, found in exact arithmetic.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is no number, ``weight`` is negative or NaN, or R does not say where minimisers can lie.
        """
        raise TypeError(
            f"{type(self).__name__}.prox_set: expected a regularizer whose minimisers are known"
        )

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """Clarke's subdifferential per coordinate, as the interval (low, high).

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point, or R does not say.
        """
        raise TypeError(
            f"{type(self).__name__}.subdifferential: expected a regularizer whose slopes are known"
        )

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What an array of weights must broadcast to."""
        return shape

    @abstractmethod
    def _values(self, theta: Array) -> Array:
        """R per coordinate."""

    @abstractmethod
    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        """The prox of an array; the weight is a number or an array of its library."""


def each_weight(weight: Any, theta: Array, shape: tuple[int, ...]) -> np.ndarray:
    """The weight of every entry of the NumPy array ``theta``."""
    return np.broadcast_to(np.asarray(weight_like(weight, theta, shape), object), theta.shape)


def total(xp: Namespace, values: Array, like: Array, axis: Axis) -> Array:
    """Sum over ``axis`` in the dtype of ``like``; half precision is summed in float32."""
    if not isinstance(axis, tuple) or axis:
        axis = check_axis(axis)
    if dtype_name(like) in HALF_PRECISION:
        # the values may be wide already
        return narrow(xp, accurate_sum(xp, widen(xp, values), axis), like)
    return accurate_sum(xp, values, axis)
