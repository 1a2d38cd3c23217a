r"""A vertex s in {-1,+1}^d is fixed under ProxQuant with the W, strength lambda and step eta, iff for every i.

    |g_i| <= lambda   and   eta s_i g_i < 1  (for s_i = +1 also = 1),   g = grad L(s):

the gradient step must stay on its side of 0, and the prox, which pulls back by eta lambda, must reach s_i again.
With set-valued ties, s is *a* value of the prox iff |g_i| <= lambda and eta s_i g_i <= 1.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    forall,
    negated,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.given import Given, exact
from pqtheory.theory.prox.minimiser import objective
from pqtheory.theory.readings import StepReadings

W = DistanceL1(Binary())
FIGURE = "fixed vertices of random quadratics"
#: (s, g, eta, lambda) -> is s fixed?
Condition = Callable[[Any, Any, Any, Any], Any]
SETTING: dict[str, Any] = {
    "s": one_of(-1, 1),
    "gradient": real,
    "eta": positive,
    "strength": nonnegative,
}


def condition(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """The exact condition, per coordinate."""
    room = 1 - eta * s * gradient
    return (abs(gradient) <= strength) & ((room > 0) | ((room == 0) & (s == 1)))


def without_step_size(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """The condition that forgets the step size."""
    return abs(gradient) <= strength


def with_scaled_strength(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """The condition with the weight of the prox in place of the strength."""
    return (abs(gradient) <= eta * strength) & condition(s, gradient, eta, strength)


def always_with_equality(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """The condition that overlooks the tie rule sign(0) = +1."""
    return (abs(gradient) <= strength) & (eta * s * gradient <= 1)


def step(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """One step of ProxQuant from s."""
    method = ProxQuant(W, Given(eta), Given(strength))
    return method.step(method.init(exact(s)), exact(gradient)).latent


def stays_iff(claimed: Condition) -> ForAll:
    """One step of the method leaves a coordinate where it is iff the condition holds."""

    @forall(**SETTING)
    def stays(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
        after = step(s, gradient, eta, strength)
        return (after == exact(s)) == claimed(s, gradient, eta, strength)

    return stays


def _may_stay(**case: Any) -> Any:
    """The condition without the tie rule."""
    return always_with_equality(*(case[name] for name in SETTING))


@forall(**SETTING, x=real, given=lambda **case: [_may_stay(**case)])
def is_a_value_of_the_prox(s: Any, gradient: Any, eta: Any, strength: Any, x: Any) -> Any:
    """No x has a smaller prox objective than s."""
    theta, weight = s - eta * gradient, eta * strength
    return objective(W, s, theta, weight) <= objective(W, x, theta, weight)


@forall(**SETTING, given=lambda **case: [negated(_may_stay(**case))])
def is_no_value_of_the_prox(s: Any, gradient: Any, eta: Any, strength: Any) -> Any:
    """The prox has a smaller objective than s."""
    theta, weight = s - eta * gradient, eta * strength
    return objective(W, W.prox(theta, weight), theta, weight) < objective(W, s, theta, weight)


def _counted(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many vertices of quadratics 20 exact steps leave alone, and how many the condition foretells."""
    rng = np.random.default_rng(0)
    fixed = foretold = 0
    for _ in range(budget.pick(6, 60)):
        dim = int(rng.integers(2, budget.pick(4, 6)))
        half = rng.integers(-2, 3, size=(dim, dim))
        problem = Quadratic(_fractions(half + half.T), _fractions(rng.integers(-3, 4, size=dim)))
        corners = _fractions(np.array(list(product((-1, 1), repeat=dim))))
        eta, strength = Fraction(1, int(rng.integers(2, 12))), Fraction(int(rng.integers(1, 8)))
        path = simulate(ProxQuant(W, eta, strength), problem, corners, 20, fields=("latent",))
        fixed += int((path.latent == corners).all(axis=(0, -1)).sum())
        claimed = condition(corners, problem.gradient(corners), eta, strength)
        foretold += int(claimed.all(axis=-1).sum())
    return {FIGURE: fixed}, {FIGURE: foretold}


def _fractions(values: Array) -> Array:
    return np.vectorize(lambda n: Fraction(int(n)), otypes=[object])(values)


CLAIM = Claim(
    name="proxquant-fixed-points",
    source="arXiv 1810.00861, section 5; condition derived here",
    statement=(
        "With the W, every step eta > 0 and strength lambda >= 0: ProxQuant's step leads from a vertex s in {-1,1}^d "
        "back to s iff no gradient entry exceeds the strength and no gradient step crosses 0 (it may end at 0 where "
        "s_i = +1): the step size is part of the condition."
    ),
    formula="s fixed  <=>  |g_i| <= lambda and eta s_i g_i < 1 (or = 1 with s_i = +1) for all i,  g = grad L(s)",
    formula_latex=(
        r"s \text{ fixed} \iff |g_i| \le \lambda \text{ and } \eta s_i g_i < 1"
        r" \ (\text{or } = 1 \text{ with } s_i = +1) \text{ for all } i,\qquad g = \nabla L(s)"
    ),
    derivation_latex=(
        r"A step maps $s_i$ to $\operatorname{prox}_{\eta\lambda W}(s_i - \eta g_i)$. It is $s_i$ again iff the moved"
        r" point is still on the side of $s_i$, $\eta s_i g_i < 1$ (at $0$ the tie rule chooses $+1$), and not farther"
        r" from $s_i$ than the prox pulls, $\eta |g_i| \le \eta\lambda$."
    ),
    parts=(
        Part(
            "vertices",
            "the condition, coordinate by coordinate: one step decides",
            all_of(stays_iff(condition), figures=_counted),
        ),
        Part(
            "set-valued",
            "s is a value of the prox iff |g| <= lambda and eta s g <= 1",
            all_of(is_a_value_of_the_prox, is_no_value_of_the_prox),
        ),
        Part(
            "readings agree",
            "arrays and the torch optimizer take the same steps, clipped or not",
            all_of(*(StepReadings(ProxQuant(W, 0.5, 0.25, clip=clip)) for clip in (None, 0.75))),
        ),
    ),
    controls=(
        Control(
            "without the step size", "s is fixed iff |g_i| <= lambda", stays_iff(without_step_size)
        ),
        Control(
            "scaled strength",
            "s is fixed only if |g_i| <= eta lambda",
            stays_iff(with_scaled_strength),
        ),
        Control(
            "tie rule",
            "equality eta s_i g_i = 1 is allowed for both signs",
            stays_iff(always_with_equality),
        ),
    ),
    headline=FIGURE,
    uses=("w-prox",),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
    ),
)
