r"""Quadratics and linear systems over the fractions, decided without rounding.

Elimination over the integers (Bareiss 1968), with diagonal pivots: what remains of A after some steps is, up to a
factor > 0, the Schur complement of the pivots' block. So A is positive semidefinite iff no pivot is negative and
nothing is left where all diagonal entries are 0.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from pqtheory._arrays import EXACT, Array, exact_number
from pqtheory.quantizers._least_squares import shortest_solution


class Minimum(NamedTuple):
    """Whether x.A.x / 2 + b.x is convex, its infimum, and a point of shape (1, dim) that attains it."""

    is_convex: bool
    lower_bound: Any
    minimisers: Array | None


def minimum(A: Array, b: Array) -> Minimum:
    """The exact minimum of a quadratic; the shortest of its minimisers."""
    table, order = _eliminate(A, b)
    if order is None:
        return Minimum(False, -math.inf, None)
    dim = len(b)
    flat = [i for i in range(dim) if i not in order]
    if any(table[i, dim] != 0 for i in flat):
        return Minimum(True, -math.inf, None)
    exact_A, exact_b = _fractions(A), _fractions(b)
    point = _fractions(
        shortest_solution(exact_A, -exact_b) if flat else _back_substituted(table, order)
    )
    return Minimum(True, exact_b @ point / 2, point[None])


def solution(X: Array, y: Array) -> Array | None:
    """The shortest theta with ``X theta = y``, of shape (1, dim); None where there is none."""
    X, y = _fractions(X), _fractions(y)
    theta = _fractions(shortest_solution(X.T @ X, X.T @ y))
    return theta[None] if (X @ theta == y).all() else None


def _eliminate(A: Array, b: Array) -> tuple[Array, list[int] | None]:
    """The table (A, -b) after elimination and the order of the pivots, None for an A that is not semidefinite."""
    entries = [exact_number(v) for v in np.column_stack([_fractions(A), -_fractions(b)]).flat]
    scale = math.lcm(*(f.denominator for f in entries))
    table: Array = np.empty(len(entries), dtype=EXACT)
    table[:] = [f.numerator * (scale // f.denominator) for f in entries]
    dim = len(b)
    table = table.reshape(dim, dim + 1)
    order: list[int] = []
    left, previous = [*range(dim)], 1
    while left:
        pivot = next((i for i in left if table[i, i] != 0), None)
        if pivot is None:
            zero = not table[np.ix_(left, left)].any()
            return table, order if zero else None
        if table[pivot, pivot] < 0:
            return table, None
        left.remove(pivot)
        order.append(pivot)
        rest = np.ix_(left, [*left, dim])
        moved = np.outer(table[left, pivot], table[pivot, [*left, dim]])
        table[rest] = (table[pivot, pivot] * table[rest] - moved) // previous
        previous = table[pivot, pivot]
    return table, order


def _back_substituted(table: Array, order: Sequence[int]) -> list[Fraction]:
    dim = len(order)
    point = [Fraction(0)] * dim
    for i, pivot in reversed([*enumerate(order)]):
        known = sum((table[pivot, j] * point[j] for j in order[i + 1 :]), Fraction(0))
        point[pivot] = (table[pivot, dim] - known) / table[pivot, pivot]
    return point


def _fractions(values: Any) -> Array:
    array = np.asarray(values)
    result = np.empty(array.shape, dtype=EXACT)
    for index, entry in np.ndenumerate(array):
        result[index] = exact_number(entry)
    return result
