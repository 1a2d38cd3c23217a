r"""L beta-smooth, convex or not, bounded below by L_*: the mean of |grad L(q_t)|^2, and of L(q_t) - L_* where it is PL.

With h = grad L(q) / beta and k = grad L(w) / beta, |k - h| <= |q - w|, v = (L(w) - L_*) / beta, smoothness between w and w' = w - x h
and a square give x (1 - x/2) |h|^2 / 2 <= v - v' + x |r|^2 / (2 - x). Summed over T steps

    mean |grad L(q_t)|^2 <= 4 beta (L(w_0) - L_*) / (x (2 - x) T) + 4 beta^2 delta^2 / (2 - x)^2,    0 < x < 2,

and |grad L|^2 >= 2 mu (L - L_*), PL, makes of it mean L(q_t) - L_* <= what is 1 / (2 mu) of that: the floor of a convex L
times beta / mu. Some factor is needed: a PL loss on the line has more than the floor of a convex one (``pl_loss.py``).
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.theory.binary_connect.ste_floor.every_run import BELOW_TWO, Constant, least_floor
from pqtheory.theory.vectors import Vectors, reals

SPACE = Vectors("h k r")
STEP: dict[str, Any] = {**SPACE.products, **reals("L", "L_next"), "beta": positive, "x": BELOW_TWO}


def of_step(L: Any, L_next: Any, beta: Any, x: Any, **case: Any) -> Sequence[Any]:
    """L is beta-smooth, from w to w - x h, and its gradient from w to q."""
    h, k, r = SPACE.of(case)
    turn = k - h
    square = turn + h * (1 - x / 2)
    return [
        L_next <= L + beta * (x**2 * (h @ h) / 2 - x * (k @ h)),
        turn @ turn <= r @ r,
        square @ square >= 0,
        h @ h >= 0,
    ]


@forall(**STEP, given=of_step)
def descends(L: Any, L_next: Any, beta: Any, x: Any, **case: Any) -> Any:
    """One step: beta x (1 - x/2) |h|^2 / 2 <= L(w) - L(w') + beta x |r|^2 / (2 - x)."""
    h, _, r = SPACE.of(case)
    return beta * x * (1 - x / 2) * (h @ h) / 2 <= L - L_next + beta * x * (r @ r) / (2 - x)


def _next(r_r: Any, delta: Any, **case: Any) -> Sequence[Any]:
    known = {name: case[name] for name in STEP if name != "r_r"}
    return [r_r <= delta**2, *of_step(r_r=r_r, **known)]


@invariant(
    state="T L squares",
    fixed={"L_0": real, "delta": nonnegative, "beta": positive, "x": BELOW_TWO},
    each=SPACE.products,
    begins=lambda L_0: {"T": 0, "L": L_0, "squares": 0},
    becomes=lambda T, squares, h_h: {"T": T + 1, "squares": squares + h_h},
    step=_next,
    by=lambda **case: [descends.at(**{name: case[name] for name in STEP})],
)
def summed(T: Any, L: Any, squares: Any, L_0: Any, delta: Any, beta: Any, x: Any) -> Any:
    """Over T steps."""
    spent = L_0 - L + beta * T * x * delta**2 / (2 - x)
    return (T >= 0) & (beta * x * (1 - x / 2) * squares / 2 <= spent)


GRADIENTS: dict[str, Any] = {
    **reals("L", "L_0", "least", "squares"),
    "T": positive,
    "delta": nonnegative,
    "beta": positive,
    "x": BELOW_TWO,
}


def gradients(floor: Any = 1) -> ForAll:
    """The mean of |grad L(q_t)|^2 is at most 4 beta (L_0 - L_*) / (x (2 - x) T) + ``floor`` 4 beta^2 delta^2 / (2 - x)^2."""

    @forall(
        **GRADIENTS,
        given=lambda L, least: [least <= L],
        by=lambda T, L, squares, L_0, delta, beta, x: [
            summed.at(T=T, L=L, squares=squares, L_0=L_0, delta=delta, beta=beta, x=x)
        ],
    )
    def bounded(T: Any, squares: Any, L_0: Any, least: Any, delta: Any, beta: Any, x: Any) -> Any:
        first = 4 * beta * (L_0 - least) / (x * (2 - x) * T)
        return beta**2 * squares / T <= first + floor * 2 * least_floor(x) * beta**2 * delta**2

    return bounded


GRADIENT_BOUND = gradients()


def values(times: Constant = lambda kappa: kappa) -> ForAll:
    """PL: the mean excess is at most kappa (2 (L_0 - L_*) / (x (2 - x) T) + 2 beta delta^2 / (2 - x)^2), kappa = beta / mu."""

    @forall(
        **GRADIENTS,
        mean=real,
        kappa=real,
        given=lambda L, L_0, least, mean, kappa, squares, beta, T: [
            least <= L,
            least <= L_0,
            kappa >= 1,
            # |grad L(q)|^2 >= 2 mu (L(q) - L_*), on average
            beta**2 * squares * kappa >= 2 * beta * mean * T,
        ],
        by=lambda T, L, squares, L_0, least, delta, beta, x: [
            GRADIENT_BOUND.at(
                T=T, L=L, squares=squares, L_0=L_0, least=least, delta=delta, beta=beta, x=x
            )
        ],
    )
    def bounded(
        T: Any, mean: Any, kappa: Any, L_0: Any, least: Any, delta: Any, beta: Any, x: Any
    ) -> Any:
        first = 2 * (L_0 - least) / (x * (2 - x) * T)
        return mean <= kappa * first + times(kappa) * least_floor(x) * beta * delta**2

    return bounded
