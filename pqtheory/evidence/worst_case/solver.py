"""Convex programs through cvxpy and Clarabel, where anything but an accurate solution is an error."""

import importlib
import warnings
from types import ModuleType
from typing import Any

from pqtheory._messages import brief


class SolverError(RuntimeError):
    """A solver failed, ran out of time or was inaccurate: nothing is known, least of all a bound."""


def load_cvxpy() -> ModuleType:
    """The module cvxpy.

    Raises
    ------
    ImportError
        If cvxpy or the solver Clarabel is not installed.
    """
    try:
        importlib.import_module("clarabel")
        return importlib.import_module("cvxpy")
    except ImportError as error:
        raise ImportError(
            "worst_case needs cvxpy and clarabel: pip install cvxpy clarabel"
        ) from error


def solve(problem: Any, what: str, time_limit: float, tolerance: float = 1e-7) -> float:
    """Optimal value of a cvxpy problem.

    Parameters
    ----------
    problem : cvxpy.Problem
        Its variables hold the solution afterwards.
    what : str
        Its name in messages.
    time_limit : float
        Seconds.
    tolerance : float
        Accuracy asked of the solver; what it returns is to be checked independently of it.

    Raises
    ------
    SolverError
        If the solver ends in any other state than "optimal".
    """
    cvxpy = load_cvxpy()
    try:
        with warnings.catch_warnings():
            # an inaccurate solution is told by its status
            warnings.simplefilter("ignore")
            problem.solve(
                solver="CLARABEL",
                time_limit=time_limit,
                tol_gap_abs=tolerance,
                tol_gap_rel=tolerance,
                tol_feas=tolerance,
            )
    except cvxpy.error.SolverError as error:
        raise SolverError(f"{what}: the solver failed: {error}") from error
    if problem.status != "optimal":
        raise SolverError(f"{what}: expected the status 'optimal', got {brief(problem.status)}")
    return float(problem.value)
