"""Checks of arguments: each error names the argument, its value and what is allowed.

NumPy's and torch's numbers are as good as Python's: a check returns the number that is meant as Python's, and what it
returns is what is used.
"""

import math
import numbers
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import (
    EXACT,
    PRECISION,
    Array,
    as_array,
    as_float,
    dtype_name,
    exact_number,
    is_compiling,
    is_symbolic,
    is_torch,
)
from pqtheory._messages import brief


def python_number(value: Any) -> Any:
    """A number of NumPy's or torch's, or in an array of no axes, as Python's; anything else as it is.

    Fractions come back with Python's integers in them: NumPy's overflow without a word.
    """
    if type(value) in (int, float):
        return value
    if isinstance(value, np.ma.MaskedArray):
        return value
    if isinstance(value, (np.generic, np.ndarray)) or is_torch(value):
        if value.ndim:
            return value
        value = value.item()
    if isinstance(value, np.floating):
        # a long double, which .item() leaves as it is
        return float(value)
    if isinstance(value, numbers.Rational) and not isinstance(value, bool):
        return int(value) if isinstance(value, int) else exact_number(value)
    return value


def check_number(
    value: Any,
    name: str,
    low: float = -math.inf,
    *,
    open_low: bool = False,
    finite: bool = False,
) -> Any:
    """``value`` as a Python number if it is one real number, not NaN, not below ``low``.

    With ``open_low`` it must be above ``low``; with ``finite`` it must not be infinite. Arrays with axes are refused:
    of the numbers only the weight of a prox may differ from coordinate to coordinate (``check_weight``).

    Raises
    ------
    TypeError, ValueError
        Naming the argument, its value and what is allowed.
    """
    found = python_number(value)
    if isinstance(found, bool) or not isinstance(found, (int, float, Fraction)):
        raise TypeError(f"{name}: expected a number, got {_shown(value)}")
    number: Any = found
    allowed = number > low if open_low else number >= low
    if finite:
        allowed = allowed and abs(number) < math.inf
    if not allowed:
        bound = "" if low == -math.inf else f" {'>' if open_low else '>='} {low:g}"
        raise ValueError(
            f"{name}: expected a {'finite ' if finite else ''}number{bound}, got {brief(number)}"
        )
    return number


def check_float(
    value: Any, name: str, low: float = -math.inf, *, open_low: bool = False, finite: bool = False
) -> float:
    """:func:`check_number` as a float, which must be so too: a finite integer may be beyond all floats.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, its value and what is allowed.
    """
    number = as_float(check_number(value, name, low, open_low=open_low, finite=finite))
    return float(check_number(number, f"{name} as a float", low, open_low=open_low, finite=finite))


def _shown(value: Any) -> str:
    is_array = isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray)
    return f"an array of shape {value.shape}" if is_array else brief(value)


def check_count(value: Any, name: str, low: int = 1, high: int | None = None) -> int:
    """``value`` as a Python integer if it is an integer from ``low`` to ``high``."""
    count = python_number(value)
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{name}: expected an integer, got {brief(value)}")
    if count < low or (high is not None and count > high):
        allowed = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected an integer {allowed}, got {brief(count)}")
    return count


def check_seed(seed: Any, name: str = "seed") -> np.random.Generator:
    """NumPy's generator from ``seed``: integers >= 0, what else NumPy takes for a seed, or a generator, which it is.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    if isinstance(seed, np.random.RandomState):
        # NumPy takes it itself from 2.2 on
        seed = seed._bit_generator
    try:
        return np.random.default_rng(python_number(seed))
    except (TypeError, ValueError) as error:
        allowed = "integers >= 0 or a generator of NumPy's"
        raise type(error)(f"{name}: expected {allowed}, got {brief(seed)}") from error


def store(frozen: Any, **checked: Any) -> None:
    """Put the checked values into the fields of a frozen dataclass that is being made."""
    for name, value in checked.items():
        object.__setattr__(frozen, name, value)


def check_weight(weight: Any, name: str = "weight") -> Any:
    """``weight`` if it is a number or array >= 0 (infinity allowed); one below 0 or NaN is a ValueError.

    Numbers, those of NumPy and in arrays of no axes too, come back as Python's, object arrays as fractions and
    infinities. A tensor stays a tensor.

    Raises
    ------
    TypeError, ValueError
        If it is complex, boolean, masked, no number at all, negative or NaN.
    """
    if is_torch(weight):
        _require_real(weight, name)
        if not is_compiling() and weight.device.type == "cpu" and not bool((weight >= 0).all()):
            raise ValueError(f"{name}: expected numbers >= 0, got {brief(weight)}")
        return weight
    if isinstance(weight, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected a number or a plain array, got a masked array")
    if isinstance(weight, np.ndarray) and weight.ndim:
        _require_real(weight, name)
        if weight.dtype == EXACT:
            weight = _exact_weights(weight, name)
        if not (weight >= 0).all():
            raise ValueError(f"{name}: expected a number >= 0, got {brief(weight)}")
        return weight
    if is_symbolic(weight):
        # that it is >= 0 is for the proof to assume
        return weight
    return check_number(weight, name, 0)


def _require_real(weight: Array, name: str) -> None:
    dtype = dtype_name(weight)
    if dtype not in PRECISION and dtype != EXACT and not dtype.startswith(("int", "uint")):
        raise TypeError(f"{name}: expected real numbers, got dtype {weight.dtype}")


def _exact_weights(weight: Array, name: str) -> Array:
    checked = np.frompyfunc(lambda w: w if is_symbolic(w) else check_number(w, name, 0), 1, 1)
    return checked(weight)


def of_library(values: Any, theta: Array, name: str) -> Array:
    """``values`` as a real floating array of the library of ``theta``.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    _, array = as_array(values, name)
    if is_torch(array) != is_torch(theta):
        raise TypeError(
            f"{name}: expected {type(theta).__name__} like theta, got {type(array).__name__}"
        )
    return array


def array_like(values: Any, theta: Array, name: str) -> Array:
    """``values`` as a real floating array of the library and shape of ``theta``.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    array = of_library(values, theta, name)
    if tuple(array.shape) != tuple(theta.shape):
        raise ValueError(
            f"{name}: expected shape {tuple(theta.shape)} like theta, got {tuple(array.shape)}"
        )
    return array


def check_last_axis(theta: Array, dim: int, name: str = "theta") -> None:
    """Raise unless ``theta`` has shape (..., dim)."""
    if theta.ndim == 0 or theta.shape[-1] != dim:
        raise ValueError(f"{name}: expected shape (..., {dim}), got {tuple(theta.shape)}")


def check_vectors(theta: Any, dim: int, name: str = "theta") -> tuple[Any, Array]:
    """Namespace and array of ``theta``, which must be real and of shape (..., dim); a term is one coordinate."""
    xp, array = as_array(theta, name)
    if dim != 1 or not is_symbolic(array):
        check_last_axis(array, dim, name)
    return xp, array
