r"""One step in any dimension, for any convex beta-smooth L and any convex R: the lazy iteration is mirror descent.

R stands for lambda R. p = prox_{w R}(theta) says that theta is a subgradient at p of h = |x|^2 / 2 + w R, so that
D(u) = h(u) - h(p) - <theta, u - p> >= |u - p|^2 / 2. The next theta is theta - eta g with g = grad L(p); q is the next
p, and its weight w'. Where the weight stays the step gains L, where it grows by eta it gains F = L + R.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import forall, nonnegative, positive, real
from pqtheory.theory.vectors import Vector, Vectors, reals

SPACE = Vectors("theta p q u g")
VALUES = reals("L_p", "L_q", "L_u", "R_p", "R_q", "R_u")
SIZES: dict[str, Any] = {"eta": positive, "beta": positive}


def subgradient(theta: Vector, p: Vector, x: Vector, R_p: Any, R_x: Any, w: Any) -> Any:
    """What p = prox_{w R}(theta) says of x: w (R(x) - R(p)) >= <theta - p, x - p>."""
    return w * (R_x - R_p) >= (theta - p) @ (x - p)


def distance(theta: Vector, p: Vector, u: Vector, R_p: Any, R_u: Any, w: Any) -> Any:
    """D(u) = h(u) - h(p) - <theta, u - p>."""
    return u @ u / 2 + w * R_u - p @ p / 2 - w * R_p - theta @ (u - p)


def of_step(
    L_p: Any, L_q: Any, L_u: Any, R_p: Any, R_q: Any, w: Any, beta: Any, **case: Any
) -> Sequence[Any]:
    """L is beta-smooth and convex, and p is where theta is mapped to."""
    theta, p, q, u, g = SPACE.of(case)
    square = (q - p) @ (q - p)
    return [
        square >= 0,
        L_q <= L_p + g @ (q - p) + beta / 2 * square,
        L_u >= L_p + g @ (u - p),
        subgradient(theta, p, q, R_p, R_q, w),
    ]


def short(eta: Any, beta: Any, **case: Any) -> Sequence[Any]:
    """A step with eta beta <= 1."""
    return [eta * beta <= 1, *of_step(eta=eta, beta=beta, **case)]


def of_fixed_step(R_p: Any, R_q: Any, w: Any, eta: Any, **case: Any) -> Sequence[Any]:
    """A step with eta beta <= 2 after which the weight is the same."""
    theta, p, q, _, g = SPACE.of(case)
    known = of_step(R_p=R_p, R_q=R_q, w=w, **case)
    return [eta * case["beta"] <= 2, *known, subgradient(theta - g * eta, q, p, R_q, R_p, w)]


@forall(**SPACE.products, **VALUES, w=nonnegative, grown=real, **SIZES, given=short)
def gains(**case: Any) -> Any:
    """One step: eta (L(q) - L(u)) + (w' - w) (R(q) - R(u)) <= D(u) - D'(u)."""
    theta, p, q, u, g = SPACE.of(case)
    L_q, L_u, R_p, R_q, R_u = (case[name] for name in ("L_q", "L_u", "R_p", "R_q", "R_u"))
    w, grown, eta = case["w"], case["grown"], case["eta"]
    lost = distance(theta, p, u, R_p, R_u, w) - distance(theta - g * eta, q, u, R_q, R_u, grown)
    return eta * (L_q - L_u) + (grown - w) * (R_q - R_u) <= lost


@forall(**SPACE.products, **VALUES, w=nonnegative, **SIZES, given=of_fixed_step)
def falls(L_p: Any, L_q: Any) -> Any:
    """L(q) <= L(p)."""
    return L_q <= L_p


END = Vectors("theta p u")


def _at_end(R_p: Any, R_u: Any, w: Any, **case: Any) -> Sequence[Any]:
    theta, p, u = END.of(case)
    return [subgradient(theta, p, u, R_p, R_u, w)]


@forall(
    **END.products,
    R_p=real,
    R_u=real,
    w=nonnegative,
    given=_at_end,
)
def far(R_p: Any, R_u: Any, w: Any, **case: Any) -> Any:
    """D(u) >= |u - p|^2 / 2."""
    theta, p, u = END.of(case)
    return distance(theta, p, u, R_p, R_u, w) >= (u - p) @ (u - p) / 2
