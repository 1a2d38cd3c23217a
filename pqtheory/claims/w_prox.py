r"""prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0) minimises globally.

W(x) = min(|x - 1|, |x + 1|). At t = 0 there are two minimisers, -min(lambda, 1) and +min(lambda, 1), else one.
"""

from fractions import Fraction

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims._prox_checks import fractions_grid, minimiser_evidence
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

W = DistanceL1(Binary())
WEIGHTS = tuple(Fraction(n, 8) for n in (1, 2, 3, 5, 8, 9, 16, 80))


def _grid(budget: Budget) -> Array:
    return fractions_grid(-3, 3, budget.pick(16, 64))


def _closed_form(budget: Budget) -> Evidence:
    return minimiser_evidence(W, W.prox, _grid(budget), WEIGHTS, _grid(budget))


def _printed_formula(budget: Budget) -> Evidence:
    """The formula as the paper prints it, against the code that runs."""
    thetas = _grid(budget)
    sign = np.where(thetas >= 0, 1, -1)
    residual = thetas - sign
    equal = []
    for weight in WEIGHTS:
        pulled = sign + np.sign(residual) * np.maximum(abs(residual) - weight, 0)
        equal.append(pulled == W.prox(thetas, weight))
    return judge("sampled", np.concatenate(equal), {"theta": np.tile(thetas, len(WEIGHTS))})


def _ties(budget: Budget) -> Evidence:
    """At 0 both +-min(w, 1), elsewhere one minimiser: exact search over the pieces of the objective."""
    holds, weights = [], [Fraction(n, 16) for n in range(1, 33)]
    for weight in weights:
        pull = min(weight, Fraction(1))
        unique = all(len(W.prox_set(t, weight)) == 1 for t in _grid(budget) if t != 0)
        holds.append(unique and W.prox_set(Fraction(0), weight) == (-pull, pull))
    half = W.prox_set(0.0, weight=0.5)
    return judge(
        "sampled",
        np.array(holds),
        {"weight": np.array(weights, dtype=object)},
        measured={"minimisers at 0, lambda = 1/2": list(half)},
        predicted={"minimisers at 0, lambda = 1/2": [-0.5, 0.5]},
    )


def _double_threshold(budget: Budget) -> Evidence:
    return minimiser_evidence(
        W, lambda t, w: W.prox(t, 2 * w), _grid(budget), WEIGHTS, _grid(budget)
    )


def _stays_at_zero(budget: Budget) -> Evidence:
    def prox(thetas: Array, weight: Fraction) -> Array:
        return np.where(thetas == 0, 0, W.prox(thetas, weight))

    return minimiser_evidence(W, prox, _grid(budget), WEIGHTS, _grid(budget))


CLAIM = Claim(
    name="w-prox",
    source="arXiv 1810.00861, section 4 (W-shaped regularizer)",
    statement="The closed form of the W's prox is a global minimiser for every theta and every lambda > 0.",
    formula="prox_{lambda W}(t) = sign t + sign(t - sign t) max(|t - sign t| - lambda, 0)",
    parts=(
        Part("closed form", "no point has a smaller objective than the prox", _closed_form),
        Part("printed formula", "the code computes the printed formula", _printed_formula),
        Part("ties", "two minimisers at 0, one elsewhere", _ties),
    ),
    controls=(
        Control("threshold 2 lambda", "the prox moves by 2 lambda", _double_threshold),
        Control("0 stays 0", "0 is its own prox (the published code)", _stays_at_zero),
    ),
    headline="minimisers at 0, lambda = 1/2",
)
