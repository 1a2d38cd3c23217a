"""The subdifferential over terms is that over fractions: at levels, midpoints and between, however many levels."""

import itertools
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import Budget, forall, real
from pqtheory.regularizers import DistanceL1, DistanceL2, SmoothedL1
from pqtheory.sets import Binary, Codebook, Ternary

pytest.importorskip("z3")
QUICK = Budget()
MANY = Codebook((Fraction(-7, 3), -1, 0, Fraction(1, 2), 5, 6))
REGULARIZERS = [
    *(R(levels) for R in (DistanceL1, DistanceL2) for levels in (Binary(), Ternary(), MANY)),
    *(R(Codebook((2,))) for R in (DistanceL1, DistanceL2)),
    SmoothedL1(Binary(), Fraction(1, 4)),
]


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=repr)
def test_it_is_that_over_fractions(regularizer: Any) -> None:
    levels = [Fraction(level) for level in regularizer.set.level_values]
    points = [levels[0] - 1, *levels, *((a + b) / 2 for a, b in itertools.pairwise(levels))]
    for point in (*points, *(p + Fraction(1, 8) for p in points)):
        low, high = (bound.item() for bound in regularizer.subdifferential(np.array([point])))

        def at_the_point(x: Any, point: Any = point) -> Any:
            return [x == point]

        @forall(x=real, given=at_the_point)
        def same(x: Any, low: Any = low, high: Any = high) -> Any:
            below, above = regularizer.subdifferential(x)
            return (below == low) & (above == high)

        assert same(QUICK).kind == "proved", point


@pytest.mark.parametrize("regularizer", [DistanceL1(MANY), DistanceL2(MANY)], ids=repr)
def test_it_is_an_interval_at_kinks_alone(regularizer: Any) -> None:
    levels = [Fraction(level) for level in MANY.level_values]
    midpoints = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    kinks = midpoints if isinstance(regularizer, DistanceL2) else [*levels, *midpoints]

    @forall(x=real)
    def wider(x: Any) -> Any:
        low, high = regularizer.subdifferential(x)
        return (low < high) == reduce(or_, [x == kink for kink in kinks])

    assert wider(QUICK).kind == "proved"
