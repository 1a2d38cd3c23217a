r"""prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0) minimises globally.

W(x) = min(|x - 1|, |x + 1|). At t = 0 there are two minimisers, -min(lambda, 1) and +min(lambda, 1), else one.
"""

from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import Budget, Claim, Control, Part, all_of, forall, positive, real
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.prox.minimiser import minimises, objective, stays_at_zero
from pqtheory.theory.readings import envelope_readings, prox_readings, value_readings

W = DistanceL1(Binary())
FIGURE = "minimisers at 0, lambda = 1/2"


def J(x: Any, theta: Any, weight: Any) -> Any:
    """What the prox minimises."""
    return objective(W, x, theta, weight)


@forall(theta=real, weight=positive)
def is_the_printed_formula(theta: Any, weight: Any) -> Any:
    """The closed form as the paper prints it."""
    xp, theta = as_array(theta)
    sign = xp.where(theta >= 0, 1, -1)
    length = xp.maximum(abs(theta - sign) - weight, 0 * theta)
    return W.prox(theta, weight) == sign + xp.where(theta > sign, length, -length)


@forall(
    theta=real,
    weight=positive,
    x=real,
    given=lambda theta, weight, x: [theta != 0, x != W.prox(theta, weight)],
)
def is_the_only_one(theta: Any, weight: Any, x: Any) -> Any:
    """Every other point is worse."""
    return J(W.prox(theta, weight), theta, weight) < J(x, theta, weight)


@forall(weight=positive, x=real)
def two_at_zero(weight: Any, x: Any) -> Any:
    """Both ends minimise, and nothing else does."""
    xp, weight = as_array(weight)
    pull = xp.minimum(weight, 1 + 0 * weight)
    tie = J(pull, 0, weight) == J(-pull, 0, weight)
    return tie & ((J(pull, 0, weight) < J(x, 0, weight)) | (x == pull) | (x == -pull))


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    return {FIGURE: list(W.prox_set(0.0, weight=0.5))}, {FIGURE: [-0.5, 0.5]}


LEAN = """
theorem w_prox (θ w : ℝ) (hw : 0 < w) :
    prox_prop (fun x : ℝ => w * min |x - 1| |x + 1|) θ
      (let s : ℝ := if 0 ≤ θ then 1 else -1
       s + (SignType.sign (θ - s) : ℝ) * max (|θ - s| - w) 0) := by
  sorry
"""

CLAIM = Claim(
    name="w-prox",
    source="arXiv 1810.00861, section 4 (W-shaped regularizer)",
    statement=(
        "With W(x) = min(|x - 1|, |x + 1|), the closed form of the W's prox is a global minimiser for every real theta "
        "and every lambda > 0; the only one unless theta = 0, where +-min(lambda, 1) are the two."
    ),
    formula="prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0),  lambda > 0",
    formula_latex=(
        r"\operatorname{prox}_{\lambda W}(t) = \operatorname{sign} t"
        r" + \operatorname{sign}(t - \operatorname{sign} t)\,\max(|t - \operatorname{sign} t| - \lambda,\ 0),"
        r"\qquad \lambda > 0"
    ),
    derivation_latex=(
        r"For $x$ on the side of $s = \operatorname{sign} t$ the objective is"
        r" $\tfrac12 (x - t)^2 + \lambda |x - s|$, which soft thresholding around $s$ minimises."
        r" A point on the other side is farther from $t$ and no nearer to its level, so it is worse;"
        r" at $t = 0$ the two sides tie."
    ),
    parts=(
        Part("closed form", "no point has a smaller objective", minimises(W.prox, W)),
        Part("printed formula", "the code computes the printed formula", is_the_printed_formula),
        Part(
            "ties",
            "two minimisers at 0, one elsewhere",
            all_of(is_the_only_one, two_at_zero, figures=_figures),
        ),
        Part(
            "readings agree",
            "arrays compute the same on every path",
            all_of(
                prox_readings(W, Fraction(1, 4)),
                value_readings(W),
                envelope_readings(W, Fraction(1, 4), ulps=1),
            ),
        ),
    ),
    controls=(
        Control(
            "threshold 2 lambda",
            "the prox moves by 2 lambda",
            minimises(lambda t, w: W.prox(t, 2 * w), W),
        ),
        Control(
            "0 stays 0",
            "0 is its own prox (the published code)",
            minimises(stays_at_zero(W.prox), W),
        ),
    ),
    headline=FIGURE,
    lean=LEAN,
    operators=(
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.regularizers.DistanceL1.prox_set",
        "pqtheory.regularizers.DistanceL1.envelope",
    ),
)
