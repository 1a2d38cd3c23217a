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
from numpy.lib.array_utils import normalize_axis_tuple

from pqtheory._messages import brief

Array = Any
Namespace = Any

#: significand bits, hidden bit included, by dtype name
PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
#: the exponents of the smallest number above 0 and of the first power of 2 that is too large, by dtype name
EXPONENTS = {
    "float16": (-24, 16),
    "bfloat16": (-133, 128),
    "float32": (-149, 128),
    "float64": (-1074, 1024),
}
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

    Python numbers and (nested) sequences of them become float64 NumPy arrays; arrays stay what they are. Object arrays
    become arrays of fractions of Python's integers: NumPy's overflow silently, and floats are fractions too.

    Raises
    ------
    TypeError
        If ``theta`` is an array of integers, booleans or complex numbers, a masked array, or no array at all.
    ValueError
        If an object array holds NaN or an infinity.
    """
    if type(theta) is np.ndarray and dtype_name(theta) in PRECISION:
        return np, theta
    if is_torch(theta):
        known = dtype_name(theta) in PRECISION
        return _torch_namespace(), _require(known, theta, theta.dtype, name)
    if isinstance(theta, numbers.Real) and not isinstance(theta, (np.generic, bool)):
        if isinstance(theta, numbers.Rational) and not isinstance(theta, int):
            return np, np.asarray(exact_number(theta))
        return np, np.asarray(_float64(theta, name))
    if isinstance(theta, list | tuple):
        theta = numbers_of(theta, name)
    if isinstance(theta, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected a real floating-point array, got a masked array")
    if isinstance(theta, (np.ndarray, np.generic)):
        theta = np.asarray(theta)
        if theta.dtype == object:
            return np, exact_array(theta, name)
        return np, _require(dtype_name(theta) in PRECISION, theta, theta.dtype, name)
    if not array_api_compat.is_array_api_obj(theta):
        raise TypeError(f"{name}: expected a real floating-point array, got {type(theta).__name__}")
    known = dtype_name(theta) in PRECISION or dtype_name(theta) == EXACT
    return array_api_compat.array_namespace(theta), _require(known, theta, theta.dtype, name)


def numbers_of(values: Any, name: str) -> Array:
    """(Nested) sequences of numbers as an array: of float64 where all are Python's integers and floats.

    Raises
    ------
    ValueError
        If they are of different lengths, or an integer is beyond float64.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name}: expected sequences of equal lengths, got {brief(values)}"
        ) from error
    if array.dtype == object and all(type(entry) in (int, float) for entry in array.flat):
        # NumPy has no integers as large as one of these
        return np.reshape([_float64(entry, name) for entry in array.flat], array.shape)
    return array.astype(np.float64) if array.dtype.kind in "iu" else array


def _float64(number: Any, name: str) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise ValueError(f"{name}: expected numbers within float64, got {brief(number)}") from error


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
    # of a tensor nothing is looked up: a compiler warns of what is kept from one call to the next
    if isinstance(array, (np.ndarray, numbers.Number)) or is_torch(array):
        return False
    return array_api_compat.is_array_api_obj(array) and dtype_name(array) == EXACT


def is_compiling() -> bool:
    """Whether torch.compile is tracing the caller."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


def exact_number(number: Any) -> Fraction:
    """A finite real number as a fraction of Python's integers."""
    if _is_exact(number):
        return number
    if isinstance(number, numbers.Rational):
        return Fraction(int(number.numerator), int(number.denominator))
    return Fraction(float(number))


def _is_exact(entry: Any) -> bool:
    return type(entry) is Fraction and type(entry.numerator) is type(entry.denominator) is int


def exact_array(array: Array, name: str) -> Array:
    """An object array as one of fractions of Python's integers, terms left alone; itself where it is one already.

    Raises
    ------
    TypeError
        If an entry is no real number.
    ValueError
        If an entry is NaN or infinite.
    """
    if all(map(_is_exact, array.flat)):
        return array
    result = np.empty(array.shape, dtype=object)
    for index, entry in np.ndenumerate(array):
        if is_symbolic(entry):
            result[index] = entry
            continue
        if isinstance(entry, (bool, np.bool_)) or not isinstance(entry, numbers.Real):
            raise TypeError(
                f"{name}: expected a real floating-point array or one of fractions, "
                f"got an object array with {brief(entry)}"
            )
        if not isinstance(entry, numbers.Rational) and not math.isfinite(entry):
            raise ValueError(
                f"{name}: expected finite numbers beside fractions, got {brief(entry)}"
            )
        result[index] = exact_number(entry)
    return result


def constant_like(xp: Namespace, values: Any, like: Array) -> Array:
    """``values`` (number or array) as an array of the namespace, dtype and device of ``like``.

    Beside fractions the finite ones become fractions: a float is one.
    """
    if xp is np and like.dtype == object:
        return _exact_constants(np.asarray(values))
    if isinstance(values, np.ndarray):
        values = as_floats(values)
    if xp is np:
        return np.asarray(values, dtype=like.dtype)
    if is_torch(like) and type(values) in (int, float):
        # filled on the device: no copy from the host, which a CUDA graph could not hold
        return xp.full((), values, dtype=like.dtype, device=like.device)
    if is_torch(like):
        return xp.asarray(values, dtype=like.dtype, device=like.device)
    return xp.asarray(values, dtype=like.dtype, device=array_api_compat.device(like))


def _exact_constants(values: Array) -> Array:
    if values.dtype == object and all(map(_is_exact, values.flat)):
        return values
    result = np.empty(values.shape, dtype=object)
    for index, entry in np.ndenumerate(values):
        if isinstance(entry, numbers.Rational) or (
            isinstance(entry, numbers.Real) and math.isfinite(entry)
        ):
            result[index] = exact_number(entry)
        else:
            result[index] = float(entry) if isinstance(entry, numbers.Real) else entry
    return result


def sign(xp: Namespace, t: Array, room: Array | None = None) -> Array:
    """Sign with sign(0) = sign(-0.0) = +1, in the dtype of ``t``; the value at NaN is unspecified.

    ``where(t >= 0, 1, -1)``, written for each library with the operations that it vectorises: a selection costs it ten
    times an addition. In float32 and float64 the sign bit goes beside the bits of 1.0; +0.0 first turns -0.0 into +0.0.
    The result may take ``room``, an array like ``t``.
    """
    if xp is np and t.dtype in _SIGN_BITS:
        zero, integer, sign_bit, one = _SIGN_BITS[t.dtype]
        result = np.asarray(np.add(t, zero, out=room))
        bits = result.view(integer)
        bits &= sign_bit
        bits |= one
        return result
    if xp is np:
        one = np.asarray(Fraction(1) if t.dtype == object else 1, dtype=t.dtype)
        return np.where(t >= 0, one, -one)
    if is_torch(t) and dtype_name(t) == "float32" and not t.requires_grad:
        bits = t.add(0.0).view(xp.int32)
        return bits.bitwise_and_(-(2**31)).bitwise_or_(0x3F800000).view(t.dtype)
    if is_torch(t) and not is_compiling():
        return t.sign().add(0.5).sign()
    one = xp.ones_like(t)
    return xp.where(t >= 0, one, -one)


def keep_nan(xp: Namespace, values: Array, t: Array) -> Array:
    """``values``, but NaN where ``t`` is: the median of (values, t, values)."""
    return xp.minimum(xp.maximum(values, t), values)


def infinite_where(xp: Namespace, outside: Array, values: Array, t: Array) -> Array:
    """``values`` beside ``t``, but infinity ``outside``, and NaN where ``t`` is.

    No term is infinite: a proof that reads it has to assume what is not ``outside``, or is told to.
    """
    if is_symbolic(t):
        one, zero = constant_like(xp, 1, t), constant_like(xp, 0, t)
        return xp.where(outside, one / xp.where(outside, zero, one), values)
    return keep_nan(xp, xp.where(outside, constant_like(xp, math.inf, t), values), t)


def exact_like(number: Any, theta: Any) -> Any:
    """``number`` as a fraction if ``theta`` holds fractions, so that arithmetic with it stays exact."""
    is_exact = isinstance(theta, (np.ndarray, Fraction)) and np.asarray(theta).dtype == EXACT
    if is_exact and (isinstance(number, int) or (type(number) is float and math.isfinite(number))):
        return Fraction(number)
    return number


def as_float(number: Any) -> float:
    """A real number as the nearest float, infinite where it is beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def as_floats(array: Array) -> Array:
    """``array``, of floats or of fractions, in float64; infinite where a fraction is beyond it."""
    if array.dtype != EXACT:
        return array
    return np.asarray(np.frompyfunc(as_float, 1, 1)(array), dtype=np.float64)


def number_like(number: Any, theta: Array) -> Any:
    """``number`` to combine with ``theta``: a fraction beside fractions, else a Python number that is a float's."""
    if dtype_name(theta) == EXACT:
        return exact_like(number, theta)
    # small integers are taken as they are: what they are combined with decides the dtype
    small = type(number) is float or (type(number) is int and -(2**53) <= number <= 2**53)
    return number if small else as_float(number)


def accurate_sum(xp: Namespace, values: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """Sum over ``axis``, as exact along one axis as along another.

    NumPy adds pairwise along what lies side by side in memory, and one after the other along anything else: there
    float32 is summed in float64, and float64 after a copy that brings its numbers side by side.
    """
    plain = isinstance(values, np.ndarray) and values.dtype != object
    if not plain or _side_by_side(values, axis):
        return xp.sum(values, axis=axis, keepdims=True) if keepdims else xp.sum(values, axis=axis)
    if dtype_name(values) != "float64":
        total = np.sum(values, axis=axis, keepdims=keepdims, dtype=np.float64)
        return total.astype(values.dtype)
    axes = _axes(values, axis)
    kept = tuple(a for a in range(values.ndim) if a not in axes)
    shape = (*(values.shape[a] for a in kept), math.prod(values.shape[a] for a in axes))
    rows = np.ascontiguousarray(values.transpose(kept + axes)).reshape(shape)
    total = rows.sum(axis=-1)
    return np.expand_dims(total, axes) if keepdims else total


def _side_by_side(values: Array, axis: Any) -> bool:
    axes = _axes(values, axis)
    return bool(values.flags.c_contiguous) and axes == tuple(range(values.ndim))[-len(axes) :]


def _axes(values: Array, axis: Any) -> tuple[int, ...]:
    every = tuple(range(values.ndim))
    return every if axis is None else tuple(sorted(normalize_axis_tuple(axis, values.ndim)))
