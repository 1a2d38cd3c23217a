r"""theta' = prox_{w R}(theta - eta D g), D = diag(d_1, ..., d_n) > 0, stays at theta iff in every coordinate

    0 in g_i + (lambda / d_i) dR(theta_i)    w = eta lambda: the unscaled prox, the strength is lambda / d_i,
    0 in g_i + lambda dR(theta_i)            w_i = eta lambda d_i: the scaled prox (ProxGen), whatever D,

and theta_i - eta d_i g_i is on theta_i's side of 0, theta_i != 0. This side condition is the only place where the step
size enters. R is the W or half the squared distance to {-1, +1}, dR is Clarke's subdifferential.

So the unscaled prox belongs to L + sum_i (lambda / d_i) R_i: for D = c I to the strength lambda / c. For every other D
no strength is right: theta = (2, ..., 2) with g_i = -(lambda / d_i) R'(2) is fixed, and stationary for mu iff
mu d_i = lambda for all i.

Adam under a constant gradient, without noise, has d_i = 1 / (|g_i| + eps): the strength grows with the gradient that it
is to withstand. For eta <= 1 a vertex is fixed iff (1 - lambda)|g_i| <= lambda eps. Below lambda = 1 no gradient beyond
the size of eps is withstood, from lambda = 1 on every gradient is; and a fixed point between the levels has
(1 - lambda)|g_i| = lambda eps, as if there were hardly a regularizer.
"""

from typing import Any

import numpy as np

from pqtheory.claims import AllOf, Budget, Claim, Control, Part, all_of, one_of
from pqtheory.theory.proxquant.preconditioned_prox.lemmas import (
    SQUARE,
    Rule,
    W,
    adam_between,
    adam_metric,
    adam_vertex,
    any_side,
    divided,
    felt,
    fixed_iff,
    lambda_alone,
    no_false_vertex,
    no_lost_vertex,
    one_strength,
    scaled,
    two_thirds,
    unscaled,
)
from pqtheory.theory.proxquant.preconditioned_prox.runs import EPSILON, adam_holds, settle

SETTLES = "where the {} prox settles, D = diag(1, 2)"
HELD = "of {} vertices Adam's {} prox holds, lambda = {}"


def settles(weight: Rule, claimed: Rule) -> AllOf:
    """The equivalence for both regularizers; and both coordinates pulled from 1/4 toward +1 with lambda = 1/2."""

    def ends(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
        centre, strength, figure = 0.25, 0.5, SETTLES.format(weight.__name__)
        end = settle(weight, np.full(2, 0.5), np.full(2, centre), strength)
        foretold = [centre + claimed(strength, d) for d in (1.0, 2.0)]
        return {figure: end.tolist()}, {figure: foretold}

    return all_of(*(fixed_iff(R, weight, claimed) for R in (W, SQUARE)), figures=ends)


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


CLAIM = Claim(
    name="preconditioned-prox",
    source="arXiv 1810.00861 with Adam; ProxGen (Yun et al., NeurIPS 2021)",
    statement=(
        "R the W or half the squared distance to {-1,+1}, eta, lambda, d_i > 0, g the gradient at theta: ProxQuant's "
        "step on D g, D = diag(d_i), the prox unscaled, leaves theta where it is iff for every i theta_i is stationary "
        "for the strength lambda / d_i, is not 0, and theta_i - eta d_i g_i is on its side of 0, where 0 counts as "
        "positive. So it is unbiased iff D = I, a change of lambda iff D = c I. With the prox scaled by d_i the "
        "strength is lambda for every D. Under the W, d_i >= 1 fixes no vertex that is not stationary for lambda, "
        "and d_i <= 1 every stationary one that meets the side condition. Adam's d_i for a constant gradient is "
        "1 / (|g_i| + eps), eps > 0: for eta <= 1 the unscaled prox of the W holds a vertex iff "
        "(1 - lambda)|g_i| <= lambda eps, the scaled one iff |g_i| <= lambda, for every i."
    ),
    formula=(
        "theta fixed  <=>  for all i: 0 in g_i + (lambda / d_i) dR(theta_i) (unscaled), 0 in g_i + lambda dR(theta_i) "
        "(scaled), and theta_i > 0, theta_i - eta d_i g_i >= 0 or theta_i < 0, theta_i - eta d_i g_i < 0;  "
        "eta, lambda, d_i > 0"
    ),
    formula_latex=(
        r"\theta \text{ fixed} \iff 0 \in g_i + \tfrac{\lambda}{d_i}\,\partial R(\theta_i)"
        r"\ \text{(unscaled)},\quad 0 \in g_i + \lambda\,\partial R(\theta_i)\ \text{(scaled)},"
        r"\quad\text{and}\quad \theta_i > 0,\ \theta_i - \eta d_i g_i \ge 0"
        r"\ \text{ or }\ \theta_i < 0,\ \theta_i - \eta d_i g_i < 0 \quad\text{for all } i"
    ),
    derivation_latex=(
        r"On the side $s$ of $0$ the prox of weight $w$ is that of a convex function, so $\theta_i$ is the image of"
        r" $\theta_i - \eta d_i g_i$ iff $0 \in \eta d_i g_i + w\,\partial R(\theta_i)$ and the step stays there."
        r" With $w = \eta\lambda$ the strength is $\lambda / d_i$, with $w = \eta\lambda d_i$ it is $\lambda$."
        r" The point $(2, \dots, 2)$ with $g_i = -(\lambda / d_i) R'(2)$ is fixed under the unscaled prox, and"
        r" stationary for $\mu$ iff $\mu d_i = \lambda$ for all $i$. Adam's moving averages of a constant $g$ are"
        r" $(1 - b^n) g$ and $(1 - b^n) g^2$, hence $d = 1 / (|g| + \epsilon)$, and $|g| \le \lambda / d$ reads"
        r" $(1 - \lambda) |g| \le \lambda \epsilon$."
    ),
    parts=(
        Part(
            "unscaled",
            "fixed iff stationary for the strengths lambda / d_i and on the same side of 0, W and square",
            settles(unscaled, divided),
        ),
        Part(
            "scaled",
            "fixed iff stationary for lambda and on the same side of 0, W and square",
            settles(scaled, unscaled),
        ),
        Part(
            "which D",
            "D = I alone is unbiased; c I alone has one strength; W and square",
            all_of(one_strength(W), one_strength(SQUARE)),
        ),
        Part(
            "vertices",
            "d >= 1 fixes no false vertex, d <= 1 loses no true one",
            all_of(no_false_vertex(), no_lost_vertex),
        ),
        Part(
            "Adam",
            "d = 1 / (|g| + eps); a vertex is fixed iff (1 - lambda)|g| <= lambda eps, scaled iff |g| <= lambda",
            all_of(
                adam_metric,
                adam_vertex(unscaled, felt),
                adam_vertex(scaled, lambda_alone),
                adam_between,
                figures=_adam_runs,
            ),
        ),
    ),
    controls=(
        Control(
            "unscaled, diag(1, 2)",
            "the unscaled prox is unbiased for D = diag(1, 2)",
            fixed_iff(W, unscaled, unscaled, one_of(1, 2)),
        ),
        Control(
            "unscaled square, diag(1, 2)",
            "with the squared regularizer the unscaled prox is unbiased for D = diag(1, 2)",
            fixed_iff(SQUARE, unscaled, unscaled, one_of(1, 2)),
        ),
        Control(
            "mean of D",
            "for D = diag(1, 2) the unscaled prox belongs to lambda over the mean of D",
            fixed_iff(W, unscaled, two_thirds, one_of(1, 2)),
        ),
        Control(
            "unscaled, 2 I",
            "for D = 2 I the unscaled prox belongs to lambda itself",
            fixed_iff(W, unscaled, unscaled, one_of(2)),
        ),
        Control(
            "scaled by 1 / d",
            "the prox weight eta lambda / d_i is unbiased",
            fixed_iff(W, divided, unscaled),
        ),
        Control(
            "every step size",
            "stationary points other than 0 are fixed at every step size",
            fixed_iff(W, scaled, unscaled, side=any_side),
        ),
        Control(
            "vertices, d < 1",
            "the unscaled prox fixes no false vertex, whatever D",
            no_false_vertex(least=0),
        ),
        Control(
            "Adam, |g| <= lambda",
            "under Adam the unscaled prox fixes a vertex iff |g| <= lambda",
            adam_vertex(unscaled, lambda_alone),
        ),
    ),
    headline=SETTLES.format("unscaled"),
    uses=("w-prox", "squared-prox", "proxquant-fixed-points"),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.subdifferential",
        "pqtheory.regularizers.DistanceL2.prox",
        "pqtheory.regularizers.DistanceL2.subdifferential",
    ),
)
