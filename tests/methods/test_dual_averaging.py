"""The argmin of dual averaging against the exact objective, near and far away."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.methods import DualAveraging
from pqtheory.methods.dual_averaging import DualState
from pqtheory.sets import Binary, Codebook, Ternary, UniformGrid


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "quantization_set",
    [Binary(), Binary(0.3), Ternary(), UniformGrid(3, -1.0, 2.0), Codebook((0.5,))],
)
def test_the_argmin_of_a_start_far_away_is_the_outermost_level(
    quantization_set: Any, dtype: Any
) -> None:
    """Its objective at the levels is the same number in floats."""
    far = np.array([-1e9, 1e9, -np.inf, np.inf, -3e38], dtype)
    state = DualState(far, np.zeros_like(far), 0)
    low, high = quantization_set.levels(far)[[0, -1]]
    expected = [low, high, low, high, low]
    assert DualAveraging(quantization_set, 0.1).query(state).tolist() == expected


@given(st.integers(0, 10**6), st.floats(-8, 8))
def test_the_argmin_is_that_of_the_exact_objective(seed: int, exponent: float) -> None:
    """Off midpoints by more than the rounding of the two numbers, whatever their size."""
    rng = np.random.default_rng(seed)
    quantization_set = Codebook(sorted({*rng.integers(-8, 9, 4) / 4}))
    size = np.float32(10.0**exponent)
    start, total = (size * rng.standard_normal((2, 200))).astype(np.float32)
    got = DualAveraging(quantization_set, 0.1).query(DualState(start, total, 0))
    rounding = 2.0**-22 * (np.abs(start) + np.abs(total) + 2)
    for s, g, level, slack in zip(start, total, got, rounding, strict=True):
        levels = [Fraction(v) for v in quantization_set.level_values]
        objective = {v: Fraction(float(g)) * v + (v - Fraction(float(s))) ** 2 / 2 for v in levels}
        best = max(levels, key=lambda v: (-objective[v], v))
        middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
        latent = Fraction(float(s)) - Fraction(float(g))
        near = any(abs(latent - m) <= Fraction(float(slack)) for m in middles)
        assert near or level == best


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("quantization_set", [Ternary(), Codebook((-1.5, -0.25, 0.125, 2.0))])
def test_the_argmin_after_a_way_back_from_far_away(quantization_set: Any, dtype: Any) -> None:
    """The sum of the gradients is as large as the start: what is left is a level's, to the last bit."""
    rng = np.random.default_rng(0)
    size = rng.choice([1e-3, 0.5, 1e3, 3e4, 1e9, 1e17] if dtype != np.float16 else [0.5, 1e3], 300)
    start = (size * rng.choice([-1, 1], 300) * rng.choice([1, 1.3], 300)).astype(dtype)
    left = rng.choice([0, 0.5, -0.5, 0.3, 1e-7, -1e-7, 1e-17, 2, -3, -0.875, 1.0625], 300)
    total = (start + left.astype(dtype)).astype(dtype)
    got = DualAveraging(quantization_set, 0.1).query(DualState(start, total, 0))
    levels = [Fraction(float(v)) for v in quantization_set.levels(start)]
    for s, g, level in zip(start, total, got, strict=True):
        latent = Fraction(float(s)) - Fraction(float(g))
        assert level == max(levels, key=lambda v: (-abs(v - latent), v))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "quantization_set", [UniformGrid(3), UniformGrid(4, -1, 2), Codebook((0.1, 0.3, 0.7))]
)
def test_without_gradients_it_is_the_projection_beside_every_threshold(
    quantization_set: Any, dtype: Any
) -> None:
    """Most of these midpoints are no floats."""
    middles = np.array(quantization_set.cells(np.zeros(1, dtype)).thresholds, dtype)
    theta = np.concatenate(
        [middles, np.nextafter(middles, dtype(-9)), np.nextafter(middles, dtype(9))]
    )
    method = DualAveraging(quantization_set, 0.1)
    assert np.array_equal(method.query(method.init(theta)), quantization_set.project(theta))
