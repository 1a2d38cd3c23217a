"""Arrays: which namespace, which precision, and the one sign function (sign(0) = +1).

Everything above is written once against an array namespace ``xp``. It runs on NumPy, on torch (and whatever else
``array-api-compat`` knows), and on NumPy object arrays of :class:`fractions.Fraction`, which makes every operator
exact.
"""

import math
import numbers
import sys
from fractions import Fraction
from typing import Any

import array_api_compat
import numpy as np

Array = Any
Namespace = Any

#: significand bits, hidden bit included, by dtype name
PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
EXACT = "object"
#: +0.0, the integers of the same width, the sign bit and the bits of 1.0, as what NumPy combines fastest: 0-d arrays
_SIGN_BITS: dict[Any, tuple[Array, Any, Array, Array]] = {
    np.dtype(real): (np.array(0, real), integer, np.array(lowest, integer), np.array(one, integer))
    for real, integer, lowest, one in (
        (np.float32, np.dtype(np.int32), -(2**31), 0x3F800000),
        (np.float64, np.dtype(np.int64), -(2**63), 0x3FF0000000000000),
    )
}
#: names by dtype, which NumPy puts together anew each time it is asked
_DTYPE_NAMES: dict[Any, str] = {}
HALF_PRECISION = frozenset({"float16", "bfloat16"})


def dtype_name(array: Array) -> str:
    """Name of the dtype without its library: ``"float32"`` for NumPy's and for torch's."""
    dtype = array.dtype
    if dtype not in _DTYPE_NAMES:
        # NumPy's name is the same for both byte orders
        full = dtype.name if isinstance(dtype, np.dtype) else str(dtype)
        _DTYPE_NAMES[dtype] = full.rpartition(".")[2]
    return _DTYPE_NAMES[dtype]


def as_array(theta: Any, name: str = "theta") -> tuple[Namespace, Array]:
    """Return the namespace of ``theta`` and ``theta`` as a real floating array.

    Python numbers and (nested) sequences of them become float64 NumPy arrays; arrays stay what they are.

    Raises
    ------
    TypeError
        If ``theta`` is an array of integers, booleans or complex numbers, or no array at all.
    """
    if type(theta) is np.ndarray:
        known = dtype_name(theta) in PRECISION or theta.dtype == object
        return np, _require(known, theta, theta.dtype, name)
    if is_torch(theta):
        known = dtype_name(theta) in PRECISION
        return _torch_namespace(), _require(known, theta, theta.dtype, name)
    if isinstance(theta, numbers.Real) and not isinstance(theta, (np.generic, bool)):
        exact = isinstance(theta, numbers.Rational) and not isinstance(theta, int)
        return np, np.asarray(theta, dtype=object if exact else np.float64)
    if isinstance(theta, list | tuple):
        theta = np.asarray(theta)
        if theta.dtype.kind == "i":
            theta = theta.astype(np.float64)
    if isinstance(theta, (np.ndarray, np.generic)):
        theta = np.asarray(theta)
        known = dtype_name(theta) in PRECISION or theta.dtype == object
        return np, _require(known, theta, theta.dtype, name)
    if not array_api_compat.is_array_api_obj(theta):
        raise TypeError(f"{name}: expected a real floating-point array, got {type(theta).__name__}")
    known = dtype_name(theta) in PRECISION or dtype_name(theta) == EXACT
    return array_api_compat.array_namespace(theta), _require(known, theta, theta.dtype, name)


def namespace(array: Array) -> Namespace:
    """The namespace of what ``as_array`` gave."""
    if isinstance(array, np.ndarray):
        return np
    return _torch_namespace() if is_torch(array) else array_api_compat.array_namespace(array)


def as_given(result: Array, theta: Any) -> Array:
    """``result`` for ``theta``: a number where ``theta`` was a number of Python or NumPy, else the array."""
    is_number = isinstance(result, np.ndarray) and not isinstance(theta, np.ndarray)
    return result[()] if is_number else result


def _require(known: bool, theta: Array, dtype: Any, name: str) -> Array:
    if not known:
        raise TypeError(
            f"{name}: expected a real floating-point array "
            f"(float16, bfloat16, float32 or float64), got dtype {dtype}"
        )
    return theta


def _torch_namespace() -> Namespace:
    import array_api_compat.torch

    return array_api_compat.torch


def is_torch(array: Array) -> bool:
    """Whether ``array`` is a torch tensor; never imports torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)


def is_symbolic(array: Any) -> bool:
    """Whether ``array`` is a term of a solver: exact, but not a NumPy array of numbers."""
    return not isinstance(array, (np.ndarray, numbers.Number)) and (
        array_api_compat.is_array_api_obj(array) and dtype_name(array) == EXACT
    )


def is_compiling() -> bool:
    """Whether torch.compile is tracing the caller."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


def constant_like(xp: Namespace, values: Any, like: Array) -> Array:
    """``values`` (number or array) as an array of the namespace, dtype and device of ``like``."""
    if xp is np:
        return np.asarray(values, dtype=like.dtype)
    if is_torch(like) and type(values) in (int, float):
        # filled on the device: no copy from the host, which a CUDA graph could not hold
        return xp.full((), values, dtype=like.dtype, device=like.device)
    if is_torch(like):
        return xp.asarray(values, dtype=like.dtype, device=like.device)
    return xp.asarray(values, dtype=like.dtype, device=array_api_compat.device(like))


def sign(xp: Namespace, t: Array) -> Array:
    """Sign with sign(0) = sign(-0.0) = +1, in the dtype of ``t``; the value at NaN is unspecified.

    ``where(t >= 0, 1, -1)``, written for each library with the operations that it vectorises: a selection costs it ten
    times an addition. In float32 and float64 the sign bit goes beside the bits of 1.0; +0.0 first turns -0.0 into +0.0.
    """
    if xp is np and t.dtype in _SIGN_BITS:
        zero, integer, sign_bit, one = _SIGN_BITS[t.dtype]
        result = np.asarray(t + zero)
        bits = result.view(integer)
        bits &= sign_bit
        bits |= one
        return result
    if xp is np:
        one = np.asarray(Fraction(1) if t.dtype == object else 1, dtype=t.dtype)
        return np.where(t >= 0, one, -one)
    if is_torch(t) and not is_compiling():
        if dtype_name(t) == "float32" and not t.requires_grad:
            bits = t.add(0.0).view(xp.int32)
            return bits.bitwise_and_(-(2**31)).bitwise_or_(0x3F800000).view(t.dtype)
        return t.sign().add(0.5).sign()
    one = xp.ones_like(t)
    return xp.where(t >= 0, one, -one)


def keep_nan(xp: Namespace, values: Array, t: Array) -> Array:
    """``values``, but NaN where ``t`` is: the median of (values, t, values)."""
    return xp.minimum(xp.maximum(values, t), values)


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
