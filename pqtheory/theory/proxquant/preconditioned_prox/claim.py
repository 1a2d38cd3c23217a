r"""theta' = prox_{w R}(theta - eta D g), D = diag(d_1, ..., d_n) > 0, stays at theta iff in every coordinate

    0 in g_i + (lambda / d_i) dR(theta_i)    w = eta lambda: the unscaled prox, the strength is lambda / d_i,
    0 in g_i + lambda dR(theta_i)            w_i = eta lambda d_i: the scaled prox (ProxGen), whatever D,

and theta_i - eta d_i g_i is on theta_i's side of 0 (theta_i = 0 is never fixed). The side condition is the only place
where the step size enters; it holds once eta d_i |g_i| < |theta_i|. R is the W or half the squared distance.

So the unscaled prox belongs to L + sum_i (lambda / d_i) R_i. It is unbiased iff D = I; for D = c I it is the right
method for the strength lambda / c; for every other D no strength is right. (Any g can occur at theta: it is the
gradient of the convex quadratic |x - theta|^2 / 2 + g.x.) On vertices the bias of the W has a direction: with d_i >= 1
fixed vertices are stationary, but not all stationary ones are fixed; with d_i <= 1 it is the other way round.

Adam under a constant gradient, without noise, has d_i = 1 / (|g_i| + eps): the strength grows with the gradient that it
is to withstand. For eta <= 1 a vertex is fixed iff (1 - lambda)|g_i| <= lambda eps. Below lambda = 1 no gradient beyond
the size of eps is withstood, from lambda = 1 on every gradient is; and a fixed point between the levels has
(1 - lambda)|g_i| = lambda eps, as if there were hardly a regularizer.
"""

from collections.abc import Callable
from functools import partial, reduce
from operator import and_
from typing import Any

import numpy as np

from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, smt
from pqtheory.theory.proxquant.preconditioned_prox.lemmas import (
    SQUARE,
    Equivalence,
    Pull,
    Rule,
    W,
    any_side,
    divided,
    same_side,
    scaled,
    two_thirds,
    unscaled,
)
from pqtheory.theory.proxquant.preconditioned_prox.runs import EPSILON, adam_holds, settle
from pqtheory.theory.random_cases import Numbers, for_all, quarters

SETTLES = "where the {} prox settles, D = diag(1, 2)"
HELD = "of {} vertices Adam's {} prox holds, lambda = {}"
#: where no solver is at hand, variables of these names are drawn from here; small, so that ties occur
POOLS: dict[str, Numbers] = {
    **dict.fromkeys(("eta", "lambda", "mu", "epsilon"), quarters(1, 2, 4, 8)),
    "t": quarters(*range(-6, 7)),
    "s": quarters(-4, 4),
    "d": quarters(2, 4, 8),
}


def _between(pull: Pull, t: Any, eta: Any, strength: Any, d: Any) -> tuple[list[Any], Any, Any]:
    """The unscaled fixed points 0 < t < 1, whose g is -(lambda / d) R'(t): where they are, g, and whether they are."""
    slope, _ = pull.slopes(t)
    g = -slope * strength / d
    inside = [t < 1, t > 0, -eta * strength * slope <= t, eta > 0, strength > 0, d > 0]
    return inside, g, pull.step(t, g, eta, d, unscaled(strength, d)) == t


def _biased(pull: Pull, t: Any, eta: Any, strength: Any, d: Any) -> tuple[list[Any], Any]:
    """Such a fixed point is stationary for lambda iff d = 1."""
    inside, g, fixed = _between(pull, t, eta, strength, d)
    return inside, fixed & (pull.stationary(t, g, strength) == (d == 1))


def _one_strength(pull: Pull, *values: Any) -> tuple[list[Any], Any]:
    """Both coordinates at such points: they are stationary for mu iff mu d_1 = mu d_2 = lambda."""
    theta, metric, (eta, strength, mu) = values[:2], values[2:4], values[4:]
    fixed, stationary, scalar, domain = [], [], [], []
    for t, d in zip(theta, metric, strict=True):
        inside, g, stays = _between(pull, t, eta, strength, d)
        fixed.append(stays)
        stationary.append(pull.stationary(t, g, mu))
        scalar.append(mu * d == strength)
        domain += inside
    return domain, reduce(and_, fixed) & (reduce(and_, stationary) == reduce(and_, scalar))


def _vertex(s: Any, g: Any, eta: Any, strength: Any, d: Any) -> tuple[list[Any], Any, Any]:
    fixed = W.step(s, g, eta, d, unscaled(strength, d)) == s
    vertex = [(s == 1) | (s == -1), eta > 0, strength > 0, d > 0, same_side(s, s - eta * d * g)]
    return vertex, fixed, abs(g) <= strength


def _no_false_vertex(*values: Any, least: Any = 1) -> tuple[list[Any], Any]:
    """With d >= ``least`` every vertex that is fixed is stationary for lambda."""
    vertex, fixed, stationary = _vertex(*values)
    return [*vertex, values[-1] >= least, fixed], stationary


def _no_lost_vertex(*values: Any) -> tuple[list[Any], Any]:
    """With d <= 1 every vertex that is stationary for lambda is fixed, but for the side condition."""
    vertex, fixed, stationary = _vertex(*values)
    return [*vertex, values[-1] <= 1, stationary], fixed


def felt(g: Any, strength: Any, eps: Any) -> Any:
    """Whether a vertex is fixed under Adam's constant gradient g."""
    return (1 - strength) * abs(g) <= strength * eps


def lambda_alone(g: Any, strength: Any, eps: Any) -> Any:
    """What stationarity for L + lambda R asks for."""
    return abs(g) <= strength


def _adam_vertex(condition: Callable[[Any, Any, Any], Any], *values: Any) -> tuple[list[Any], Any]:
    """With d = 1 / (|g| + eps), eta <= 1: s is fixed iff the condition holds."""
    s, g, eta, strength, eps = values
    fixed = W.step(s, g, eta, 1 / (abs(g) + eps), strength) == s
    vertex = [(s == 1) | (s == -1), eta > 0, eta <= 1, strength > 0, eps > 0]
    return vertex, fixed == condition(g, strength, eps)


def _adam_between(t: Any, g: Any, eta: Any, strength: Any, eps: Any) -> tuple[list[Any], Any]:
    """What is fixed there and no vertex has (1 - lambda)|g| = lambda eps."""
    fixed = W.step(t, g, eta, 1 / (abs(g) + eps), strength) == t
    off = (t < -1) | (t > 1) | ((t > -1) & (t < 1))
    positive = [eta > 0, eta <= 1, strength > 0, eps > 0]
    return [*positive, off, fixed], (1 - strength) * abs(g) == strength * eps


def _check(statement: smt.Statement, variables: str) -> smt.ForAll:
    return for_all(statement, variables, POOLS)


def _settles(name: str, weight: Rule, claimed: Rule) -> Check:
    """The equivalence for both regularizers; and both coordinates pulled from 1/4 toward +1 with lambda = 1/2."""

    def ends(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
        centre, strength, figure = 0.25, 0.5, SETTLES.format(name)
        end = settle(weight, np.full(2, 0.5), np.full(2, centre), strength)
        foretold = [centre + claimed(strength, d) for d in (1.0, 2.0)]
        return {figure: end.tolist()}, {figure: foretold}

    statements = [Equivalence(pull, weight, claimed) for pull in (W, SQUARE)]
    return falsify.joined(*(_check(s, s.variables) for s in statements), figures=ends)


def _adam_runs(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """Adam itself, gradients from 10^-3 to 10^3 of both signs."""
    gradient = np.concatenate([side * 10.0 ** np.arange(-3, 4) for side in (1, -1)])
    measured, predicted = {}, {}
    for strength in (0.5, 2.0):
        for rule, condition in ((unscaled, felt), (scaled, lambda_alone)):
            figure = HELD.format(len(gradient), rule.__name__, strength)
            held = adam_holds(rule, gradient, strength, budget.pick(300, 3000))
            measured[figure] = int(held.sum())
            predicted[figure] = int(condition(gradient, strength, EPSILON).sum())
    return measured, predicted


def _refuted(name: str, statement: str, claimed: Equivalence) -> Control:
    return Control(name, statement, _check(claimed, claimed.variables))


CLAIM = Claim(
    name="preconditioned-prox",
    source="arXiv 1810.00861 with Adam; ProxGen (Yun et al., NeurIPS 2021)",
    statement=(
        "ProxQuant with a diagonal preconditioner D and an unscaled prox has the fixed points of the strengths "
        "lambda / d_i: unbiased iff D = I, a change of lambda iff D = c I. The scaled prox is unbiased for every D. "
        "Under Adam's constant gradients the unscaled prox holds hardly any vertex for lambda < 1 and all from 1 on."
    ),
    formula="theta fixed  <=>  0 in g_i + (lambda / d_i) dR(theta_i) (unscaled), g_i + lambda dR(theta_i) (scaled)",
    parts=(
        Part(
            "unscaled",
            "fixed iff stationary for the strengths lambda / d_i and on the same side of 0, W and square",
            _settles("unscaled", unscaled, divided),
        ),
        Part(
            "scaled",
            "fixed iff stationary for lambda and on the same side of 0, W and square",
            _settles("scaled", scaled, unscaled),
        ),
        Part(
            "which D",
            "D = I alone is unbiased; c I alone has one strength; W and square",
            falsify.joined(
                *(_check(partial(_biased, pull), "t eta lambda d") for pull in (W, SQUARE)),
                *(
                    _check(partial(_one_strength, pull), "t1 t2 d1 d2 eta lambda mu")
                    for pull in (W, SQUARE)
                ),
            ),
        ),
        Part(
            "vertices",
            "d >= 1 fixes no false vertex, d <= 1 loses no true one",
            falsify.joined(
                _check(_no_false_vertex, "s g eta lambda d"),
                _check(_no_lost_vertex, "s g eta lambda d"),
            ),
        ),
        Part(
            "Adam",
            "a vertex is fixed iff (1 - lambda)|g| <= lambda eps",
            falsify.joined(
                _check(partial(_adam_vertex, felt), "s g eta lambda epsilon"),
                _check(_adam_between, "t g eta lambda epsilon"),
                figures=_adam_runs,
            ),
        ),
    ),
    controls=(
        _refuted(
            "unscaled, diag(1, 2)",
            "the unscaled prox is unbiased for D = diag(1, 2)",
            Equivalence(W, unscaled, unscaled, (1, 2)),
        ),
        _refuted(
            "unscaled square, diag(1, 2)",
            "with the squared regularizer the unscaled prox is unbiased for D = diag(1, 2)",
            Equivalence(SQUARE, unscaled, unscaled, (1, 2)),
        ),
        _refuted(
            "mean of D",
            "for D = diag(1, 2) the unscaled prox belongs to lambda over the mean of D",
            Equivalence(W, unscaled, two_thirds, (1, 2)),
        ),
        _refuted(
            "unscaled, 2 I",
            "for D = 2 I the unscaled prox belongs to lambda itself",
            Equivalence(W, unscaled, unscaled, (2, 2)),
        ),
        _refuted(
            "scaled by 1 / d",
            "the prox weight eta lambda / d_i is unbiased",
            Equivalence(W, divided, unscaled),
        ),
        _refuted(
            "every step size",
            "stationary points other than 0 are fixed at every step size",
            Equivalence(W, scaled, unscaled, side=any_side),
        ),
        Control(
            "vertices, d < 1",
            "the unscaled prox fixes no false vertex, whatever D",
            _check(partial(_no_false_vertex, least=0), "s g eta lambda d"),
        ),
        Control(
            "Adam, |g| <= lambda",
            "under Adam the unscaled prox fixes a vertex iff |g| <= lambda",
            _check(partial(_adam_vertex, lambda_alone), "s g eta lambda epsilon"),
        ),
    ),
    headline=SETTLES.format("unscaled"),
)
