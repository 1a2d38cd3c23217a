r"""The last iterate of AProx at a constant step size: F(p_T) - F(u) <= G R (1 + H_T) / sqrt(T), H_T = 1 + 1/2 + ... + 1/T.

F = L + lambda R (written L + R), L convex and G-Lipschitz, R any convex function, which may be infinite. With the weight A, the sum of the
steps, p = prox_{A R}(theta), q the next p, and D(u) = h(u) - h(p) - <theta, u - p>, h = |x|^2 / 2 + A R, one step gives

    eta (F(q) - F(u)) <= D(u) - D'(u) + 2 eta G |q - p| - |q - p|^2 / 2 <= D(u) - D'(u) + 2 eta^2 G^2.

Summed over k steps: their mean exceeds F(u) by D_0(u) / (eta k) + 2 eta G^2 at most, D_0 the D that they begin with.

That holds for u = p_j too, and from p_j on: the potential is taken anew there, D_j(p_j) = 0, which |u - theta|^2 / 2 would not
be. So the mean S_k of the last k values exceeds the value before them by 2 eta G^2 at most, S_k <= S_{k+1} + 2 eta G^2 / (k + 1),
and the last value S_1 exceeds the mean S_T by 2 eta G^2 (1/2 + ... + 1/T). With eta = R / (2 G sqrt(T)), R = |u - theta_0|:
the bound. The sketch has steps R / (2 G sqrt(t)) and G R (2 + 1.5 ln t) / sqrt(t).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import (
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    forall,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Fractions, Integers
from pqtheory.claims.lemma import Instance
from pqtheory.methods import ProxConnect, State
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import PiecewiseAffine
from pqtheory.sets import Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_minimises_what import steps
from pqtheory.theory.lazy.lazy_minimises_what.steps import END, SPACE, distance, subgradient
from pqtheory.theory.vectors import Vectors, reals

VALUES = reals("L_p", "L_q", "L_u", "R_p", "R_q", "R_u")
SIZES: dict[str, Any] = {"eta": positive, "G": positive}
STEP: dict[str, Any] = {**SPACE.products, **VALUES, "A": nonnegative, "moved": nonnegative}


def of_step(
    L_p: Any, L_q: Any, L_u: Any, R_p: Any, R_q: Any, A: Any, moved: Any, G: Any, **case: Any
) -> Sequence[Any]:
    """L convex and G-Lipschitz with the subgradient g at p, R convex, moved = |q - p|."""
    theta, p, q, u, g = SPACE.of(case)
    return [
        moved**2 == (q - p) @ (q - p),
        g @ (p - q) <= G * moved,
        L_q <= L_p + G * moved,
        L_u >= L_p + g @ (u - p),
        subgradient(theta, p, q, R_p, R_q, A),
    ]


def of_step_not_convex(
    L_p: Any, L_q: Any, L_u: Any, R_p: Any, R_q: Any, A: Any, moved: Any, G: Any, **case: Any
) -> Sequence[Any]:
    """The same with any R: p and q minimise each its own objective, at weight A and A + eta."""
    theta, p, q, u, g = SPACE.of(case)
    after, eta = theta - g * case["eta"], case["eta"]
    return [
        moved**2 == (q - p) @ (q - p),
        g @ (p - q) <= G * moved,
        L_q <= L_p + G * moved,
        L_u >= L_p + g @ (u - p),
        p @ p / 2 + A * R_p - theta @ p <= q @ q / 2 + A * R_q - theta @ q,
        q @ q / 2 + (A + eta) * R_q - after @ q <= p @ p / 2 + (A + eta) * R_p - after @ p,
    ]


def one_step_gains(factor: Any, given: Any = of_step) -> ForAll:
    """Eta (F(q) - F(u)) <= D(u) - D'(u) + factor eta^2 G^2."""

    @forall(**STEP, **SIZES, given=given)
    def gains(**case: Any) -> Any:
        theta, p, q, u, g = SPACE.of(case)
        eta, A, R_p, R_q, R_u = (case[name] for name in ("eta", "A", "R_p", "R_q", "R_u"))
        before = distance(theta, p, u, R_p, R_u, A)
        after = distance(theta - g * eta, q, u, R_q, R_u, A + eta)
        excess = case["L_q"] + R_q - case["L_u"] - R_u
        return eta * excess <= before - after + factor * eta**2 * case["G"] ** 2

    return gains


one_step = one_step_gains(2)


def _next(k: Any, k_next: Any, D: Any, D_next: Any, F_u: Any, **case: Any) -> Sequence[Any]:
    theta, p, q, u, g = SPACE.of(case)
    eta, A, R_p, R_q, R_u = (case[name] for name in ("eta", "A", "R_p", "R_q", "R_u"))
    return [
        k_next == k + 1,
        F_u == case["L_u"] + R_u,
        case["total_next"] == case["total"] + case["L_q"] + R_q,
        distance(theta, p, u, R_p, R_u, A) == D,
        distance(theta - g * eta, q, u, R_q, R_u, A + eta) == D_next,
        *of_step(**case),
    ]


@invariant(
    state="k total D",
    fixed={"D_0": real, "F_u": real, **SIZES},
    each=STEP,
    first=lambda k, total, D, D_0: [k == 0, total == 0, D == D_0],
    step=_next,
    by=lambda **case: [one_step.at(**{name: case[name] for name in one_step.variables})],
)
def from_any_point(k: Any, total: Any, D: Any, D_0: Any, F_u: Any, eta: Any, G: Any) -> Any:
    """The sum of eta (F - F(u)) over k steps plus D(u) is at most D_0(u) + 2 k eta^2 G^2, wherever they begin."""
    return (k >= 0) & (eta * (total - k * F_u) + D <= D_0 + 2 * k * eta**2 * G**2)


REACHED: dict[str, Any] = {**END.products, **reals("R_p", "R_u"), "A": nonnegative}


def of_end(R_p: Any, R_u: Any, A: Any, **case: Any) -> Sequence[Any]:
    """The point that is reached is a prox."""
    theta, p, u = END.of(case)
    return [(u - p) @ (u - p) >= 0, subgradient(theta, p, u, R_p, R_u, A)]


def _to_end(k: Any, mean: Any, D_0: Any, F_u: Any, eta: Any, G: Any, **case: Any) -> Sequence[Any]:
    theta, p, u = END.of(case)
    R_p, R_u, A = case["R_p"], case["R_u"], case["A"]
    D = distance(theta, p, u, R_p, R_u, A)
    return [
        from_any_point.at(k=k, total=k * mean, D=D, D_0=D_0, F_u=F_u, eta=eta, G=G),
        steps.far.at(R_p=R_p, R_u=R_u, w=A, **END.at(theta, p, u)),
    ]


@forall(k=positive, mean=real, D_0=real, F_u=real, **SIZES, **REACHED, given=of_end, by=_to_end)
def mean_of_values(k: Any, mean: Any, D_0: Any, F_u: Any, eta: Any, G: Any) -> Any:
    """The mean of k values exceeds F(u) by D_0(u) / (eta k) + 2 eta G^2 at most."""
    return eta * k * (mean - F_u) <= D_0 + 2 * k * eta**2 * G**2


@forall(**END.products, R_p=real, R_u=real, A=nonnegative)
def potential_is_zero_anew(R_p: Any, A: Any, **case: Any) -> Any:
    """D(u) = 0 at u = p, where it is taken anew."""
    theta, p, _ = END.of(case)
    return distance(theta, p, p, R_p, R_p, A) == 0


def _shorter(k: Any, k_next: Any, S: Any, S_next: Any, tail: Any, F: Any, **case: Any) -> Any:
    return [
        k_next == k - 1,
        k_next >= 1,
        k * S == k_next * S_next + F,
        case["tail_next"] == tail + 1 / k,
        *of_end(**{name: case[name] for name in REACHED}),
    ]


def _anew(k_next: Any, S_next: Any, F: Any, eta: Any, G: Any, **case: Any) -> Sequence[Instance]:
    reached = {name: case[name] for name in REACHED}
    return [mean_of_values.at(k=k_next, mean=S_next, D_0=0 * F, F_u=F, eta=eta, G=G, **reached)]


@invariant(
    state="k S tail",
    fixed={"S_T": real, "T": positive, **SIZES},
    each={"F": real, **REACHED},
    first=lambda k, S, tail, S_T, T: [k == T, k >= 1, S == S_T, tail == 0],
    step=_shorter,
    by=_anew,
)
def last_values(k: Any, S: Any, tail: Any, S_T: Any, eta: Any, G: Any) -> Any:
    """S_k, the mean of the last k, exceeds S_T by 2 eta G^2 (1/(k + 1) + ... + 1/T) at most."""
    return (k >= 1) & (S_T + 2 * eta * G**2 * tail >= S)


START = Vectors("start theta p u")


def last_value(share: Any) -> ForAll:
    """F(p_T) - F(u) <= share G R (2 + tail) / sqrt(T), r = sqrt(T), tail = 1/2 + ... + 1/T."""

    def eta_of(radius: Any, G: Any, r: Any) -> Any:
        return radius / (2 * G * r)

    def lemmas(
        r: Any, radius: Any, G: Any, S_T: Any, F_T: Any, F_u: Any, tail: Any, R_0: Any, **case: Any
    ) -> Sequence[Instance]:
        start, theta, p, u = START.of(case)
        eta, R_p, R_u, A = eta_of(radius, G, r), case["R_p"], case["R_u"], case["A"]
        D_0 = distance(start, start, u, R_0, R_u, 0)
        reached = {**END.at(theta, p, u), "R_p": R_p, "R_u": R_u, "A": A}
        return [
            mean_of_values.at(k=r**2, mean=S_T, D_0=D_0, F_u=F_u, eta=eta, G=G, **reached),
            last_values.at(k=1 + 0 * r, S=F_T, tail=tail, S_T=S_T, T=r**2, eta=eta, G=G),
        ]

    def given(radius: Any, R_p: Any, R_u: Any, A: Any, **case: Any) -> Sequence[Any]:
        start, theta, p, u = START.of(case)
        ends = of_end(R_p=R_p, R_u=R_u, A=A, **END.at(theta, p, u))
        return [(u - start) @ (u - start) == radius**2, *ends]

    @forall(
        r=positive,
        radius=positive,
        G=positive,
        tail=nonnegative,
        A=nonnegative,
        **reals("S_T", "F_T", "F_u", "R_0", "R_p", "R_u"),
        **START.products,
        given=given,
        by=lemmas,
    )
    def bound(r: Any, radius: Any, G: Any, F_T: Any, F_u: Any, tail: Any) -> Any:
        return r * (F_T - F_u) <= share * G * radius * (2 + tail)

    return bound


def _run(T: int, start: Any, side: Any) -> Any:
    """How far F(p_T^2) - F* is below the bound, for L = |x -+ 1/2| - 1/2 and a piecewise affine R, T^2 steps."""
    toy = TwoFunctionToy(1 if side > 0 else -1)
    R = PiecewiseAffine(Ternary(), (-1, Fraction(-1, 4), Fraction(1, 4), 1))
    grid = [Fraction(i, 8) for i in range(-24, 25)]

    def F(x: Any) -> Any:
        return toy.value(np.array([x])) + R.value(np.array([x]))

    best = min(grid, key=F)
    radius = abs(best - Fraction(start)) or Fraction(1)
    steps_made = T * T
    method = ProxConnect(R, radius / (2 * T), 1)
    path = simulate(method, toy, np.array([Fraction(start)]), steps_made, progress=False)
    last = method.query(State(path.latent[-1], steps_made))[0]
    harmonic = sum(Fraction(1, k) for k in range(1, steps_made + 1))
    return radius * (1 + harmonic) / T - (F(last) - F(best))


RUN = Cases(
    _run,
    {"T": Integers(1, 5), "start": Fractions(-3, 3), "side": Fractions(-1, 1)},
    quick=15,
    full=300,
)

CLAIM = Claim(
    name="aprox-last-iterate",
    source="Jin et al., arXiv 2503.15748, Theorem 3.2 (last iterate of AProx), at a constant step size, with our constants",
    statement=(
        "F = L + R, L convex with subgradients and Lipschitz constant G > 0, R any convex function (it need not be Lipschitz), in any dimension: AProx = "
        "ProxConnect from theta_0, gradients exact, the prox weight the sum of the steps, with the constant step size "
        "eta = R_0 / (2 G sqrt(T)), R_0 = |u - theta_0| > 0, has F(p_T) - F(u) <= G R_0 (1 + H_T) / sqrt(T), H_T = 1 + 1/2 + ... + 1/T, for every u with F(u) finite. For any "
        "constant eta the mean of F(p_1), ..., F(p_T) exceeds F(u) by R_0^2 / (2 eta T) + 2 eta G^2 at most. A nonconvex R does not have the step that this rests on."
    ),
    formula="F(p_T) - F(u) <= G |u - theta_0| (1 + H_T) / sqrt(T),  eta = |u - theta_0| / (2 G sqrt(T))",
    formula_latex=(
        r"F(p_T) - F(u) \le \frac{G\,\|u - \theta_0\|\,(1 + H_T)}{\sqrt T},\qquad \eta = \frac{\|u - \theta_0\|}"
        r"{2 G \sqrt T},\quad H_T = 1 + \tfrac12 + \dots + \tfrac1T"
    ),
    derivation_latex=(
        r"With $D(u) = h(u) - h(p) - \langle\theta, u - p\rangle$, $h = \tfrac12|x|^2 + A R$, one step gives"
        r" $\eta (F(q) - F(u)) \le D(u) - D'(u) + 2\eta^2 G^2$. Taken anew at $u = p_j$, where $D_j(p_j) = 0$, the mean"
        r" $S_k$ of the last $k$ values satisfies $S_k \le S_{k+1} + 2\eta G^2/(k+1)$."
    ),
    parts=(
        Part("one step", "the potential falls by the excess, up to 2 eta^2 G^2", one_step),
        Part("mean", "the mean of the values, from any point on", mean_of_values),
        Part("taken anew", "the potential is 0 where it is taken anew", potential_is_zero_anew),
        Part("last iterate", "the last value", all_of(last_value(1), beside=(RUN,))),
    ),
    controls=(
        Control("half the rest", "one step up to eta^2 G^2", one_step_gains(1)),
        Control(
            "R need not be convex",
            "p and q may minimise for any R",
            one_step_gains(2, of_step_not_convex),
        ),
        Control("half the bound", "the last value within half of it", last_value(Fraction(1, 2))),
    ),
    uses=("lazy-minimises-what", "par-prox"),
    operators=(
        "pqtheory.methods.ProxConnect.step",
        "pqtheory.methods.ProxConnect.query",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
