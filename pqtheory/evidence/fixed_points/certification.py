r"""Certificates that L(x) = 1/2 x.A.x + b.x has no s in {-1, +1}^dim with s_i (A s + b)_i <= 0 for all i.

All bound the same number from below, the least push m = min_s max_i s_i (A s + b)_i; m > 0 means that there is none.

* row         m >= A_ii - sum_{j != i} |A_ij| - |b_i| for every i, exactly.
* convexity   for mu <= lambda_min(A) and any x in the box, g = A x + b: as <A (s - x), s - x> >= mu ||s - x||^2,

      max(m, 0) sum_i (1 + |x_i|) >= sum_i min_{s_i = +-1} { mu (s_i - x_i)^2 + g_i (s_i - x_i) }.

  At the minimiser x over the box it succeeds whenever lambda_min > 0 and x is no vertex: then L has no fixed point.
  Everything is rational, but for mu: the least eigenvalue in float64, less a bound on its error.
* milp        a dual bound on the mixed-integer program min m (:mod:`._program`). The solver keeps constraints and
  integers to within 1e-6, which moves its eps by less than 1e-5: only a dual bound above ``TOLERANCE`` = 1e-4 counts,
  and only of a solve that ended as it should. What lies between, or runs out of time, is undecided.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import EXACT, Array
from pqtheory._checks import check_number
from pqtheory._messages import brief
from pqtheory.evidence.base import Step
from pqtheory.evidence.fixed_points import _told
from pqtheory.evidence.fixed_points._integers import integers, push
from pqtheory.evidence.fixed_points._program import scaled_rows, solve
from pqtheory.problems import Quadratic

#: least dual bound that counts, in units of the rows: ten times and more of what the solver's tolerances can shift
TOLERANCE = 1e-4
#: denominators of the point x of the convexity argument
GRID = 2**40


@final
@dataclass(frozen=True)
class Certificate:
    """What is known about the fixed points of a quadratic.

    Attributes
    ----------
    status : {"none", "exists", "undecided"}
        Whether there is one.
    method : {"row", "convexity", "milp"}
        The argument that decided, or the last that was tried.
    margin : float or None
        With "none": at every vertex some s_i grad L(s)_i is at least this much above 0.
    witness : array of shape (dim,) or None
        With "exists": a fixed point, checked in exact arithmetic.
    reason : str
        With "undecided": what the solver said.
    step : Step or None
        With "none" from ``certify_none``: the numbers of the argument, over the integers, for anyone to check.

    Raises
    ------
    ValueError
        If "none" comes without a margin > 0, or "exists" without a witness.
    """

    status: str
    method: str
    margin: float | None = None
    witness: Array | None = None
    reason: str = ""
    step: Step | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.status not in ("none", "exists", "undecided"):
            raise ValueError(
                f"status: expected 'none', 'exists' or 'undecided', got {brief(self.status)}"
            )
        if self.status == "none" and not (self.margin is not None and self.margin > 0):
            raise ValueError(f"margin: expected a number > 0 with 'none', got {brief(self.margin)}")
        if (self.status == "exists") != (self.witness is not None):
            raise ValueError("witness: expected exactly where the status is 'exists'")

    @property
    def certified(self) -> bool:
        """Whether it is certain that there is no fixed point."""
        return self.status == "none"


def certify_none(problem: Quadratic, *, time_limit: Any = 60.0) -> Certificate:
    """Certify that there is no fixed point, or find one, or say "undecided".

    Parameters
    ----------
    problem : Quadratic
        The loss, of any signature.
    time_limit : number > 0
        Seconds for the mixed-integer program, which comes last; the other arguments take little time.

    Returns
    -------
    Certificate
        "none" only with one of the arguments above; an interrupted or failed solve is "undecided".

    Raises
    ------
    TypeError
        If ``problem`` is no Quadratic or ``time_limit`` no number.
    ValueError
        If ``time_limit`` is not above 0.
    """
    time_limit = _check(problem, time_limit)
    A, b, scale = integers(problem)
    row = int(np.argmax(_row_bounds(A, b)))
    least = Fraction(int(_row_bounds(A, b)[row]), scale)
    if least > 0:
        told = _told.row(A, b, scale, row, least)
        return Certificate("none", "row", _below(least), step=told)
    total, point, mu = _convexity_bound(problem)
    if total > 0:
        told = _told.convexity(A, b, scale, point, mu, total)
        return Certificate("none", "convexity", _below(total), step=told)
    return _certify_by_milp(A, b, scale, time_limit)


def find(problem: Quadratic, *, time_limit: Any = 60.0) -> Certificate:
    """A fixed point, by mixed-integer programming alone: quicker where there is one, and never a proof of "none".

    Returns
    -------
    Certificate
        "exists" with its witness, or "undecided". Parameters and errors are those of :func:`certify_none`.
    """
    time_limit = _check(problem, time_limit)
    A, b, _ = integers(problem)
    rows = scaled_rows(A, b)
    result = solve(rows, 0.0, time_limit)
    witness = _witness(A, b, result)
    if witness is None:
        return Certificate("undecided", "milp", reason=f"no fixed point found: {result.message}")
    return Certificate("exists", "milp", witness=witness)


def _check(problem: Any, time_limit: Any) -> float:
    if not isinstance(problem, Quadratic):
        raise TypeError(f"problem: expected a Quadratic, got {type(problem).__name__}")
    return float(check_number(time_limit, "time_limit", 0, open_low=True, finite=True))


def _below(exact: Fraction) -> float:
    """The largest float that is not above ``exact`` > 0."""
    nearest = float(exact)
    return nearest if nearest <= exact else math.nextafter(nearest, 0.0)


def _row_bounds(A: Array, b: Array) -> Array:
    """``A_ii - sum_{j != i} |A_ij| - |b_i|`` for every i."""
    diagonal = A.diagonal()
    bounds: Array = diagonal - (abs(A).sum(axis=1) - abs(diagonal)) - abs(b)
    return bounds


def _convexity_bound(problem: Quadratic) -> tuple[Fraction, list[Fraction], Fraction]:
    """The bound at (nearly) the minimiser over the box, that point and mu; 0 if A is not safely positive definite."""
    from scipy.optimize import minimize

    A, b = problem.A.astype(np.float64), problem.b.astype(np.float64)
    # eigvalsh is backward stable; the matrix was rounded to floats before, at most half an eps per entry
    error = 64 * problem.dim * np.finfo(np.float64).eps * float(np.linalg.norm(A))
    mu = float(np.linalg.eigvalsh(A)[0]) - error
    if not mu > 0:
        return Fraction(0), [], Fraction(0)
    size = max(abs(A).max(), abs(b).max())
    found = minimize(
        lambda x: ((x @ A / 2 + b) @ x / size, (A @ x + b) / size),
        np.zeros(problem.dim),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-1.0, 1.0)] * problem.dim,
        options={"maxiter": 2000, "ftol": 0.0, "gtol": 1e-12},
    )
    if not np.isfinite(found.x).all():
        return Fraction(0), [], Fraction(0)
    # any x in the box will do: what the optimizer says about its end does not matter
    x = np.clip(found.x, -1.0, 1.0)
    return bound_at(problem, x, Fraction(mu)), on_grid(x), Fraction(mu)


def on_grid(x: Array) -> list[Fraction]:
    """X rounded to 1 / GRID."""
    return [Fraction(round(v * GRID), GRID) for v in x.tolist()]


def bound_at(problem: Quadratic, x: Array, mu: Fraction) -> Fraction:
    """The convexity argument's bound on max(m, 0), exactly, for x in the box rounded to 1 / GRID."""
    A, b, k = integers(problem)
    whole = np.empty(problem.dim, dtype=EXACT)
    whole[:] = [round(v * GRID) for v in x.tolist()]
    gradient = A @ whole + GRID * b
    total = weight = Fraction(0)
    for n, g in zip(whole, gradient, strict=True):
        point, slope = Fraction(n, GRID), Fraction(g, k * GRID)
        total += min(mu * (s - point) ** 2 + slope * (s - point) for s in (-1, 1))
        weight += 1 + abs(point)
    return total / weight


def _vertex(result: Any, dim: int) -> Array | None:
    x = result.x
    if x is None or not np.isfinite(x).all():
        return None
    return np.where(x[:dim] > 0.5, 1.0, -1.0)


def _witness(A: Array, b: Array, result: Any) -> Array | None:
    s = _vertex(result, len(b))
    return s if s is not None and (push(A, b, s) <= 0).all() else None


def _certify_by_milp(A: Array, b: Array, scale: int, time_limit: float) -> Certificate:
    rows = scaled_rows(A, b)
    result = solve(rows, 1.0, time_limit)
    witness = _witness(A, b, result)
    if witness is not None:
        return Certificate("exists", "milp", witness=witness)
    s = _vertex(result, len(b))
    bound = result.mip_dual_bound
    # status 0: optimal to within the gap; 1 is a limit reached, 2 to 4 cannot be, as every vertex with eps = 1 will do
    if result.status != 0 or s is None or bound is None or not TOLERANCE < bound < math.inf:
        return Certificate(
            "undecided", "milp", reason=f"dual bound {bound}: {result.message or result.status}"
        )
    reached = max(float(Fraction(p, u)) for p, u in zip(push(A, b, s), rows.units, strict=True))
    if bound > reached + TOLERANCE:
        return Certificate(
            "undecided", "milp", reason=f"dual bound {bound} above the value {reached} of a vertex"
        )
    margin = Fraction(float(bound) - TOLERANCE / 2) * Fraction(min(rows.units), scale)
    told = _told.milp(A, b, scale, rows.units, bound, TOLERANCE)
    return Certificate("none", "milp", _below(margin), step=told)
