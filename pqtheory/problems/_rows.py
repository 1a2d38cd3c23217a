"""Products row by row: what a row gives does not depend on the rows beside it, bit for bit.

BLAS sums a product of matrices in another order than one of vectors, and the last rows in another than the first. So
NumPy's rows go to it in blocks of one size, the last one filled up with zeros. Whether a block's rows are all treated
alike BLAS does not promise: it is tried once for each shape, and smaller blocks are taken where they are not. In blocks
of one row they are. For other array libraries this is the library's own product, without that property.
"""

import functools
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, HALF_PRECISION, Array, Namespace, dtype_name
from pqtheory._elementwise import narrow, widen

#: rows to a block, the first choice first: for small matrices, where calls are what costs, and for others
BLOCKS_OF_SMALL, BLOCKS = (64, 8, 2), (8, 2)
SMALL = 1 << 10
#: entries of a matrix up to which its shape is tried
TRIED = 1 << 20


def times(xp: Namespace, theta: Array, matrix: Array) -> Array:
    """``theta @ matrix`` for ``theta`` of shape (..., k) and a matrix of shape (k, n)."""
    if xp is not np or dtype_name(theta) == EXACT:
        return theta @ matrix
    if dtype_name(theta) in HALF_PRECISION:
        return narrow(xp, times(xp, widen(xp, theta), matrix.astype(np.float32)), theta)
    k, n = matrix.shape
    rows = np.ascontiguousarray(theta).reshape(-1, k)
    size = _block(k, n, theta.dtype, not matrix.flags.c_contiguous)
    whole = len(rows) // size * size
    result = np.empty((len(rows), n), dtype=theta.dtype)
    np.matmul(rows[:whole].reshape(-1, size, k), matrix, out=result[:whole].reshape(-1, size, n))
    if whole < len(rows):
        last = np.zeros((size, k), dtype=theta.dtype)
        last[: len(rows) - whole] = rows[whole:]
        result[whole:] = (last @ matrix)[: len(rows) - whole]
    return result.reshape(*theta.shape[:-1], n)


def dot(xp: Namespace, a: Array, b: Array) -> Array:
    """``sum_i a_i b_i`` over the last axis."""
    # on short rows einsum is twice as fast as vecdot, and it takes each row by itself
    if xp is np and dtype_name(a) in HALF_PRECISION:
        return narrow(xp, dot(xp, widen(xp, a), widen(xp, b)), a)
    return np.einsum("...i,...i->...", a, b) if xp is np else xp.vecdot(a, b)


@functools.cache
def _block(k: int, n: int, dtype: Any, transposed: bool) -> int:
    """The most rows of the sizes above that BLAS treats alike in a product of this shape."""
    sizes = BLOCKS_OF_SMALL if k * n <= SMALL else BLOCKS
    if k * n > TRIED:
        return sizes[0]
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((k, n)).astype(dtype)
    matrix = np.asfortranarray(matrix) if transposed else matrix
    rows = rng.standard_normal((sizes[0], k)).astype(dtype)
    return next((size for size in sizes if _alike(rows[:size], matrix)), 1)


def _alike(rows: Array, matrix: Array) -> bool:
    """Whether every row has the same product wherever in the block it stands."""
    product = rows @ matrix
    shifted = (np.roll(rows, shift, axis=0) @ matrix for shift in range(1, len(rows)))
    return all(
        np.array_equal(moved, np.roll(product, shift, axis=0))
        for shift, moved in enumerate(shifted, 1)
    )
