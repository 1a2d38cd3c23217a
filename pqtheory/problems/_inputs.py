"""Constructor arguments of problems: real arrays and numbers, exact where they are given so."""

import numbers
from typing import Any

import numpy as np

from pqtheory._arrays import (
    EXACT,
    PRECISION,
    Array,
    as_floats,
    dtype_name,
    exact_array,
    is_torch,
    numbers_of,
)
from pqtheory._checks import check_number
from pqtheory._messages import brief


def real_array(values: Any, name: str, ndim: int) -> Array:
    """``values`` as a float64 array, or as fractions if it is an object array.

    Raises
    ------
    TypeError
        If the entries are not real numbers, or some are masked.
    ValueError
        If there are not ``ndim`` axes, an axis is empty, or an entry is not finite.
    """
    array = numbers_of(values, name) if isinstance(values, list | tuple) else as_numpy(values)
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected real numbers, got a masked array")
    if array.ndim != ndim or array.size == 0:
        raise ValueError(
            f"{name}: expected a nonempty array of {ndim} axes, got shape {array.shape}"
        )
    if array.dtype == EXACT:
        if not all(isinstance(v, numbers.Real) for v in array.flat):
            raise TypeError(
                f"{name}: expected real numbers, got an object array with other entries"
            )
        return exact_array(array, name).copy()
    if array.dtype.kind not in "fiu" and dtype_name(array) not in PRECISION:
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{name}: expected finite entries, got {array[~finite][0]}")
    return array


def rounding(values: Any) -> float:
    """The relative rounding of floats of the dtype of ``values``; that of float64 for integers and lists."""
    return 2.0 ** (1 - PRECISION.get(dtype_name(as_numpy(values)), PRECISION["float64"]))


def as_numpy(values: Any) -> Array:
    """``values`` as a NumPy array, tensors too."""
    if is_torch(values):
        values = values.detach().cpu()
        if dtype_name(values) == "bfloat16":
            # which NumPy lacks
            values = values.float()
        values = values.numpy()
    return values if isinstance(values, np.ndarray) else np.asarray(values)


def float_array(values: Any, name: str, ndim: int) -> Array:
    """:func:`real_array` in float64, fractions too.

    Raises
    ------
    TypeError, ValueError
        As ``real_array``; also if a fraction is beyond float64.
    """
    return real_array(as_floats(real_array(values, name, ndim)), name, ndim)


def squared_norm(matrix: Array) -> float:
    """``||matrix||_2^2`` for floats or fractions; infinite where it is beyond the floats."""
    floats = as_floats(matrix)
    norm = float(np.linalg.norm(floats, 2)) if np.isfinite(floats).all() else np.inf
    return norm * norm


def finite_number(value: Any, name: str, low: float = -np.inf, open_low: bool = False) -> Any:
    """``value`` as a finite Python number not below ``low``; fractions and integers stay exact.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, its value and what is allowed.
    """
    return check_number(value, name, low, open_low=open_low, finite=True)


#: arrays of up to this many entries are written out
WRITTEN_OUT = 64


def as_argument(value: Any) -> str:
    """How an argument is written: arrays as lists, the large ones by their shape alone."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > WRITTEN_OUT:
        return f"<array of shape {value.shape}>"
    try:
        return repr(value.tolist())
    except ValueError:
        # integers too long for Python to write out
        return brief(value)
