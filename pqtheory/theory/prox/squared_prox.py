r"""(t + lambda sign t) / (1 + lambda) is the prox of lambda R with R(x) = 1/2 dist(x, {-1,+1})^2: half the square.

With R = dist^2, without the half, the prox is (t + 2 lambda sign t) / (1 + 2 lambda). At t = 0 both signs do.
"""

from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import Budget, Claim, Control, Part, all_of, forall, positive, real
from pqtheory.regularizers import DistanceL2
from pqtheory.sets import Binary
from pqtheory.theory.prox.minimiser import minimises, objective, stays_at_zero
from pqtheory.theory.readings import prox_readings, value_readings

HALF_SQUARE = DistanceL2(Binary())
FIGURE = "minimisers at 0, lambda = 1"


def printed(theta: Any, weight: Any) -> Any:
    """(t + lambda sign t) / (1 + lambda), as the paper prints it."""
    xp, theta = as_array(theta)
    return (theta + weight * xp.where(theta >= 0, 1, -1)) / (1 + weight)


def J(x: Any, theta: Any, weight: Any) -> Any:
    """What the prox minimises."""
    return objective(HALF_SQUARE, x, theta, weight)


@forall(theta=real, weight=positive)
def is_the_printed_formula(theta: Any, weight: Any) -> Any:
    """The code computes what the paper prints."""
    return HALF_SQUARE.prox(theta, weight) == printed(theta, weight)


@forall(weight=positive, x=real)
def two_at_zero(weight: Any, x: Any) -> Any:
    """Both ends minimise, and nothing else does."""
    pull = weight / (1 + weight)
    tie = J(pull, 0, weight) == J(-pull, 0, weight)
    return tie & ((J(pull, 0, weight) < J(x, 0, weight)) | (x == pull) | (x == -pull))


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    return {FIGURE: list(HALF_SQUARE.prox_set(0.0, 1.0))}, {FIGURE: [-0.5, 0.5]}


LEAN = """
theorem squared_prox (θ w : ℝ) (hw : 0 < w) :
    prox_prop (fun x : ℝ => w * (min |x - 1| |x + 1| ^ 2 / 2)) θ
      ((θ + w * (if 0 ≤ θ then 1 else -1)) / (1 + w)) := by
  sorry
"""

CLAIM = Claim(
    name="squared-prox",
    source="arXiv 1810.00861, section 4 (squared L2 example)",
    statement=(
        "For every real theta and lambda > 0 the printed squared-L2 prox minimises globally for R = half the squared "
        "distance to {-1, +1}; for the whole square the strength counts twice."
    ),
    formula="prox_{lambda R}(t) = (t + lambda sign t) / (1 + lambda),  R(x) = 1/2 dist(x, {-1,+1})^2,  lambda > 0",
    formula_latex=(
        r"\operatorname{prox}_{\lambda R}(t) = \frac{t + \lambda \operatorname{sign} t}{1 + \lambda},"
        r"\qquad R(x) = \tfrac12 \operatorname{dist}(x, \{-1, +1\})^2,\quad \lambda > 0"
    ),
    derivation_latex=(
        r"Toward the level $s$ the objective $\tfrac12 (x - t)^2 + \tfrac{\lambda}{2} (x - s)^2$ is least at"
        r" $(t + \lambda s) / (1 + \lambda)$, with the value $\tfrac{\lambda}{2 (1 + \lambda)} (t - s)^2$:"
        r" the nearer level wins."
    ),
    parts=(
        Part(
            "half square",
            "no point has a smaller objective",
            minimises(HALF_SQUARE.prox, HALF_SQUARE),
        ),
        Part("code", "the code computes the printed formula", is_the_printed_formula),
        Part(
            "whole square",
            "for R = dist^2 the prox is (t + 2 lambda sign t) / (1 + 2 lambda)",
            minimises(lambda t, w: HALF_SQUARE.prox(t, 2 * w), HALF_SQUARE, scale=2),
        ),
        Part(
            "ties",
            "at 0 the minimisers are +-lambda / (1 + lambda)",
            all_of(two_at_zero, figures=_figures),
        ),
        Part(
            "readings agree",
            "arrays compute the same on every path",
            all_of(prox_readings(HALF_SQUARE, Fraction(1)), value_readings(HALF_SQUARE, ulps=1)),
        ),
    ),
    controls=(
        Control(
            "printed formula for the whole square",
            "(t + lambda sign t) / (1 + lambda) is the prox for R = dist^2",
            minimises(printed, HALF_SQUARE, scale=2),
        ),
        Control("0 stays 0", "0 is its own prox", minimises(stays_at_zero(printed), HALF_SQUARE)),
    ),
    headline=FIGURE,
    lean=LEAN,
    operators=(
        "pqtheory.regularizers.DistanceL2.prox",
        "pqtheory.regularizers.DistanceL2.value",
        "pqtheory.regularizers.DistanceL2.prox_set",
    ),
)
