"""The convex piecewise affine regularizer: its pieces, its prox, and what it is to the bump."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.regularizers import Bump, DistanceL1, PiecewiseAffine
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary

F = Fraction
LEVELS = (F(-2), F(-1, 2), F(1, 3), F(2))
SLOPES = (F(-3), F(-1), F(-1, 4), F(1, 2), F(4))
R = PiecewiseAffine(Codebook(LEVELS), SLOPES)
numbers = st.fractions(-5, 5, max_denominator=12)


def value(x: Fraction) -> Fraction:
    """Walked from the lowest level, where it is 0."""
    lowest = LEVELS[2]  # the slopes change sign there
    total, inner = F(0), [v for v in LEVELS if min(x, lowest) < v < max(x, lowest)]
    stops = sorted([x, lowest, *inner])
    for a, b in itertools.pairwise(stops):
        middle = (a + b) / 2
        slope = SLOPES[sum(v <= middle for v in LEVELS)]
        total += slope * (b - a) if x > lowest else -slope * (b - a)
    return total


@given(t=numbers, weight=st.fractions(0, 4, max_denominator=8), rivals=st.lists(numbers))
def test_the_prox_is_the_global_minimiser(t: Fraction, weight: Fraction, rivals: list) -> None:
    def objective(x: Fraction) -> Fraction:
        return (x - t) ** 2 / 2 + weight * value(x)

    x = R.prox(t, weight)
    assert all(objective(x) <= objective(y) for y in (*rivals, *LEVELS, t))
    low, high = (v[0] for v in R.subdifferential(np.array([x])))
    assert weight * low <= t - x <= weight * high
    assert R.prox_set(t, weight) == (x,)


@given(x=numbers)
def test_its_value(x: Fraction) -> None:
    assert R.value(x) == value(x)


def test_flat_at_levels_and_of_slope_one_between() -> None:
    theta = np.array([F(1, 3) - F(1, 8), F(1, 3) + F(1, 4), F(1, 3) + F(3, 4), F(7)])
    assert R.prox(theta, F(1, 2)).tolist() == [F(1, 3), F(1, 3), F(5, 6), F(5)]


@given(
    levels=st.lists(numbers, min_size=1, max_size=6, unique=True),
    t=numbers,
    weight=st.fractions(0, F(7, 8), max_denominator=8),
)
def test_by_default_it_is_the_bump_and_half_the_square(
    levels: list, t: Fraction, weight: Fraction
) -> None:
    book = Codebook(sorted(levels))
    affine, bump = PiecewiseAffine(book), Bump(book)
    x = min(max(t, min(levels)), max(levels))
    least = min(affine.value(v) - v * v / 2 - bump.value(v) for v in levels)
    assert affine.value(x) - x * x / 2 - bump.value(x) == least
    scaled = affine.prox(t / (1 - weight), weight / (1 - weight))
    assert bump.prox(t, weight) == scaled


def test_infinite_slopes_constrain() -> None:
    regularizer = PiecewiseAffine(Ternary(), (-math.inf, -0.5, 0.5, math.inf))
    assert regularizer.value(np.array([1.5])) == math.inf
    assert regularizer.value(np.array([0.5])) == 0.25
    assert regularizer.prox(np.array([3.0, -0.75]), 0.0).tolist() == [1, -0.75]
    low, high = regularizer.subdifferential(np.array([-2.0, -1.0, 0.0, 1.0, np.nan]))
    assert low.tolist()[:4] == [math.inf, -math.inf, -0.5, 0.5]
    assert high.tolist()[:4] == [-math.inf, -0.5, 0.5, math.inf]
    assert np.isnan([low[4], high[4]]).all()
    assert regularizer.envelope(math.inf, 0.0) == math.inf


def test_one_level_is_the_distance() -> None:
    theta = np.linspace(-2, 2, 41)
    regularizer = PiecewiseAffine(Codebook((0.5,)), (-1, 1))
    expected = DistanceL1(Codebook((0.5,)))
    np.testing.assert_allclose(regularizer.prox(theta, 0.3), expected.prox(theta, 0.3))
    np.testing.assert_allclose(regularizer.value(theta), expected.value(theta))
    assert PiecewiseAffine(Codebook((0.5,))).value(np.array([0.5, 0.5])) == 0


def test_at_an_infinite_theta() -> None:
    flat = PiecewiseAffine(Binary(), (0, 0, 1))
    assert flat.value(np.array([-math.inf])) == 0
    assert flat.value(np.array([math.inf])) == math.inf
    assert flat.prox(np.array([-math.inf, math.inf]), 0.5).tolist() == [-math.inf, math.inf]


def test_autograd_through_its_value() -> None:
    theta = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0], dtype=torch.float64, requires_grad=True)
    R.value(theta).backward()
    assert theta.grad is not None
    assert theta.grad.tolist() == [float(s) for s in SLOPES]


@pytest.mark.parametrize(
    ("slopes", "message"),
    [
        ((-1, 1), "expected 3 numbers, one more than levels"),
        ("abc", "expected 3 numbers"),
        ((-1, 2, 1), "expected ascending numbers"),
        ((1, 2, 3), "expected the first <= 0 <= the last"),
        ((-3, -2, -1), "expected the first <= 0 <= the last"),
        ((-math.inf, -math.inf, 1), "expected finite ones between levels"),
        ((-1, math.nan, 1), "slopes: expected a number"),
    ],
)
def test_bad_slopes(slopes: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PiecewiseAffine(Binary(), slopes)


@pytest.mark.parametrize("make", [np.array, torch.tensor, tuple])
def test_slopes_may_be_arrays(make: Any) -> None:
    assert PiecewiseAffine(Binary(), make([-1.0, 0.5, 1.0])).slopes == (-1.0, 0.5, 1.0)


def test_bad_arguments() -> None:
    with pytest.raises(TypeError, match="PiecewiseAffine: expected a set with fixed levels"):
        PiecewiseAffine(ScaledBinary())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weight: expected a number >= 0"):
        R.prox_set(0.5, -1)
    assert R.prox_set(F(-5, 4), math.inf) == (-2, F(-1, 2))
