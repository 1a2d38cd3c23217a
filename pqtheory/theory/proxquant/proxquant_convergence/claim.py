r"""Theorem 5.1 with its best constants: ||G(theta_best)||^2 <= C beta (F_0 - F_*), eta = x / beta, 0 < x <= 1, T steps,

    C = 2 (1 + 1/x) / T                          theta_best with the smallest |G|,
    C = 2 (1 + x)^2 / (x (2 x + T (1 - x)))      theta_best after the smallest step, the rule of the paper,

G = grad L(theta_k) + lambda s with the element s of dR(theta_k) that the prox selects: grad F if R is differentiable.
At the paper's x = 1/2 they are 6 / T and 18 / (T + 2), beside the 18 / T of the textbook proof; at x = 1 the rule of
the smallest step has no rate at all: C = 4 for every T.

Why (``coordinates.py``, ``descent.py``; a = 1/x, beta = 1, D the step): smoothness and the prox against staying give

    F_old - F_new >= E = |G|^2/4 + (a - 1)<G, D>/2 + (a^2 - 1)|D|^2/4 >= |G|^2 / (2 (a + 1)), (a - 1)|D|^2 / 2.

Sum the first bound over the T steps. For the second rule sum the second over the T - 1 steps that are not the shortest,
with |D| of the shortest, and add a multiple of |D|^2 - |G + a D|^2, which is >= 0, of that one.

Why no less (``tight_run.py``): a run on the integers 0 .. T, where lambda R is finite there only and every step ties
with staying. (Differentiable R in place of it, narrow wells and a little less than a tie, would do; that is no part of
the claim.)

Known and new. A prox-gradient step is a step of the difference-of-convex algorithm on f1 - f2, f1 = lambda R +
|.|^2 / (2 eta) (convex or not: the step sees its convex hull only), f2 = |.|^2 / (2 eta) - L with curvature from
(a - 1) beta to (a + 1) beta, and G is the difference of gradients that the rates of that algorithm bound. E is the
decrease of one step that its tight analyses start from (arXiv 2503.04486 and 2506.01791, which treat prox-gradient by
this equivalence; 2403.16864 before them), and |G|^2 / (2 (a + 1)) is what is left of it if the curvature from below is
forgotten. So 6 / T is a rate of the kind that arXiv 2109.13566 proves and shows to be exact, read for ProxQuant. Ours,
as far as we found: |G| after the smallest step, its constant and that it has no rate at x = 1 (2506.01791 bounds the
smallest step itself); any R, neither convex nor weakly convex; the run on the integers for every x and T; and all of
it by a solver, for the method as it runs.
"""

import importlib.util
from fractions import Fraction
from functools import cache, partial
from typing import Any

from pqtheory.claims import Budget, Check, Claim, Control, Part, all_of, between, forall, real
from pqtheory.claims.kinds import Kind
from pqtheory.evidence import worst_case
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.descent import Constant, at_the_end
from pqtheory.theory.proxquant.proxquant_convergence.selecting import (
    is_nearly_the_gradient,
    is_the_gradient,
)
from pqtheory.theory.proxquant.proxquant_convergence.tight_run import (
    allows_no_less,
    is_a_run,
    is_smooth,
)

STEP, GRADIENT = "smallest-step", "smallest-gradient"
PACKAGES = ("cvxpy", "clarabel")
REACHED = "constant at x = 1/2, T = 10, {}"
CERTIFIED = "bounds of the semidefinite program over C, {}: least and largest, to 4 digits"
HALF = Fraction(1, 2)


def smallest_gradient(x: Any, steps: Any) -> Any:
    """2 (1 + 1/x) / T."""
    return 2 * (1 + 1 / x) / steps


def smallest_step(x: Any, steps: Any) -> Any:
    """2 (1 + x)^2 / (x (2 x + T (1 - x)))."""
    return 2 * (1 + x) ** 2 / (x * (2 * x + steps * (1 - x)))


def textbook(x: Any, steps: Any) -> Any:
    """What the usual proof gives for every rule, x < 1: 2 (1 + x)^2 / (x (1 - x) T), 18 / T at x = 1/2."""
    return 2 * (1 + x) ** 2 / (x * (1 - x) * steps)


@forall(T=real, given=lambda T: [T >= 1])
def at_known_steps(T: Any) -> Any:
    """18 / (T + 2) and 6 / T at x = 1/2; 4 and 4 / T at x = 1."""
    half = (smallest_step(HALF, T) == 18 / (T + 2)) & (smallest_gradient(HALF, T) == 6 / T)
    return half & (smallest_step(1, T) == 4) & (smallest_gradient(1, T) == 4 / T)


def _best(claimed: Constant, rule: str, up_to: Kind = UP_TO_ONE) -> Check:
    """C will do, and a run reaches it: so no less will."""
    by_step = rule == STEP
    curvature = 1 if by_step else -1
    return all_of(
        at_the_end(claimed, by_step, up_to),
        is_smooth(curvature),
        is_a_run(curvature, by_step),
        allows_no_less(claimed, curvature, up_to),
        figures=partial(_figures, claimed, rule, up_to),
    )


def _figures(
    claimed: Constant, rule: str, up_to: Kind, budget: Budget
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run's ratio; where the solvers are installed also the bound that they certify, independently of all this."""
    figure = REACHED.format(rule)
    measured: dict[str, Any] = {figure: round(worst_case.on_the_line(0.5, 10, rule).ratio(), 6)}
    predicted: dict[str, Any] = {figure: claimed(0.5, 10)}
    if all(importlib.util.find_spec(p) for p in PACKAGES):
        xs = budget.pick((0.5, 1.0), (0.1, 0.25, 0.5, 0.75, 1.0))
        counts = budget.pick((1, 4), range(1, 11))
        settings = [(x, count) for x in xs for count in counts if all(up_to(x))]
        over = [_certified(x, count, rule) / claimed(x, count) for x, count in settings]
        measured[CERTIFIED.format(rule)] = [round(min(over), 4), round(max(over), 4)]
        predicted[CERTIFIED.format(rule)] = [1.0, 1.0]
    return measured, predicted


@cache
def _certified(x: float, count: int, rule: str) -> float:
    return worst_case.prox_gradient(x, count, rule).value


def _smaller(claimed: Constant) -> Constant:
    def scaled(x: Any, steps: Any) -> Any:
        return claimed(x, steps) * Fraction(99, 100)

    return scaled


def _rate(x: Any, steps: Any) -> Any:
    """The constant at T = 1 over T."""
    return smallest_step(x, 1) / steps


CLAIM = Claim(
    name="proxquant-convergence",
    source="arXiv 1810.00861, Theorem 5.1; known rates: arXiv 2109.13566, 2403.16864, 2503.04486, 2506.01791",
    statement=(
        "Let L be beta-smooth, R any function whose prox exists (it may be infinite somewhere), lambda >= 0 fixed, "
        "F = L + lambda R >= F_*, eta = x / beta with 0 < x <= 1. After T >= 1 steps of ProxQuant the element G of dF "
        "that the prox selects (grad F if R is differentiable) is bounded as in the formula, and no smaller C will do "
        "for all such L and R. At x = 1/2, C is 18 / (T + 2) for the paper's rule, the smallest step, and 6 / T for "
        "the smallest |G|; at x = 1 the paper's rule has C = 4 for every T, no rate."
    ),
    formula=(
        "|G(theta_best)|^2 <= C beta (F(theta_0) - F_*),  0 < x <= 1, T >= 1:  C = 2(1+x)^2 / (x(2x + T(1-x))) after "
        "the smallest step,  C = 2(1 + 1/x) / T at the smallest |G|;  L beta-smooth: "
        "|L(z) - L(y) - <grad L(y), z - y>| <= beta |z - y|^2 / 2"
    ),
    formula_latex=(
        r"\|G(\theta_{\mathrm{best}})\|^2 \le C\,\beta\,(F(\theta_0) - F_*),\quad \eta = x / \beta,\ 0 < x \le 1,"
        r"\ T \ge 1:\qquad C_{\text{smallest step}} = \frac{2 (1 + x)^2}{x\,(2 x + T (1 - x))},"
        r"\quad C_{\text{smallest } |G|} = \frac{2 (1 + 1/x)}{T}"
    ),
    derivation_latex=(
        r"Let $a = 1/x$, $\beta = 1$, $D$ a step and $G$ the element of $\partial F$ that the prox selects after it."
        r" Smoothness, at two points from both ends, and the prox against staying give $|G + a D| \le |D|$ and"
        r" $F_{k-1} - F_k \ge E = \tfrac14 |G|^2 + \tfrac{a-1}{2} \langle G, D \rangle + \tfrac{a^2-1}{4} |D|^2$, where"
        r" $E - \tfrac{|G|^2}{2(a+1)} = \tfrac{a-1}{4(a+1)} |G + (a+1) D|^2$ and"
        r" $E - \tfrac{a-1}{2} |D|^2 = \tfrac14 |G + (a-1) D|^2$."
        r" The first, summed over the steps, bounds the smallest $|G|$. For the shortest step take $E$ itself, and the"
        r" second for the $T - 1$ others. The run $0, 1, \dots, T$ with $L'' = \pm 1$, whose steps tie with staying,"
        r" has equality in all of them."
    ),
    parts=(
        Part("smallest step", "C will do, and a run reaches it", _best(smallest_step, STEP)),
        Part(
            "smallest gradient",
            "C will do, and a run reaches it",
            _best(smallest_gradient, GRADIENT),
        ),
        Part(
            "gradient",
            "if R is differentiable, what is selected is its gradient",
            all_of(is_nearly_the_gradient, is_the_gradient),
        ),
        Part("known steps", "the constants at x = 1/2 and x = 1", at_known_steps),
    ),
    controls=(
        Control("1% smaller, step", "0.99 C will do", _best(_smaller(smallest_step), STEP)),
        Control(
            "1% smaller, gradient", "0.99 C will do", _best(_smaller(smallest_gradient), GRADIENT)
        ),
        Control(
            "textbook",
            "the textbook constant is the best",
            _best(textbook, STEP, between(0, 1, open_low=True, open_high=True)),
        ),
        Control("rate", "the paper's rule has the rate 1/T at every x", _best(_rate, STEP)),
    ),
    headline=REACHED.format(STEP),
    operators=("pqtheory.methods.ProxQuant.step",),
)
