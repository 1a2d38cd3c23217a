r"""Whole runs from the optimum: none exceeds the alternating one, T >= 1 and 1 <= x < 2, and that one is a run of the method.

The potential total + a |w|^2 is never above (g_0^2 / 2 + ... + g_{t-1}^2 / 2 + a alpha^2) delta^2, and a = 0 at the end.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions, Lists
from pqtheory.claims.invariant import Invariant
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.ste_floor.every_run import least_floor, run_slack
from pqtheory.theory.binary_connect.ste_floor.from_the_optimum import (
    LONG,
    MULTIPLIERS,
    PLACES,
    chosen,
    following,
    pays,
    squares,
)
from pqtheory.theory.binary_connect.ste_floor.one_step import (
    LOSSES,
    SPACE,
    at_step,
    excess,
    of_loss,
)
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import reals

HALF = Fraction(1, 2)


@invariant(
    state="p",
    fixed={"x": LONG},
    each={"alpha": positive},
    begins=lambda: {"p": 0},
    becomes=lambda p, alpha, x: {"p": 1 + alpha + (x - 1) * p},
    step=lambda alpha, x: [alpha <= x / (2 - x)],
)
def limited(p: Any, x: Any) -> Any:
    """Backwards from the end, p = 0 there: 0 <= p <= 2 / (2 - x)^2."""
    return (p >= 0) & (p <= least_floor(x))


FIRST: dict[str, Any] = {"r_r": real, "r_h": real, "h_h": nonnegative, "v": real}


def of_first(r_r: Any, r_h: Any, h_h: Any, v: Any, delta: Any) -> Sequence[Any]:
    """What is known of the first step, from w = u."""
    return [h_h / 2 <= v, v <= r_h - h_h / 2, r_r - 2 * r_h + h_h >= 0, r_r <= delta**2]


@forall(
    **FIRST,
    x=LONG,
    p=real,
    delta=nonnegative,
    given=lambda r_r, r_h, h_h, v, delta: of_first(r_r, r_h, h_h, v, delta),
    by=lambda p, x: [limited.at(p=p, x=x)],
)
def first_step(v: Any, h_h: Any, p: Any, x: Any, delta: Any) -> Any:
    """From w = u: v + a |x h|^2 <= (1/2 + a x^2) delta^2."""
    return v + p / (2 * x) * (x**2 * h_h) <= (HALF + p / (2 * x) * x**2) * delta**2


@forall(
    **PLACES,
    **MULTIPLIERS,
    given=chosen,
)
def balance(alpha: Any, x: Any, c: Any, a: Any, a_next: Any) -> Any:
    """In the alternating run: g^2 / 2 + a' alpha'^2 = a alpha^2 + c."""
    return (1 + alpha) ** 2 / 2 + a_next * following(alpha, x) ** 2 == a * alpha**2 + c


@forall(
    **reals("total", "v", "before", "after", "r2", "delta2", "S", "half", "A", "A_next"),
    c=nonnegative,
    given=lambda total, v, before, after, r2, delta2, S, half, A, A_next, c: [
        total + before <= (S + A) * delta2,
        v <= before + c * r2 - after,
        r2 <= delta2,
        half + A_next == A + c,
    ],
)
def adds_up(total: Any, v: Any, after: Any, delta2: Any, S: Any, half: Any, A_next: Any) -> Any:
    """What is worth no more than the alternating run stays so."""
    return total + v + after <= (S + half + A_next) * delta2


def _step(p: Any, p_next: Any, D: Any, D_next: Any, alpha: Any, delta: Any, **case: Any) -> Any:
    w, r, h = SPACE.of(case)
    x = case["x"]
    after = w - h * x
    of_step = {name: case[name] for name in ("m", "c", "a", "a_next")}
    return [
        p == 1 + alpha + (x - 1) * p_next,
        w @ w == D,
        D_next == after @ after,
        r @ r <= delta**2,
        *chosen(alpha=alpha, p_next=p_next, x=x, **of_step),
        *squares(alpha, x, **of_step, **at_step(case)),
        *of_loss(**at_step(case), **{name: case[name] for name in (*LOSSES, "beta")}),
    ]


def _lemmas(p: Any, p_next: Any, alpha: Any, x: Any, delta: Any, **case: Any) -> Any:
    w, r, h = SPACE.of(case)
    products, after = at_step(case), w - h * x
    of_step = {name: case[name] for name in MULTIPLIERS}
    a, a_next, c, v = case["a"], case["a_next"], case["c"], case["v"]
    place = {"alpha": alpha, "p_next": p_next, "x": x, **of_step}
    return [
        limited.at(p=p_next, x=x),
        excess.at(**products, **{name: case[name] for name in (*LOSSES, "beta")}),
        pays.at(v=v, **products, **place),
        balance.at(**place),
        adds_up.at(
            total=case["total"],
            v=v,
            before=a * (w @ w),
            after=a_next * (after @ after),
            r2=r @ r,
            delta2=delta**2,
            S=case["S"],
            half=(1 + alpha) ** 2 / 2,
            A=a * alpha**2,
            A_next=a_next * following(alpha, x) ** 2,
            c=c,
        ),
    ]


@invariant(
    state="T alpha p a total D S",
    fixed={
        "x": LONG,
        "beta": positive,
        "delta": nonnegative,
        **reals("p_1", "total_1", "D_1"),
    },
    each={**SPACE.products, **LOSSES, "m": real, "c": real},
    given=lambda x, delta, p_1, total_1, D_1: [
        total_1 + p_1 / (2 * x) * D_1 <= (HALF + p_1 / (2 * x) * x**2) * delta**2
    ],
    begins=lambda x, p_1, total_1, D_1: {
        "T": 1,
        "alpha": x,
        "p": p_1,
        "a": p_1 / (2 * x),
        "total": total_1,
        "D": D_1,
        "S": HALF + 0 * x,
    },
    becomes=lambda T, alpha, total, S, v, x: {
        "T": T + 1,
        "alpha": following(alpha, x),
        "total": total + v,
        "S": S + (1 + alpha) ** 2 / 2,
    },
    step=_step,
    by=_lemmas,
)
def no_more(
    T: Any, alpha: Any, p: Any, a: Any, total: Any, D: Any, S: Any, x: Any, delta: Any
) -> Any:
    """Total + a |w|^2 <= (S + a alpha^2) delta^2."""
    at = (T >= 1) & (alpha > 0) & (alpha <= x / (2 - x)) & (2 * a * alpha == p)
    return at & (total + a * D <= (S + a * alpha**2) * delta**2)


def alternating_mean(x: Any, T: int) -> Any:
    """c_T, from g_0 = 1 and g_{t+1} = 2 + (x - 1) g_t."""
    g, total = Fraction(1), Fraction(0)
    for _ in range(T):
        total, g = total + g**2 / 2, 2 + (x - 1) * g
    return total / T


def _slack(curvature: Any, errors: Any, x: Fraction) -> Any:
    return run_slack(curvature, [Fraction(0)] * 2, errors, x, 0, alternating_mean(x, len(errors)))


RUNS = Cases(
    _slack,
    {
        "curvature": Lists(Fractions(0, 1), 2),
        "errors": Lists(Lists(Fractions(-1, 1), 2), 1, 4),
        "x": Fractions(1, 2, open_high=True),
    },
    quick=20,
    full=1000,
)


def best(factor: Any = 1) -> ForAll:
    """The mean of T values from the optimum exceeds L(u) by ``factor`` beta delta^2 S / T at most."""

    @forall(
        **reals("T", "alpha", "a", "total", "S", "p", "mean"),
        D=nonnegative,
        **FIRST,
        x=LONG,
        beta=positive,
        delta=nonnegative,
        given=lambda r_r, r_h, h_h, v, delta, T, mean, total, beta: [
            *of_first(r_r, r_h, h_h, v, delta),
            T >= 1,
            mean * T == beta * total,
        ],
        by=lambda T, alpha, a, total, S, p, D, x, beta, delta, **first: [
            first_step.at(p=p, x=x, delta=delta, **{name: first[name] for name in FIRST}),
            no_more.at(
                T=T,
                alpha=alpha,
                p=0 * p,
                a=a,
                total=total,
                D=D,
                S=S,
                x=x,
                beta=beta,
                delta=delta,
                p_1=p,
                total_1=first["v"],
                D_1=x**2 * first["h_h"],
            ),
        ],
        cases=RUNS if factor == 1 else None,
    )
    def bounded(T: Any, S: Any, mean: Any, beta: Any, delta: Any) -> Any:
        return mean <= factor * beta * delta**2 * S / T

    return bounded


def pushed(theta: Any, side: Any, delta: Any, x: Any, beta: Any) -> Any:
    """A step of the method on beta q^2 / 2, the gradient taken at theta + side delta."""
    q = theta + side * delta
    return q, BinaryConnect(Given(x / beta)).step(State(exact(theta), 0), exact(beta * q)).latent


def alternates(factor: Any = 1) -> Invariant:
    """The run on beta q^2 / 2 whose errors are delta, -delta, ..: its sum is ``factor`` times that of the bound."""

    @invariant(
        state="T theta side alpha total S",
        fixed={"x": LONG, "beta": positive, "delta": positive},
        begins=lambda x: {"T": 0, "theta": 0 * x, "side": 1, "alpha": 0, "total": 0, "S": 0},
        becomes=lambda T, theta, side, alpha, total, S, x, beta, delta: {
            "T": T + 1,
            "theta": pushed(theta, side, delta, x, beta)[1],
            "side": -side,
            "alpha": following(alpha, x),
            "total": total + pushed(theta, side, delta, x, beta)[0] ** 2 / 2,
            "S": S + (1 + alpha) ** 2 / 2,
        },
    )
    def run(theta: Any, side: Any, alpha: Any, total: Any, S: Any, delta: Any) -> Any:
        at = (side**2 == 1) & (theta == side * alpha * delta)
        return at & (total == factor * S * delta**2)

    return run
