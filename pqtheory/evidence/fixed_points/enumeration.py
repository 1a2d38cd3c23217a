r"""All s in {-1, +1}^dim with s_i grad L(s)_i <= 0 for every i, by looking at each of the 2^dim vertices.

For a quadratic s = (h, l) is split in two halves: A_l l is computed once for all l, and each h adds one vector to it.
Coordinates are tested one after the other on those l that are still in the running, so most are left after a few.
Integers scaled from the data decide, in int64 where every sum fits; else floats exclude a vertex only beyond their
rounding error, and what remains is decided in Python's integers. Either way the answer is exact.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_count, check_number
from pqtheory.evidence.fixed_points._integers import integers, push
from pqtheory.problems import Quadratic
from pqtheory.problems.base import Problem

#: vertices looked at in one go
BLOCK = 12
#: sums of integers below it are exact in int64, with room for the threshold
FITS = 2**62


def enumerate(
    problem: Problem, *, tolerance: Any = 0, max_dim: int = 24, max_count: int = 1 << 20
) -> Array:
    """All vertices with ``s_i grad L(s)_i <= tolerance`` for every i, in lexicographic order.

    Parameters
    ----------
    problem : Problem
        The loss L. For a :class:`~pqtheory.problems.Quadratic` every vertex is decided exactly, whatever its data; any
        other problem is decided by its gradient in float64, with the rounding that this has.
    tolerance : number >= 0
        How far a gradient that rounds may point the wrong way, in units of the gradient.
    max_dim : int
        Largest dimension tried: the work doubles with each.
    max_count : int
        Most fixed points returned; this alone bounds the memory.

    Returns
    -------
    array
        Float64, of shape (count, dim).

    Raises
    ------
    TypeError
        If an argument is not of the type above.
    ValueError
        If ``problem.dim`` is above ``max_dim``, ``tolerance`` is below 0 or not finite, or there are more fixed points
        than ``max_count``.
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected a Problem, got {type(problem).__name__}")
    tolerance = check_number(tolerance, "tolerance", 0, finite=True)
    max_dim, max_count = check_count(max_dim, "max_dim"), check_count(max_count, "max_count")
    if problem.dim > max_dim:
        raise ValueError(
            f"problem: expected a dimension up to max_dim = {max_dim}, got {problem.dim}; a larger max_dim doubles the "
            "work with each dimension, certify_none goes further for quadratics"
        )
    if isinstance(problem, Quadratic):
        blocks = _of_quadratic(problem, Fraction(tolerance))
    else:
        blocks = _of_any(problem, tolerance)
    found, count = [np.empty((0, problem.dim))], 0
    for block in blocks:
        count += len(block)
        if count > max_count:
            raise ValueError(f"problem: it has more fixed points than max_count = {max_count}")
        found.append(block)
    return np.concatenate(found)


def _vertices(dim: int) -> Array:
    """All of {-1, +1}^dim in lexicographic order: shape (2^dim, dim)."""
    bits = np.arange(2**dim)[:, None] >> np.arange(dim)[::-1]
    return 2.0 * (bits & 1) - 1


def _of_any(problem: Problem, tolerance: Any) -> Iterator[Array]:
    low = min(problem.dim, BLOCK)
    block = np.empty((2**low, problem.dim))
    block[:, problem.dim - low :] = _vertices(low)
    for index in range(2 ** (problem.dim - low)):
        block[:, : problem.dim - low] = _vertex(index, problem.dim - low)
        yield block[(block * problem.gradient(block) <= tolerance).all(axis=1)]


def _vertex(index: int, dim: int) -> Array:
    return 2.0 * (index >> np.arange(dim)[::-1] & 1) - 1


def _of_quadratic(problem: Quadratic, tolerance: Fraction) -> Iterator[Array]:
    A, b, scale = integers(problem)
    threshold = math.floor(tolerance * scale)
    bound = max(abs(A).sum(axis=1) + abs(b))
    # beyond the bound a threshold excludes nothing more
    threshold = min(threshold, bound)
    if 2 * bound < FITS:
        yield from _below(A.astype(np.int64), b.astype(np.int64), threshold)
        return
    # as floats in units of the bound: each entry and each of at most dim + 2 sums is off by one rounding of 1
    unit = Fraction(1, bound)
    error = (problem.dim + 4) ** 2 * np.finfo(np.float64).eps
    scaled = np.array([float(v * unit) for v in (*A.flat, *b)])
    split = problem.dim**2
    near = _below(scaled[:split].reshape(A.shape), scaled[split:], float(threshold * unit) + error)
    for block in near:
        yield block[[bool((push(A, b, s) <= threshold).all()) for s in block]]


def _below(A: Array, b: Array, threshold: Any) -> Iterator[Array]:
    """Vertices with ``s_i (A s + b)_i <= threshold`` for every i, in blocks of the same first coordinates."""
    dim = len(b)
    low = min(dim, BLOCK)
    high = dim - low
    tails = _vertices(low)
    T = tails.T.astype(A.dtype)
    inner = A[:, high:] @ T
    # s_i (A_l l)_i for the i in l
    inner[high:] *= T
    for index in range(2**high):
        head = _vertex(index, high)
        offset = A[:, :high] @ head.astype(A.dtype) + b
        alive: Any = slice(None)
        for i in range(dim):
            if i < high:
                fine = head[i].astype(A.dtype) * (inner[i, alive] + offset[i]) <= threshold
            else:
                fine = inner[i, alive] + T[i - high, alive] * offset[i] <= threshold
            alive = np.flatnonzero(fine) if isinstance(alive, slice) else alive[fine]
            if not alive.size:
                break
        block = np.empty((alive.size, dim))
        block[:, :high] = head
        block[:, high:] = tails[alive]
        yield block
