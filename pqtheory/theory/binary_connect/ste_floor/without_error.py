r"""Without an error, q = w, for 0 < x <= 1: mean of L(w_0) .. L(w_{T-1}) - L(u) <= beta R^2 / (2 (1 + x (T - 1))), and no less.

With k steps to go |w - u|^2 is worth a_k = k / (2 (1 + (k - 1) x)): v + a_{k-1} |w - x h|^2 <= a_k |w|^2, as what is left is a
multiple of a square. A loss that is linear as far as the run goes, with the slope s beta, s = R / (1 + x (T - 1)), reaches it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.ste_floor.every_run import run_slack
from pqtheory.theory.binary_connect.ste_floor.one_step import LOSSES, SPACE, excess, of_loss
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import ZERO, Vectors, reals

SHORT = between(0, 1, open_low=True)
#: w and h
PLAIN = Vectors("w h")


def worth(k: Any, x: Any) -> Any:
    """What |w|^2 is worth with k steps to go, a_k; k >= 1."""
    return k / (2 * (1 + (k - 1) * x))


def convex(v: Any, **case: Any) -> Sequence[Any]:
    """What ``excess`` says where r = 0."""
    w, h = PLAIN.of(case)
    return [h @ h / 2 <= v, v <= h @ w - h @ h / 2]


def is_square(k: Any, x: Any, **case: Any) -> Any:
    """|(1 + (k - 1) x) h - w|^2 >= 0."""
    w, h = PLAIN.of(case)
    off = h * (1 + (k - 1) * x) - w
    return off @ off >= 0


@forall(
    k=real,
    x=SHORT,
    v=real,
    **PLAIN.products,
    given=lambda k, x, v, **case: [k >= 2, is_square(k, x, **case), *convex(v, **case)],
)
def pays(k: Any, x: Any, v: Any, **case: Any) -> Any:
    """A step that is not the last."""
    w, h = PLAIN.of(case)
    after = w - h * x
    return v + worth(k - 1, x) * (after @ after) <= worth(k, x) * (w @ w)


def of_plain_loss(**case: Any) -> Sequence[Any]:
    """What is known of L at q = w."""
    return of_loss(**_at_plain(case))


def _at_plain(case: Mapping[str, Any]) -> dict[str, Any]:
    w, h = PLAIN.of(case)
    return {**SPACE.at(w, ZERO, h), **{name: case[name] for name in (*LOSSES, "beta")}}


def _step(k: Any, D: Any, D_next: Any, x: Any, **case: Any) -> Sequence[Any]:
    w, h = PLAIN.of(case)
    after = w - h * x
    return [
        k >= 2,
        w @ w == D,
        D_next == after @ after,
        is_square(k, x, **case),
        *of_plain_loss(**case),
    ]


@invariant(
    state="k total D",
    fixed={"T": real, "x": SHORT, "beta": positive, "D_0": real},
    each={**PLAIN.products, **LOSSES},
    given=lambda T: [T >= 1],
    begins=lambda T, D_0: {"k": T, "total": 0 * T, "D": D_0},
    becomes=lambda k, total, v: {"k": k - 1, "total": total + v},
    step=_step,
    by=lambda k, x, v, **case: [
        excess.at(**_at_plain({**case, "v": v})),
        pays.at(k=k, x=x, v=v, **{name: case[name] for name in PLAIN.products}),
    ],
)
def is_worth_no_more(k: Any, total: Any, D: Any, T: Any, x: Any, D_0: Any) -> Any:
    """With k >= 1 steps to go: total + a_k |w - u|^2 <= a_T |w_0 - u|^2."""
    return (k >= 1) & (total + worth(k, x) * D <= worth(T, x) * D_0)


def _slack(curvature: Any, start: Any, T: int, x: Fraction) -> Any:
    share = Fraction(T) / (2 * (1 + x * (T - 1)))
    return run_slack(curvature, start, [[Fraction(0)] * 2] * T, x, share, 0)


RUNS = Cases(
    _slack,
    {
        "curvature": Lists(Fractions(0, 1), 2),
        "start": Lists(Fractions(-2, 2), 2),
        "T": Integers(1, 5),
        "x": Fractions(0, 1, open_low=True),
    },
    quick=20,
    full=1000,
)


def bounded(factor: Any = 1) -> ForAll:
    """The mean exceeds L(u) by ``factor`` beta R^2 / (2 (1 + x (T - 1))) at most: T - 1 steps, and the last value."""

    def given(T: Any, total: Any, mean: Any, R: Any, **case: Any) -> Sequence[Any]:
        w, h = PLAIN.of(case)
        last = [(h - w) @ (h - w) >= 0, *of_plain_loss(**case)]
        return [T >= 1, mean * T == case["beta"] * (total + case["v"]), *last]

    @forall(
        **reals("T", "total", "mean"),
        R=nonnegative,
        x=SHORT,
        beta=positive,
        **PLAIN.products,
        **LOSSES,
        given=given,
        by=lambda T, total, R, x, beta, **case: [
            excess.at(**_at_plain({**case, "beta": beta})),
            is_worth_no_more.at(
                k=1 + 0 * T, total=total, D=case["w_w"], T=T, x=x, beta=beta, D_0=R**2
            ),
        ],
        cases=RUNS if factor == 1 else None,
    )
    def within(T: Any, mean: Any, R: Any, x: Any, beta: Any) -> Any:
        return mean <= factor * beta * R**2 / (2 * (1 + x * (T - 1)))

    return within


def slope(T: Any, R: Any, x: Any) -> Any:
    """Where the loss turns from a parabola to a line: s."""
    return R / (1 + x * (T - 1))


def on_the_line(theta: Any, s: Any, x: Any, beta: Any) -> tuple[Any, Any]:
    """(L / beta, the next weight) on the loss with gradient beta min(q, s)."""
    xp, theta = as_array(theta)
    least = xp.minimum(theta, s)
    after = BinaryConnect(Given(x / beta)).step(State(exact(theta), 0), exact(beta * least))
    return least * theta - least**2 / 2, after.latent


@invariant(
    state="k theta total",
    fixed={"T": real, "R": positive, "x": SHORT, "beta": positive},
    given=lambda T: [T >= 1],
    begins=lambda T, R: {"k": 0 * T, "theta": R, "total": 0 * T},
    becomes=lambda k, theta, total, T, R, x, beta: {
        "k": k + 1,
        "theta": on_the_line(theta, slope(T, R, x), x, beta)[1],
        "total": total + on_the_line(theta, slope(T, R, x), x, beta)[0],
    },
    step=lambda k, T: [k + 1 <= T],
)
def descends(k: Any, theta: Any, total: Any, T: Any, R: Any, x: Any) -> Any:
    """theta_k = R - k x s, not below s while k < T."""
    s = slope(T, R, x)
    values = k * (s * R - s**2 / 2) - x * s**2 * k * (k - 1) / 2
    return (k >= 0) & (k <= T) & (theta == R - k * x * s) & (total == values)


@forall(
    T=real,
    theta=real,
    total=real,
    R=positive,
    x=SHORT,
    beta=positive,
    given=lambda T: [T >= 1],
    by=lambda T, **case: [descends.at(k=T, T=T, **case)],
)
def is_reached(T: Any, total: Any, R: Any, x: Any) -> Any:
    """Its mean is the bound."""
    return total / T == R**2 / (2 * (1 + x * (T - 1)))
