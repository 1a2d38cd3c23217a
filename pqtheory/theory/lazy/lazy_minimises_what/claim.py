r"""theta' = theta - eta grad L(p), p = prox_{lambda R}(theta), for convex L and R, eta <= 1 / beta, minimises L alone.

It is mirror descent on L with the mirror map h = |x|^2 / 2 + lambda R, since theta is a subgradient of h at p. With
D(u) = h(u) - h(p) - <theta, u - p> one step gives eta (L(p') - L(u)) <= D(u) - D'(u), and L(p') <= L(p); sum over T
steps: L(p_T) - L(u) <= D_0(u) / (eta T) for every u where R is finite. Any smaller constant fails, for L = -s x (if u
minimises L over the whole space less will do: ``worst_case.lazy_prox_gradient``). It rests only where grad L(p) = 0.
All that R does is to choose: theta_T - theta_0 is a sum of gradients, so has the same product with every minimiser u of
L (where L is a strictly convex function of A x), and the p_T that minimises L has the least D_0(u).

Aggregated, with strength lambda A, A the sum of the etas so far, it is dual averaging and minimises F = L + lambda R:
the same inequality holds with F in place of L and h = |x|^2 / 2 + lambda A R, so that the mean of F(p_1) .. F(p_T),
weighted by the etas, exceeds F(u) by |u - p_0|^2 / (2 (eta_0 + ...)) at most. Under constant steps the best constant is
T / (T + 1) of this one, |u - p_0|^2 / (2 eta (T + 1)), reached by L = 0, R = |x|.

Why T / (T + 1) (p_0 = theta_0 = 0, eta = beta = 1, of which eta beta < 1 is a special case; the multipliers are checked
exactly for T <= 10): bound L_k by L_0 with weight 1/(T + 1) and by L_u with T/(T + 1), k = 1 .. T, from the gradient at
p_k; L_0 by L_u with T/(T + 1); R_k by R_{k+1} with k, R_T by R_u with T. With h_k = grad L(p_k) - the mean of those at
0 .. T, and y = p_T - h_T, the sum of the T terms y_k = p_{k+1} - p_k + h_k, the sum of all is at most
<u, y> - |y|^2/2 - sum |y_k|^2 / 2 - |h_0|^2 / 2 <= <u, y> - (1 + 1/T) |y|^2 / 2 <= T |u|^2 / (2 (T + 1)).
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, judge
from pqtheory.evidence.worst_case import LazyCertificate, LazyModel
from pqtheory.methods import LazyProx, Method, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_minimises_what import lemmas as steps
from pqtheory.theory.random_cases import POSITIVE, for_all, quarters

ENDS = "where lazy, aggregated and eager end on (x - 1)^2 / 2 + |x| / 2"
CHOSEN = "which minimiser of (2 a + b - 1)^2 / 2 it takes from 0, lambda = 10"
MEANS = "(T + 1) eta times the worst mean excess over |u - p_0|^2 / 2"
LONGEST_RUN = 10
NAMES = {
    **dict.fromkeys(("eta", "lambda", "T", "w", "A", "uu", "pp", "qq"), POSITIVE),
    **dict.fromkeys(("drop", "rise"), quarters(0, 0, 1)),
    # short and long enough to see what is off by 1%
    "beta": (*POSITIVE, Fraction(101, 100)),
    "share": tuple(Fraction(n, 256) for n in (32, 64, 128, 192, 255)),
}


def _check(statement: Any, variables: str) -> Check:
    return for_all(statement, variables, NAMES)


def multipliers(run: int) -> LazyCertificate:
    """The closed form for the mean of T = ``run`` values with aggregated strength, at eta beta = 1."""
    last, one = run + 1, Fraction(1)
    from_start = {(0, k): one / (run * last) for k in range(1, last)}
    from_u = {(last, k): one / last for k in range(last)}
    chain = {(k + 1, k): Fraction(k, run) for k in range(1, last)}
    model = LazyModel((one,) * run, "aggregated")
    return LazyCertificate(model, one / last, (one / run,) * run, {**from_start, **from_u}, chain)


def _sharp_mean(constant: Callable[[int], Fraction]) -> Check:
    """Proved for T <= 10; searched by the runs that should not exceed the constant."""
    reached = falsify.Cases(
        lambda T: constant(T) - _reached(T), {"T": falsify.Integers(1, LONGEST_RUN)}
    )
    return falsify.with_cases(partial(_mean, constant), reached)


def _mean(constant: Any, budget: Budget) -> Evidence:
    """Exact multipliers prove the mean's constant, and a run in exact arithmetic reaches it, for T <= 10."""
    runs = range(1, LONGEST_RUN + 1)
    proofs = [multipliers(run) for run in runs]
    proved = [c.holds() and c.bound <= constant(run) for run, c in zip(runs, proofs, strict=True)]
    reached = [_reached(run) for run in runs]
    if not all(proved) or any(r > constant(run) for run, r in zip(runs, reached, strict=True)):
        slack = [constant(run) - r for run, r in zip(runs, reached, strict=True)]
        verdicts = np.array(proved) & (np.array(slack) >= 0)
        return judge("enumerated", verdicts, {"T": np.array(runs), "reached": np.array(reached)})
    return Evidence(
        "proved",
        measured={MEANS: [float(r * (run + 1)) for run, r in zip(runs, reached, strict=True)]},
        predicted={MEANS: [1.0] * LONGEST_RUN},
        proof=tuple(certificate.step() for certificate in proofs),
    )


def _reached(run: int) -> Fraction:
    """What L = 0, lambda R = |x| / (T + 1) reach from 1 with eta = 1: mean excess over |u - p_0|^2 / 2, u = 0."""
    zero, one = Fraction(0), Fraction(1)
    nothing = Quadratic(np.array([[zero]], dtype=object), np.array([zero], dtype=object))
    strength = one / (run + 1)
    method = LazyProx(steps.DISTANCE, one, Linear(strength))
    start = np.array([one], dtype=object)
    path = simulate(method, nothing, start, run, fields=("latent",), progress=False).latent
    mapped = [method.map(theta, k, 1)[0] for k, theta in enumerate(path)]
    values = [strength * steps.DISTANCE.value(p) for p in mapped[1:]]
    return sum(values, zero) / run / Fraction(1, 2)


def _ends(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """The three methods on one problem."""
    problem, half = Quadratic([[1.0]], [-1.0]), 0.5
    methods: list[Method] = [
        LazyProx(steps.DISTANCE, half, half),
        LazyProx(steps.DISTANCE, half, Linear(half * half)),
        ProxQuant(steps.DISTANCE, half, half),
    ]
    ends = [float(_end(method, problem, [3.0], budget.pick(200, 2000))[0]) for method in methods]
    return {ENDS: ends}, {ENDS: [1.0, half, half]}


def _choice(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """A loss with many minimisers: the one with the least lambda R + |x|^2 / 2, as p_0 = theta_0 = 0."""
    problem = Quadratic([[4.0, 2.0], [2.0, 1.0]], [-2.0, -1.0])
    method = LazyProx(steps.DISTANCE, 0.2, 10.0)
    end = _end(method, problem, [0.0, 0.0], budget.pick(400, 4000))
    return {CHOSEN: end.tolist()}, {CHOSEN: [0.5, 0.0]}


def _end(method: Method, problem: Quadratic, start: list[float], count: int) -> Array:
    path = simulate(
        method, problem, np.array(start), count, fields=("latent",), record="last", progress=False
    )
    state = replace(method.init(path.latent[-1]), step=count)
    return method.query(state)


def _least_mean(run: int) -> Fraction:
    return Fraction(1, run + 1)


def _smaller_mean(run: int) -> Fraction:
    return Fraction(99, 100) * _least_mean(run)


_FALLS = "theta g eta lambda beta"
_FALL_PRODUCTS = "gp gq pp qq pq eta beta"
_REST = "theta g eta lambda"
_HELD = "k T eta share"

CLAIM = Claim(
    name="lazy-minimises-what",
    source="arXiv 1810.00861, section 5.1; Nesterov 2009; Xiao 2010",
    statement=(
        "With fixed strength and convex R lazy prox-gradient minimises L alone: it is mirror descent, in which R "
        "only chooses among the minimisers. With aggregated strength it is dual averaging and minimises L + lambda R, "
        "as ProxQuant does."
    ),
    formula=(
        "fixed: L(p_T) - L(u) <= D_h(u, p_0) / (eta T), h = |x|^2/2 + lambda R;  "
        "aggregated: mean F(p_k) - F(u) <= |u - p_0|^2 / (2 eta (T + 1))"
    ),
    parts=(
        Part(
            "fixed strength",
            "one step gains L: eta (L(p') - L(u)) <= D(u) - D'(u), and L(p') <= L(p); so L(p_T) -> inf L",
            falsify.joined(
                _check(steps.one_step, steps.STEP),
                _check(steps.one_step_in_products, steps.PRODUCTS),
                _check(steps.falls, _FALLS),
                _check(steps.falls_in_products, _FALL_PRODUCTS),
                _check(steps.never_negative, "theta u w"),
                figures=_ends,
            ),
        ),
        Part(
            "sharp",
            "no constant below 1 / (eta T) will do",
            _check(steps.held, _HELD),
        ),
        Part(
            "fixed points",
            "lazy: where grad L(p) = 0; eager: where 0 is in grad L + lambda dR",
            falsify.joined(
                _check(steps.lazy_rests, _REST), _check(steps.eager_rests, "p g eta lambda")
            ),
        ),
        Part(
            "choice",
            "of the minimisers of L it takes the one nearest to p_0 in D_h",
            falsify.joined(
                _check(steps.nearest_minimiser, "Hu Hp lastu lastp firstu firstp"), figures=_choice
            ),
        ),
        Part(
            "aggregated strength",
            "one step gains F: eta (F(p') - F(u)) <= D(u) - D'(u)",
            falsify.joined(
                _check(steps.aggregated_step, steps.GROWING_STEP),
                _check(steps.aggregated_step_in_products, steps.GROWING_PRODUCTS),
            ),
        ),
        Part(
            "sharp, aggregated",
            "the best constant for the mean of T <= 10 values is 1 / (eta (T + 1))",
            _sharp_mean(_least_mean),
        ),
    ),
    controls=(
        Control(
            "L + lambda R",
            "with fixed strength one step gains F",
            _check(partial(steps.one_step, goal=steps.objective), steps.STEP),
        ),
        Control(
            "rests where F is stationary",
            "the lazy iteration rests exactly at the stationary points of F",
            _check(partial(steps.lazy_rests, at_stationary=True), _REST),
        ),
        Control(
            "aggregated, L alone",
            "with aggregated strength one step gains L",
            _check(partial(steps.one_step, growing=True), steps.GROWING_STEP),
        ),
        Control(
            "eager, L alone",
            "ProxQuant rests exactly where grad L = 0",
            _check(partial(steps.eager_rests, at_stationary=False), "p g eta lambda"),
        ),
        Control(
            "any R",
            "one step gains L with the W, which is not convex (Theorem 5.2: it may oscillate)",
            _check(partial(steps.one_step, regularizer=DistanceL1(Binary())), steps.STEP),
        ),
        Control(
            "longer steps",
            "one step gains L at every eta beta <= 1.01",
            _check(partial(steps.one_step, longest=Fraction(101, 100)), steps.STEP),
        ),
        Control(
            "1% smaller, fixed",
            "0.99 / (eta T) will do",
            _check(partial(steps.held, constant=Fraction(99, 100)), _HELD),
        ),
        Control(
            "1% smaller, aggregated",
            "0.99 / (eta (T + 1)) will do",
            _sharp_mean(_smaller_mean),
        ),
    ),
    headline=ENDS,
)
