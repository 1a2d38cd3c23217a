"""The bump between levels: its slopes, its ties, and the map of PARQ's published code."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from pqtheory.regularizers import Bump
from pqtheory.sets import Binary, Codebook, ScaledBinary, UniformGrid

WORDS = Codebook((Fraction(-3, 2), Fraction(-1, 4), Fraction(1, 4), Fraction(2)))


def annealed(t: Fraction, s: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
    """The midpoint of the gap that holds t plus (t - midpoint) / s, cut off at the gap's ends."""
    t = min(max(t, levels[0]), levels[-1])
    low, high = next((a, b) for a, b in itertools.pairwise(levels) if a <= t <= b)
    middle = (low + high) / 2
    return min(max(middle + (t - middle) / s, low), high)


@pytest.mark.parametrize("s", [Fraction(1), Fraction(2, 3), Fraction(1, 8)])
def test_it_is_the_map_of_the_published_code(s: Fraction) -> None:
    theta = np.array([Fraction(i, 12) for i in range(-30, 31)])
    expected = [annealed(t, s, WORDS.level_values) for t in theta]
    assert Bump(WORDS).prox(theta, 1 - s).tolist() == expected


def test_slopes() -> None:
    low, high = Bump(WORDS).subdifferential(np.array([-2, -1.5, -1, -0.25, 0, 1, 2, 2.5, np.nan]))
    assert low.tolist()[:-1] == [math.inf, -math.inf, 0.125, -0.625, 0, 0.125, -0.875, math.inf]
    assert high.tolist()[:-1] == [-math.inf, 0.625, 0.125, 0.25, 0, 0.125, math.inf, -math.inf]
    assert np.isnan([low[-1], high[-1]]).all()


def test_zero_is_in_the_subdifferential_of_the_objective() -> None:
    regularizer, theta = Bump(WORDS), np.arange(-48, 49) / 16
    for weight in (0.25, 0.5, 1.0, 2.0):
        x = regularizer.prox(theta, weight)
        low, high = regularizer.subdifferential(x)
        assert (x - theta + weight * low <= 1e-12).all()
        assert (x - theta + weight * high >= -1e-12).all()


def test_minimisers_at_a_midpoint() -> None:
    """Below weight 1 the midpoint, at 1 the whole gap, above both its ends."""
    regularizer = Bump(Binary())
    assert regularizer.prox_set(0.0, 0.5) == (0.0,)
    assert regularizer.prox_set(0.0, 1) == regularizer.prox_set(0.0, 2) == (-1.0, 1.0)
    assert regularizer.prox(0.0, 1) == regularizer.prox(0.0, 2) == 1


def test_outside_the_hull() -> None:
    regularizer = Bump(Binary())
    assert regularizer.value(1.5) == math.inf
    assert regularizer.prox(np.array([1.5, -7.0]), 0.0).tolist() == [1, -1]
    assert regularizer.prox_set(1.5, 0.0) == (1.0,)
    assert regularizer.envelope(1.5, 0.0) == 0.125
    assert regularizer.envelope(math.inf, 0.0) == math.inf


def test_long_codebooks_are_searched_alike() -> None:
    long, theta = UniformGrid(3, -1.0, 0.75), np.linspace(-0.25, 0.25, 997)
    expected = Bump(Codebook((-0.25, 0.0, 0.25))).prox(theta, 0.4)
    np.testing.assert_array_equal(Bump(long).prox(theta, 0.4), expected)


def test_it_needs_fixed_levels() -> None:
    with pytest.raises(TypeError, match="Bump: expected a set with fixed levels"):
        Bump(ScaledBinary())  # type: ignore[arg-type]
