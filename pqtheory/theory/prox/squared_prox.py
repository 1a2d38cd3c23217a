r"""(t + lambda sign t) / (1 + lambda) is the prox of lambda R with R(x) = 1/2 dist(x, {-1,+1})^2: half the square.

With R = dist^2, without the half, the prox is (t + 2 lambda sign t) / (1 + 2 lambda). At t = 0 both signs do.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory.claims import Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, judge, smt
from pqtheory.regularizers import DistanceL2
from pqtheory.sets import Binary
from pqtheory.theory.prox.minimiser import WEIGHTS, fractions_grid, minimiser_check

HALF_SQUARE = DistanceL2(Binary())
FIGURE = "minimisers at 0, lambda = 1"


def printed(t: Array, strength: Any) -> Array:
    """(t + lambda sign t) / (1 + lambda), as the paper prints it."""
    xp, t = as_array(t)
    return (t + strength * xp.where(t >= 0, 1, -1)) / (1 + strength)


def _code(t: Any, weight: Any) -> Any:
    return [weight > 0], printed(t, weight) == HALF_SQUARE.prox(t, weight)


def _code_on_a_grid(budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(64, 512))
    equal = [HALF_SQUARE.prox(grid, w) == printed(grid, w) for w in WEIGHTS]
    return judge("sampled", np.concatenate(equal), {"theta": np.tile(grid, len(WEIGHTS))})


def _objective(x: Any, t: Any, weight: Any) -> Any:
    return (x - t) ** 2 / 2 + weight * HALF_SQUARE.value(x)


def _two_at_zero(weight: Any, x: Any) -> Any:
    zero = 0 * weight
    pull = weight / (1 + weight)
    both = _objective(pull, zero, weight) == _objective(-pull, zero, weight)
    best = _objective(pull, zero, weight) < _objective(x, zero, weight)
    return [weight > 0], both & (best | (x == pull) | (x == -pull))


def _ties_on_a_grid(budget: Budget) -> Evidence:
    weights = [Fraction(n, 16) for n in range(1, budget.pick(33, 257))]
    holds = [HALF_SQUARE.prox_set(Fraction(0), w) == (-w / (1 + w), w / (1 + w)) for w in weights]
    return judge("sampled", np.array(holds), {"weight": np.array(weights, dtype=object)})


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    return {FIGURE: list(HALF_SQUARE.prox_set(0.0, 1.0))}, {FIGURE: [-0.5, 0.5]}


def _stays_at_zero(t: Array, weight: Any) -> Array:
    xp, t = as_array(t)
    return xp.where(t == 0, 0 * t, printed(t, weight))


CLAIM = Claim(
    name="squared-prox",
    source="arXiv 1810.00861, section 4 (squared L2 example)",
    statement=(
        "The printed squared-L2 prox minimises globally for R = half the squared distance; "
        "for the whole square the strength counts twice."
    ),
    formula="prox_{lambda R}(t) = (t + lambda sign t) / (1 + lambda),  R(x) = 1/2 dist(x, {-1,+1})^2",
    parts=(
        Part(
            "half square", "no point has a smaller objective", minimiser_check(HALF_SQUARE, printed)
        ),
        Part(
            "code",
            "the code computes the printed formula",
            smt.or_else(_code, "theta weight", _code_on_a_grid),
        ),
        Part(
            "whole square",
            "for R = dist^2 the prox is (t + 2 lambda sign t) / (1 + 2 lambda)",
            minimiser_check(HALF_SQUARE, lambda t, w: printed(t, 2 * w), scale=2),
        ),
        Part(
            "ties",
            "at 0 the minimisers are +-lambda / (1 + lambda)",
            falsify.joined(
                smt.or_else(_two_at_zero, "weight x", _ties_on_a_grid), figures=_figures
            ),
        ),
    ),
    controls=(
        Control(
            "printed formula for the whole square",
            "(t + lambda sign t) / (1 + lambda) is the prox for R = dist^2",
            minimiser_check(HALF_SQUARE, printed, scale=2),
        ),
        Control("0 stays 0", "0 is its own prox", minimiser_check(HALF_SQUARE, _stays_at_zero)),
    ),
    headline=FIGURE,
)
