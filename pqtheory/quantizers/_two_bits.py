r"""One and two bits by their symmetry: the same alternation as for any k, in a few passes over float32 numbers.

The levels are -+a for one bit, -+a and -+b with a >= b >= 0 for two; each takes the sign of its weight. For two bits

    alpha_1 + alpha_2 = a = mean of |t| over the outer entries,   alpha_1 - alpha_2 = b = mean over the inner ones,

is the least squares solution (the two groups of columns B_1 +- B_2 are orthogonal); where one group is empty, the
shortest solution has b = 0 and the mean of all for a. The greedy start has mean |t| in its place. The
nearest assignment is by the midpoint of a and b. So two bits are two means of |t|, in the sense of Lloyd.

On the CPU the formula is worked out on the bits of the numbers, which as integers have the order of the sizes: a mask
that is all ones where |t| < threshold picks the inner entries for their mean, and in the end their level.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from pqtheory._arrays import Array, Namespace, dtype_name, is_compiling, is_torch
from pqtheory._groups import on_threads
from pqtheory.quantizers._multi_bit import threshold

#: entries that are fitted at a time: they stay in a cache
BLOCK = 1 << 16
#: what NumPy combines fastest with numbers and with bits: 0-d arrays
_ZERO, _SIGN = np.array(0, np.float32), np.array(-(2**31), np.int32)


def fits_in_memory(theta: Array, bits: int) -> bool:
    """Whether a tensor is fitted as the NumPy array of its memory."""
    known = bits <= 2 and is_torch(theta) and dtype_name(theta) == "float32"
    return known and theta.device.type == "cpu" and not is_compiling()


def fitted(xp: Namespace, rows: Array, bits: int, rounds: int) -> tuple[Array, Array]:
    """Values (g, n) and codebook (g, 2^bits) of finite or other float32 rows (g, n), n > 0; NaN for the others."""
    if xp is np:
        return _in_blocks(rows, bits, rounds)
    if fits_in_memory(rows, bits):
        values, codebook = _in_blocks(rows.numpy(), bits, rounds, xp.get_num_threads())
        return xp.asarray(values), xp.asarray(codebook)
    return _formula(xp, rows, bits, rounds)


def _formula(xp: Namespace, rows: Array, bits: int, rounds: int) -> tuple[Array, Array]:
    size, count = xp.abs(rows), rows.shape[1]
    total = _sum(xp, size)
    # in float64 no sum of finite float32 numbers overflows
    total = xp.where(xp.isfinite(total), total, xp.full_like(total, float("nan")))
    mean = xp.astype(total / count, rows.dtype)
    if bits == 1:
        return xp.where(rows < 0, -mean, mean), xp.concat([-mean, mean], axis=1)
    # whatever is one for each row is put together: a compiler would work it out anew for each entry
    bounds = xp.concat([-mean, mean], axis=1)
    for _ in range(rounds):
        # numbers, which a compiler packs as tightly as those that they choose
        inner = xp.where(_between(rows, bounds), xp.ones_like(rows), xp.zeros_like(rows))
        # an infinity times 0 is no number: a is none either where one is in the row
        a, b = _two_means(xp, _number(xp, inner), _sum(xp, size * inner), total, count)
        bounds = xp.concat([threshold(xp, -a, -b), threshold(xp, b, a)], axis=1)
    codebook = xp.concat([-a, -b, b, a], axis=1)
    level = xp.where(_between(rows, bounds), codebook[:, 2:3], codebook[:, 3:])
    return xp.where(rows < 0, -level, level), codebook


def _between(rows: Array, bounds: Array) -> Array:
    """Which are inner: a tie goes to the upper level, in the start and ever after."""
    return (rows >= bounds[:, :1]) & (rows < bounds[:, 1:])


def _in_blocks(rows: Array, bits: int, rounds: int, threads: int = 1) -> tuple[Array, Array]:
    """``_formula`` by its bits, in blocks, on so many threads."""
    values = np.empty(rows.shape, np.float32)
    codebook = np.empty((len(rows), 2**bits), np.float32)
    step = max(1, BLOCK // rows.shape[1])
    parts = [slice(start, start + step) for start in range(0, len(rows), step)]

    def write(part: slice) -> None:
        # what NumPy is told of errors holds for a thread
        with np.errstate(all="ignore"):
            codebook[part] = _write_block(values[part], rows[part], bits, rounds)

    on_threads(write, parts, threads)
    return values, codebook


def _write_block(out: Array, rows: Array, bits: int, rounds: int) -> Array:
    """Write the values to ``out``; the codebook."""
    size = rows + _ZERO  # as bits -0.0 were negative
    integers = size.view(np.int32)
    sign = integers & _SIGN
    integers ^= sign
    count, values = rows.shape[1], out.view(np.int32)
    total = _sum(np, size)
    total = np.where(np.isfinite(total), total, np.nan)
    a = b = (total / count).astype(np.float32)
    if bits == 1:
        np.bitwise_or(sign, a.view(np.int32), out=values)
        codebook = np.concat([-a, a], axis=1)
    else:
        inner = _inner(integers, sign, a, lambda: -a)
        for _ in range(rounds):
            number = -np.add.reduce(inner, axis=1, dtype=np.int32, keepdims=True)
            inner &= integers
            a, b = _two_means(np, number, _sum(np, inner.view(np.float32)), total, count)
            inner = _inner(integers, sign, threshold(np, b, a), partial(threshold, np, -a, -b))
        codebook = np.concat([-a, -b, b, a], axis=1)
        # b where the mask is set, a elsewhere
        np.bitwise_and(inner, a.view(np.int32) ^ b.view(np.int32), out=values)
        values ^= a.view(np.int32)
        values |= sign
    out[np.isnan(total[:, 0])] = np.nan
    return codebook


def _inner(integers: Array, sign: Array, high: Array, low: Callable[[], Array]) -> Array:
    """The mask of ``low <= t < high``, from |t| and the sign of t as bits; there is no number between -low and high."""
    mask = integers - high.view(np.int32)
    tied = mask == 0
    mask >>= 31
    if tied.any():
        # -high is inside where it is low itself
        mask[tied & (sign < 0) & (low() == -high)] = -1
    return mask


def _two_means(
    xp: Namespace, number: Array, below: Array, total: Array, count: int
) -> tuple[Array, Array]:
    """A and b, (g, 1) each, of the number of inner entries and their sum."""
    outer = count - number
    if xp is np and (number * outer).all() and not np.isnan(total).any():
        # as it nearly always is
        return ((total - below) / outer).astype(np.float32), (below / number).astype(np.float32)
    whole = (number == 0) | (outer == 0)
    zero = xp.zeros_like(total)
    a = xp.where(whole, total / count, (total - below) / xp.where(whole, zero + 1, outer))
    b = xp.where(whole, zero * total, below / xp.where(whole, zero + 1, number))
    b = xp.where(xp.isnan(total), total, b)
    return xp.astype(a, xp.float32), xp.astype(b, xp.float32)


def _number(xp: Namespace, ones: Array) -> Array:
    """The sum of ones and zeros, (g, 1), exact."""
    dtype = ones.dtype if ones.shape[1] <= 1 << 24 else xp.float64
    return xp.astype(xp.sum(ones, axis=-1, dtype=dtype, keepdims=True), xp.float64)


def _sum(xp: Namespace, rows: Array) -> Array:
    """(g, 1), in float64."""
    return xp.sum(rows, axis=-1, dtype=xp.float64, keepdims=True)
