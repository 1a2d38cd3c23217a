r"""The smoothed W: 0 <= W - S <= eps, |S'(x) - S'(y)| <= |x - y| / eps, and its prox in closed form.

All for 0 < eps <= a quarter of the smallest gap between levels. Both bounds are attained: W - S = eps at the midpoint,
slope 1/eps in the parabolas at levels and midpoints. S' is the derivative of S because for x, y >= 0

    |S(x) - S(y) - S'(y)(x - y)| <= (x - y)^2 / (2 eps),

and S is even and S' odd. The prox is a global minimiser, and the only one except at a midpoint, where both p and its
mirror image are if w > eps, and every point within eps if w = eps: the lemmas and how they combine are in
``lemmas.py``. They speak of the levels -1 and +1; any finite codebook is so gap by gap, see
``levels.py``.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, smt
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Codebook, FiniteSet
from pqtheory.theory.prox.grids import fractions_grid
from pqtheory.theory.prox.smoothed_w.lemmas import (
    HALF,
    above_tangent,
    below_tangent,
    even,
    in_range,
    minimiser,
    smoothed,
)
from pqtheory.theory.prox.smoothed_w.levels import W, any_codebook

SETS: tuple[FiniteSet, ...] = (W.set, Codebook((-2, Fraction(-1, 2), 0, Fraction(5, 4))))
EPSILON = Fraction(1, 8)
ERROR, SMOOTHNESS = "largest error / epsilon", "smoothness x epsilon"
MIDPOINT = "minimisers at 0, weight = epsilon = 1/8: from, to"


def _within(share: Fraction) -> smt.Statement:
    """0 <= W - S <= share eps."""

    def statement(x: Any, eps: Any) -> Any:
        error = W.value(x) - smoothed(eps).value(x)
        return in_range(eps), (error >= 0) & (error <= share * eps)

    return statement


def _lipschitz(factor: Fraction) -> smt.Statement:
    """|S'(x) - S'(y)| <= factor |x - y| / eps."""

    def statement(x: Any, y: Any, eps: Any) -> Any:
        change = abs(smoothed(eps).gradient(x) - smoothed(eps).gradient(y))
        return in_range(eps), eps * change <= factor * abs(x - y)

    return statement


def _cases(budget: Budget, count: int) -> Iterator[tuple[Fraction, ...]]:
    """``count`` points and eps."""
    points = fractions_grid(-2, 2, budget.pick(6, 16)).tolist()
    yield from product(*[points] * count, (EPSILON, HALF))


def _check(statement: smt.Statement, names: str) -> Check:
    count = len(names.split()) - 1

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, names, _cases(budget, count))

    return smt.or_else(statement, names, sampled)


def _largest_error(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """That the bound is attained."""
    grid = fractions_grid(-3, 3, 16)
    errors = [
        DistanceL1(s).value(grid[:, None], axis=-1)
        - SmoothedL1(s, EPSILON).value(grid[:, None], axis=-1)
        for s in SETS
    ]
    return {ERROR: float(max(e.max() for e in errors) / EPSILON)}, {ERROR: 1.0}


def _largest_slope(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """That the bound is attained."""
    grid = fractions_grid(-3, 3, 16)
    slopes = [abs(np.diff(SmoothedL1(s, EPSILON).gradient(grid))) / np.diff(grid) for s in SETS]
    return {SMOOTHNESS: float(max(s.max() for s in slopes) * EPSILON)}, {SMOOTHNESS: 1.0}


def _minimisers(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    found = list(smoothed(EPSILON).prox_set(0.0, float(EPSILON)))
    return {MIDPOINT: found}, {MIDPOINT: [-0.125, 0.125]}


CLAIM = Claim(
    name="smoothed-w",
    source="arXiv 1810.00861, Theorem 5.1 (asks for a differentiable R near W)",
    statement=(
        "The smoothed W lies within epsilon below W, has a gradient with Lipschitz constant 1/epsilon, and its prox in "
        "closed form minimises globally, for any finite codebook; ties are at midpoints only."
    ),
    formula="0 <= W - S <= eps,  |S'(x) - S'(y)| <= |x - y| / eps",
    parts=(
        Part(
            "closeness",
            "0 <= W - S <= eps",
            falsify.joined(_check(_within(Fraction(1)), "x epsilon"), figures=_largest_error),
        ),
        Part(
            "gradient",
            "the gradient is the derivative of the value",
            falsify.joined(
                _check(above_tangent, "x y epsilon"),
                _check(below_tangent, "x y epsilon"),
                _check(even, "x epsilon"),
            ),
        ),
        Part(
            "smoothness",
            "1/eps bounds every slope of S'",
            falsify.joined(_check(_lipschitz(Fraction(1)), "x y epsilon"), figures=_largest_slope),
        ),
        Part(
            "prox",
            "no point has a smaller objective; none has the same except p, -p at theta = 0 (weight >= eps) and "
            "all of [-eps, eps] there (weight = eps)",
            falsify.joined(minimiser(), figures=_minimisers),
        ),
        Part("any codebook", "in every gap all this is as for -1 and +1", any_codebook()),
    ),
    controls=(
        Control("half the error", "W - S <= eps / 2", _check(_within(HALF), "x epsilon")),
        Control(
            "1% smoother",
            "0.99/eps bounds every slope",
            _check(_lipschitz(Fraction(99, 100)), "x y epsilon"),
        ),
        Control(
            "prox of W",
            "the prox of W itself minimises too",
            minimiser(lambda s, t, w: W.prox(t, weight=w)),
        ),
        Control(
            "unique", "there is one minimiser for every theta and weight", minimiser(ties=False)
        ),
        Control(
            "weight in other units",
            "from one codebook to another, eps scales with the gap, the weight does not",
            any_codebook(scale_weight=False),
        ),
    ),
    headline=SMOOTHNESS,
    operators=(
        "pqtheory.regularizers.SmoothedL1.prox",
        "pqtheory.regularizers.SmoothedL1.value",
    ),
)
