r"""(t + lambda sign t) / (1 + lambda) is the prox of lambda R with R(x) = 1/2 dist(x, {-1,+1})^2: half the square.

With R = dist^2, without the half, the prox is (t + 2 lambda sign t) / (1 + 2 lambda). At t = 0 both signs do.
"""

from fractions import Fraction

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims._prox_checks import ProxMap, fractions_grid, minimiser_evidence
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.regularizers import DistanceL2
from pqtheory.sets import Binary

HALF_SQUARE = DistanceL2(Binary())
WEIGHTS = tuple(Fraction(n, 8) for n in (1, 2, 3, 5, 8, 16, 80))


def printed(thetas: Array, strength: Fraction) -> Array:
    """(t + lambda sign t) / (1 + lambda), as the paper prints it."""
    return (thetas + strength * np.where(thetas >= 0, 1, -1)) / (1 + strength)


def _code(budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(64, 512))
    equal = [HALF_SQUARE.prox(grid, w) == printed(grid, w) for w in WEIGHTS]
    return judge("sampled", np.concatenate(equal), {"theta": np.tile(grid, len(WEIGHTS))})


def _full_square(factor: int, budget: Budget) -> Evidence:
    """R = dist^2 at strength lambda is the half square at 2 lambda; prox candidate with ``factor`` lambda."""
    grid = fractions_grid(-3, 3, budget.pick(12, 48))
    return minimiser_evidence(
        HALF_SQUARE, lambda t, w: printed(t, factor * w / 2), grid, [2 * w for w in WEIGHTS], grid
    )


def _candidate(candidate: ProxMap, budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(12, 48))
    return minimiser_evidence(HALF_SQUARE, candidate, grid, WEIGHTS, grid)


def _ties(budget: Budget) -> Evidence:
    weights = [Fraction(n, 16) for n in range(1, budget.pick(33, 257))]
    holds = [HALF_SQUARE.prox_set(Fraction(0), w) == (-w / (1 + w), w / (1 + w)) for w in weights]
    return judge(
        "sampled",
        np.array(holds),
        {"weight": np.array(weights, dtype=object)},
        measured={"minimisers at 0, lambda = 1": list(HALF_SQUARE.prox_set(0.0, 1.0))},
        predicted={"minimisers at 0, lambda = 1": [-0.5, 0.5]},
    )


CLAIM = Claim(
    name="squared-prox",
    source="arXiv 1810.00861, section 4 (squared L2 example)",
    statement=(
        "The printed squared-L2 prox minimises globally for R = half the squared distance; "
        "for the whole square the strength counts twice."
    ),
    formula="prox_{lambda R}(t) = (t + lambda sign t) / (1 + lambda),  R(x) = 1/2 dist(x, {-1,+1})^2",
    parts=(
        Part("half square", "no point has a smaller objective", lambda b: _candidate(printed, b)),
        Part("code", "the code computes the printed formula", _code),
        Part(
            "whole square",
            "for R = dist^2 the prox is (t + 2 lambda sign t) / (1 + 2 lambda)",
            lambda budget: _full_square(2, budget),
        ),
        Part("ties", "at 0 the minimisers are +-lambda / (1 + lambda)", _ties),
    ),
    controls=(
        Control(
            "printed formula for the whole square",
            "(t + lambda sign t) / (1 + lambda) is the prox for R = dist^2",
            lambda budget: _full_square(1, budget),
        ),
        Control(
            "0 stays 0",
            "0 is its own prox",
            lambda b: _candidate(lambda t, w: np.where(t == 0, 0, printed(t, w)), b),
        ),
    ),
    headline="minimisers at 0, lambda = 1",
)
