r"""Least squares with signs: alpha = (B^T B)^+ B^T t, the shortest minimiser of ||t - B alpha||^2.

B^T B is singular where columns of B are dependent, so where a group has few distinct entries.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, dtype_name
from pqtheory._elementwise import narrow
from pqtheory.quantizers._groups import total

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
    # starting from a fraction makes integers exact, and leaves symbols what they are
    k, zero = len(moment), Fraction(0)
    square = [
        [sum((gram[i][m] * gram[m][j] for m in range(k)), zero) for j in range(k)] for i in range(k)
    ]
    y = _any_solution(square, [zero + m for m in moment])
    return [sum((gram[i][j] * y[j] for j in range(k)), zero) for i in range(k)]


def _any_solution(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solve a consistent linear system by Gauss-Jordan elimination, free variables 0."""
    k = len(right)
    table = [[*row, r] for row, r in zip(matrix, right, strict=True)]
    pivots: list[int] = []
    for column in range(k):
        used = len(pivots)
        choice = next((i for i in range(used, k) if table[i][column] != 0), None)
        if choice is None:
            continue
        table[used], table[choice] = table[choice], table[used]
        table[used] = [entry / table[used][column] for entry in table[used]]
        for i in range(k):
            if i != used:
                factor = table[i][column]
                table[i] = [a - factor * b for a, b in zip(table[i], table[used], strict=True)]
        pivots.append(column)
    solution = [Fraction(0)] * k
    for i, column in enumerate(pivots):
        solution[column] = table[i][k]
    return solution
