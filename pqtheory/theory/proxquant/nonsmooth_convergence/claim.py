r"""Theorem 5.1 without a differentiable R: for the W itself, with dist(0, dF(theta)) in place of ||grad F(theta)||.

    dist(0, dF(theta_best))^2 <= C beta (F_0 - F_*),   eta = x / beta, 0 < x <= 1, C as in ``proxquant-convergence``.

The prox selects an element of dF: its optimality gives (theta_{k-1} - theta_k) / eta - grad L(theta_{k-1}) in lambda
dW(theta_k), with the limiting subdifferential, since a prox of the W never lands on the concave kink at 0. So dist is
at most the |G| of the smooth theorem, whose proof uses nothing of R but its prox.

For all R those constants are the best, as they are for the differentiable ones. The W itself does better. For one step
its best constant is

    K = 2 (1 + 3x - x^2 - x^3) / (x (1 + 2x - 2x^2)),     17/3 at the paper's x = 1/2, where every R has 6.

Why (beta = 1, one coordinate at a time; D the step, G the selected element): F_0 - F_* >= fall + rest, what smoothness
leaves of F_0 - F_1, and what F falls from theta_1 at least. A step that does not cross 0 gains as if W were convex. One
that does lands at q < 1 with G = e - lambda; the rest is >= max(-G - 2 lambda, 0)^2 / 2, since W turns by 2 lambda at
the level. Scaled by x their sum is a quadratic form in four numbers for each sign, and >= G^2 / K. Where the step ends
at the level, the rest alone is >= dist^2 / 2. That runs come as close to K as one likes is shown in ``_first_run``.

For T steps runs of the W, one crossing in each, come close to (2/x)(1 + xc)^2 / (sum of falls), which at x = 1/2 is
18 / (T + 3) from T = 3 on after the smallest step, and 11 / (2T) at the smallest gradient: for T >= 2 the W's best
constants are between these and 18 / (T + 2), 6 / T. At x = 1 they meet, 4 and 4 / T. What they are elsewhere is open.
"""

from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.claims.lemmas import ByLemmas, Lemma, by_lemmas
from pqtheory.evidence import Budget, Evidence, join, judge, smt
from pqtheory.theory.proxquant.nonsmooth_convergence import first_run, runs
from pqtheory.theory.proxquant.nonsmooth_convergence import lemmas as steps
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import Constant
from pqtheory.theory.proxquant.one_step import bounded
from pqtheory.theory.proxquant.proxquant_convergence.claim import (
    GRADIENT,
    STEP,
    smallest_gradient,
    smallest_step,
)
from pqtheory.theory.random_cases import for_all
from pqtheory.theory.statements import illustrated

EIGHTHS = tuple(Fraction(n, 8) for n in range(1, 9))
COUNTS = tuple(Fraction(n) for n in range(1, 11))
BOUNDS = {STEP: smallest_step, GRADIENT: smallest_gradient}
HALF, ALMOST = Fraction(1, 2), Fraction(99, 100)
REACHED = "dist^2 / (F_0 - F_*) of a run of the W, x = 1/2, {}, T = {}"
ONE_STEP = REACHED.format("one step", 1)
#: how close to the level and to a tie the runs come
CLOSE = 1e-4
UP_TO_ONE = falsify.Fractions(0, 1, open_low=True)


def _selected(prox: steps.Map = steps.W.prox, *, nearest: bool = False) -> Check:
    """The prox stays off the hump, so what it selects is an element of dF."""
    positive = {"w": EIGHTHS}
    return falsify.joined(
        for_all(partial(steps.off_the_hump, prox=prox), "t w", positive),
        for_all(partial(steps.selected, nearest=nearest), "y e w", positive),
    )


def _all_steps(scale: Fraction, rule: str) -> Check:
    """``scale`` C bounds every run of the W, by the lemmas for any R; runs of it come close to what is foretold."""

    def constant(x: Any, count: Any) -> Any:
        return BOUNDS[rule](x, count) * scale

    values = {"x": EIGHTHS, "T": COUNTS}
    within = for_all(partial(runs.within, claimed=constant, rule=rule), "x T", values)
    lemmas = [Lemma(*lemma) for lemma in bounded(constant, rule == STEP)]
    found = partial(_runs, constant, rule)
    proof = falsify.joined(_selected(), within, by_lemmas(lemmas, found))
    return illustrated(proof, found)


def _runs(constant: Any, rule: str, budget: Budget) -> Evidence:
    """Every run reaches what is foretold, and no more than ``constant``."""
    counts, xs = budget.pick((1, 3, 10), range(1, 11)), budget.pick((HALF, Fraction(1)), EIGHTHS)
    cases = [(x, count) for x in xs for count in counts]
    reached = [runs.many_steps(x, count, rule) for x, count in cases]
    figures = {
        REACHED.format(rule, count): round(float(found), 6)
        for (x, count), found in zip(cases, reached, strict=True)
        if x == HALF
    }
    foretold = {
        REACHED.format(rule, count): float(runs.many_steps_ratio(HALF, count, rule))
        for count in counts
    }
    return judge(
        "sampled",
        [constant(*case) - found for case, found in zip(cases, reached, strict=True)],
        {"x": [x for x, _ in cases], "T": [count for _, count in cases]},
        measured=figures,
        predicted=foretold,
        agreement=CLOSE,
    )


def _first_step(constant: Constant) -> Check:
    """``constant`` will do for one step, by lemmas."""
    enough = partial(steps.first_step, constant=constant)
    lemmas = (
        Lemma("q > 0: the rest", steps.rest_of_it, "q e lambda"),
        Lemma("q = 1: the rest is at least dist^2 / 2", steps.rest_at_the_level, "e lambda"),
        Lemma("q = 1: so K >= 2 is enough", partial(steps.at_least_two, constant=constant), "x"),
        Lemma("as F falls onto the level", steps.falls_onto_the_level, steps.STEP),
        Lemma("without a crossing W might be convex", steps.no_crossing, "p y w"),
        Lemma("so the fall is enough", partial(steps.without_crossing, constant=constant), "G D x"),
        Lemma("with a crossing q = y + w", steps.crossing, "p y w"),
        Lemma("fall + rest is a form", steps.scaled, "q P d lambda x"),
        Lemma("the form", partial(steps.with_crossing, constant=constant), "P c m x"),
    )
    values = dict.fromkeys(("lambda", "x"), EIGHTHS)
    sampled = for_all(enough, steps.STEP, values).fallback

    def fallback(budget: Budget) -> Evidence:
        return join(smt.on_cases(enough, steps.STEP, map(first_run.step, EIGHTHS)), sampled(budget))

    return falsify.joined(_selected(), ByLemmas(lemmas, enough, steps.STEP, fallback))


def _first_step_reached(constant: Constant) -> Check:
    """A run of one step comes close to ``constant``, and not beyond: by lemmas, and seen to."""
    found = partial(_first_runs, constant)
    proof = illustrated(by_lemmas(first_run.lemmas(constant), found), found)
    return falsify.with_cases(proof, falsify.Cases(partial(_reached, constant), {"x": UP_TO_ONE}))


def _reached(constant: Constant, x: Fraction) -> Any:
    """Slack of ``constant`` >= what the run reaches, and of no more than ``CLOSE`` between them."""
    above = constant(x) - first_run.first_step(x)
    return min(above, Fraction(CLOSE) * constant(x) - above)


def _first_runs(constant: Constant, budget: Budget) -> Evidence:
    return judge(
        "sampled",
        [_reached(constant, x) for x in EIGHTHS],
        {"x": EIGHTHS},
        measured={ONE_STEP: round(float(first_run.first_step(HALF)), 6)},
        predicted={ONE_STEP: float(constant(HALF))},
        agreement=CLOSE,
    )


def _stays_at_zero(t: Any, w: Any) -> Any:
    xp, t = as_array(t)
    return xp.where(t == 0, 0 * t, steps.W.prox(t, w))


def _for_every_r(x: Any) -> Any:
    """2 (1 + 1/x), what every R has at T = 1."""
    return smallest_gradient(x, 1)


CLAIM = Claim(
    name="nonsmooth-convergence",
    source="arXiv 1810.00861, Theorem 5.1, for the W of section 4",
    statement=(
        "ProxQuant with the W itself converges as Theorem 5.1 says, dist(0, dF) in place of the gradient, with the "
        "same constants; for one step the best constant of the W is smaller, 17/3 in place of 6 at eta = 1/(2 beta)."
    ),
    formula="dist(0, dF(theta_best))^2 <= C beta (F_0 - F_*);  K = 2(1 + 3x - x^2 - x^3) / (x(1 + 2x - 2x^2)) at T = 1",
    parts=(
        Part("selected", "the prox selects an element of dF, off the hump", _selected()),
        Part("smallest step", "C will do", _all_steps(Fraction(1), STEP)),
        Part("smallest gradient", "C will do", _all_steps(Fraction(1), GRADIENT)),
        Part("one step", "K will do", _first_step(steps.first_step_constant)),
        Part(
            "one step, reached",
            "runs of the W come as close to K as one likes",
            _first_step_reached(steps.first_step_constant),
        ),
    ),
    controls=(
        Control(
            "0 stays 0",
            "the published code's prox, 0 at 0, is off the hump",
            _selected(_stays_at_zero),
        ),
        Control(
            "nearest", "what the prox selects is the nearest element of dF", _selected(nearest=True)
        ),
        Control("1% smaller, step", "0.99 C will do for the W", _all_steps(ALMOST, STEP)),
        Control("1% smaller, gradient", "0.99 C will do for the W", _all_steps(ALMOST, GRADIENT)),
        Control(
            "1% smaller, one step",
            "0.99 K will do for one step",
            _first_step(lambda x: steps.first_step_constant(x) * ALMOST),
        ),
        Control(
            "every R",
            "runs of the W come close to what any R has for one step",
            _first_step_reached(_for_every_r),
        ),
    ),
    headline=ONE_STEP,
    operators=(
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
    ),
)
