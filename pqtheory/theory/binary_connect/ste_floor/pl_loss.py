r"""A PL loss on the line whose values stay above the floor of convex ones: x = 1/10, beta = 1, a cycle of four steps.

L' = max(min(q, 2 - q), q - 2 + 2 eps), eps = 1/10: a valley at 0, and a slope that falls to eps at 2 - eps and rises from there on.
|L'|^2 >= 2 mu L with mu = eps^2 / (2 - eps^2). Three steps at 2 - eps and one at -3 eps take the latent weight back to where
it was, the errors are at most delta = (2 + 2 eps - x eps) / 2, and L is near 1 at three of the four, more than delta^2 / 2.
"""

from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import forall, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.ste_floor.every_run import least_floor
from pqtheory.theory.given import Given, exact

X = EPS = Fraction(1, 10)
KAPPA = (2 - EPS**2) / EPS**2
FAR, NEAR = 2 - EPS, -3 * EPS
DELTA = (FAR - NEAR - X * EPS) / 2


def slope(q: Any) -> Any:
    """L'(q)."""
    xp, q = as_array(q)
    return xp.maximum(xp.minimum(q, 2 - q), q - 2 + 2 * EPS)


def value(q: Any) -> Any:
    """L(q)."""
    xp, q = as_array(q)
    beyond = 1 - EPS**2 + (q - 2 + 2 * EPS) ** 2 / 2
    return xp.where(q <= 1, q**2 / 2, xp.where(q <= FAR, 1 - (2 - q) ** 2 / 2, beyond))


@forall(q=real, z=real)
def is_smooth(q: Any, z: Any) -> Any:
    """L' is its derivative, and 1-Lipschitz."""
    apart = value(z) - value(q) - slope(q) * (z - q)
    return (abs(apart) <= (z - q) ** 2 / 2) & (abs(slope(z) - slope(q)) <= abs(z - q))


@forall(q=real)
def is_pl(q: Any) -> Any:
    """PL: kappa |L'|^2 >= 2 L, and L >= 0 = L(0)."""
    return (KAPPA * slope(q) ** 2 >= 2 * value(q)) & (value(q) >= 0)


@forall(w=real, given=lambda w: [w == FAR - X * EPS - DELTA])
def exceeds_the_floor(w: Any) -> Any:
    """Three steps at 2 - eps, one at -3 eps: a cycle, near w, with more than the floor of a convex loss."""
    method = BinaryConnect(Given(X))
    theta, near, total = w + 3 * X * EPS, w == w, 0 * w
    for q in (FAR, FAR, FAR, NEAR):
        near = near & (abs(q - theta) <= DELTA)
        total = total + value(q + 0 * w)
        theta = method.step(State(exact(theta), 0), exact(slope(q + 0 * w))).latent
    returns = theta == w + 3 * X * EPS
    return near & returns & (total / 4 > least_floor(X) * DELTA**2)
