r"""The worst case of T lazy prox-gradient steps on a convex beta-smooth loss and a convex regularizer.

    theta_{k+1} = theta_k - eta_k grad L(p_k),   p_k = prox_{w_k R}(theta_k),   eta_k = x_k / beta,

    fixed strength, w_k = lambda:                     L(output) - L_* <= value * beta * D_h(p_*, p_0),
    aggregated, w_k = lambda (eta_0 + .. + eta_{k-1}): F(output) - F_* <= value * beta * |p_* - p_0|^2 / 2,

where p_* is a minimiser of L, or of F = L + lambda R; and D_h(p_*, p_0) = h(p_*) - h(p_0) - <theta_0, p_* - p_0> for
h = |x|^2 / 2 + lambda R, whose prox the iteration runs through: mirror descent. Aggregated, it is dual averaging.

R is finite everywhere. If it may be infinite, so that L_* is the least value on its domain, the best constant at fixed
strength is 1 / (eta T), approached only. The aggregated bounds hold against any point in place of p_*, R finite or not.
"""

from functools import partial
from typing import Any

from pqtheory._checks import check_count, check_number
from pqtheory._messages import brief
from pqtheory.evidence.worst_case.certificate import rounded_up
from pqtheory.evidence.worst_case.engine import WorstCase, legal_instance, step_sizes
from pqtheory.evidence.worst_case.lazy_certificate import LAST, MEASURES, certify_lazy
from pqtheory.evidence.worst_case.lazy_instance import find_lazy_instance
from pqtheory.evidence.worst_case.lazy_model import FIXED, STRENGTHS, LazyModel
from pqtheory.evidence.worst_case.solver import SolverError

#: how much to spare in an instance's inequalities, from the one tried first
MARGINS = (2e-7, 2e-6, 1e-5, 5e-5)


def lazy_prox_gradient(
    x: Any,
    steps: int,
    strength: str = FIXED,
    measure: str = LAST,
    *,
    time_limit: float = 60.0,
) -> WorstCase:
    """The least constant for the lazy iteration, between two bounds that use the same inequalities: all there are.

    Parameters
    ----------
    x : number or sequence of ``steps`` numbers
        eta times beta, in (0, 1].
    steps : int
        T >= 1; ten take seconds.
    strength : {"fixed", "aggregated"}
        The weight of the prox.
    measure : {"last", "best", "average"}
        The output: p_T; the p_k of 1 .. T with the least value; or, not a point, the mean of these T values, weighted
        by the step sizes, which is no less than the value at the mean of the points.
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
    Taylor, Hendrickx, Glineur, arXiv 1502.05666 (interpolation of smooth convex functions); Xiao 2010 (dual averaging).
    """
    steps = check_count(steps, "steps")
    if strength not in STRENGTHS:
        raise ValueError(f"strength: expected one of {STRENGTHS}, got {brief(strength)}")
    if measure not in MEASURES:
        raise ValueError(f"measure: expected one of {MEASURES}, got {brief(measure)}")
    time_limit = check_number(time_limit, "time_limit", 0, open_low=True)
    model = LazyModel(tuple(step_sizes(x, steps)), strength)
    certificate, figure = certify_lazy(model, measure, time_limit)
    instance = legal_instance(partial(find_lazy_instance, model, measure), time_limit, MARGINS)
    value, primal = rounded_up(certificate.bound), instance.ratio()
    if not primal <= value:
        raise SolverError(
            f"worst instance: got the ratio {brief(primal)} above the bound {brief(value)}"
        )
    return WorstCase(value, figure, primal, value - primal, "optimal", instance, (certificate,))
