r"""Certificates that L(x) = 1/2 x.A.x + b.x has no s in {-1, +1}^dim with s_i (A s + b)_i <= 0 for all i.

All bound the same number from below, the least push m = min_s max_i s_i (A s + b)_i; m > 0 means that there is none.

* row         m >= A_ii - sum_{j != i} |A_ij| - |b_i| for every i, exactly.
* convexity   a bound at any point x of the box, exactly (:mod:`.convexity`). At the minimiser x over the box it is > 0
  whenever lambda_min > 0 and x is no vertex: then L has no fixed point.
* search      branch and bound over sign vectors that ends, in integers (:mod:`.sign_search`): whatever the signature.
* milp        a dual bound on the mixed-integer program min m (:mod:`._program`). The solver keeps constraints and
  integers to within 1e-6, which moves its eps by less than 1e-5: only a dual bound above ``TOLERANCE`` = 1e-4 counts,
  and only of a solve that ended as it should. What lies between, or runs out of time, is undecided.

All but the last are proofs.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_float
from pqtheory._messages import brief
from pqtheory.evidence.base import Step
from pqtheory.evidence.fixed_points import _steps
from pqtheory.evidence.fixed_points._integers import integers, push
from pqtheory.evidence.fixed_points._program import available, scaled_rows, solve
from pqtheory.evidence.fixed_points.convexity import bound_at, curvature, nearly_minimiser, on_grid
from pqtheory.evidence.fixed_points.sign_search import search_signs
from pqtheory.problems import Quadratic

#: least dual bound that counts, in units of the rows: ten times and more of what the solver's tolerances can shift
TOLERANCE = 1e-4
#: how many partial sign vectors the search looks at
NODES = 10**6


@final
@dataclass(frozen=True)
class Certificate:
    """What is known about the fixed points of a quadratic.

    Attributes
    ----------
    status : {"none", "exists", "undecided"}
        Whether there is one.
    method : {"row", "convexity", "search", "milp"}
        The argument that decided, or the last that was tried.
    margin : float or None
        With "none": at every vertex some s_i grad L(s)_i is at least this much above 0.
    witness : array of shape (dim,) or None
        With "exists": a fixed point, checked in exact arithmetic.
    reason : str
        With "undecided": what the solver said.
    step : Step or None
        With "none" from ``certify_none``: the numbers of the argument, over the integers, for anyone to check.
    nodes : int
        With "search": how many partial sign vectors were looked at.

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
    nodes: int = 0

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

    @property
    def proved(self) -> bool:
        """Whether it is certain by exact arithmetic alone."""
        return self.certified and self.method != "milp"


def certify_none(problem: Quadratic, *, time_limit: Any = 60.0) -> Certificate:
    """Certify that there is no fixed point, or find one, or say "undecided".

    Parameters
    ----------
    problem : Quadratic
        The loss, of any signature.
    time_limit : number > 0
        Seconds for the search and the mixed-integer program, half each; the other arguments take little time.

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
        step = _steps.row(A, b, scale, row, least)
        return Certificate("none", "row", _below(least), step=step)
    convex = _by_convexity(problem, A, b, scale) if available() else None
    if convex is not None:
        return convex
    found = search_signs(problem, nodes=NODES, seconds=float(time_limit) / 2)
    if found.witness is not None:
        return Certificate("exists", "search", witness=found.witness, nodes=found.nodes)
    if found.finished:
        # every push is a multiple of what divides all entries
        least = Fraction(math.gcd(*A.flat, *b), scale)
        step = _steps.search(A, b, scale, found.nodes, least)
        return Certificate("none", "search", _below(least), step=step, nodes=found.nodes)
    if not available():
        reason = f"{found.nodes} nodes do not suffice; with scipy installed a program is tried"
        return Certificate("undecided", "search", reason=reason, nodes=found.nodes)
    return _certify_by_milp(A, b, scale, float(time_limit) / 2)


def find_fixed_point(problem: Quadratic, *, time_limit: Any = 60.0) -> Certificate:
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
    return check_float(time_limit, "time_limit", 0, open_low=True, finite=True)


def _below(exact: Fraction) -> float:
    """The largest float that is not above ``exact`` > 0."""
    nearest = float(exact)
    return nearest if nearest <= exact else math.nextafter(nearest, 0.0)


def _row_bounds(A: Array, b: Array) -> Array:
    """``A_ii - sum_{j != i} |A_ij| - |b_i|`` for every i."""
    diagonal = A.diagonal()
    bounds: Array = diagonal - (abs(A).sum(axis=1) - abs(diagonal)) - abs(b)
    return bounds


def _by_convexity(problem: Quadratic, A: Array, b: Array, scale: int) -> Certificate | None:
    known = curvature(problem)
    x = None if known is None else nearly_minimiser(problem)
    if known is None or x is None:
        return None
    bound = bound_at(problem, on_grid(x), known.least)
    if bound <= 0:
        return None
    step = _steps.convexity(A, b, scale, on_grid(x), known, bound)
    return Certificate("none", "convexity", _below(bound), step=step)


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
    step = _steps.milp(A, b, scale, rows.units, bound, TOLERANCE)
    return Certificate("none", "milp", _below(margin), step=step)
