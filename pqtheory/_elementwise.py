"""The one wrapper round all elementwise kernels: out = kernel(xp, theta, *arguments).

A kernel is a pure function of an array namespace. The wrapper gives it blocks that stay in cache, widens half precision
to float32 while it computes, and writes the result to ``out``, which may be ``theta`` itself. A kernel that has a
faster form in place is an :class:`InPlace`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory._arrays import (
    EXACT,
    HALF_PRECISION,
    Array,
    Namespace,
    dtype_name,
    is_compiling,
    is_torch,
    namespace,
)

#: bytes of the second-level cache for each element of a block: NumPy's of a few temporaries; torch's of two, since its
#: calls cost more, and a larger block saves more of them than the next cache takes
NUMPY_BYTES, TORCH_BYTES = 16, 8
#: of a cache whose size the system does not tell
USUAL_CACHE = 1 << 20

Kernel = Callable[..., Any]
#: (theta, out) -> None, entry by entry; ``out`` may be theta
Writer = Callable[[Array, Array], None]


@final
@dataclass(frozen=True, slots=True)
class InPlace:
    """A kernel in two forms that give the same numbers bit for bit: as its formula, and written to memory at hand.

    Attributes
    ----------
    formula : callable
        (xp, theta, *arguments) -> array.
    write : callable
        (xp, out, theta, *arguments) -> None; ``out`` may be ``theta``.
    """

    formula: Kernel
    write: Callable[..., None]

    def __call__(self, xp: Namespace, *arguments: Any) -> Array:
        """The formula."""
        return self.formula(xp, *arguments)


def elementwise(kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None) -> Array:
    """Apply ``kernel(xp, theta, *arguments)`` entry by entry.

    Parameters
    ----------
    kernel : callable
        Pure function of (namespace, array, *arguments) that returns an array of the same shape.
    theta : array
        As ``as_array`` gives it, of any shape. Float16 and bfloat16 are computed in float32.
    *arguments : float or array
        Handed to the kernel; arrays must be of theta's library and broadcast against it.
    out : array, optional
        Where the result goes: the shape, dtype and library of ``theta``. May be ``theta``.

    Returns
    -------
    array
        Shape and dtype of ``theta``; ``out`` if it was given. Inputs stay untouched.
    """
    xp = namespace(theta)
    if out is not None and out is not theta:
        check_out(out, theta)
    if _can_block(xp, theta, arguments, out):
        result = xp.empty_like(theta) if out is None else out
        _run_in_blocks(kernel, xp, theta, arguments, result)
        return result
    result = _run(kernel, xp, theta, arguments)
    if out is None:
        return result
    out[...] = result
    return out


def writer(kernel: InPlace, like: Array, *arguments: float) -> Writer | None:
    """``elementwise(kernel, theta, *arguments, out=out)`` for many arrays like one, with less to ask at each.

    None where that is no NumPy array, or not as wide as what is computed.
    """
    if not isinstance(like, np.ndarray) or dtype_name(like) in HALF_PRECISION | {EXACT}:
        return None
    dtype, block = like.dtype, numpy_block()

    def write(theta: Array, out: Array) -> None:
        is_block = (
            type(theta) is type(out) is np.ndarray
            and theta.dtype == out.dtype == dtype
            and theta.shape == out.shape
            and theta.size <= block
            and (out is theta or not np.may_share_memory(theta, out))
        )
        if is_block:
            kernel.write(np, out, theta, *arguments)
        else:
            elementwise(kernel, theta, *arguments, out=out)

    return write


def check_out(out: Any, theta: Array) -> None:
    """Raise unless ``out`` can take a result for ``theta``."""
    numpy_like = isinstance(out, np.ndarray) and not isinstance(out, (np.ma.MaskedArray, np.matrix))
    same_library = numpy_like if isinstance(theta, np.ndarray) else is_torch(out)
    if not same_library:
        raise TypeError(
            f"out: expected {type(theta).__name__} like theta, got {type(out).__name__}"
        )
    if out.dtype != theta.dtype:
        raise TypeError(f"out: expected dtype {theta.dtype} like theta, got {out.dtype}")
    if is_torch(theta) and out.device != theta.device:
        raise TypeError(f"out: expected device {theta.device} like theta, got {out.device}")
    if tuple(out.shape) != tuple(theta.shape):
        raise ValueError(
            f"out: expected shape {tuple(theta.shape)} like theta, got {tuple(out.shape)}"
        )


def widen(xp: Namespace, t: Array) -> Array:
    """Float16 and bfloat16 as float32; anything else unchanged."""
    if dtype_name(t) in HALF_PRECISION:
        return xp.astype(t, xp.float32) if xp is not np else t.astype(np.float32)
    return t


def narrow(xp: Namespace, result: Array, like: Array) -> Array:
    """``result`` in the dtype of ``like``."""
    if xp is np:
        return np.asarray(result, dtype=like.dtype)
    return result if result.dtype == like.dtype else xp.astype(result, like.dtype)


def _run(kernel: Kernel, xp: Namespace, t: Array, arguments: tuple[Any, ...]) -> Array:
    result: Array = narrow(xp, kernel(xp, widen(xp, t), *arguments), t)
    if tuple(result.shape) != tuple(t.shape):
        raise ValueError(
            f"expected arguments that broadcast to theta's shape {tuple(t.shape)}, "
            f"got the shape {tuple(result.shape)}"
        )
    return result


def _can_block(xp: Namespace, t: Array, arguments: tuple[Any, ...], out: Array | None) -> bool:
    """Blocks need plain contiguous memory, scalar arguments and no gradient recording."""
    if isinstance(t, np.ndarray):
        plain, block = t.flags.c_contiguous, numpy_block()
        if out is not None and out is not t:
            plain = plain and out.flags.c_contiguous and not _overlap_shifted(t, out)
    elif is_torch(t) and not is_compiling() and t.device.type == "cpu":
        plain, block = _is_plain(xp, t), torch_block(xp)
        if out is not None and out is not t:
            plain = plain and _is_plain(xp, out) and not _overlap_shifted(t, out)
    else:
        return False
    if not plain or (out is None and math.prod(t.shape) <= block):
        return False
    return all(isinstance(a, (int, float)) for a in arguments)


def _is_plain(xp: Namespace, t: Array) -> bool:
    return t.is_contiguous() and not (t.requires_grad and xp.is_grad_enabled())


def _overlap_shifted(t: Array, out: Array) -> bool:
    """Whether writing one block of ``out`` could change a later block of ``t``."""
    if isinstance(t, np.ndarray):
        if not np.may_share_memory(t, out):
            return False
        starts = t.__array_interface__["data"][0], out.__array_interface__["data"][0]
    else:
        starts = t.data_ptr(), out.data_ptr()
    return starts[0] != starts[1] and abs(starts[0] - starts[1]) < t.nbytes


def _run_in_blocks(
    kernel: Kernel, xp: Namespace, t: Array, arguments: tuple[Any, ...], out: Array
) -> None:
    keep_freed_memory()
    block = numpy_block() if xp is np else torch_block(xp)
    size, narrows = math.prod(t.shape), dtype_name(t) in HALF_PRECISION
    if size <= block and isinstance(kernel, InPlace) and not narrows:
        kernel.write(xp, out, t, *arguments)
        return
    source, target = t.reshape(-1), out.reshape(-1)
    for start in range(0, size, block):
        part = slice(start, start + block)
        values = source[part]
        if narrows:
            target[part] = _run(kernel, xp, values, arguments)
        elif isinstance(kernel, InPlace):
            kernel.write(xp, values if out is t else target[part], values, *arguments)
        else:
            target[part] = kernel(xp, values, *arguments)


@functools.cache
def numpy_block() -> int:
    """Elements of a block that stays in the second-level cache of one core."""
    return block_of(NUMPY_BYTES)


def torch_block(xp: Namespace) -> int:
    """The same for the cores of all threads of torch: each works on its part of the block."""
    return block_of(TORCH_BYTES, xp.get_num_threads())


def block_of(element_bytes: int, cores: int = 1) -> int:
    """How many elements of so many bytes the second-level caches of so many cores hold, as a power of 2."""
    size = second_level_cache() // element_bytes * cores
    return 1 << max(12, size.bit_length() - 1)


@functools.cache
def second_level_cache() -> int:
    """Bytes of the second-level cache of a core, as the system tells it."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text()
        return int(text.strip().removesuffix("K")) << 10
    except (OSError, ValueError):
        return USUAL_CACHE


@functools.cache
def keep_freed_memory() -> None:
    """Free one large untouched array, once.

    The GNU allocator hands freed temporaries above a threshold back to the system, which faults their pages in again on
    the next block; freeing one large array raises that threshold.
    """
    np.empty(24 << 20, dtype=np.uint8)
