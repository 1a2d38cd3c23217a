r"""Least squares with signs: alpha = (B^T B)^+ B^T t, the shortest minimiser of ||t - B alpha||^2.

B^T B is singular where columns of B are dependent, so where a group has few distinct entries.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, dtype_name
from pqtheory._elementwise import narrow
from pqtheory._groups import total

#: B^T B is an integer matrix whose eigenvalues, for k <= 4, are 0 or at least 0.53
RANK_GAP = 0.25


def least_squares(xp: Namespace, signs: Array, rows: Array) -> Array:
    """Solve each group in float64, fractions exactly: (g, n, k) and (g, n) -> (g, k)."""
    planes = [signs[..., i] for i in range(signs.shape[-1])]
    moment = xp.stack([total(xp, a * rows) for a in planes], axis=-1)
    gram = xp.stack(
        [xp.stack([total(xp, a * b) for b in planes], axis=-1) for a in planes], axis=-1
    )
    if dtype_name(rows) == EXACT:
        exact = [shortest_solution(g, m) for g, m in zip(gram, moment, strict=True)]
        return np.array(exact, dtype=object).reshape(moment.shape)
    curvature, basis = xp.linalg.eigh(gram)
    # dividing by infinity drops the directions that B cannot see
    curvature = xp.where(curvature > RANK_GAP, curvature, np.inf)
    along = xp.sum(basis * moment[..., None], axis=-2) / curvature
    return narrow(xp, xp.sum(basis * along[..., None, :], axis=-1), rows)


def shortest_solution(gram: Any, moment: Any) -> list[Fraction]:
    """Shortest x with gram x = moment, for symmetric ``gram`` whose range holds ``moment``.

    x lies in the range of gram, x = gram y, so any y with gram^2 y = moment will do.
    """
    return times(gram, any_solution(squared(gram), moment))


def squared(gram: Any) -> list[list[Any]]:
    """gram^2; starting from a fraction makes integers exact, and leaves terms what they are."""
    k = range(len(gram))
    return [[sum((gram[i][m] * gram[m][j] for m in k), Fraction(0)) for j in k] for i in k]


def times(gram: Any, y: Any) -> list[Any]:
    """Gram y."""
    return [sum((a * b for a, b in zip(row, y, strict=True)), Fraction(0)) for row in gram]


def any_solution(matrix: Any, right: Any) -> list[Any]:
    """Solve a consistent linear system by Gauss-Jordan elimination, free variables 0."""
    k = len(right)
    table = [[*row, Fraction(0) + r] for row, r in zip(matrix, right, strict=True)]
    pivots: list[int] = []
    for column in range(k):
        used = len(pivots)
        choice = next((i for i in range(used, k) if table[i][column] != 0), None)
        if choice is not None:
            table = eliminated(table, used, choice, column)
            pivots.append(column)
    return read_off(table, pivots)


def eliminated(table: Any, used: int, choice: int, column: int) -> list[list[Any]]:
    """One step: row ``choice`` comes to the place ``used``, is 1 in the column, and all others are 0 there."""
    rows = list(table)
    rows[used], rows[choice] = rows[choice], rows[used]
    pivot = [entry / rows[used][column] for entry in rows[used]]
    return [
        pivot if i == used else [a - row[column] * b for a, b in zip(row, pivot, strict=True)]
        for i, row in enumerate(rows)
    ]


def read_off(table: Any, pivots: list[int]) -> list[Any]:
    """The solution with free variables 0, row i having the variable ``pivots[i]``."""
    solution = [Fraction(0)] * len(table)
    for row, column in zip(table, pivots, strict=False):
        solution[column] = row[-1]
    return solution
