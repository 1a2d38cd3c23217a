"""The alternating prox: the naive twin, exact descent, its limits, and the 1-bit case."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from pqtheory.quantizers import REGISTRY, AdaptiveTernary, AlternatingMultiBit, GreedyMultiBit
from pqtheory.regularizers import alternating_distance
from pqtheory.regularizers.alternating_distance import PART, AlternatingDistance, best_point
from pqtheory.regularizers.distance_l2 import DistanceL2
from pqtheory.sets import ScaledBinary

NAMES = list(REGISTRY)
WEIGHTS = [0, 1e-3, 0.5, 3.0, 1e6, math.inf]

rows = st.lists(st.fractions(-4, 4, max_denominator=12), min_size=1, max_size=6)
weights = st.fractions(0, 50, max_denominator=8)


def exact(numbers):
    return np.array(numbers, dtype=object)


def random_array(shape=(4, 9), seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def square(x):
    return (x * x).sum()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_naive_twin(name, weight, dtype):
    regularizer = AlternatingDistance(REGISTRY[name](), rounds=3)
    tolerance = {"float64": 1e-13, "float32": 1e-5, "float16": 4e-3}[dtype]
    theta = random_array().astype(dtype)
    slow = regularizer.prox_naive(theta, weight)
    fast = regularizer.prox(theta, weight)
    assert fast.dtype == slow.dtype == theta.dtype
    assert_allclose(fast, slow, atol=tolerance)
    same = regularizer.prox(torch.tensor(theta), weight)
    assert str(same.dtype) == f"torch.{dtype}"
    assert_allclose(same.numpy(), slow, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(row=rows, weight=weights)
def test_naive_twin_exact(name, row, weight):
    regularizer = AlternatingDistance(REGISTRY[name]())
    theta = exact([row])
    fast = regularizer.prox(theta, weight)
    assert_array_equal(fast, regularizer.prox_naive(theta, weight))
    assert all(isinstance(number, Fraction) for number in fast.ravel())


@given(row=rows, weight=weights, bits=st.integers(1, 4), inner=st.integers(1, 2))
def test_no_half_step_increases_the_objective(row, weight, bits, inner):
    regularizer = AlternatingDistance(AlternatingMultiBit(bits, rounds=inner), rounds=4)
    history = regularizer.history(exact(row), weight)
    assert len(history) == 8
    assert all(b <= a for a, b in itertools.pairwise(history))


@given(row=rows, weight=weights)
def test_iterates_are_half_steps(row, weight):
    theta, regularizer = exact(row), AlternatingDistance(AlternatingMultiBit(2), rounds=3)
    iterates = list(regularizer.iterates(theta, weight))
    assert_array_equal(iterates[0][0], theta)
    for (before, fit), (after, same) in zip(iterates[::2], iterates[1::2], strict=True):
        assert fit is same
        assert_array_equal(after, (theta + weight * fit.values) / (1 + weight))
        gap = square(after - theta) / 2 + weight * square(after - fit.values) / 2
        assert regularizer.objective(after, theta, weight, fit) == gap
        assert regularizer.objective(before, theta, weight, fit) >= gap
    assert_array_equal(regularizer.prox(theta, weight), iterates[-1][0])
    assert regularizer.envelope(theta, weight) == gap


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_iterates_of_half_precision_end_at_the_prox(dtype):
    theta = torch.asarray(random_array((6, 40))).to(getattr(torch, dtype))
    regularizer = AlternatingDistance(AlternatingMultiBit(2, axis=-1), rounds=3)
    *_, (end, _) = regularizer.iterates(theta, 0.3)
    assert torch.equal(end.to(theta.dtype), regularizer.prox(theta, 0.3))


@pytest.mark.parametrize("bits", [2, 3])
def test_each_fit_starts_from_the_last(bits):
    quantizer = AlternatingMultiBit(bits, rounds=1)
    theta = random_array(12, 4)
    pairs = list(AlternatingDistance(quantizer, rounds=3).iterates(theta, 0.3))
    for (x, _), (_, last), (_, fit) in zip(pairs[2::2], pairs[1::2], pairs[2::2], strict=False):
        assert_array_equal(fit.values, quantizer.fit(x, last).values)


@given(row=rows, weight=weights, bits=st.integers(1, 3), rounds=st.integers(1, 4))
def test_large_weight_keeps_the_first_fit(row, weight, bits, rounds):
    # |prox - q_0| <= (2 rounds - 1) / (1 + w) |t - q_0|
    theta, quantizer = exact(row), AlternatingMultiBit(bits)
    first = quantizer.quantize(theta)[0]
    moved = AlternatingDistance(quantizer, rounds).prox(theta, weight) - first
    factor = Fraction(2 * rounds - 1) / (1 + weight)
    assert square(moved) <= factor**2 * square(theta - first)


@pytest.mark.parametrize("name", NAMES)
def test_weight_zero_is_the_identity(name):
    theta = random_array()
    assert_array_equal(AlternatingDistance(REGISTRY[name]()).prox(theta, 0.0), theta)


@pytest.mark.parametrize("name", NAMES)
def test_infinite_weight_quantizes(name):
    regularizer, theta = AlternatingDistance(REGISTRY[name](), rounds=1), random_array()
    assert_array_equal(regularizer.prox(theta, math.inf), regularizer.quantize(theta))
    assert_array_equal(regularizer.quantize(theta), regularizer.quantizer.quantize(theta)[0])
    last = regularizer.history(theta, math.inf)[-1]
    assert_allclose(last, regularizer.value(theta))
    assert_allclose(regularizer.envelope(theta, math.inf), regularizer.value(theta))
    off = regularizer.objective(theta, theta, math.inf, regularizer.quantizer.fit(theta))
    assert off == math.inf
    with pytest.raises(ValueError, match=r"^x: expected shape \(.*\) like theta, got \(1,\)"):
        regularizer.objective(theta.reshape(-1)[:1], theta, 1.0, regularizer.quantizer.fit(theta))


def test_a_number_is_quantized_to_a_number():
    regularizer = AlternatingDistance(REGISTRY["alternating-2-bit"]())
    assert isinstance(regularizer.quantize(0.25), np.float64)
    assert isinstance(regularizer.quantize(np.float32(0.25)), np.float32)
    assert regularizer.quantize(np.array(0.25)).shape == ()


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_pulled_as_the_whole(name, monkeypatch):
    theta, regularizer = random_array((9, 7)), AlternatingDistance(REGISTRY[name](), rounds=1)
    for t in (theta, theta.astype(np.float32), torch.tensor(theta, dtype=torch.float32)):
        monkeypatch.setattr(alternating_distance, "PART", 1 << 17)
        whole = regularizer.prox(t, 0.7)
        monkeypatch.setattr(alternating_distance, "PART", 20)
        parts = regularizer.prox(t, 0.7)
        assert type(parts) is type(whole)
        assert_array_equal(parts, whole)


def test_fits_of_tensors_in_parts_on_threads_let_gradients_pass_only_where_asked(monkeypatch):
    monkeypatch.setattr(alternating_distance, "PART", 20)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    regularizer = AlternatingDistance(AlternatingMultiBit(2, per="row"), rounds=1)
    theta = torch.tensor(random_array((9, 7)), dtype=torch.float32)
    values = regularizer.quantize(theta)
    for weight in (0.5, torch.tensor(0.5)):
        assert torch.equal(regularizer.prox(theta, weight), best_point(theta, values, 0.5))
    asked = theta.clone().requires_grad_()
    regularizer.prox(asked, 1.0).sum().backward()
    assert torch.equal(asked.grad, torch.full_like(theta, 0.5))


@given(row=rows, weight=weights)
def test_one_bit_is_half_squared_distance_to_scaled_binary(row, weight):
    theta = exact(row)
    ours, known = AlternatingDistance(AlternatingMultiBit(1)), DistanceL2(ScaledBinary())
    assert_array_equal(ours.prox(theta, weight), known.prox(theta, weight))
    assert ours.value(theta) == known.value(theta)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("paper", [1e-3, 0.25, 7.0])
def test_the_paper_has_the_whole_square_and_half_the_weight(name, paper):
    theta, regularizer = random_array(), AlternatingDistance(REGISTRY[name](), rounds=1)
    q = regularizer.quantize(theta)
    assert_allclose(regularizer.prox(theta, 2 * paper), (theta + 2 * paper * q) / (1 + 2 * paper))
    assert_allclose(2 * regularizer.value(theta), square(theta - q))


def test_ternary_two_rounds_by_hand():
    # q_0 = (3, 3, 0, -4): Delta = 7/4; x_1 = (t + q_0) / 2 = (13/4, 13/4, 1/2 ...)
    theta = exact([Fraction(4), Fraction(2), Fraction(0), Fraction(-4)])
    (_, first), (x, _), (_, second), (end, _) = AlternatingDistance(AdaptiveTernary()).iterates(
        theta, Fraction(1)
    )
    assert_array_equal(first.values, [3, 3, 0, -4])
    assert_array_equal(x, exact([Fraction(7, 2), Fraction(5, 2), 0, -4]))
    assert_array_equal(second.values, [3, 3, 0, -4])
    assert_array_equal(end, exact([Fraction(7, 2), Fraction(5, 2), 0, -4]))


def best_objective(theta, bits):
    """Least ||theta - q||^2 over all sign matrices, each with its least squares scales."""
    columns = [np.array((1, *rest)) for rest in itertools.product((1, -1), repeat=len(theta) - 1)]
    return min(
        square(theta - B @ np.linalg.lstsq(B, theta)[0])
        for chosen in itertools.combinations_with_replacement(columns, bits)
        for B in [np.stack(chosen, axis=-1).astype(float)]
    )


@pytest.mark.parametrize("bits", [1, 2])
def test_value_and_envelope_are_upper_bounds(bits):
    regularizer = AlternatingDistance(AlternatingMultiBit(bits, axis=-1))
    theta = random_array((20, 5), 7)
    least = np.array([best_objective(row, bits) for row in theta])
    assert (regularizer.value(theta, axis=-1) >= least / 2 - 1e-12).all()
    assert (regularizer.envelope(theta, 4.0, axis=-1) >= 2 / 5 * least - 1e-12).all()
    if bits == 1:
        assert_allclose(regularizer.value(theta, axis=-1), least / 2)


@pytest.mark.parametrize("name", NAMES)
def test_value(name):
    regularizer, theta = AlternatingDistance(REGISTRY[name]()), random_array()
    squares = (theta - regularizer.quantize(theta)) ** 2 / 2
    assert_allclose(regularizer.value(theta), squares.sum())
    assert_allclose(regularizer.value(theta, axis=0), squares.sum(0))
    point = torch.tensor(theta, requires_grad=True)
    regularizer.value(point).backward()
    assert_allclose(point.grad.numpy(), theta - regularizer.quantize(theta), atol=1e-12)


def test_sums_over_axis():
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2, axis=-1)), random_array()
    assert_allclose(
        regularizer.envelope(theta, 0.7, axis=-1), regularizer.history(theta, 0.7, axis=-1)[-1]
    )
    assert regularizer.history(theta, 0.7, axis=-1)[0].shape == (4,)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_results_keep_the_dtype(dtype):
    regularizer = AlternatingDistance(AlternatingMultiBit(2))
    theta = torch.tensor(random_array()).to(dtype)
    reference = torch.tensor(random_array())
    assert regularizer.value(theta).dtype == dtype
    assert regularizer.envelope(theta, 1.0).dtype == dtype
    assert_allclose(regularizer.value(theta).double(), regularizer.value(reference), rtol=2e-2)
    assert_allclose(
        regularizer.envelope(theta, 1.0).double(), regularizer.envelope(reference, 1.0), rtol=2e-2
    )


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_out_may_be_theta(make):
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2)), make(random_array())
    fresh = regularizer.prox(theta, 0.5)
    target = make(random_array())
    assert regularizer.prox(target, 0.5, out=target) is target
    assert_array_equal(target, fresh)
    with pytest.raises(ValueError, match="out"):
        regularizer.prox(theta, 0.5, out=make(random_array((2, 2))))


def test_nan_takes_its_group_only():
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2, axis=-1)), random_array()
    clean = regularizer.prox(theta, 0.5)
    theta[1, 2] = np.nan
    dirty = regularizer.prox(theta, 0.5)
    assert np.isnan(dirty[1]).all()
    assert_array_equal(dirty[[0, 2, 3]], clean[[0, 2, 3]])
    assert_array_equal(regularizer.prox_naive(theta, 0.5)[1], dirty[1])


@pytest.mark.parametrize(
    "weight", [1, np.float32(1), np.array(1.0), np.array([1.0]), np.array([[1.0]]), Fraction(1)]
)
def test_one_number_in_any_form(weight):
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2)), random_array()
    assert_array_equal(regularizer.prox(theta, weight), regularizer.prox(theta, 1.0))
    assert_array_equal(regularizer.envelope(theta, weight), regularizer.envelope(theta, 1.0))
    point = torch.tensor(theta)
    assert_array_equal(regularizer.prox(point, torch.tensor(1.0)), regularizer.prox(point, 1.0))


@pytest.mark.parametrize("weight", [-1.0, math.nan, np.ones(9), np.ones((4, 1))])
def test_wrong_weight(weight):
    regularizer, theta = AlternatingDistance(AlternatingMultiBit(2)), random_array()
    for method in (regularizer.prox, regularizer.envelope, regularizer.history):
        with pytest.raises(ValueError, match="weight"):
            method(theta, weight)


def test_what_it_lacks():
    regularizer = AlternatingDistance(GreedyMultiBit(2))
    with pytest.raises(TypeError, match=r"prox_set.*GreedyMultiBit.*heuristic"):
        regularizer.prox_set(0.5, 1.0)
    with pytest.raises(TypeError, match=r"subdifferential.*GreedyMultiBit.*heuristic"):
        regularizer.subdifferential(np.zeros(3))


def test_wrong_construction():
    with pytest.raises(TypeError, match="quantizer"):
        AlternatingDistance(ScaledBinary())
    with pytest.raises(ValueError, match=r"rounds.*0"):
        AlternatingDistance(AdaptiveTernary(), rounds=0)


@pytest.mark.parametrize("theta", [np.arange(4), np.array([1j])])
def test_wrong_theta(theta):
    regularizer = AlternatingDistance(AlternatingMultiBit(2))
    for method in (regularizer.prox, regularizer.envelope, regularizer.prox_naive):
        with pytest.raises(TypeError, match="theta"):
            method(theta, 1.0)
    with pytest.raises(TypeError, match="theta"):
        regularizer.value(theta)


@pytest.mark.parametrize("make", [np.asarray, torch.from_numpy])
def test_many_rows_are_pulled_where_they_belong(make):
    """In place, beside, and where the memory of both overlaps; torch is told who wrote."""
    rows = PART // 256 * 3
    numbers = np.random.default_rng(0).normal(size=(rows + 1, 256)).astype(np.float32)
    distance = AlternatingDistance(AlternatingMultiBit(2, per="row"), rounds=1)
    expected = np.asarray(distance.prox(numbers[:-1].copy(), 0.3))
    beside, own = make(np.zeros_like(numbers[:-1])), make(numbers[:-1].copy())
    versions = [getattr(t, "_version", None) for t in (beside, own)]
    assert distance.prox(own, 0.3, out=beside) is beside
    assert distance.prox(own, 0.3, out=own) is own
    memory = make(numbers.copy())
    distance.prox(memory[:-1], 0.3, out=memory[1:])
    for found in (beside, own, memory[1:]):
        np.testing.assert_array_equal(np.asarray(found), expected)
    if make is torch.from_numpy:
        assert [t._version > v for t, v in zip((beside, own), versions, strict=True)] == [True] * 2
