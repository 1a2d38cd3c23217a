r"""Codes as packed bits: plane j holds bit k - 1 - j of every code, eight codes to a byte.

Codes of k bits are compared plane by plane, the highest bit first, on whole bytes:

    differ = OR_j (a_j ^ b_j),    above = OR_j (a_j & ~b_j & all higher bits are equal).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.signs.packing import BLOCK, count_bits, packed_size

#: the most levels: codes are bytes
MAX_LEVELS = 256


def bits_for(levels: int) -> int:
    """Bits of a code from 0 to ``levels - 1``, at least one."""
    return max(1, (levels - 1).bit_length())


def pack_codes(codes: Array, bits: int) -> Array:
    """Pack flat uint8 ``codes`` below 2^bits: shape (bits, ceil(size / 8)), the last byte filled with 0."""
    planes = np.empty((bits, packed_size(codes.size)), dtype=np.uint8)
    for start in range(0, codes.size, BLOCK):
        block = codes[start : start + BLOCK]
        for j in range(bits):
            packed = np.packbits(block & (1 << (bits - 1 - j)))
            planes[j, start // 8 : start // 8 + packed.size] = packed
    return planes


def pack_above(blocks: Iterable[Array], size: int, thresholds: Sequence[Any]) -> Array:
    r"""Pack the codes sum_j [w >= threshold_j], ascending thresholds, of ``size`` weights in blocks of whole bytes.

    The code is j where the first j comparisons hold, so that a bit of it is the parity of those of them at which this
    bit changes: plane_b = XOR of [w >= threshold_j] over all j of which bit b differs from that of j - 1.
    """
    bits = bits_for(len(thresholds) + 1)
    planes = np.zeros((bits, packed_size(size)), dtype=np.uint8)
    changes = [
        [b for b in range(bits) if (j ^ (j - 1)) >> (bits - 1 - b) & 1]
        for j in range(1, len(thresholds) + 1)
    ]
    start = 0
    for block in blocks:
        part = planes[:, start : start + packed_size(len(block))]
        for threshold, changed in zip(thresholds, changes, strict=True):
            above = np.packbits(block >= threshold)
            for b in changed:
                part[b] ^= above
        start += part.shape[1]
    return planes


def unpack_codes(planes: Array, shape: tuple[int, ...]) -> Array:
    """Invert ``pack_codes``: uint8 codes of ``shape``."""
    size = int(np.prod(shape, dtype=np.int64))
    codes: Array = np.zeros(size, dtype=np.uint8)
    for plane in planes:
        codes = (codes << 1) | np.unpackbits(plane, count=size)
    return codes.reshape(shape)


def differ(a: Array, b: Array) -> Array:
    """Packed bits: a != b."""
    return np.bitwise_or.reduce(a ^ b, axis=0)


def above(a: Array, b: Array) -> Array:
    """Packed bits: a > b."""
    result = np.zeros_like(a[0])
    equal = ~result
    for high, low in zip(a, b, strict=True):
        result |= equal & high & ~low
        equal &= ~(high ^ low)
    return result


def counts(planes: Array, mask: Array, levels: int, total: int | None = None) -> Array:
    """How many codes where ``mask`` is set are 0, 1, ..., ``levels`` - 1: int64; ``total`` is how many that are."""
    total = count_bits(mask) if total is None else total
    return np.fromiter(_counts(planes, mask, levels, total), dtype=np.int64, count=levels)


def _counts(planes: Array, mask: Array, levels: int, total: int) -> Iterator[int]:
    """Split the mask by the highest bit, then each half by the next; the lower half is what is left of the total."""
    if levels == 1:
        yield total
        return
    half = 1 << (len(planes) - 1)
    if levels <= half:
        yield from _counts(planes[1:], mask, levels, total)
        return
    upper = mask & planes[0]
    above = count_bits(upper)
    # codes below 2 need no mask: there is one of them
    lower = mask & ~planes[0] if half > 1 else mask
    yield from _counts(planes[1:], lower, half, total - above)
    yield from _counts(planes[1:], upper, levels - half, above)


def all_set(size: int) -> Array:
    """``size`` packed bits that are 1, and 0 behind them."""
    mask = np.full(packed_size(size), 0xFF, dtype=np.uint8)
    if size % 8:
        mask[-1] = 0xFF << (8 - size % 8) & 0xFF
    return mask
