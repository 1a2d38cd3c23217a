"""Constructor arguments of problems: real arrays and numbers, exact where they are given so."""

import numbers
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array
from pqtheory._checks import check_number


def real_array(values: Any, name: str, ndim: int) -> Array:
    """``values`` as a float64 array, or as it is if it is an object array of fractions.

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    ValueError
        If there are not ``ndim`` axes, an axis is empty, or an entry is not finite.
    """
    array = np.asarray(values)
    if array.ndim != ndim or array.size == 0:
        raise ValueError(
            f"{name}: expected a nonempty array of {ndim} axes, got shape {array.shape}"
        )
    if array.dtype != EXACT and array.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if array.dtype == EXACT and not all(isinstance(v, numbers.Real) for v in array.flat):
        raise TypeError(f"{name}: expected real numbers, got an object array with other entries")
    finite = np.isfinite(array.astype(np.float64))
    if not finite.all():
        raise ValueError(f"{name}: expected finite entries, got {array[~finite][0]}")
    return array if array.dtype == EXACT else array.astype(np.float64)


def finite_number(value: Any, name: str, low: float = -np.inf, open_low: bool = False) -> Any:
    """``value`` as a finite Python number not below ``low``; fractions and integers stay exact.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, its value and what is allowed.
    """
    return check_number(value, name, low, open_low=open_low, finite=True)


def exact_or_float(value: Any, theta: Array) -> Any:
    """``value`` to combine with ``theta``: exact beside an object array, else a Python float."""
    return value if theta.dtype == EXACT else float(value)
