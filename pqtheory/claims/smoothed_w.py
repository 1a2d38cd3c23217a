r"""The smoothed W: 0 <= W - S <= eps, |S'(x) - S'(y)| <= |x - y| / eps, and its prox in closed form.

Both bounds are attained: W - S = eps at the midpoint, slope 1/eps in the parabolas at levels and midpoints.
"""

from fractions import Fraction

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims._prox_checks import fractions_grid, minimiser_evidence, objective
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.evidence.base import join
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Binary, Codebook, FiniteSet

SETS: tuple[FiniteSet, ...] = (Binary(), Codebook((-2, Fraction(-1, 2), 0, Fraction(5, 4))))
EPSILON = Fraction(1, 8)
#: below, at and above epsilon, where the prox changes its form
WEIGHTS = tuple(Fraction(n, 32) for n in (1, 3, 4, 5, 16, 48))


def _pairs() -> list[tuple[DistanceL1, SmoothedL1]]:
    return [(DistanceL1(s), SmoothedL1(s, EPSILON)) for s in SETS]


def _closeness(bound: Fraction, budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(64, 512))
    errors = [
        w.value(grid[:, None], axis=-1) - s.value(grid[:, None], axis=-1) for w, s in _pairs()
    ]
    error = np.concatenate(errors)
    largest = float(error.max() / EPSILON)
    return judge(
        "sampled",
        np.minimum(error, bound - error),
        {"theta": np.tile(grid, len(SETS))},
        measured={"largest error / epsilon": largest},
        predicted={"largest error / epsilon": 1.0},
    )


def _gradient(budget: Budget) -> Evidence:
    """Central differences are exact inside each piece: S is at most quadratic there."""
    grid = fractions_grid(-3, 3, budget.pick(64, 512)) + Fraction(1, 4096)
    step = Fraction(1, 8192)
    holds = []
    for _, s in _pairs():
        rise = s.value((grid + step)[:, None], axis=-1) - s.value((grid - step)[:, None], axis=-1)
        holds.append(rise / (2 * step) == s.gradient(grid))
    return judge("sampled", np.concatenate(holds), {"theta": np.tile(grid, len(SETS))})


def _smoothness(factor: Fraction, budget: Budget) -> Evidence:
    """|S'(x) - S'(y)| <= factor |x - y| / eps, between neighbours of a grid and between far points."""
    grid = fractions_grid(-3, 3, budget.pick(64, 256))
    x, y = np.concatenate([grid[:-1], grid]), np.concatenate([grid[1:], np.roll(grid, 97)])
    steepest, margins = Fraction(0), []
    for _, s in _pairs():
        slope = abs(s.gradient(x) - s.gradient(y)) / abs(x - y)
        steepest = max(steepest, slope.max())
        margins.append(factor / EPSILON - slope)
    return judge(
        "sampled",
        np.concatenate(margins),
        {"x": np.tile(x, len(SETS)), "y": np.tile(y, len(SETS))},
        measured={"smoothness x epsilon": float(steepest * EPSILON)},
        predicted={"smoothness x epsilon": 1.0},
    )


def _prox(budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(12, 32))
    rivals = fractions_grid(-3, 3, budget.pick(24, 64))
    return join(*(minimiser_evidence(s, s.prox, grid, WEIGHTS, rivals) for _, s in _pairs()))


def _interval(budget: Budget) -> Evidence:
    """At a midpoint with weight eps every point within eps of it minimises, and prox_set gives the ends."""
    s = SmoothedL1(SETS[0], EPSILON)
    inside = fractions_grid(-1, 1, budget.pick(64, 1024)) * EPSILON
    zero = np.array([Fraction(0)], dtype=object)
    value = objective(s, inside, zero, EPSILON)
    least = objective(s, s.prox(zero, EPSILON), zero, EPSILON)
    ends = s.prox_set(Fraction(0), EPSILON) == (-EPSILON, EPSILON)
    return judge("sampled", (value == least) & ends, {"x": inside})


def _prox_of_w(budget: Budget) -> Evidence:
    grid = fractions_grid(-3, 3, budget.pick(12, 32))

    def sharp(thetas: Array, weight: Fraction) -> Array:
        return DistanceL1(SETS[0]).prox(thetas, weight)

    return minimiser_evidence(SmoothedL1(SETS[0], EPSILON), sharp, grid, WEIGHTS, grid)


CLAIM = Claim(
    name="smoothed-w",
    source="arXiv 1810.00861, Theorem 5.1 (asks for a differentiable R near W)",
    statement=(
        "The smoothed W lies within epsilon below W, has a gradient with Lipschitz constant "
        "1/epsilon, and its prox in closed form minimises globally."
    ),
    formula="0 <= W - S <= eps,  |S'(x) - S'(y)| <= |x - y| / eps",
    parts=(
        Part("closeness", "0 <= W - S <= eps", lambda b: _closeness(EPSILON, b)),
        Part("gradient", "the gradient is the derivative of the value", _gradient),
        Part("smoothness", "1/eps bounds every slope of S'", lambda b: _smoothness(Fraction(1), b)),
        Part("interval", "at a midpoint, weight eps: all points within eps", _interval),
        Part("prox", "no point has a smaller objective, below, at and above eps", _prox),
    ),
    controls=(
        Control("half the error", "W - S <= eps / 2", lambda b: _closeness(EPSILON / 2, b)),
        Control(
            "1% smoother",
            "0.99/eps bounds every slope",
            lambda b: _smoothness(Fraction(99, 100), b),
        ),
        Control("prox of W", "the prox of W itself minimises too", _prox_of_w),
    ),
    headline="smoothness x epsilon",
)
