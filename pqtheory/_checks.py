"""Checks of arguments: each error names the argument, its value and what is allowed."""

import math
import numbers
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array, is_compiling, is_symbolic, is_torch


def check_number(
    value: Any,
    name: str,
    low: float = -math.inf,
    *,
    open_low: bool = False,
    finite: bool = False,
) -> Any:
    """``value`` if it is one real number, not NaN, not below ``low``; NumPy's numbers as Python's.

    With ``open_low`` it must be above ``low``; with ``finite`` it must not be infinite. Arrays are refused: of the
    numbers only the weight of a prox may differ from coordinate to coordinate (``check_weight``).

    Raises
    ------
    TypeError, ValueError
        Naming the argument, its value and what is allowed.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: expected a number, got {_brief(value)}")
    if isinstance(value, np.generic):
        value = value.item()
    number: Any = value
    allowed = number > low if open_low else number >= low
    if finite:
        allowed = allowed & (abs(number) < math.inf)
    if not allowed:
        bound = "" if low == -math.inf else f" {'>' if open_low else '>='} {low:g}"
        raise ValueError(
            f"{name}: expected a {'finite ' if finite else ''}number{bound}, got {value!r}"
        )
    return value


def _brief(value: Any) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)


def check_count(value: Any, name: str, low: int = 1, high: int | None = None) -> int:
    """``value`` if it is an integer from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < low or (high is not None and value > high):
        allowed = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected an integer {allowed}, got {value!r}")
    return int(value)


def check_weight(weight: Any, name: str = "weight") -> Any:
    """``weight`` if it is a number or array >= 0 (infinity allowed); one below 0 or NaN is a ValueError."""
    if is_torch(weight):
        if not is_compiling() and weight.device.type == "cpu" and not bool((weight >= 0).all()):
            raise ValueError(f"{name}: expected numbers >= 0, got {weight}")
        return weight
    if isinstance(weight, np.ndarray):
        if not (weight >= 0).all():
            raise ValueError(f"{name}: expected a number >= 0, got {weight!r}")
        return weight
    if is_symbolic(weight):
        # that it is >= 0 is for the proof to assume
        return weight
    return check_number(weight, name, 0)


def check_last_axis(theta: Array, dim: int, name: str = "theta") -> None:
    """Raise unless ``theta`` has shape (..., dim)."""
    if theta.ndim == 0 or theta.shape[-1] != dim:
        raise ValueError(f"{name}: expected shape (..., {dim}), got {tuple(theta.shape)}")


def check_vectors(theta: Any, dim: int, name: str = "theta") -> tuple[Any, Array]:
    """Namespace and array of ``theta``, which must be real and of shape (..., dim)."""
    xp, array = as_array(theta, name)
    check_last_axis(array, dim, name)
    return xp, array
