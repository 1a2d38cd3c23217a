r"""Codes as packed bits: plane j holds bit k - 1 - j of every code, eight codes to a byte.

Codes of k bits are compared plane by plane, the highest bit first, on whole bytes:

    differ = OR_j (a_j ^ b_j),    above = OR_j (a_j & ~b_j & all higher bits are equal).
"""

from collections.abc import Iterator

import numpy as np

from pqtheory._arrays import Array
from pqtheory.signs.packing import count_bits, packed_size

#: the most levels: codes are bytes
MAX_LEVELS = 256


def bits_for(levels: int) -> int:
    """Bits of a code from 0 to ``levels - 1``, at least one."""
    return max(1, (levels - 1).bit_length())


def pack_codes(codes: Array, bits: int) -> Array:
    """Pack flat uint8 ``codes`` below 2^bits: shape (bits, ceil(size / 8)), the last byte filled with 0."""
    planes = np.empty((bits, packed_size(codes.size)), dtype=np.uint8)
    for j in range(bits):
        planes[j] = np.packbits(codes & (1 << (bits - 1 - j)))
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


def counts(planes: Array, mask: Array, levels: int) -> Array:
    """How many of the codes where ``mask`` is set are 0, 1, ..., ``levels`` - 1: int64."""
    return np.fromiter(_counts(planes, mask, levels), dtype=np.int64, count=levels)


def _counts(planes: Array, mask: Array, levels: int) -> Iterator[int]:
    """Split the mask by the highest bit, then each half by the next, until a code is left."""
    if levels <= 0:
        return
    if not len(planes):
        yield count_bits(mask)
        return
    half = 1 << (len(planes) - 1)
    yield from _counts(planes[1:], mask & ~planes[0], min(levels, half))
    yield from _counts(planes[1:], mask & planes[0], levels - half)


def all_set(size: int) -> Array:
    """``size`` packed bits that are 1, and 0 behind them."""
    mask = np.full(packed_size(size), 0xFF, dtype=np.uint8)
    if size % 8:
        mask[-1] = 0xFF << (8 - size % 8) & 0xFF
    return mask
