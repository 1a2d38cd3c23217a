r"""The convexity argument, exactly: for A - mu I positive semidefinite and any x in the box, g = A x + b,

    max(m, 0) sum_i (1 + |x_i|) >= sum_i min_{s_i = +-1} { mu (s_i - x_i)^2 + g_i (s_i - x_i) },

m = min_s max_i s_i (A s + b)_i. For g_i (s_i - x_i) + (A (s - x))_i (s_i - x_i) = (A s + b)_i (s_i - x_i) is at most
max(m_s, 0) (1 + |x_i|), m_s the largest s_i (A s + b)_i, and <A (s - x), s - x> >= mu ||s - x||^2.

Where x and mu come from does not matter. A factor L of A - nu I in whole units shows that mu is right: exactly,
A - nu I = L L^T + E, and <E d, d> >= -max_i sum_j |E_ij| ||d||^2, so mu = nu - max_i sum_j |E_ij| will do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import numpy as np

from pqtheory._arrays import EXACT, Array
from pqtheory.evidence.fixed_points._integers import integers
from pqtheory.problems import Quadratic

#: denominators of the point x
GRID = 2**40
#: bits of the largest entry of the factor
BITS = 40
#: nu is the least eigenvalue less this share of it, so that A - nu I has a factor
ROOM = 2.0**-10


@final
@dataclass(frozen=True)
class Curvature:
    """A number that no eigenvalue of A is below, and what shows it.

    Attributes
    ----------
    least : Fraction
        mu.
    shift, unit : Fraction
        nu, and the unit of the factor's entries.
    factor : array of shape (dim, dim)
        L in these units, Python's integers.
    """

    least: Fraction
    shift: Fraction
    unit: Fraction
    factor: Array


def curvature(problem: Quadratic) -> Curvature | None:
    """Almost the least eigenvalue; None where A is not safely positive definite."""
    A = problem.A.astype(np.float64)
    low = float(np.linalg.eigvalsh(A)[0])
    shift = low - ROOM * abs(low)
    try:
        root = np.linalg.cholesky(A - shift * np.eye(problem.dim))
    except np.linalg.LinAlgError:
        return None
    largest = float(abs(root).max())
    if not (low > 0 and 0 < largest < math.inf):
        return None
    found = bounded(problem, Fraction(shift), root, math.frexp(largest)[1] - BITS)
    return found if found.least > 0 else None


def bounded(problem: Quadratic, shift: Fraction, root: Array, exponent: int) -> Curvature:
    """What any matrix ``root``, rounded to whole units 2^exponent, shows; the nearer to a factor, the more."""
    entries, _, scale = integers(problem)
    unit = Fraction(2) ** exponent
    factor = np.empty(root.size, dtype=EXACT)
    factor[:] = [round(Fraction(v) / unit) for v in root.flat]
    factor = factor.reshape(root.shape)
    whole = math.lcm(scale, shift.denominator, (unit**2).denominator)
    rest = entries * (whole // scale) - factor @ factor.T * int(unit**2 * whole)
    rest = rest - np.eye(problem.dim, dtype=int).astype(EXACT) * int(shift * whole)
    off = Fraction(int(abs(rest).sum(axis=1).max()), whole)
    return Curvature(shift - off, shift, unit, factor)


def nearly_minimiser(problem: Quadratic) -> Array | None:
    """A point of the box, close to the minimiser of L there; None where the optimizer goes astray."""
    from scipy.optimize import minimize

    A, b = problem.A.astype(np.float64), problem.b.astype(np.float64)
    size = max(abs(A).max(), abs(b).max())
    found = minimize(
        lambda x: ((x @ A / 2 + b) @ x / size, (A @ x + b) / size),
        np.zeros(problem.dim),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-1.0, 1.0)] * problem.dim,
        options={"maxiter": 2000, "ftol": 0.0, "gtol": 1e-12},
    )
    # any x in the box will do: what the optimizer says about its end does not matter
    return np.clip(found.x, -1.0, 1.0) if np.isfinite(found.x).all() else None


def on_grid(x: Array) -> list[Fraction]:
    """X rounded to 1 / GRID."""
    return [Fraction(round(v * GRID), GRID) for v in x.tolist()]


def bound_at(problem: Quadratic, x: Sequence[Fraction], mu: Fraction) -> Fraction:
    """The bound on max(m, 0) for x in the box, multiples of 1 / GRID."""
    A, b, k = integers(problem)
    whole = np.empty(problem.dim, dtype=EXACT)
    whole[:] = [int(v * GRID) for v in x]
    gradient = A @ whole + GRID * b
    total = weight = Fraction(0)
    for point, g in zip(x, gradient, strict=True):
        slope = Fraction(g, k * GRID)
        total += min(mu * (s - point) ** 2 + slope * (s - point) for s in (-1, 1))
        weight += 1 + abs(point)
    return total / weight
