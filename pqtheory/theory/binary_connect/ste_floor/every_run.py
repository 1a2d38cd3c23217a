r"""Every run on a convex loss, |q_t - w_t| <= delta: with R = |w_0 - u|, x = eta beta and any s of [0, 1), x < 1 + s,

    mean of L(q_0) .. L(q_{T-1}) - L(u)  <=  beta R^2 / (2 x (1 - s) T) + beta delta^2 / (2 (1 - s) (1 + s - x)).

The last term, the floor, is least at s = x/2, where it is 2 beta delta^2 / (2 - x)^2; the first at s = 0, for x < 1.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions, Lists
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.theory.binary_connect.ste_floor.one_step import (
    EARNS,
    LOSSES,
    SHARE,
    SPACE,
    at_step,
    excess,
    is_size,
    is_square,
    of_loss,
)

BELOW_TWO = between(0, 2, open_low=True, open_high=True)
#: x -> a number
Constant = Callable[[Any], Any]


def of_step(D: Any, D_next: Any, v: Any, s: Any, x: Any, delta: Any, **case: Any) -> Sequence[Any]:
    """Where the step leads, and that q is near w."""
    w, r, h = SPACE.of(case)
    after = w - h * x
    return [
        w @ w == D,
        D_next == after @ after,
        r @ r <= delta**2,
        is_square(s, x, **case),
        *of_loss(
            **{name: case[name] for name in (*SPACE.products, *LOSSES, "beta") if name != "v"}, v=v
        ),
    ]


@invariant(
    state="T total D",
    fixed={"x": positive, "s": SHARE, "beta": positive, "delta": nonnegative, "D_0": real},
    each={**SPACE.products, **LOSSES},
    given=is_size,
    begins=lambda D_0: {"T": 0, "total": 0, "D": D_0},
    becomes=lambda T, total, v: {"T": T + 1, "total": total + v},
    step=of_step,
    by=lambda v, x, s, beta, **case: [
        excess.at(
            **at_step(case), **{name: case[name] for name in LOSSES if name != "v"}, v=v, beta=beta
        ),
        EARNS.at(**at_step(case), v=v, x=x, s=s),
    ],
)
def telescoped(T: Any, total: Any, D: Any, x: Any, s: Any, delta: Any, D_0: Any) -> Any:
    """2 x (1 - s) times the sum of the v, and |w_T - u|^2, are at most |w_0 - u|^2 + T x delta^2 / (1 + s - x)."""
    return (T >= 0) & (2 * x * (1 - s) * total + D <= D_0 + T * x * delta**2 / (1 + s - x))


def mean_bound(
    share: Constant, size: Any, start: Constant, floor: Constant, runs: Cases | None
) -> ForAll:
    """The mean exceeds L(u) by ``start(x)`` beta R^2 / T + ``floor(x)`` beta delta^2 at most; ``share(x)`` is s."""

    @forall(
        T=positive,
        total=real,
        D=nonnegative,
        R=nonnegative,
        delta=nonnegative,
        beta=positive,
        x=size,
        mean=real,
        given=lambda T, total, mean, beta: [mean * T == beta * total],
        by=lambda T, total, D, R, delta, beta, x: [
            telescoped.at(T=T, total=total, D=D, x=x, s=share(x), beta=beta, delta=delta, D_0=R**2)
        ],
        cases=runs,
    )
    def bounded(T: Any, mean: Any, R: Any, delta: Any, beta: Any, x: Any) -> Any:
        return mean <= start(x) * beta * R**2 / T + floor(x) * beta * delta**2

    return bounded


def least_floor(x: Any) -> Any:
    """2 / (2 - x)^2."""
    return 2 / (2 - x) ** 2


def its_start(x: Any) -> Any:
    """1 / (x (2 - x))."""
    return 1 / (x * (2 - x))


def least_start(x: Any) -> Any:
    """1 / (2 x)."""
    return 1 / (2 * x)


def its_floor(x: Any) -> Any:
    """1 / (2 (1 - x))."""
    return 1 / (2 * (1 - x))


def run_slack(
    curvature: list[Fraction],
    start: list[Fraction],
    errors: list[list[Fraction]],
    x: Fraction,
    first: Any,
    floor: Any,
) -> Any:
    """How far below ``first`` R^2 / T + ``floor`` delta^2 a run on c_1 a^2 / 2 + c_2 b^2 / 2 is, c_1, c_2 <= 1 = beta."""
    problem = Quadratic(np.diag(np.array(curvature, dtype=object)), np.array([Fraction(0)] * 2))
    method, total, delta2 = BinaryConnect(x), Fraction(0), Fraction(0)
    state = method.init(np.array(start, dtype=object))
    for error in errors:
        r = np.array(error, dtype=object)
        q = state.latent + r
        total, delta2 = total + problem.value(q), max(delta2, r @ r)
        state = method.step(state, problem.gradient(q))
    return first * sum(v * v for v in start) / len(errors) + floor * delta2 - total / len(errors)


def _runs(first: Constant, floor: Constant, most: int) -> Cases:
    def slack(x: Fraction, **case: Any) -> Any:
        return run_slack(x=x, first=first(x), floor=floor(x), **case)

    return Cases(
        slack,
        {
            "curvature": Lists(Fractions(0, 1), 2),
            "start": Lists(Fractions(-2, 2), 2),
            "errors": Lists(Lists(Fractions(-1, 1), 2), 1, 4),
            "x": Fractions(0, most, open_low=True, open_high=True),
        },
        quick=20,
        full=1000,
    )


RUNS = _runs(its_start, least_floor, 2)


def bounded(factor: Any = 1) -> ForAll:
    """The bound with the least floor, or with ``factor`` times that floor."""
    return mean_bound(
        lambda x: x / 2,
        BELOW_TWO,
        its_start,
        lambda x: factor * least_floor(x),
        RUNS if factor == 1 else None,
    )


#: and that with the least share of the start
FROM_AFAR = mean_bound(
    lambda x: 0 * x,
    between(0, 1, open_low=True, open_high=True),
    least_start,
    its_floor,
    _runs(least_start, its_floor, 1),
)
