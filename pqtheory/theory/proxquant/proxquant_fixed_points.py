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
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, judge, smt
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate

W = DistanceL1(Binary())
NAMES = "s gradient eta lambda"
FIGURE = "fixed vertices of random quadratics"
#: (s, g, eta, lambda) -> is s fixed?
Condition = Callable[[Array, Array, Fraction, Fraction], Array]


def condition(s: Array, g: Array, eta: Fraction, strength: Fraction) -> Array:
    """The exact condition, per coordinate."""
    room = 1 - eta * s * g
    return (abs(g) <= strength) & ((room > 0) | ((room == 0) & (s == 1)))


def without_step_size(s: Array, g: Array, eta: Fraction, strength: Fraction) -> Array:
    """The condition that forgets the step size."""
    return abs(g) <= strength


def with_scaled_strength(s: Array, g: Array, eta: Fraction, strength: Fraction) -> Array:
    """The condition with the weight of the prox in place of the strength."""
    return (abs(g) <= eta * strength) & condition(s, g, eta, strength)


def always_with_equality(s: Array, g: Array, eta: Fraction, strength: Fraction) -> Array:
    """The condition that overlooks the tie rule sign(0) = +1."""
    return (abs(g) <= strength) & (eta * s * g <= 1)


def _statement(claimed: Condition) -> smt.Statement:
    """For all reals, s in {-1, +1}: one step of the method leaves s where it is iff the condition holds."""

    def statement(s: Any, g: Any, eta: Any, strength: Any) -> Any:
        after = W.prox(s - eta * g, eta * strength)
        vertex = (s == 1) | (s == -1)
        fixed = claimed(s, g, eta, strength)
        return [vertex, eta > 0, strength >= 0], (after == s) == fixed

    return statement


def _on_a_grid(claimed: Condition) -> Check:
    """Every combination on a rational grid, one exact step of the method."""

    def check(budget: Budget) -> Evidence:
        quarters = budget.pick(range(-12, 13), range(-40, 41))
        gradients = np.array([Fraction(n, 4) for n in quarters], dtype=object)
        steps = [Fraction(1, n) for n in (8, 4, 2, 1)] + [Fraction(2)]
        strengths = [Fraction(n, 4) for n in budget.pick(range(0, 13, 2), range(41))]
        holds, cases = [], list[tuple[Any, ...]]()
        for eta, strength, side in product(steps, strengths, (-1, 1)):
            s = np.full(gradients.shape, Fraction(side), dtype=object)
            method = ProxQuant(W, eta, strength)
            after = method.step(method.init(s), gradients).latent
            holds.append((after == s) == claimed(s, gradients, eta, strength))
            cases.extend((side, g, eta, strength) for g in gradients)
        columns = np.array(cases, dtype=object).T
        return judge(
            "sampled",
            np.concatenate(holds).astype(bool),
            dict(zip(NAMES.split(), columns, strict=True)),
        )

    return check


def _one_coordinate(claimed: Condition) -> Check:
    return smt.or_else(_statement(claimed), NAMES, _on_a_grid(claimed))


def _may_stay(s: Any, g: Any, eta: Any, strength: Any) -> Any:
    return (abs(g) <= strength) & (eta * s * g <= 1)


def _objective(x: Any, s: Any, g: Any, eta: Any, strength: Any) -> Any:
    return (x - (s - eta * g)) ** 2 / 2 + eta * strength * W.value(x)


def _minimises(s: Any, g: Any, eta: Any, strength: Any, x: Any) -> Any:
    """Where the condition holds, no x has a smaller prox objective than s."""
    assumptions = [(s == 1) | (s == -1), eta > 0, strength >= 0, _may_stay(s, g, eta, strength)]
    own = _objective(s, s, g, eta, strength)
    return assumptions, own <= _objective(x, s, g, eta, strength)


def _is_beaten(s: Any, g: Any, eta: Any, strength: Any) -> Any:
    """Where it does not hold, the value of the prox has a smaller one."""
    must_leave = (abs(g) > strength) | (eta * s * g > 1)
    assumptions = [(s == 1) | (s == -1), eta > 0, strength >= 0, must_leave]
    better = W.prox(s - eta * g, eta * strength)
    own = _objective(s, s, g, eta, strength)
    return assumptions, _objective(better, s, g, eta, strength) < own


def _set_valued_on_a_grid(budget: Budget) -> Evidence:
    holds, cases = [], []
    sides = ((Fraction(1, 2), Fraction(1), Fraction(2)), (0, 1, 2), (-1, 1), range(-12, 13))
    for eta, strength, side, n in product(*sides):
        g = Fraction(n, 4)
        member = side in W.prox_set(side - eta * g, eta * strength)
        holds.append(member == (abs(g) <= strength and eta * side * g <= 1))
        cases.append((side, g, eta, strength))
    columns = np.array(cases, dtype=object).T
    return judge(
        "sampled",
        np.array(holds),
        dict(zip(NAMES.split(), columns, strict=True)),
    )


def _counted(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many vertices of quadratics 20 exact steps leave alone, and how many the condition foretells."""
    rng = np.random.default_rng(0)
    fixed = foretold = 0
    for _ in range(budget.pick(6, 60)):
        dim = int(rng.integers(2, budget.pick(4, 6)))
        half = rng.integers(-2, 3, size=(dim, dim))
        problem = Quadratic(_exact(half + half.T), _exact(rng.integers(-3, 4, size=dim)))
        corners = _exact(np.array(list(product((-1, 1), repeat=dim))))
        eta, strength = Fraction(1, int(rng.integers(2, 12))), Fraction(int(rng.integers(1, 8)))
        path = simulate(ProxQuant(W, eta, strength), problem, corners, 20, fields=("latent",))
        fixed += int((path.latent == corners).all(axis=(0, -1)).sum())
        claimed = condition(corners, problem.gradient(corners), eta, strength)
        foretold += int(claimed.all(axis=-1).sum())
    return {FIGURE: fixed}, {FIGURE: foretold}


def _exact(values: Array) -> Array:
    return np.vectorize(lambda n: Fraction(int(n)), otypes=[object])(values)


CLAIM = Claim(
    name="proxquant-fixed-points",
    source="arXiv 1810.00861, section 5; condition derived here",
    statement=(
        "A vertex is fixed under ProxQuant iff no gradient entry exceeds the strength and no gradient "
        "step crosses 0: the step size is part of the condition."
    ),
    formula="s fixed  <=>  |g_i| <= lambda and eta s_i g_i < 1 (or = 1 with s_i = +1) for all i",
    parts=(
        Part(
            "vertices",
            "the condition, coordinate by coordinate",
            falsify.joined(_one_coordinate(condition), figures=_counted),
        ),
        Part(
            "set-valued",
            "s is a value of the prox iff |g| <= lambda and eta s g <= 1",
            falsify.joined(
                smt.or_else(_minimises, f"{NAMES} x", _set_valued_on_a_grid),
                smt.or_else(_is_beaten, NAMES, _set_valued_on_a_grid),
            ),
        ),
    ),
    controls=(
        Control(
            "without the step size",
            "s is fixed iff |g_i| <= lambda",
            _one_coordinate(without_step_size),
        ),
        Control(
            "scaled strength",
            "s is fixed only if |g_i| <= eta lambda",
            _one_coordinate(with_scaled_strength),
        ),
        Control(
            "tie rule",
            "equality eta s_i g_i = 1 is allowed for both signs",
            _one_coordinate(always_with_equality),
        ),
    ),
    headline=FIGURE,
)
