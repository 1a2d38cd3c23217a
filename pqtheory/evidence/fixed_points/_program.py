r"""The least push min_s max_i s_i (A s + b)_i as a mixed-integer program in the vertex s = 2 x - 1 and eps.

Rows are divided by their largest value r_i = sum_j |A_ij| + |b_i|: minimise eps >= 0 over x in {0, 1}^dim subject to

    (A s + b)_i / r_i <= eps + U_i (1 - x_i),        (A s + b)_i / r_i >= -eps - V_i x_i,

U_i what the left-hand side can reach where s_i = -1, -V_i where s_i = +1.
"""

import importlib.util
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array

#: the dual bound need not reach the optimum: a tenth of it shows that it is not 0
GAP = 0.9


def available() -> bool:
    """Whether scipy is installed."""
    return importlib.util.find_spec("scipy") is not None


@final
@dataclass(frozen=True)
class Rows:
    """``A x + c`` in the vertex x of {0, 1}^dim, each row in units of its largest value, and what it can reach."""

    A: Array
    c: Array
    above: Array
    below: Array
    units: list[int]


def scaled_rows(A: Array, b: Array) -> Rows:
    """The rows of an integer quadratic."""
    units = [int(u) or 1 for u in abs(A).sum(axis=1) + abs(b)]
    off = abs(A).sum(axis=1) - abs(A.diagonal())
    # with s_i = -1 the row is at most above, with s_i = +1 at least -below
    above, below = off - A.diagonal() + b, off - A.diagonal() - b

    def scaled(values: Array) -> Array:
        return np.array([float(Fraction(v, u)) for v, u in zip(values, units, strict=True)])

    matrix = np.array(
        [[float(Fraction(2 * v, u)) for v in row] for row, u in zip(A, units, strict=True)]
    )
    return Rows(
        matrix,
        scaled(b - A.sum(axis=1)),
        np.maximum(scaled(above), 0.0),
        np.maximum(scaled(below), 0.0),
        units,
    )


def solve(rows: Rows, largest: float, time_limit: float) -> Any:
    """Minimise eps in [0, largest] over the vertices."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    dim = len(rows.c)
    one = np.ones((dim, 1))
    upper = np.hstack([rows.A + np.diag(rows.above), -one])
    lower = np.hstack([rows.A + np.diag(rows.below), one])
    return milp(
        np.append(np.zeros(dim), 1.0),
        integrality=np.append(np.ones(dim), 0.0),
        bounds=Bounds(np.zeros(dim + 1), np.append(np.ones(dim), largest)),
        constraints=[
            LinearConstraint(upper, -np.inf, rows.above - rows.c),
            LinearConstraint(lower, -rows.c, np.inf),
        ],
        options={"time_limit": time_limit, "mip_rel_gap": GAP},
    )
