r"""The k-bit family {B alpha : B in {-1,+1}^{n x k}, alpha in R^k}: levels and nearest assignment.

Row j of the 2^k sign patterns has +1 in column i where bit i of j is set; its level is the sum of
the +-alpha_i.
"""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, constant_like, dtype_name
from pqtheory._checks import check_count

MAX_BITS = 4


def check_bits(bits: Any) -> int:
    """``bits`` if it is an integer from 1 to 4."""
    return check_count(bits, "bits", 1, MAX_BITS)


def patterns(bits: int) -> Array:
    """Return the 2^k sign patterns, shape (2^k, k)."""
    return 2 * (np.arange(2**bits)[:, None] >> np.arange(bits) & 1) - 1


def all_levels(xp: Namespace, scales: Array) -> Array:
    """Level of each pattern: (g, k) -> (g, 2^k), not sorted."""
    signs = constant_like(xp, patterns(scales.shape[-1]), scales)
    level = signs[:, 0] * scales[:, :1]
    for i in range(1, scales.shape[-1]):
        level = level + signs[:, i] * scales[:, i : i + 1]
    return level


def read(xp: Namespace, scales: Array, signs: Array) -> tuple[Array, Array]:
    """Values (g, n) of the given signs, bit for bit among the levels, and the codebook (g, 2^k)."""
    levels = all_levels(xp, scales)
    pattern = sum(xp.where(signs[..., i] > 0, 2**i, 0) for i in range(signs.shape[-1]))
    return xp.take_along_axis(levels, pattern, axis=-1), xp.sort(levels, axis=-1)


def nearest(xp: Namespace, rows: Array, scales: Array) -> tuple[Array, Array, Array]:
    """Nearest level for each entry, a tie going to the upper one.

    Returns
    -------
    values : array of shape (g, n)
    codebook : array of shape (g, 2^k)
    signs : array of shape (g, n, k)
    """
    levels = all_levels(xp, scales)
    order = xp.argsort(levels, axis=-1, stable=True)
    codebook = xp.take_along_axis(levels, order, axis=-1)
    thresholds = thresholds_of(xp, codebook)
    index = xp.where(rows >= thresholds[:, :1], 1, 0)
    for j in range(1, thresholds.shape[-1]):
        index = index + (rows >= thresholds[:, j : j + 1])
    values = xp.take_along_axis(codebook, index, axis=-1)
    pattern = xp.reshape(xp.take_along_axis(order, index, axis=-1), (-1,))
    signs = xp.take(constant_like(xp, patterns(scales.shape[-1]), rows), pattern, axis=0)
    return values, codebook, xp.reshape(signs, (*rows.shape, scales.shape[-1]))


def thresholds_of(xp: Namespace, codebook: Array) -> Array:
    """Return the least numbers that are not below the midpoints of neighbouring levels."""
    return threshold(xp, codebook[:, :-1], codebook[:, 1:])


def threshold(xp: Namespace, lower: Array, upper: Array) -> Array:
    """The least number that is not below the midpoint."""
    low, high = lower / 2, upper / 2
    middle = low + high
    if dtype_name(lower) == EXACT:
        return middle
    # Knuth's two-sum: middle + error is the midpoint exactly
    part = middle - low
    error = (low - (middle - part)) + (high - part)
    return xp.where(error > 0, xp.nextafter(middle, constant_like(xp, np.inf, middle)), middle)


def levels_naive(scales: list[Fraction]) -> list[tuple[Fraction, tuple[int, ...]]]:
    """All (level, signs), ascending; equal levels in the order of their patterns."""
    found = []
    for backwards in itertools.product((-1, 1), repeat=len(scales)):
        signs = backwards[::-1]
        found.append((sum((b * a for b, a in zip(signs, scales, strict=True)), Fraction(0)), signs))
    return sorted(found, key=lambda pair: pair[0])
