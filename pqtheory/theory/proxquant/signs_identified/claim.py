r"""After the last flip ProxQuant with the W is soft thresholding toward a vertex, and converges where L is convex.

By ``proxquant-flips-finitely-often`` the signs are some s from a step on, counted as step 0 here. Then W(theta) =
|theta - s|_1, the prox of the W is that of this branch, and the method is the proximal gradient method on

    F_s = L + lambda |theta - s|_1,   convex if L is.

For every z a step gains 2 eta (F(theta') - F_s(z)) <= |theta - z|^2 - |theta' - z|^2, and F does not grow, so

    F(theta_T) - F_s(z) <= |theta_0 - z|^2 / (2 eta T),

and theta_T comes no farther from a minimiser z of F_s. A limit point of the run, of which there is one as it is bounded,
is then such a minimiser, and the run stays as near to it as it has once been: it converges.

If L is mu-strongly convex, mu < beta, such as a definite quadratic, each step brings z nearer by the factor 1 - eta mu,
since soft thresholding brings points no farther apart, and the length of the whole way is finite. A weight with z_i = s_i
and |grad L(z)_i| < lambda is s_i itself from some step on: the sign that is identified is then the weight.

F_s may be least where a weight has the sign -s_i; then that is never reached, or the sign would change once more.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import Budget, Claim, Control, Part, all_of
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.signs_identified import rates
from pqtheory.theory.proxquant.signs_identified.coordinates import (
    W,
    is_that_of_its_sign,
    is_the_branch,
)

FIGURE = "distance from z after 5 steps, eta mu = 1/4, of that before"


def _shrinks(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """On (theta - 2)^2 / 2 with lambda = 1/2, where z = 3/2, from 4; exactly."""
    one, eta, steps = np.array([Fraction(1)]), Fraction(1, 4), budget.pick(5, 20)
    problem = Quadratic(one[:, None], -2 * one)
    path = simulate(
        ProxQuant(W, eta, Fraction(1, 2)), problem, 4 * one, steps, fields=("latent",)
    ).latent
    return (
        {FIGURE: float((path[5, 0] - Fraction(3, 2)) / (path[0, 0] - Fraction(3, 2)))},
        {FIGURE: float((1 - eta) ** 5)},
    )


CLAIM = Claim(
    name="signs-identified",
    source="arXiv 1810.00861, section 5.1, for the W of section 4; derived here",
    statement=(
        "Let L be beta-smooth, lambda > 0 fixed, 0 < eta <= 1 / beta, and let no sign of ProxQuant with the W change "
        "after step 0, s being the signs. Then its steps are those of soft thresholding toward s, and F = F_s = L + "
        "lambda |theta - s|_1. If L is convex, F(theta_T) - F_s(z) <= |theta_0 - z|^2 / (2 eta T) for every z and T >= 1, "
        "theta_T is no farther from any minimiser z of F_s than theta_0 is, and every limit point is such a minimiser. If L "
        "is mu-strongly convex, 0 < mu < beta, |theta_T - z| <= (1 - eta mu)^T |theta_0 - z| for the minimiser z, and "
        "the way is of length 2 |theta_0 - z| / (eta mu) at most. Where z_i = s_i and |grad L(z)_i| < lambda the weight "
        "is s_i itself once the run is near z."
    ),
    formula=(
        "sign theta_t = s for t >= 0, eta beta <= 1:  F(theta_T) - F_s(z) <= |theta_0 - z|^2 / (2 eta T) if L is convex;  "
        "|theta_T - z| <= (1 - eta mu)^T |theta_0 - z|, sum |theta_{t+1} - theta_t| <= 2 |theta_0 - z| / (eta mu) if it "
        "is mu-strongly convex, z the minimiser of F_s = L + lambda |theta - s|_1"
    ),
    formula_latex=(
        r"\operatorname{sign} \theta_t = s\ (t \ge 0),\ \eta\beta \le 1:\quad"
        r" F(\theta_T) - F_s(z) \le \frac{\|\theta_0 - z\|^2}{2 \eta T}\ \text{ if } L \text{ is convex};\qquad"
        r" \|\theta_T - z\| \le (1 - \eta\mu)^T \|\theta_0 - z\|,\quad"
        r" \sum_t \|\theta_{t+1} - \theta_t\| \le \frac{2 \|\theta_0 - z\|}{\eta\mu}"
        r"\ \text{ if it is } \mu\text{-strongly convex}"
    ),
    derivation_latex=(
        r"Where $\operatorname{sign} \theta = s$, $W(\theta) = \|\theta - s\|_1$ and its prox is soft thresholding toward"
        r" $s$. It is convex: $2 \eta (F(\theta') - F_s(z)) \le \|\theta - z\|^2 - \|\theta' - z\|^2$ for every $z$, and"
        r" $F(\theta') \le F(\theta)$; the sum over $T$ steps is the rate. A limit point is a minimiser, and the distance"
        r" from it does not grow. With $\Delta = \theta - z$, $\Gamma = \nabla L(\theta) - \nabla L(z)$ and"
        r" $P = \Gamma - \mu \Delta$, $\langle P, \beta\Delta - \Gamma \rangle \ge 0$ is strong convexity, and"
        r" $\|\theta' - z\| \le \|\Delta - \eta\Gamma\| = \|(1 - \eta\mu) \Delta - \eta P\| \le (1 - \eta\mu) \|\Delta\|$."
    ),
    parts=(
        Part(
            "soft thresholding",
            "steps and values are those of the branch",
            all_of(is_the_branch(), is_that_of_its_sign),
        ),
        Part(
            "convex",
            "the rate, no farther from a minimiser, and limit points are minimisers",
            all_of(rates.gains(), rates.rate, rates.limit_is_least, rates.above_by_nothing),
        ),
        Part(
            "strongly convex",
            "nearer by 1 - eta mu in each step, and a way of finite length",
            all_of(rates.arrives, rates.CLOSED, rates.in_one_dimension(), figures=_shrinks),
        ),
        Part(
            "levels",
            "where z_i = s_i and |grad L(z)_i| < lambda the weight becomes s_i itself",
            rates.reaches_its_level(),
        ),
    ),
    controls=(
        Control("other vertex", "it is soft thresholding toward -s", is_the_branch(-1)),
        Control(
            "not convex", "a step gains on every z, L convex or not", rates.gains(convex=False)
        ),
        Control(
            "1% faster",
            "nearer by 0.99 (1 - eta mu)^2, squared",
            rates.in_one_dimension(Fraction(99, 100)),
        ),
        Control(
            "at lambda",
            "|grad L(z)_i| = lambda is enough for the weight to become s_i",
            rates.reaches_its_level(strict=False),
        ),
    ),
    headline=FIGURE,
    uses=("w-prox", "proxquant-flips-finitely-often"),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.sets.Binary.project",
    ),
)
