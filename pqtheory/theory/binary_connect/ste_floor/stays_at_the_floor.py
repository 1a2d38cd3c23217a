r"""BinaryConnect on beta q^2 / 2 from x/2 takes +1 and -1 in turns for ever: |q - w| = 1 - x/2, and L(q) - L(0) = beta / 2.

That is 2 beta delta^2 / (2 - x)^2 for its delta = 1 - x/2, at every step: whatever stands before beta R^2 / T, no smaller
floor will do, for convex losses, strongly convex ones, or those with |grad L|^2 >= 2 mu (L - L_*), mu <= beta.
"""

from typing import Any

from pqtheory.claims import ForAll, forall, invariant, positive, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.ste_floor.every_run import BELOW_TWO, least_floor
from pqtheory.theory.given import Given, exact


def step(theta: Any, x: Any, beta: Any) -> tuple[Any, Any]:
    """(q, the next latent weight) on beta q^2 / 2."""
    method, state = BinaryConnect(Given(x / beta)), State(exact(theta), 0)
    q = method.query(state)
    return q, method.step(state, beta * q).latent


@invariant(
    state="T theta total",
    fixed={"x": BELOW_TWO, "beta": positive},
    begins=lambda x: {"T": 0, "theta": x / 2, "total": 0},
    becomes=lambda T, theta, total, x, beta: {
        "T": T + 1,
        "theta": step(theta, x, beta)[1],
        "total": total + beta * step(theta, x, beta)[0] ** 2 / 2,
    },
)
def stays(T: Any, theta: Any, total: Any, x: Any, beta: Any) -> Any:
    """The latent weight is x/2 or -x/2, and the sum of the T values T beta / 2."""
    return ((theta == x / 2) | (theta == -x / 2)) & (total == T * beta / 2) & (T >= 0)


@forall(
    T=real,
    theta=real,
    total=real,
    x=BELOW_TWO,
    beta=positive,
    by=lambda **case: [stays.at(**case)],
)
def is_near(theta: Any, x: Any, beta: Any) -> Any:
    """Its error is 1 - x/2, and its gradient beta q has the length beta."""
    q = step(theta, x, beta)[0]
    return ((q - theta) ** 2 == (1 - x / 2) ** 2) & (q**2 == 1)


def no_less(factor: Any = 1) -> ForAll:
    """With a floor below ``factor`` of the least one a bound start beta R^2 / T + floor beta delta^2 fails for large T."""

    @forall(
        T=positive,
        theta=real,
        total=real,
        x=BELOW_TWO,
        beta=positive,
        start=real,
        floor=real,
        given=lambda T, x, start, floor: [
            floor < factor * least_floor(x),
            T * (factor * least_floor(x) - floor) * (1 - x / 2) ** 2 > start * (x / 2) ** 2,
        ],
        by=lambda T, theta, total, x, beta: [
            stays.at(T=T, theta=theta, total=total, x=x, beta=beta)
        ],
    )
    def exceeded(T: Any, total: Any, x: Any, beta: Any, start: Any, floor: Any) -> Any:
        allowed = start * beta * (x / 2) ** 2 / T + floor * beta * (1 - x / 2) ** 2
        return total / T > allowed

    return exceeded
