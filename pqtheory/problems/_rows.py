"""Products row by row: what a row gives does not depend on the rows beside it, bit for bit.

BLAS sums a product of matrices in another order than one of vectors, and the last rows in another than the first. So
NumPy's rows go to it in blocks of a few sizes, and what is left over filled up with zeros. That a row's product is the
same wherever it stands in a block, and in blocks of all these sizes, BLAS does not promise: it is tried once for each
shape of the matrix, and a size where it is not so is not taken. In blocks of one row it is. For other array libraries
this is the library's own product, without that property.
"""

import functools
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, dtype_name

#: rows to a block, the smallest of which is the measure of the others
SMALLEST, LARGER = (8, 2, 1), (64, 512, 4096)
#: multiplications that a larger block may take: beyond it calls are not what costs, and trying is
SMALL = 1 << 19
#: numbers that are added at once: what a core's own cache holds with ease, and all in so many parts at least
LONG, PARTS = 8192, 8


def times(xp: Namespace, theta: Array, matrix: Array) -> Array:
    """``theta @ matrix`` for ``theta`` of shape (..., k) and a matrix of shape (k, n)."""
    if xp is not np or dtype_name(theta) == EXACT:
        return theta @ matrix
    k, n = matrix.shape
    rows = np.ascontiguousarray(theta).reshape(-1, k)
    result = np.empty((len(rows), n), dtype=theta.dtype)
    done = 0
    sizes = _block_sizes(k, n, theta.dtype, not matrix.flags.c_contiguous)
    for size in sizes:
        end = done + (len(rows) - done) // size * size
        if end > done:
            blocks = rows[done:end].reshape(-1, size, k)
            np.matmul(blocks, matrix, out=result[done:end].reshape(-1, size, n))
        done = end
    if done < len(rows):
        last = np.zeros((sizes[-1], k), dtype=theta.dtype)
        last[: len(rows) - done] = rows[done:]
        result[done:] = (last @ matrix)[: len(rows) - done]
    return result.reshape(*theta.shape[:-1], n)


def plus(xp: Namespace, theta: Array, row: Array, *, reuse: bool = False) -> Array:
    """``theta + row`` for ``theta`` of shape (..., k) and a row of shape (k,); with ``reuse`` in the memory of theta.

    NumPy adds along the last axis, and begins anew for each row: short rows are taken many together.
    """
    (k,) = row.shape
    plain = xp is np and theta.dtype == row.dtype and theta.flags.c_contiguous
    together = min(LONG, theta.size // PARTS) // max(1, k) if plain else 0
    if together < 2:
        return theta + row
    rows = theta.reshape(-1, k)
    result = rows if reuse else np.empty_like(rows)
    whole = len(rows) // together * together
    longer = np.broadcast_to(row, (together, k)).reshape(-1)
    np.add(
        rows[:whole].reshape(-1, longer.size), longer, out=result[:whole].reshape(-1, longer.size)
    )
    np.add(rows[whole:], row, out=result[whole:])
    return result.reshape(theta.shape)


def dot(xp: Namespace, a: Array, b: Array) -> Array:
    """``sum_i a_i b_i`` over the last axis."""
    # on short rows einsum is twice as fast as vecdot, and it takes each row by itself
    return np.einsum("...i,...i->...", a, b) if xp is np else xp.vecdot(a, b)


@functools.cache
def _block_sizes(k: int, n: int, dtype: Any, transposed: bool) -> tuple[int, ...]:
    """Sizes of blocks in which BLAS gives a row the same product, the largest first."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((k, n)).astype(dtype)
    matrix = np.asfortranarray(matrix) if transposed else matrix
    rows = rng.standard_normal((LARGER[-1], k)).astype(dtype)
    smallest = next(size for size in SMALLEST if _alike(rows[:size], matrix))
    larger = [s for s in LARGER if s * k * n <= SMALL and _same(rows[:s], matrix, smallest)]
    return (*reversed(larger), smallest)


def _alike(rows: Array, matrix: Array) -> bool:
    """Whether every row has the same product wherever in the block it stands."""
    product = rows @ matrix
    return all(
        np.array_equal(np.roll(rows, shift, axis=0) @ matrix, np.roll(product, shift, axis=0))
        for shift in range(1, len(rows))
    )


def _same(rows: Array, matrix: Array, size: int) -> bool:
    """Whether a block has the same product in one piece as in blocks of ``size`` rows."""
    whole = rows @ matrix
    parts = rows.reshape(-1, size, rows.shape[1]) @ matrix
    return np.array_equal(whole, parts.reshape(whole.shape))
