r"""Theorem 5.1 without a differentiable R: for the W itself, with dist(0, dF(theta)) in place of ||grad F(theta)||.

    dist(0, dF(theta_best))^2 <= C beta (F_0 - F_*),   eta = x / beta, 0 < x <= 1, C as in ``proxquant-convergence``.

The prox selects an element of dF = grad L + lambda dW, the limiting subdifferential: (theta_{k-1} - theta_k) / eta -
grad L(theta_{k-1}) is in lambda dW(theta_k), as a prox of the W never lands on the concave kink at 0. So dist is at
most the |G| of ``proxquant-convergence``, whose proof uses nothing of R but that no prox does worse than staying.

For all R those constants are the best, as they are for the differentiable ones. The W itself does better. For one step
its best constant is

    K = 2 (1 + 3x - x^2 - x^3) / (x (1 + 2x - 2x^2)),     17/3 at the paper's x = 1/2, where every R has 6.

Why (beta = 1, one coordinate at a time; D the step, G the selected element): F_0 - F_* >= fall + rest, what smoothness
leaves of F_0 - F_1, and what F falls from theta_1 at least. A step that does not cross 0 gains as if W were convex. One
that does lands at q < 1 with G = e - lambda; the rest is >= max(-G - 2 lambda, 0)^2 / 2, since W turns by 2 lambda at
the level. Scaled by x their sum is a quadratic form in four numbers for each sign, and >= G^2 / K. Where the step ends
at the level, the rest alone is >= dist^2 / 2. (``lemmas.py``, ``first_bound.py``; ``first_step.py`` for any beta and any
number of coordinates.) Runs of the W come as close to K as one likes (``first_run.py``, ``first_best.py``).

For T steps runs of the W, one crossing in each, come close to (2/x)(1 + xc)^2 / (sum of falls), which at x = 1/2 is
18 / (T + 3) from T = 3 on after the smallest step, and 11 / (2T) at the smallest gradient: for T >= 2 the W's best
constants are between these and 18 / (T + 2), 6 / T. At x = 1 they meet, 4 and 4 / T. What they are elsewhere is open.
"""

from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory.claims import Budget, Check, Claim, Control, Evidence, Part, all_of
from pqtheory.evidence import judge
from pqtheory.theory.prox.minimiser import stays_at_zero
from pqtheory.theory.proxquant.nonsmooth_convergence import first_best, first_run, lemmas, runs
from pqtheory.theory.proxquant.nonsmooth_convergence.coordinates import OF_W
from pqtheory.theory.proxquant.nonsmooth_convergence.first_best import CLOSE
from pqtheory.theory.proxquant.nonsmooth_convergence.first_step import first_step
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import W, first_step_constant
from pqtheory.theory.proxquant.proxquant_convergence.claim import (
    GRADIENT,
    STEP,
    smallest_gradient,
    smallest_step,
)
from pqtheory.theory.proxquant.proxquant_convergence.descent import Constant, at_the_end
from pqtheory.theory.readings import slope_readings

EIGHTHS = tuple(Fraction(n, 8) for n in range(1, 9))
BOUNDS = {STEP: smallest_step, GRADIENT: smallest_gradient}
HALF, ALMOST = Fraction(1, 2), Fraction(99, 100)
REACHED = "dist^2 / (F_0 - F_*) of a run of the W, x = 1/2, {}, T = {}"
ONE_STEP = REACHED.format("one step", 1)


def _less(constant: Any) -> Any:
    """1% less."""
    return lambda *values: ALMOST * constant(*values)


def _all_steps(constant: Constant, rule: str) -> Check:
    """``constant`` bounds every run of the W, and what its runs come close to."""
    return all_of(
        at_the_end(constant, rule == STEP, steps=OF_W),
        runs.stays_within(constant, rule),
        beside=(partial(_runs, constant, rule),),
    )


def _runs(constant: Constant, rule: str, budget: Budget) -> Evidence:
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


def _reached(constant: lemmas.Constant) -> Check:
    """Runs of one step come as close to ``constant`` as one likes: no less will do."""
    return all_of(
        first_run.is_smooth,
        first_run.is_a_run,
        first_run.has_a_lower_bound,
        first_best.some_are_small,
        first_best.allows_no_less(constant),
        beside=(partial(_first_runs, constant),),
    )


def _first_runs(constant: lemmas.Constant, budget: Budget) -> Evidence:
    return judge(
        "sampled",
        [first_best.closeness(constant, x) for x in EIGHTHS],
        {"x": EIGHTHS},
        measured={ONE_STEP: round(float(first_run.first_step(HALF)), 6)},
        predicted={ONE_STEP: float(constant(HALF))},
        agreement=CLOSE,
    )


def _for_every_r(x: Any) -> Any:
    """2 (1 + 1/x), what every R has at T = 1."""
    return smallest_gradient(x, 1)


CLAIM = Claim(
    name="nonsmooth-convergence",
    source="arXiv 1810.00861, Theorem 5.1, for the W of section 4",
    statement=(
        "Let L be beta-smooth, R = W, W(theta) = sum_i ||theta_i| - 1|, lambda > 0 fixed, F = L + lambda W >= F_*, "
        "eta = x / beta with 0 < x <= 1, dF = grad L + lambda dW the limiting subdifferential. After T >= 1 steps of "
        "ProxQuant dist(0, dF) is bounded as Theorem 5.1 bounds the gradient, with the constants C of "
        "proxquant-convergence for both rules. After one step K will do in place of C, and no smaller constant will "
        "for all such L; at x = 1/2 it is 17/3, where C is 6."
    ),
    formula=(
        "dist(0, dF(theta_best))^2 <= C beta (F(theta_0) - F_*),  0 < x <= 1, T >= 1:  C = 2(1+x)^2 / (x(2x + T(1-x))) "
        "after the smallest step,  C = 2(1 + 1/x) / T at the smallest dist;  at T = 1 the best constant is "
        "K = 2(1 + 3x - x^2 - x^3) / (x(1 + 2x - 2x^2))"
    ),
    formula_latex=(
        r"\mathrm{dist}(0, \partial F(\theta_{\mathrm{best}}))^2 \le C\,\beta\,(F(\theta_0) - F_*),\quad"
        r" \eta = x / \beta,\ 0 < x \le 1,\ T \ge 1:\qquad"
        r" C_{\text{smallest step}} = \frac{2 (1 + x)^2}{x\,(2 x + T (1 - x))},\quad"
        r" C_{\text{smallest dist}} = \frac{2 (1 + 1/x)}{T},\qquad"
        r" T = 1:\ K = \frac{2 (1 + 3x - x^2 - x^3)}{x\,(1 + 2x - 2x^2)}"
    ),
    derivation_latex=(
        r"A prox of $W$ never lands on its concave kink, so what it selects, $G$, is in $\partial F(\theta_k)$ and"
        r" $\mathrm{dist}(0, \partial F) \le |G|$, which is bounded as for any $R$."
        r" One step, $\beta = 1$, a coordinate from $p$ to $q \ge 0$, slopes $g$ and $e$ of $L$:"
        r" $F_0 - F_* \ge \mathrm{fall} + \lambda (W(p) - W(q)) + \mathrm{rest}$ with"
        r" $\mathrm{fall} = \tfrac12 (g + e)(p - q) + \tfrac14 (g - e)^2 - \tfrac14 (p - q)^2$ and"
        r" $\mathrm{rest} = \max_v \lambda (|q - 1| - |v - 1|) - e (v - q) - \tfrac12 (v - q)^2$."
        r" If $q = 1$ the rest alone is $\ge \tfrac12 \mathrm{dist}^2$. If the step does not cross $0$ it gains as if"
        r" $W$ were convex, $E + |D|^2 / (2x) \ge G^2 / K$. If it does, $q = p - x g + x \lambda$, $G = e - \lambda$,"
        r" and what is left is a quadratic form, $\ge G^2 / K$."
        r" From $p = -\frac{1 + x}{1 + 3x - 2x^2}$, $g = p / x$, with $q = x \lambda = 1 - b$ and"
        r" $e = \frac{p}{x} (1 + 2x - 2x^2)$, it is an equality up to $b$."
    ),
    parts=(
        Part(
            "selected",
            "dW is what its slopes say, and the prox, off the hump, selects an element of dF",
            all_of(lemmas.has_these_slopes, lemmas.off_the_hump(), lemmas.selected),
        ),
        Part("smallest step", "C will do", _all_steps(smallest_step, STEP)),
        Part("smallest gradient", "C will do", _all_steps(smallest_gradient, GRADIENT)),
        Part("one step", "K will do", first_step(first_step_constant)),
        Part(
            "one step, reached",
            "runs of the W come as close to K as one likes: no less will do",
            _reached(first_step_constant),
        ),
        Part(
            "readings agree",
            "arrays have the subdifferential that the terms have",
            slope_readings(W),
        ),
    ),
    controls=(
        Control(
            "0 stays 0",
            "the published code's prox, 0 at 0, is off the hump",
            lemmas.off_the_hump(stays_at_zero(W.prox)),
        ),
        Control(
            "nearest",
            "what the prox selects is the nearest element of dF",
            lemmas.selected_is_nearest,
        ),
        Control(
            "1% smaller, step", "0.99 C will do for the W", _all_steps(_less(smallest_step), STEP)
        ),
        Control(
            "1% smaller, gradient",
            "0.99 C will do for the W",
            _all_steps(_less(smallest_gradient), GRADIENT),
        ),
        Control(
            "1% smaller, one step",
            "0.99 K will do for one step",
            first_step(_less(first_step_constant)),
        ),
        Control(
            "every R",
            "runs of the W come close to what any R has for one step",
            _reached(_for_every_r),
        ),
    ),
    headline=ONE_STEP,
    uses=("proxquant-convergence",),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.regularizers.DistanceL1.subdifferential",
    ),
)
