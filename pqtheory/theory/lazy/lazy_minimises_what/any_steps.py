r"""Aggregated strength: the weight after steps eta_0, ..., eta_{k-1} is their sum; it is dual averaging, on F = L + R.

One step gains eta (F(q) - F(u)) <= D(u) - D'(u), and D_0(u) = |u - p_0|^2 / 2 as the first weight is 0: the weighted
mean of F(p_1) .. F(p_T) exceeds F(u) by |u - p_0|^2 / (2 (eta_0 + ... + eta_{T-1})) at most.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import forall, invariant, positive, real
from pqtheory.theory.lazy.lazy_minimises_what import plane, steps
from pqtheory.theory.lazy.lazy_minimises_what.steps import END, SPACE, distance, subgradient
from pqtheory.theory.vectors import Vectors, reals


def _step(A: Any, A_next: Any, D: Any, D_next: Any, **case: Any) -> Sequence[Any]:
    theta, p, q, u, g = SPACE.of(case)
    eta, R_p, R_q, R_u = (case[name] for name in ("eta", "R_p", "R_q", "R_u"))
    excess = case["L_q"] + R_q - case["L_u"] - R_u
    return [
        A_next == A + eta,
        case["total_next"] == case["total"] + eta * excess,
        distance(theta, p, u, R_p, R_u, A) == D,
        distance(theta - g * eta, q, u, R_q, R_u, A_next) == D_next,
        *steps.short(**case, w=A),
    ]


@invariant(
    state="total A D",
    fixed={"D_0": real, "L_u": real, "R_u": real, "beta": positive},
    each={**SPACE.products, **reals("L_p", "L_q", "R_p", "R_q"), "eta": positive},
    first=lambda total, A, D, D_0: [total == 0, A == 0, D == D_0],
    step=_step,
    by=lambda A, A_next, **case: [
        steps.gains.at(
            w=A, grown=A_next, **{n: case[n] for n in steps.gains.variables if n in case}
        )
    ],
)
def telescoped(total: Any, A: Any, D: Any, D_0: Any) -> Any:
    """The sum of eta_j (F(p_{j+1}) - F(u)) + D_k(u) <= D_0(u)."""
    return (A >= 0) & (total + D <= D_0)


WHOLE = Vectors("start theta p u")


def _end(A: Any, R_p: Any, R_u: Any, **case: Any) -> Sequence[Any]:
    _, theta, p, u = WHOLE.of(case)
    return [A > 0, (u - p) @ (u - p) >= 0, subgradient(theta, p, u, R_p, R_u, A)]


def _run(A: Any, mean: Any, beta: Any, R_0: Any, R_p: Any, R_u: Any, L_u: Any, **case: Any) -> Any:
    start, theta, p, u = WHOLE.of(case)
    return [
        telescoped.at(
            total=A * mean,
            A=A,
            D=distance(theta, p, u, R_p, R_u, A),
            D_0=distance(start, start, u, R_0, R_u, 0),
            L_u=L_u,
            R_u=R_u,
            beta=beta,
        ),
        steps.far.at(R_p=R_p, R_u=R_u, w=A, **END.at(theta, p, u)),
    ]


@forall(
    A=real,
    mean=real,
    beta=positive,
    **reals("R_0", "R_p", "R_u", "L_u"),
    **WHOLE.products,
    given=_end,
    by=_run,
    cases=plane.MEAN,
)
def weighted_mean(A: Any, mean: Any, **case: Any) -> Any:
    """The weighted mean of F(p_k) - F(u) is at most |u - p_0|^2 / (2 (eta_0 + ...))."""
    start, _, _, u = WHOLE.of(case)
    return mean <= (u - start) @ (u - start) / (2 * A)
