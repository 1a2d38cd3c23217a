r"""ProxConnect with a convex R: the mean of F(p_1), ..., F(p_T), weighted by the steps, comes as near F(u) as one likes.

F = L + lambda R, L convex and G-Lipschitz, gradients with noise of mean 0, E |g|^2 <= G^2. One step at the weight A, the sum of the
steps before it, gives (``aggregated/one_step.py``)

    eta (F(q) - F(u)) <= D(u) - D'(u) + eta^2 (G^2 + |g|^2) - eta <xi, p - u>,

summed and averaged over the noise, with A_T = eta_0 + ... + eta_{T-1} and Q_T the sum of their squares,

    E of the weighted mean of F(p_k) - F(u)  <=  |u - theta_0|^2 / (2 A_T) + 2 G^2 Q_T / A_T,

which vanishes for steps whose sum is infinite and whose squares add up to o(A_T), such as c / sqrt(t + 1). With R = 0 on {-1, +1}
and infinite elsewhere, nonconvex, ProxConnect is BinaryConnect: on |x - 1/4| that mean stays 1/4 - max(eta) / (4 A_T) or more above
the better vertex.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import as_array
from pqtheory.claims import (
    Claim,
    Control,
    Part,
    all_of,
    forall,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Fractions, Lists
from pqtheory.methods import ProxConnect
from pqtheory.methods.base import State
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import Indicator, PiecewiseAffine, Regularizer
from pqtheory.sets import Binary, Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.given import Given, Listed, exact
from pqtheory.theory.successors.aggregated import one_step, sums
from pqtheory.theory.vectors import reals


def _slack(R: Regularizer, start: Fraction, side: Fraction, etas: list[Fraction]) -> Any:
    """How far below its bound the mean of a run on a line is, against the best of a grid; L = |x -+ 1/2| - 1/2."""
    toy = TwoFunctionToy(1 if side > 0 else -1)
    grid = [Fraction(i, 8) for i in range(-24, 25)]

    def F(x: Any) -> Any:
        return toy.value(np.array([x])) + R.value(np.array([x]))

    best = min((x for x in grid if F(x) < np.inf), key=F)
    method = ProxConnect(R, Listed((*etas, Fraction(1))), 1)
    path = simulate(method, toy, np.array([start]), len(etas), progress=False)
    values = [
        F(method.query(State(theta, k))[0]) - F(best) for k, theta in enumerate(path.latent) if k
    ]
    total = sum((eta * v for eta, v in zip(etas, values, strict=True)), Fraction(0))
    return (best - start) ** 2 / 2 + 2 * sum(eta**2 for eta in etas) - total


DOMAINS = {
    "start": Fractions(-3, 3),
    "side": Fractions(-1, 1),
    "etas": Lists(Fractions(0, 1, open_low=True), 1, 6),
}


def _with_pieces(**case: Any) -> Any:
    return _slack(PiecewiseAffine(Ternary(), (-1, Fraction(-1, 4), Fraction(1, 4), 1)), **case)


RUNS = Cases(_with_pieces, DOMAINS, quick=8, full=500)


@forall(
    A=positive,
    Q=nonnegative,
    R=nonnegative,
    G=positive,
    **reals("mean", "costs"),
    # the noise has mean 0, and E |g|^2 <= G^2 at every step
    given=lambda costs, Q, G: [costs <= 2 * G**2 * Q],
    by=lambda A, mean, costs, R, G: [
        sums.expected.at(chance=1 + 0 * A, total=A * mean, costs=costs, D_0=R**2 / 2, G=G)
    ],
    cases=RUNS,
)
def bounded(A: Any, Q: Any, R: Any, G: Any, mean: Any) -> Any:
    """The weighted mean exceeds F(u) by |u - theta_0|^2 / (2 A) + 2 G^2 Q / A at most, in expectation."""
    return mean <= R**2 / (2 * A) + 2 * G**2 * Q / A


@forall(
    A=positive,
    Q=nonnegative,
    R=nonnegative,
    G=positive,
    eps=positive,
    **reals("mean", "costs"),
    given=lambda costs, Q, G, R, A, eps: [
        costs <= 2 * G**2 * Q,
        eps * A >= R**2,
        eps * A >= 4 * G**2 * Q,
    ],
    by=lambda A, Q, R, G, mean, costs: [bounded.at(A=A, Q=Q, R=R, G=G, mean=mean, costs=costs)],
)
def vanishes(mean: Any, eps: Any) -> Any:
    """At most eps, once A >= |u - theta_0|^2 / eps and Q <= eps A / (4 G^2)."""
    return mean <= eps


# R of {-1, +1}: BinaryConnect, on |x - 1/4|


def between_vertices(theta: Any, eta: Any) -> tuple[Any, Any]:
    """(L(p) - L(1), the next theta) of ProxConnect with the indicator on L = |x - 1/4|."""
    method, state = ProxConnect(Indicator(Binary()), Given(eta), 1), State(exact(theta), 1)
    p = method.query(state)
    xp, p = as_array(p)
    slope = xp.where(p >= Fraction(1, 4), Fraction(1), Fraction(-1))
    return slope * (p - Fraction(1, 4)) - Fraction(3, 4), method.step(state, exact(slope)).latent


@invariant(
    state="theta A total",
    fixed={"most": positive},
    each={"eta": positive},
    begins=lambda most: {"theta": 0 * most, "A": 0 * most, "total": 0 * most},
    becomes=lambda theta, A, total, eta: {
        "theta": between_vertices(theta, eta)[1],
        "A": A + eta,
        "total": total + eta * between_vertices(theta, eta)[0],
    },
    step=lambda eta, most: [eta <= most],
)
def stays_away(theta: Any, A: Any, total: Any, most: Any) -> Any:
    """The sum of eta_t (L(p_t) - L(1)) is (A + theta) / 4, with |theta| <= max(eta)."""
    return (total == (A + theta) / 4) & (theta <= most) & (theta >= -most)


@forall(
    theta=real,
    A=positive,
    total=real,
    most=positive,
    by=lambda theta, A, total, most: [stays_away.at(theta=theta, A=A, total=total, most=most)],
)
def does_not_vanish(A: Any, total: Any, most: Any) -> Any:
    """The weighted mean stays above L(1) by 1/4 - max(eta) / (4 A) at least."""
    return total / A >= Fraction(1, 4) - most / (4 * A)


@forall(
    theta=real,
    A=positive,
    total=real,
    most=positive,
    by=lambda theta, A, total, most: [stays_away.at(theta=theta, A=A, total=total, most=most)],
)
def bound_for_two_levels(A: Any, total: Any, most: Any) -> Any:
    """The bound for that run: |u - theta_0| = 1, G = 1 and Q <= max(eta) A."""
    return total / A <= 1 / (2 * A) + 2 * most


CLAIM = Claim(
    name="prox-connect-bound",
    source="Dockhorn et al., NeurIPS 2021, arXiv 2110.13220 (the bound for convex R), with our constants",
    statement=(
        "F = L + lambda R, lambda >= 0, L convex and G-Lipschitz, G > 0, R any convex function, in any dimension; ProxConnect from "
        "theta_0 with any step sizes eta_t > 0, the weight of its prox lambda times the sum of the steps so far, and gradients "
        "that are subgradients of L plus noise of mean 0 whatever came before, E |g|^2 <= G^2: with A = eta_0 + .. + eta_{T-1} and "
        "Q the sum of their squares, the mean of F(p_1), .., F(p_T), weighted by the steps, exceeds F(u) by |u - theta_0|^2 / (2 "
        "A) + 2 G^2 Q / A at most, in expectation over finitely many outcomes, for every u: by eps at most once A >= |u - "
        "theta_0|^2 / eps and Q <= eps A / (4 G^2). A nonconvex R does not have it: with R of {-1, +1}, which is BinaryConnect, "
        "on |x - 1/4| from 0 the weighted mean of L(p_0), .., L(p_{T-1}) stays above L(1) by 1/4 - max(eta) / (4 A)."
    ),
    formula=(
        "E mean F(p_k) - F(u) <= |u - theta_0|^2 / (2 A) + 2 G^2 Q / A,  A = sum eta_t, Q = sum eta_t^2, R convex, L convex and "
        "G-Lipschitz, E |g_t|^2 <= G^2"
    ),
    formula_latex=(
        r"\mathbb{E}\, \frac{\sum_t \eta_t (F(p_{t+1}) - F(u))}{A} \le \frac{|u - \theta_0|^2}{2 A} + \frac{2 G^2 Q}{A},"
        r"\qquad A = \sum_{t<T} \eta_t,\ Q = \sum_{t<T} \eta_t^2,\ R \text{ convex}"
    ),
    derivation_latex=(
        r"With $D(u) = h(u) - h(p) - \langle \theta, u - p \rangle$, $h = \tfrac12 |x|^2 + A R$, one step gives"
        r" $\eta (F(q) - F(u)) \le D(u) - D'(u) + \eta^2 (G^2 + |g|^2) - \eta \langle \xi, p - u \rangle$: smoothness is not"
        r" needed, as $|q - p|^2 / 2$ pays for the way from $p$ to $q$. The sum telescopes; the noise has mean $0$."
    ),
    parts=(
        Part("one step", "the potential falls by the excess, up to its cost", one_step.STEP_GAINS),
        Part(
            "every run",
            "the weighted mean, in expectation",
            all_of(sums.potential_at_the_start, bounded, beside=(RUNS,)),
        ),
        Part("vanishes", "it is at most eps in the end", vanishes),
        Part("R of two levels", "BinaryConnect's mean stays away", does_not_vanish),
    ),
    controls=(
        Control("half the cost", "a step costs half of that", one_step.one_step(Fraction(1, 2))),
        Control(
            "R need not be convex",
            "a step gains that for any R",
            one_step.one_step(given=one_step.of_step_not_convex),
        ),
        Control("R of two levels", "the bound holds for BinaryConnect", bound_for_two_levels),
    ),
    uses=("lazy-minimises-what",),
    operators=(
        "pqtheory.methods.ProxConnect.step",
        "pqtheory.methods.ProxConnect.query",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
