r"""BinaryConnect stays at s in {-1, +1}^dim iff sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0.

That is s_i grad L(s)_i <= 0 for every i. It holds for every step-size sequence eta_t > 0 with
infinite sum, and whatever the latent point is of which s is the sign.

References
----------
Bai, Wang, Liberty, *ProxQuant* (arXiv 1810.00861), Definition 5.1 and Theorem 5.3.
"""

from typing import Any

from pqtheory._arrays import Array, Namespace, number_like
from pqtheory._checks import check_number, check_vectors
from pqtheory._elementwise import widen
from pqtheory._messages import brief
from pqtheory.problems.base import Problem, require_problem


def is_fixed_point(problem: Problem, s: Any, tolerance: Any = 0) -> Array:
    """Whether ``s_i grad L(s)_i <= tolerance`` for every i.

    Parameters
    ----------
    problem : Problem
        The loss L.
    s : array of shape (..., dim)
        Entries -1 and +1. Fractions are decided exactly.
    tolerance : number >= 0
        How far a gradient that rounds may point the wrong way, in units of the gradient.

    Returns
    -------
    array
        Booleans of shape (...,). A NaN in the gradient violates the condition.

    Raises
    ------
    TypeError
        If ``s`` is not a real floating-point array, or ``tolerance`` no number.
    ValueError
        If ``s`` is not of shape (..., dim) with entries -1 and +1, or ``tolerance`` < 0.
    """
    xp, satisfied = _satisfied(problem, s, tolerance)
    return xp.all(satisfied, axis=-1)


def residual(problem: Problem, s: Any, tolerance: Any = 0) -> Array:
    """Fraction of coordinates with ``s_i grad L(s)_i > tolerance``; 0 exactly at fixed points.

    Returns
    -------
    array
        Float64, of shape (...,). Parameters and errors are those of :func:`is_fixed_point`.
    """
    xp, satisfied = _satisfied(problem, s, tolerance)
    return xp.sum(~satisfied, axis=-1, dtype=xp.float64) / satisfied.shape[-1]


def _satisfied(problem: Problem, s: Any, tolerance: Any) -> tuple[Namespace, Array]:
    require_problem(problem)
    tolerance = check_number(tolerance, "tolerance", 0)
    xp, s = check_vectors(s, problem.dim, "s")
    if not bool(xp.all((s == 1) | (s == -1))):
        raise ValueError(f"s: expected entries -1 and +1, got {brief(s)}")
    # half precision would round small gradients to 0
    s = widen(xp, s)
    return xp, s * problem.gradient(s) <= number_like(tolerance, s)
