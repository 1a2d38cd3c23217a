r"""prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0) minimises globally.

W(x) = min(|x - 1|, |x + 1|). At t = 0 there are two minimisers, -min(lambda, 1) and +min(lambda, 1), else one.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory.claims import Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, judge, smt
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.prox.minimiser import WEIGHTS, fractions_grid, minimiser_check

W = DistanceL1(Binary())


def printed(t: Array, strength: Any) -> Array:
    """The closed form as the paper prints it."""
    xp, t = as_array(t)
    sign = xp.where(t >= 0, 1, -1)
    residual = t - sign
    pulled = abs(residual) - strength
    length = xp.where(pulled > 0, pulled, 0 * pulled)
    return sign + xp.where(residual > 0, length, -length)


def _printed_formula(t: Any, weight: Any) -> Any:
    return [weight > 0], printed(t, weight) == W.prox(t, weight)


def _printed_on_a_grid(budget: Budget) -> Evidence:
    thetas = fractions_grid(-3, 3, budget.pick(16, 64))
    equal = [printed(thetas, weight) == W.prox(thetas, weight) for weight in WEIGHTS]
    return judge("sampled", np.concatenate(equal), {"theta": np.tile(thetas, len(WEIGHTS))})


def _objective(x: Any, t: Any, weight: Any) -> Any:
    return (x - t) ** 2 / 2 + weight * W.value(x)


def _unique_off_zero(t: Any, weight: Any, x: Any) -> Any:
    p = W.prox(t, weight)
    rival = [weight > 0, (t > 0) | (t < 0), (x > p) | (x < p)]
    return rival, _objective(p, t, weight) < _objective(x, t, weight)


def _two_at_zero(weight: Any, x: Any) -> Any:
    """Both ends minimise, and nothing else does."""
    zero = 0 * weight
    pull = W.prox(zero, weight)
    xp, _ = as_array(weight)
    capped = pull == xp.minimum(weight, 1 + zero)
    both = _objective(pull, zero, weight) == _objective(-pull, zero, weight)
    best = _objective(pull, zero, weight) < _objective(x, zero, weight)
    return [weight > 0], capped & both & (best | (x == pull) | (x == -pull))


def _ties_on_a_grid(budget: Budget) -> Evidence:
    """Exact search over the pieces of the objective."""
    holds, weights = [], [Fraction(n, 16) for n in range(1, 33)]
    grid = fractions_grid(-3, 3, budget.pick(16, 64))
    for weight in weights:
        pull = min(weight, Fraction(1))
        unique = all(len(W.prox_set(t, weight)) == 1 for t in grid if t != 0)
        holds.append(unique and W.prox_set(Fraction(0), weight) == (-pull, pull))
    return judge("sampled", np.array(holds), {"weight": np.array(weights, dtype=object)})


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    return {FIGURE: list(W.prox_set(0.0, weight=0.5))}, {FIGURE: [-0.5, 0.5]}


def _stays_at_zero(t: Array, weight: Any) -> Array:
    xp, t = as_array(t)
    return xp.where(t == 0, 0 * t, W.prox(t, weight))


FIGURE = "minimisers at 0, lambda = 1/2"

CLAIM = Claim(
    name="w-prox",
    source="arXiv 1810.00861, section 4 (W-shaped regularizer)",
    statement="The closed form of the W's prox is a global minimiser for every theta and every lambda > 0.",
    formula="prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0)",
    parts=(
        Part("closed form", "no point has a smaller objective", minimiser_check(W, W.prox, 16)),
        Part(
            "printed formula",
            "the code computes the printed formula",
            smt.or_else(_printed_formula, "theta weight", _printed_on_a_grid),
        ),
        Part(
            "ties",
            "two minimisers at 0, one elsewhere",
            falsify.joined(
                smt.or_else(_unique_off_zero, "theta weight x", _ties_on_a_grid),
                smt.or_else(_two_at_zero, "weight x", _ties_on_a_grid),
                figures=_figures,
            ),
        ),
    ),
    controls=(
        Control(
            "threshold 2 lambda",
            "the prox moves by 2 lambda",
            minimiser_check(W, lambda t, w: W.prox(t, 2 * w), 16),
        ),
        Control(
            "0 stays 0",
            "0 is its own prox (the published code)",
            minimiser_check(W, _stays_at_zero, 16),
        ),
    ),
    headline=FIGURE,
)
