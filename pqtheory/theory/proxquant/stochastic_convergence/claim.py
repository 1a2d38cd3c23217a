r"""Theorem 5.1 with gradients that are off: the mean of E |G_t|^2 <= C_1 beta (F_0 - F_*) / T + C_2 sigma^2, 0 < x < 1,

    C_1 = 2 (1 + 1/x),    C_2 = (1 + x) / (1 - x),    x = eta beta,  E |xi_t|^2 <= sigma^2 on average over the steps.

Step t uses grad L(theta_t) + xi_t, and G_t = grad L(theta_{t+1}) + lambda s with the element s of dR(theta_{t+1}) that
the prox selects: grad F if R is differentiable. It holds for every outcome of the noise,

    |G|^2 / (2 (1 + 1/x)) <= beta (F - F') + x |xi|^2 / (2 (1 - x))    in each step,

as what smoothness and the prox leave is a square beyond that, in which the products of G and xi cancel (``bounds.py``). So
the errors may be biased; that they have mean 0 is not needed. With step sizes that vary the same is summed.

Neither constant can be less, for all L and R and errors of that size. C_1 is the best of ``proxquant-convergence``, where
xi = 0. And a step exists with F' = F = F_* and |G|^2 = C_2 |xi|^2, for every x (``tight_step.py``): whatever C_1, C_2 is
needed. So C_2 -> 1 as eta -> 0: small steps do not make the error of the gradient vanish where R is any function, only
larger batches do. Whether less will do where the noise is unbiased is open.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import AllOf, Budget, Claim, Control, Part, all_of
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.proxquant.stochastic_convergence import bounds, tight_step

W = DistanceL1(Binary())
FIGURE = "|G|^2 / |xi|^2 of the step that keeps F, x = 3/5"


def _within(
    half: list[list[int]], b: list[int], start: list[Any], noise: list[list[Any]], x: Fraction
) -> Any:
    """What the bound leaves in four steps with the W, lambda = 2, on a quadratic; exactly."""
    if not 0 < x < 1:
        return None
    A = np.array(half) + np.array(half).T
    beta = Fraction(max(1, int(abs(A).sum(axis=1).max())))
    problem, strength, eta = Quadratic(_fractions(A), _fractions(b)), Fraction(2), x / beta
    method, theta = ProxQuant(W, eta, strength), _fractions(start)
    before, left = problem.value(theta) + strength * W.value(theta), Fraction(0)
    for xi in map(_fractions, noise):
        used = problem.gradient(theta) + xi
        after = method.step(method.init(theta), used).latent
        G = problem.gradient(after) + (theta - eta * used - after) / eta
        left += bounds.second(x) * (xi @ xi) - G @ G
        theta = after
    spent = before - problem.value(theta) - strength * W.value(theta)
    return bounds.first(x) * beta * spent + left


def _fractions(values: Any) -> Any:
    return np.vectorize(Fraction, otypes=[object])(np.array(values, dtype=object))


RUNS = Cases(
    _within,
    {
        "half": Lists(Lists(Integers(-2, 2), 2), 2),
        "b": Lists(Integers(-3, 3), 2),
        "start": Lists(Fractions(-2, 2), 2),
        "noise": Lists(Lists(Fractions(-2, 2), 2), 4),
        "x": Fractions(0, 1),
    },
    quick=20,
    full=1000,
)


def bounded(error: bounds.Constant = bounds.of_error) -> AllOf:
    """The theorem; ``error`` is what |xi|^2 may give back in a step."""
    pays = bounds.in_one_coordinate(error)
    return all_of(pays, bounds.mean, beside=(RUNS,), cases=(pays, RUNS))


def _reached(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    k = Fraction(2)
    step, x = tight_step.selected(k), tight_step.size(k)
    square = (tight_step.slope(tight_step.end(k), k) + step) ** 2
    ratio = square / tight_step.error(k) ** 2
    return {FIGURE: float(np.asarray(ratio).item())}, {FIGURE: float(bounds.second(x))}


CLAIM = Claim(
    name="stochastic-convergence",
    source="arXiv 1810.00861, Theorem 5.1, with stochastic gradients; derived here",
    statement=(
        "Let L be beta-smooth, R any function whose prox exists, lambda >= 0 fixed, F = L + lambda R >= F_*, eta = x / "
        "beta with 0 < x < 1, and let step t use grad L(theta_t) + xi_t, the mean over T >= 1 steps of E |xi_t|^2 being "
        "sigma^2 at most; xi_t need not have mean 0. The mean of E |G_t|^2, G_t the element of dF that the prox selects "
        "after step t, is bounded as in the formula. Neither constant can be less for all such L, R and xi: C_1 where "
        "xi = 0, C_2 at T = 1 where F_0 = F_*. With steps x_t that vary, the sum of x_t |G_t|^2 / (2 (1 + x_t)) is bounded "
        "by beta (F_0 - F_*) plus that of x_t |xi_t|^2 / (2 (1 - x_t))."
    ),
    formula=(
        "1/T sum_{t<T} E |G_t|^2 <= 2 (1 + 1/x) beta (F_0 - F_*) / T + (1 + x) / (1 - x) sigma^2,  0 < x = eta beta < 1, "
        "T >= 1"
    ),
    formula_latex=(
        r"\frac1T \sum_{t<T} \mathbb{E} \|G_t\|^2 \le 2 \Bigl(1 + \frac1x\Bigr) \frac{\beta\,(F_0 - F_*)}{T}"
        r" + \frac{1 + x}{1 - x}\,\sigma^2,\qquad 0 < x = \eta\beta < 1,\ T \ge 1,"
        r"\quad \frac1T \sum_{t<T} \mathbb{E} \|\xi_t\|^2 \le \sigma^2"
    ),
    derivation_latex=(
        r"Let $a = 1/x$, $\beta = 1$. With $U$ the change of the gradient, $G = U - a D - \xi$, and smoothness at"
        r" $z = \theta + \tfrac12 (D + U)$ from both ends and the prox against staying leave of $F - F'$"
        r" $\tfrac14 |G|^2 + \tfrac{a-1}{2} \langle G, D \rangle + \tfrac{a^2-1}{4} |D|^2 + \tfrac12 \langle G, \xi \rangle"
        r" + \tfrac{a+1}{2} \langle D, \xi \rangle + \tfrac14 |\xi|^2 = \tfrac{|G|^2}{2 (a+1)} - \tfrac{|\xi|^2}{2 (a-1)}"
        r" + \tfrac{a^2-1}{4} \bigl| D + \tfrac{G}{a+1} + \tfrac{\xi}{a-1} \bigr|^2$: sum it over the steps, and take the"
        r" mean over the noise."
    ),
    parts=(
        Part("bound", "C_1 and C_2 will do", bounded()),
        Part("steps that vary", "the same for step sizes x_t / beta", bounds.any_steps),
        Part(
            "no less",
            "a step that keeps F at F_* needs C_2, whatever C_1",
            all_of(tight_step.is_smooth, tight_step.no_less(bounds.second), figures=_reached),
        ),
    ),
    controls=(
        Control(
            "1% less",
            "0.99 C_2 will do",
            bounded(lambda x: Fraction(99, 100) * bounds.of_error(x)),
        ),
        Control(
            "vanishes with the step",
            "x C_2 will do: small steps make the errors vanish",
            bounded(lambda x: x * bounds.of_error(x)),
        ),
        Control(
            "1% more is needed",
            "the step needs 1.01 C_2",
            tight_step.no_less(lambda x: Fraction(101, 100) * bounds.second(x)),
        ),
    ),
    headline=FIGURE,
    uses=("proxquant-convergence",),
    operators=("pqtheory.methods.ProxQuant.step",),
)
