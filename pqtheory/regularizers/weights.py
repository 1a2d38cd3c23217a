"""The weight w in front of R: a number, or an array that gives each coordinate its own."""

import math
import numbers
from typing import Any

import numpy as np

from pqtheory._arrays import (
    EXACT,
    Array,
    Namespace,
    constant_like,
    dtype_name,
    is_compiling,
    is_symbolic,
    is_torch,
    namespace,
    number_like,
)
from pqtheory._checks import check_weight, python_number
from pqtheory._elementwise import widen
from pqtheory._messages import brief

#: the largest power of 2 in float32: a finite weight beyond is this one, and no infinity, which would project
LARGEST = 2.0**127


def weight_like(weight: Any, theta: Array, shape: tuple[int, ...]) -> Any:
    """``weight`` as a number, or as an array of theta's library that broadcasts to ``shape``; finite where it was.

    Raises
    ------
    TypeError, ValueError
        If it is negative or NaN, of another library, or does not broadcast.
    """
    if type(weight) is float and weight >= 0:
        return _number_like(weight, theta)
    weight = check_weight(weight)
    if is_torch(weight) and not is_torch(theta):
        weight = python_number(weight)
    if isinstance(weight, np.ndarray) and weight.ndim == 0:
        weight = weight.item()
    if is_symbolic(weight):
        return weight
    if isinstance(weight, numbers.Real):
        return _number_like(weight, theta)
    if is_torch(weight) and not is_torch(theta):
        raise TypeError("weight: expected a number or an array of theta's library, got Tensor")
    given = tuple(weight.shape)
    pairs = zip(reversed(given), reversed(tuple(shape)), strict=False)
    if len(given) > len(shape) or not all(n in (1, m) for n, m in pairs):
        raise ValueError(
            f"weight: expected a shape that broadcasts to {tuple(shape)}, got {brief(given)}"
        )
    xp = namespace(theta)
    if dtype_name(theta) == EXACT:
        return np.vectorize(lambda w: number_like(w, theta), otypes=[EXACT])(weight)
    if dtype_name(weight) == "float64" and _is_narrow(theta):
        of_weight = namespace(weight)
        weight = of_weight.where(weight < math.inf, of_weight.clip(weight, None, LARGEST), weight)
    return constant_like(xp, weight, widen(xp, xp.reshape(theta, (-1,))[:0]))


def _number_like(weight: Any, theta: Array) -> Any:
    number = number_like(weight, theta)
    return LARGEST if LARGEST < number < math.inf and _is_narrow(theta) else number


def _is_narrow(theta: Array) -> bool:
    """Whether what is computed with it is float32."""
    return dtype_name(theta) not in ("float64", EXACT)


def has_infinity(weight: Any) -> bool:
    """Whether ``weight`` is an array with an infinite entry; not asked of a device, nor of what is being compiled."""
    if is_torch(weight):
        plain = weight.ndim > 0 and weight.device.type == "cpu" and not is_compiling()
        return plain and bool((weight == math.inf).any())
    return isinstance(weight, np.ndarray) and bool((weight == math.inf).any())


def finite_part(xp: Namespace, weight: Any) -> Any:
    """``weight``, but 0 where it is infinite: R vanishes at the prox there."""
    if isinstance(weight, numbers.Real):
        return weight if weight < math.inf else 0
    if is_symbolic(weight):
        # a term is a real number
        return weight
    return xp.where(weight < math.inf, weight, constant_like(xp, 0, weight))


def infinite_unless_zero(xp: Namespace, weight: Any, like: Array) -> Array:
    """Infinity where ``weight`` is above 0, else 0: what a move without end costs."""
    infinity, zero = constant_like(xp, math.inf, like), constant_like(xp, 0, like)
    if isinstance(weight, numbers.Real):
        return infinity if float(weight) > 0 else zero
    return xp.where(weight > 0, infinity, zero)
