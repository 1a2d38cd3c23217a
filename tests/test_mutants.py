"""Corners of the sets, the regularizers and the sign tracking that the broader tests pass by."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import (
    REGISTRY,
    AlternatingDistance,
    DistanceL1,
    DistanceL2,
    Indicator,
    LevelRegularizer,
    SmoothedL1,
)
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary
from pqtheory.signs import SignTracker, packing
from pqtheory.signs.packing import pack_signs

EXACT = [
    name
    for name, make in REGISTRY.items()
    if isinstance(r := make(), LevelRegularizer) and r.has_candidates and r.separable
]
POINTS = np.array([[0.5, -2.0, 0.1], [1.5, -0.25, 3.0]])


def exact(numbers):
    return np.array(numbers, dtype=object)


# sets


def test_the_levels_of_a_binary_set_of_scale_two_are_two():
    assert_array_equal(Binary(2.0).project(np.array([3.0, -0.1])), [2.0, -2.0])


@pytest.mark.parametrize("axis", [65, -65, (0, 65)])
def test_an_axis_that_no_array_has_is_refused_at_construction(axis):
    with pytest.raises(ValueError, match="axis: expected an integer from -64 to 64"):
        ScaledBinary(axis)


# regularizers


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize("name", REGISTRY)
def test_an_infinite_weight_writes_the_projection_to_out(name, make):
    regularizer, target = REGISTRY[name](), make(POINTS)
    expected = regularizer.quantize(make(POINTS))
    assert regularizer.prox(target, math.inf, out=target) is target
    assert_array_equal(target, expected)


@pytest.mark.parametrize("set_", [Binary(), Ternary(), ScaledBinary(axis=-1)])
def test_the_envelope_of_an_indicator_sums_over_axis(set_):
    envelope = Indicator(set_).envelope(POINTS, 1.0, axis=-1)
    assert_array_equal(envelope, DistanceL2(set_).value(POINTS, axis=-1))
    assert envelope.shape == (2,)


@pytest.mark.parametrize("name", EXACT)
def test_the_naive_prox_of_fractions_is_exact(name):
    theta, weight = exact([Fraction(1, 3), Fraction(-5, 7)]), Fraction(1, 11)
    slow = REGISTRY[name]().prox_naive(theta, weight)
    assert slow.tolist() == REGISTRY[name]().prox(theta, weight).tolist()
    assert all(isinstance(number, Fraction) for number in slow)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_summed_in_float32(dtype):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    theta = np.full(4096, 1.5, dtype=getattr(ml_dtypes, dtype, np.float16))
    assert float(DistanceL1(Binary()).value(theta)) == 2048
    assert float(DistanceL1(Binary()).envelope(theta, 0.25)) == 4096 * (0.25**2 + 0.25**2 / 2)


@pytest.mark.parametrize(
    ("make", "who"), [(DistanceL1, "DistanceL1"), (lambda s: SmoothedL1(s, 0.1), "SmoothedL1")]
)
def test_a_regularizer_that_needs_levels_says_its_name(make, who):
    with pytest.raises(TypeError, match=f"^{who}: expected a set with fixed levels"):
        make(ScaledBinary())


def test_epsilon_may_be_a_quarter_of_the_gap_and_no_more():
    # caps and parabolas meet: at weight = epsilon the minimiser is on the parabola of the level 4
    regularizer, t = SmoothedL1(Codebook((0, 4)), 1), Fraction(9, 4)
    assert regularizer.prox_set(t, Fraction(1)) == (Fraction(25, 8),)
    assert regularizer.prox(exact([t]), Fraction(1)).tolist() == [Fraction(25, 8)]
    with pytest.raises(ValueError, match=r"quarter of the smallest gap, 1, got 1\.01"):
        SmoothedL1(Codebook((0, 4)), 1.01)


def test_there_is_no_kink_where_the_dtype_lacks_the_midpoint():
    # the midpoint 1/2 + 2^-61 lies between two numbers of float64
    beside = np.array([0.5, np.nextafter(0.5, 1)])
    for bound in DistanceL1(Codebook((2.0**-60, 1.0))).subdifferential(beside):
        assert bound.tolist() == [1.0, -1.0]


# the alternating distance


@pytest.mark.parametrize("weight", [1e300, math.inf])
def test_beside_an_outlier_a_huge_weight_gives_the_fit_bit_for_bit(weight):
    theta = np.random.default_rng(0).standard_normal(1000)
    theta[0] = 1e6
    regularizer = AlternatingDistance(AlternatingMultiBit(1), rounds=1)
    assert_array_equal(regularizer.prox(theta, weight), regularizer.quantize(theta))


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_the_objective_of_half_precision_is_computed_in_float32(make):
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2)), make(POINTS)
    half = theta.astype(np.float16) if isinstance(theta, np.ndarray) else theta.half()
    got = regularizer.history(half, 0.5)
    assert all(value.dtype == half.dtype for value in got)
    assert_allclose(np.array(got, float), np.array(regularizer.history(theta, 0.5)), rtol=1e-2)


@pytest.mark.parametrize("method", ["prox", "envelope", "history", "prox_naive"])
def test_a_negative_weight_is_refused_everywhere(method):
    regularizer = AlternatingDistance(AlternatingMultiBit(2))
    with pytest.raises(ValueError, match=r"^weight: expected a number >= 0, got -1"):
        getattr(regularizer, method)(POINTS, -1.0)


@pytest.mark.parametrize("method", ["prox", "envelope", "history"])
def test_two_weights_are_refused(method):
    regularizer = AlternatingDistance(AlternatingMultiBit(2))
    with pytest.raises(ValueError, match=r"^weight: expected a shape .* \(1, 1\), got \(2,\)"):
        getattr(regularizer, method)(POINTS, np.ones(2))


def test_a_weight_in_an_array_keeps_fractions_exact():
    regularizer = AlternatingDistance(AlternatingMultiBit(2))
    theta = exact([Fraction(1, 3), Fraction(2), Fraction(-5)])
    result = regularizer.prox(theta, exact([Fraction(1, 7)]))
    assert result.tolist() == regularizer.prox(theta, Fraction(1, 7)).tolist()
    assert all(isinstance(number, Fraction) for number in result)


# signs


def test_the_least_negative_numbers_are_negative():
    for dtype in (np.float16, np.float32, np.float64):
        least = -np.finfo(dtype).smallest_subnormal
        assert_array_equal(pack_signs(np.array([least, -least, least], dtype)), [0b01000000])


def test_packing_on_a_device_gives_bytes():
    assert packing._pack_on_device(torch.ones(9)).dtype == np.uint8


def test_the_shape_in_a_state_is_made_of_integers():
    for shape in [(), (0,), (2, 3)]:
        stored = SignTracker(np.ones(shape)).state_dict()["shape/weights"]
        assert stored.dtype == np.int64


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16])
def test_a_state_of_any_size_can_be_loaded(size):
    tracker = SignTracker(-np.ones(size))
    tracker.load_state_dict(SignTracker(np.ones(size)).state_dict())
    assert tracker.positive().all()


def test_bits_behind_the_end_are_shown():
    state = SignTracker(np.ones(17)).state_dict()
    state["last/weights"] = np.array([1, 2, 64], np.uint8)
    with pytest.raises(ValueError, match="of 'last/weights', got 01000000"):
        SignTracker(np.ones(17)).load_state_dict(state)


def test_errors_about_names_say_which_argument():
    tracker = SignTracker({"a": np.ones(2)})
    with pytest.raises(ValueError, match=r"^weights: expected the names"):
        tracker.update({"b": np.ones(2)})
    with pytest.raises(ValueError, match=r"^state: expected the names"):
        tracker.load_state_dict({})
    with pytest.raises(ValueError, match=r"^weights: expected at least one array, got none$"):
        tracker.update({})
