r"""The worst case of T straight-through steps on a convex beta-smooth loss, at points that are off by delta at most.

    w_{t+1} = w_t - eta_t grad L(q_t),   |q_t - w_t| <= delta,   |w_0 - u| <= R,   eta_t = x_t / beta,

    (L(q_0) + ... + L(q_{T-1})) / T - L(u) <= value * beta      for a minimiser u.

Whatever finds the q_t: rounding to a grid with gaps 2 delta, stochastic or not, in any dimension, is of this kind.
"""

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._checks import check_count, check_number
from pqtheory._messages import brief
from pqtheory.evidence.worst_case.certificate import rounded_up
from pqtheory.evidence.worst_case.engine import WorstCase, legal_instance, step_sizes
from pqtheory.evidence.worst_case.lazy import MARGINS
from pqtheory.evidence.worst_case.solver import SolverError
from pqtheory.evidence.worst_case.straight_through_certificate import certify_straight_through
from pqtheory.evidence.worst_case.straight_through_instance import find_straight_through_instance
from pqtheory.evidence.worst_case.straight_through_model import StraightThroughModel


def straight_through(
    x: Any, steps: int, *, distance: Any = 0, error: Any = 1, time_limit: float = 60.0
) -> WorstCase:
    """The least constant for the mean of the values, between two bounds that use the same inequalities: all there are.

    Parameters
    ----------
    x : number or sequence of ``steps`` numbers
        eta times beta, in (0, 2).
    steps : int
        T >= 1; five take a second.
    distance, error : number
        R and delta, >= 0, one of them > 0.
    time_limit : float
        Seconds for each run of the solver.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    SolverError
        If the solver fails, runs out of time, or gives what cannot be made a certificate and an instance.
    ImportError
        If cvxpy or clarabel is not installed.

    References
    ----------
    Taylor, Hendrickx, Glineur, arXiv 1502.05666 (interpolation of smooth convex functions).
    """
    steps = check_count(steps, "steps")
    distance, error = (
        Fraction(check_number(v, name, 0, finite=True))
        for v, name in ((distance, "distance"), (error, "error"))
    )
    if distance == error == 0:
        raise ValueError("error: expected distance or error > 0, got 0 for both")
    time_limit = check_number(time_limit, "time_limit", 0, open_low=True)
    sizes = tuple(step_sizes(x, steps, 2))
    # a run t times as large has t^2 times the values: the solver has the one whose R or delta is 1
    unit = max(distance, error)
    of_unit = StraightThroughModel(sizes, distance / unit, error / unit)
    certificate, figure = certify_straight_through(of_unit, time_limit)
    find = partial(find_straight_through_instance, of_unit)
    instance = legal_instance(find, time_limit, MARGINS).enlarged(unit)
    figure *= float(unit) ** 2
    certificate = replace(certificate, model=StraightThroughModel(sizes, distance, error))
    value, primal = rounded_up(certificate.bound), instance.ratio()
    if not primal <= value:
        raise SolverError(
            f"worst instance: got the mean {brief(primal)} above the bound {brief(value)}"
        )
    return WorstCase(value, figure, primal, value - primal, "optimal", instance, (certificate,))
