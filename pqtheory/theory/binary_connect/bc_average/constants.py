"""The constants of the claim, for numbers and for terms; roots come as numbers whose squares are given."""

from typing import Any

from pqtheory.theory.binary_connect.bc_average.sums import larger


def growth(eta: Any, D: Any, N: Any) -> Any:
    """e: what V grows by in a step, at most."""
    return eta * eta * D + 2 * eta * N


def floor(e: Any, alpha: Any, eta: Any, room: Any) -> Any:
    """W: below it V_I may grow; room = 1 - rho."""
    return larger(e, alpha * (e / (2 * eta * room)) ** 2)


def initial(V: Any, inner: Any, W: Any) -> Any:
    """U = max(V_I, W) + Phi, Phi = V - V_I."""
    return larger(inner, W) + V - inner


def most_mistakes(behind: Any, tau: Any, e: Any, W: Any, root: Any, eta: Any) -> Any:
    """M: how many signs are wrong at the ends of the box; root^2 = tau U_0."""
    return (2 * behind + tau * (e + W) / (2 * eta) + root) / (2 * eta)


def spread(length: Any, before: Any, after: Any, eta: Any) -> Any:
    """C_i: length^2 = (A^-1)_ii, before^2 = V_0, after^2 = V_max."""
    return length * (before + after) / eta
