r"""The steps of a run added up, and their mean over the outcomes of the noise.

From any point on, with any step sizes: the sum of eta_j (F(p_{j+1}) - F(u)) plus D(u) is at most D_0(u) and the costs. u may be a
point of the run itself: with u = p_j, from there on, the potential is taken anew, D_j(p_j) = 0, and no term is left of it.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import forall, invariant, nonnegative, positive, real
from pqtheory.theory.lazy.lazy_minimises_what import steps
from pqtheory.theory.lazy.lazy_minimises_what.steps import END, distance, subgradient
from pqtheory.theory.successors.aggregated.one_step import (
    STEP,
    STEP_GAINS,
    cost,
    gain,
    of_step,
    potentials,
)
from pqtheory.theory.vectors import reals


def _step(D: Any, D_next: Any, **case: Any) -> Sequence[Any]:
    before, after = potentials(case)
    return [before == D, after == D_next, *of_step(**case)]


@invariant(
    state="total costs D",
    fixed={"D_0": real, "G": positive},
    each={**STEP, "eta": positive},
    begins=lambda D_0: {"total": 0 * D_0, "costs": 0 * D_0, "D": D_0},
    becomes=lambda total, costs, D, D_0, **case: {
        "total": total + gain(case),
        "costs": costs + cost(case),
    },
    step=_step,
    by=lambda **case: [STEP_GAINS.at(**{name: case[name] for name in STEP_GAINS.variables})],
)
def from_any_point(total: Any, costs: Any, D: Any, D_0: Any) -> Any:
    """Total + D(u) <= D_0(u) + costs."""
    return total + D <= D_0 + costs


REACHED: dict[str, Any] = {**END.products, **reals("R_p", "R_u"), "A": nonnegative}


def of_end(R_p: Any, R_u: Any, A: Any, **case: Any) -> Sequence[Any]:
    """The point that is reached is a prox."""
    theta, p, u = END.of(case)
    return [(u - p) @ (u - p) >= 0, subgradient(theta, p, u, R_p, R_u, A)]


def _outcome(own_total: Any, own_costs: Any, D_0: Any, G: Any, **case: Any) -> Sequence[Any]:
    theta, p, u = END.of(case)
    R_p, R_u, A = case["R_p"], case["R_u"], case["A"]
    D = distance(theta, p, u, R_p, R_u, A)
    return [
        from_any_point.at(total=own_total, costs=own_costs, D=D, D_0=D_0, G=G),
        steps.far.at(R_p=R_p, R_u=R_u, w=A, **END.at(theta, p, u)),
    ]


@forall(
    own_total=real,
    own_costs=real,
    D_0=real,
    G=positive,
    **REACHED,
    given=of_end,
    by=_outcome,
)
def one_outcome(own_total: Any, own_costs: Any, D_0: Any) -> Any:
    """Total <= D_0(u) + costs, for each outcome of the noise."""
    return own_total <= D_0 + own_costs


@invariant(
    state="chance total costs",
    fixed={"D_0": real, "G": positive},
    each={"chance_of": nonnegative, **reals("own_total", "own_costs"), **REACHED},
    begins=lambda D_0: {"chance": 0 * D_0, "total": 0 * D_0, "costs": 0 * D_0},
    becomes=lambda chance, total, costs, chance_of, own_total, own_costs: {
        "chance": chance + chance_of,
        "total": total + chance_of * own_total,
        "costs": costs + chance_of * own_costs,
    },
    step=lambda R_p, R_u, A, **case: of_end(R_p, R_u, A, **{n: case[n] for n in END.products}),
    by=lambda own_total, own_costs, D_0, G, **case: [
        one_outcome.at(
            own_total=own_total,
            own_costs=own_costs,
            D_0=D_0,
            G=G,
            **{name: case[name] for name in REACHED},
        )
    ],
)
def expected(chance: Any, total: Any, costs: Any, D_0: Any) -> Any:
    """The mean over outcomes, each with its chance."""
    return total <= chance * D_0 + costs


@forall(**END.products, R_p=real, A=nonnegative)
def potential_is_zero_anew(R_p: Any, A: Any, **case: Any) -> Any:
    """D(u) = 0 at u = p, where it is taken anew."""
    theta, p, _ = END.of(case)
    return distance(theta, p, p, R_p, R_p, A) == 0


@forall(**END.products, R_p=real, R_u=real)
def potential_at_the_start(R_p: Any, R_u: Any, **case: Any) -> Any:
    """D_0(u) = |u - theta_0|^2 / 2, as the first weight is 0 and p_0 = theta_0."""
    theta, _, u = END.of(case)
    return distance(theta, theta, u, R_p, R_u, 0) == (u - theta) @ (u - theta) / 2
