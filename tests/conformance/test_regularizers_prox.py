"""Every regularizer, on every kind of array: the prox is a global minimiser, the values are those of the definition."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.methods import BinaryRelax
from pqtheory.regularizers import (
    Bump,
    DistanceL1,
    DistanceL2,
    Indicator,
    LevelRegularizer,
    PiecewiseAffine,
    Regularizer,
    SmoothedL1,
)
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid

from .helpers import (
    KINDS,
    PRECISE,
    Kind,
    bits,
    distances,
    looped,
    names,
    numbers,
    reference_values,
    same_kind,
    sample_points,
    scaled_binary_distance,
)
from .regularizer_cases import (
    DIFFERENTIABLE,
    EXACT,
    FINITE,
    FIXED,
    REGISTRY,
    all_kinds,
    all_regularizers,
    all_weights,
    exact_regularizers,
    fixed_regularizers,
    is_distance,
)

INDICATORS = names(REGISTRY, lambda r: isinstance(r, Indicator))


def is_symmetric(regularizer: Regularizer) -> bool:
    """Whether its levels are their own mirror images."""
    levels = numbers(regularizer.quantize(np.linspace(-3, 3, 601)))
    return set(levels) == set(-levels)


SYMMETRIC = names(REGISTRY, is_symmetric)
WORDS = (-1.5, -0.25, 0.1, 2.0)
precise_kinds = pytest.mark.parametrize("kind", PRECISE, ids=str)


def points_of(regularizer: Any, kind: Kind) -> tuple[Any, list[float]]:
    levels = numbers(regularizer.set.levels(kind.array([0.0]))).tolist()
    return kind.array(sample_points(levels)), levels


def objective(regularizer: Any, x: Any, t: Any, weight: float, levels: list[float]) -> np.ndarray:
    """1/2 (x - t)^2 + w R(x) by the definition; 0 times infinity counts as infinity."""
    values = reference_values(regularizer, x, levels)
    if weight == math.inf or isinstance(regularizer, Indicator):
        pull = np.where(values == 0, 0.0, math.inf)
    else:
        pull = np.where(
            values == math.inf, math.inf, weight * np.where(values < math.inf, values, 0)
        )
    return (x - t) ** 2 / 2 + pull


#: whose twin is the search that their values lead
SEARCHED = [n for n in REGISTRY if REGISTRY[n]().separable and n not in EXACT]


# the definition


@all_kinds
@all_weights
@fixed_regularizers
def test_no_rival_beats_the_prox(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta, levels = points_of(regularizer, kind)
    t = numbers(theta)
    x = numbers(regularizer.prox(theta, weight))
    if weight == math.inf or isinstance(regularizer, Indicator):
        assert set(x) <= set(levels)
    rng = np.random.default_rng(0)
    shared = np.concatenate([np.arange(-300, 301) / 100, levels, rng.uniform(-3, 3, 50)])
    own = [t, t - weight, t + weight, x + 1e-3, x - 1e-3] if weight < math.inf else [t]
    rivals = np.concatenate(
        [np.broadcast_to(shared[:, None], (shared.size, t.size)), *[o[None] for o in own]]
    )
    best = objective(regularizer, rivals, t, weight, levels).min(axis=0)
    mine = objective(regularizer, x, t, weight, levels)
    assert (mine <= best + 8 * kind.eps * (1 + np.abs(t))).all()


@exact_regularizers
def test_the_prox_of_fractions_is_the_largest_exact_minimiser(name: str) -> None:
    regularizer = REGISTRY[name]()
    levels = [Fraction(v) for v in regularizer.set.level_values]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    theta = [Fraction(i, 6) for i in range(-16, 17)] + levels[:4] + middles[:4]
    for weight in (Fraction(0), Fraction(1, 16), Fraction(1, 3), Fraction(2), math.inf):
        x = regularizer.prox(np.array(theta, dtype=object), weight)
        assert all(isinstance(v, Fraction) for v in x)
        sets = [regularizer.prox_set(t, weight) for t in theta]
        assert x.tolist() == [s[-1] for s in sets]
        for t, members in zip(theta, sets, strict=True):
            assert list(members) == sorted(set(members))
            assert all(isinstance(v, Fraction) for v in members)
            assert (
                t not in middles or weight == 0 or len(members) == 2 or not is_distance(regularizer)
            )


@all_kinds
@all_weights
@all_regularizers
def test_naive_twin(name: str, weight: float, kind: Kind) -> None:
    if kind.backend == "torch":
        return  # the twin is NumPy's
    regularizer = REGISTRY[name]()
    # exact in every dtype; to search takes long
    theta = kind.array(np.arange(-20, 21, 2 if name in SEARCHED else 1) / 8)
    # levels that the dtype rounds put the ties elsewhere: compare on representable ones
    if name in FIXED:
        levels = numbers(regularizer.set.levels(kind.array([0.5])))
        if levels.tolist() != [float(v) for v in regularizer.set.level_values]:
            theta = theta.astype(np.float64)
    eps = kind.eps
    naive = regularizer.prox_naive(theta, weight)
    assert same_kind(naive, theta)
    if name in SEARCHED and weight < math.inf:
        # the search finds the least objective, and the point to half the digits
        x, found, t = numbers(regularizer.prox(theta, weight)), numbers(naive), numbers(theta)
        mine, least = (
            (v - t) ** 2 / 2 + weight * numbers(regularizer.value(v[:, None], axis=-1))
            for v in (x, found)
        )
        assert (abs(mine - least) <= 8 * eps * (1 + t**2)).all()
        assert (abs(x - found) <= 4 * eps + 1e-6).all()
        return
    np.testing.assert_allclose(
        numbers(regularizer.prox(theta, weight)), numbers(naive), rtol=4 * eps, atol=4 * eps
    )


def test_naive_twin_with_weights_per_entry_and_nan() -> None:
    theta, weight = np.array([[0.5, np.nan], [-0.25, 3.0]]), np.array([[0.1], [np.inf]])
    for name in REGISTRY:
        regularizer = REGISTRY[name]()
        if regularizer.separable:
            np.testing.assert_allclose(
                regularizer.prox_naive(theta, weight), regularizer.prox(theta, weight), rtol=1e-6
            )
    rows = DistanceL2(ScaledBinary(axis=-1))
    spoilt = np.nan_to_num(theta)
    np.testing.assert_allclose(rows.prox_naive(spoilt, weight), rows.prox(spoilt, weight))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_coupled_prox_beats_random_rivals(seed: int, weight: float) -> None:
    rng = np.random.default_rng(seed)
    theta = rng.standard_normal(4)
    regularizer = DistanceL2(ScaledBinary())

    def exact(x: np.ndarray) -> float:
        return float(np.sum((x - theta) ** 2) / 2 + weight * scaled_binary_distance(x) ** 2 / 2)

    x = regularizer.prox(theta, weight)
    rivals = [x + s * rng.standard_normal(4) for s in (1e-3, 0.1, 1) for _ in range(40)]
    assert exact(x) <= min(map(exact, rivals)) + 1e-12
    assert regularizer.envelope(theta, weight) == pytest.approx(exact(x))
    assert regularizer.value(theta) == pytest.approx(scaled_binary_distance(theta) ** 2 / 2)


# values


@all_kinds
@fixed_regularizers
def test_value_is_the_sum_of_the_definition(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta, levels = points_of(regularizer, kind)
    theta = theta[:120].reshape(3, 4, 10)
    if isinstance(regularizer, Indicator):
        theta = regularizer.set.project(theta)
        theta[0, 0, 0] = 0.3
    expected = reference_values(regularizer, numbers(theta), levels)
    for axis in (None, 0, -1, (0, 2)):
        value = regularizer.value(theta, axis=axis)
        assert value.dtype == theta.dtype
        np.testing.assert_allclose(
            numbers(value), expected.sum(axis), rtol=8 * kind.eps, atol=16 * kind.eps
        )


@exact_regularizers
def test_values_of_fractions_are_those_of_the_exact_definition(name: str) -> None:
    regularizer = REGISTRY[name]()
    levels = tuple(Fraction(v) for v in regularizer.set.level_values)
    points = (
        [*levels]
        if isinstance(regularizer, Indicator)
        else [Fraction(i, 7) for i in range(-20, 21)]
    )
    for x in points:
        expected = 0 if isinstance(regularizer, Indicator) else regularizer._exact_value(x, levels)
        assert regularizer.value(np.array([x])) == expected


@all_kinds
@all_regularizers
def test_values_vanish_on_the_set_and_on_nothing(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta = kind.array(sample_points())
    quantized = regularizer.quantize(theta)
    if isinstance(regularizer, LevelRegularizer):
        assert bits(quantized) == bits(regularizer.set.project(theta))
    if regularizer.separable and not isinstance(regularizer, PiecewiseAffine):
        assert numbers(regularizer.value(quantized)) == 0
    assert numbers(regularizer.value(kind.array(np.zeros((0, 3))))) == 0
    assert regularizer.value(kind.array(np.zeros((0, 3))), axis=0).shape == (3,)


@precise_kinds
@pytest.mark.parametrize("name", [n for n in FIXED if n in FINITE])
@all_weights
def test_envelope(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta, levels = points_of(regularizer, kind)
    t = numbers(theta)
    x = numbers(regularizer.prox(theta, weight))
    expected = objective(regularizer, x, t, weight, levels)
    if weight == math.inf:
        expected = distances(t, levels) ** 2 / 2
    for i in range(0, t.size, 7):
        envelope = float(regularizer.envelope(theta[i : i + 1], weight))
        slack = 8 * kind.eps
        assert envelope == pytest.approx(expected[i], rel=slack, abs=slack)
        assert envelope <= distances(t, levels)[i] ** 2 / 2 + slack
        if weight < math.inf:
            assert envelope <= weight * float(regularizer.value(theta[i : i + 1])) + slack
    whole = float(regularizer.envelope(theta, weight))
    assert whole == pytest.approx(expected.sum(), rel=1e2 * kind.eps)
    rows = regularizer.envelope(theta[:120].reshape(3, 40), weight, axis=1)
    np.testing.assert_allclose(
        numbers(rows), expected[:120].reshape(3, 40).sum(1), rtol=1e2 * kind.eps, atol=1e-6
    )


@all_kinds
def test_envelope_of_half_precision_does_not_overflow_inside(kind: Kind) -> None:
    regularizer = DistanceL1(Binary())
    assert float(regularizer.envelope(kind.array([600.0]), 0.5)) == pytest.approx(299.5, rel=0.01)


def test_envelope_of_fractions_and_weights_per_row() -> None:
    theta = np.array([[Fraction(1, 3), Fraction(2)], [Fraction(0), Fraction(-3, 2)]])
    regularizer = DistanceL1(Binary())
    # |x - t| = 1/2 costs 1/8, the rest of the distance 1/2 each; -3/2 reaches its level
    value = regularizer.envelope(theta, 0.5)
    assert isinstance(value, Fraction)
    assert value == (Fraction(1, 8) + Fraction(1, 12)) + (Fraction(3, 8)) + (
        Fraction(3, 8)
    ) + Fraction(1, 8)
    by_array = regularizer.envelope(theta, np.full((2, 1), 0.5))
    assert isinstance(by_array, Fraction)
    assert by_array == value
    weight = np.array([[0.25], [np.inf]])
    rows = regularizer.envelope(theta.astype(float), weight, axis=-1)
    single = [
        regularizer.envelope(row.astype(float), w[0]) for row, w in zip(theta, weight, strict=True)
    ]
    np.testing.assert_allclose(rows, single)
    tensor = regularizer.envelope(torch.asarray(theta.astype(float)), weight, axis=-1)
    np.testing.assert_allclose(numbers(tensor), single)


@all_kinds
@pytest.mark.parametrize("name", INDICATORS)
def test_indicator(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta = kind.array(sample_points())
    on = regularizer.set.project(theta)
    for weight in (0.0, 0.3, math.inf):
        assert bits(regularizer.prox(theta, weight)) == bits(on)
        half = DistanceL2(regularizer.set).value(theta)
        assert bits(regularizer.envelope(theta, weight)) == bits(half)
    with pytest.raises(ValueError, match="weight: expected a number >= 0, got -1"):
        regularizer.envelope(theta, -1)
    if regularizer.separable:
        low, high = regularizer.subdifferential(on)
        assert (numbers(low) == -np.inf).all()
        assert (numbers(high) == np.inf).all()
    low, high = regularizer.subdifferential(kind.array([0.25, 0.5]))
    assert (numbers(low) == np.inf).all()
    assert (numbers(high) == -np.inf).all()


def test_indicator_has_no_value_off_its_levels() -> None:
    assert Indicator(Binary()).value(np.array([1.0, 0.9])) == np.inf
    with pytest.raises(ValueError, match="no finite value"):
        Indicator(Binary())._exact_value(Fraction(0), (Fraction(1),))


# optimality


@precise_kinds
@looped("weight", (0.01, 0.125, 0.3, 1.0))
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_zero_is_in_the_subdifferential_of_the_objective(
    name: str, weight: float, kind: Kind
) -> None:
    regularizer = REGISTRY[name]()
    theta, _ = points_of(regularizer, kind)
    x = regularizer.prox(theta, weight)
    low, high = regularizer.subdifferential(x)
    residual = numbers(x) - numbers(theta)
    slack = 64 * kind.eps
    if isinstance(regularizer, SmoothedL1):
        slack *= 1 + weight / regularizer.epsilon
    elif not is_distance(regularizer):
        slack *= 64
    assert (residual + weight * numbers(low) <= slack).all()
    assert (residual + weight * numbers(high) >= -slack).all()


# ties


@pytest.mark.parametrize(
    ("regularizer", "weight", "expected"),
    [
        (DistanceL1(Binary()), 0.5, (-0.5, 0.5)),
        (DistanceL1(Binary()), 3.0, (-1.0, 1.0)),
        (DistanceL1(Binary()), 0.0, (0.0,)),
        (DistanceL2(Binary()), 1.0, (-0.5, 0.5)),
        (DistanceL2(Binary()), math.inf, (-1.0, 1.0)),
        (Indicator(Binary()), 0.0, (-1.0, 1.0)),
        (SmoothedL1(Binary(), 0.25), 0.125, (0.0,)),
        (SmoothedL1(Binary(), 0.25), 0.25, (-0.25, 0.25)),  # the ends of an interval
        (SmoothedL1(Binary(), 0.25), 0.5, (-0.5, 0.5)),
    ],
)
def test_prox_set_at_zero(regularizer: Any, weight: float, expected: tuple[float, ...]) -> None:
    members = regularizer.prox_set(0.0, weight)
    assert members == pytest.approx(expected)
    assert all(type(v) is float for v in members)
    for kind in KINDS:
        for zero in (0.0, -0.0):
            x = float(regularizer.prox(kind.array([zero]), weight)[0])
            assert x == max(expected) or 0.25 in (weight, x)


def test_prox_set_between_other_levels_and_numpy_numbers() -> None:
    regularizer = DistanceL1(Codebook((-1, 0, 3)))
    assert regularizer.prox_set(1.5, 0.25) == (1.25, 1.75)
    assert regularizer.prox_set(np.float32(1.5), np.float32(0.25)) == (1.25, 1.75)
    assert regularizer.prox_set(7, 2) == (5.0,)
    assert regularizer.prox_set(Fraction(3, 2), Fraction(1, 3)) == (
        Fraction(7, 6),
        Fraction(11, 6),
    )


# levels, symmetries


@all_kinds
@all_weights
@fixed_regularizers
def test_levels_stay_bit_for_bit(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    levels = regularizer.set.levels(kind.array([0.0]))
    assert bits(regularizer.prox(levels, weight)) == bits(levels)


@all_kinds
@pytest.mark.parametrize("name", SYMMETRIC)
@looped("weight", (0.0, 0.125, 0.2, 1.0, math.inf))
def test_sign_symmetry_off_ties(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    values = np.random.default_rng(0).uniform(0.02, 2.2, 50)
    positive = numbers(regularizer.prox(kind.array(values), weight))
    negative = numbers(regularizer.prox(kind.array(-values), weight))
    np.testing.assert_array_equal(positive, -negative)


@all_kinds
@all_regularizers
def test_permutation(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    values = sample_points()
    order = np.random.default_rng(0).permutation(values.size)
    expected = numbers(regularizer.prox(kind.array(values), 0.3))[order]
    permuted = numbers(regularizer.prox(kind.array(values[order]), 0.3))
    np.testing.assert_allclose(permuted, expected, rtol=8 * kind.eps, atol=kind.eps)


# equivalences


@all_kinds
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DistanceL1(Ternary()), DistanceL1(Codebook((-1, 0, 1)))),
        (DistanceL2(UniformGrid(1, -1.0, 1.0)), DistanceL2(Binary())),
        (SmoothedL1(Binary(), 0.2), SmoothedL1(Codebook((-1.0, 1.0)), 0.2)),
    ],
)
@pytest.mark.parametrize("weight", [0.0, 0.1, 0.7, math.inf])
def test_equal_sets_give_equal_regularizers(
    one: Any, other: Any, weight: float, kind: Kind
) -> None:
    theta = kind.array(sample_points())
    assert bits(one.prox(theta, weight)) == bits(other.prox(theta, weight))
    assert bits(one.value(theta)) == bits(other.value(theta))


@all_kinds
@all_regularizers
def test_a_large_weight_projects(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta = kind.array(sample_points())
    projected = regularizer.quantize(theta)
    assert bits(regularizer.prox(theta, math.inf)) == bits(projected)
    infinite = kind.array(np.full((1,), np.inf))
    np.testing.assert_allclose(
        numbers(regularizer.prox(theta, infinite)), numbers(projected), rtol=kind.eps
    )
    if isinstance(regularizer, DistanceL1):
        assert bits(regularizer.prox(theta, 100.0)) == bits(projected)
    no_weight = numbers(regularizer.prox(theta, 0.0))
    if name in FINITE:
        np.testing.assert_allclose(no_weight, numbers(theta), rtol=4 * kind.eps, atol=2 * kind.eps)


@all_kinds
@pytest.mark.parametrize("weight", [0.0, 0.25, 3.0])
@pytest.mark.parametrize("make", [Binary, Ternary, ScaledBinary, lambda: Codebook(WORDS)])
def test_squared_distance_has_the_closed_form(make: Any, weight: float, kind: Kind) -> None:
    theta = kind.array(sample_points(WORDS))
    projected = numbers(make().project(theta))
    expected = (numbers(theta) + weight * projected) / (1 + weight)
    got = numbers(DistanceL2(make()).prox(theta, weight))
    np.testing.assert_allclose(got, expected, rtol=4 * kind.eps, atol=4 * kind.eps)
    relaxed = BinaryRelax(0.1, weight, set=make()).map(theta, 5, 1)
    assert bits(relaxed) == bits(DistanceL2(make()).prox(theta, weight))


@all_kinds
@pytest.mark.parametrize("weight", [0.0, 0.25, 0.7])
def test_w_prox_as_the_paper_prints_it(weight: float, kind: Kind) -> None:
    t = numbers(theta := kind.array(sample_points()))
    sign = np.where(t >= 0, 1.0, -1.0)
    r = t - sign
    expected = sign + np.where(r >= 0, 1.0, -1.0) * np.maximum(np.abs(r) - weight, 0)
    got = numbers(DistanceL1(Binary()).prox(theta, weight))
    np.testing.assert_allclose(got, expected, rtol=2 * kind.eps, atol=2 * kind.eps)


@pytest.mark.parametrize("codebook", [Binary(), Ternary(), Codebook(WORDS)])
def test_smoothing_tends_to_the_distance(codebook: Any) -> None:
    theta, sharp = sample_points(WORDS), DistanceL1(codebook)
    for epsilon in (0.08, 0.01, 1e-4):
        smooth = SmoothedL1(codebook, epsilon)
        gap = sharp.value(theta[:, None], axis=1) - smooth.value(theta[:, None], axis=1)
        assert (gap >= -1e-15).all()
        assert (gap <= epsilon * (1 + 1e-12)).all()
        assert smooth.smoothness == 1 / epsilon
        off = np.abs(smooth.prox(theta, 0.3) - sharp.prox(theta, 0.3))
        assert (off <= epsilon * 3 + 1e-12).all()
        slope = smooth.gradient(theta)
        steps = np.abs(slope[:, None] - slope) - np.abs(theta[:, None] - theta) / epsilon
        assert steps.max() <= 1e-9


@pytest.mark.parametrize("shortfall", [1e-3, 1e-6, 1e-8, 1e-11])
def test_smoothed_prox_with_a_weight_just_below_epsilon(shortfall: float) -> None:
    regularizer = SmoothedL1(Binary(0.7), 0.1)
    theta = np.linspace(-1.5, 1.5, 4001).astype(np.float32)
    narrow = regularizer.prox(theta, 0.1 - shortfall)
    wide = regularizer.prox(theta.astype(np.float64), 0.1 - shortfall)
    assert np.abs(narrow - wide).max() < 1e-5
    assert (np.sign(narrow) == np.where(theta >= 0, 1, -1))[theta != 0].all()
    assert (np.diff(narrow) >= -1e-7).all()


# any codebook, weight and point, exactly

fractions = st.fractions(-4, 4, max_denominator=12)
codebooks = st.lists(st.fractions(-3, 3, max_denominator=6), min_size=1, max_size=7, unique=True)
weights = st.fractions(0, 4, max_denominator=8)
KINDS_OF_R = ["l1", "l2", "smoothed", "indicator", "bump"]
each_r = pytest.mark.parametrize("which", KINDS_OF_R)


def regularizer_on(which: str, levels: list[Fraction], scale: int = 1) -> Any:
    levels = sorted(levels)
    gaps = [b - a for a, b in itertools.pairwise(levels)]
    epsilon = min(gaps, default=Fraction(scale)) / 5
    return {
        "l1": DistanceL1,
        "l2": DistanceL2,
        "smoothed": lambda s: SmoothedL1(s, epsilon),
        "indicator": Indicator,
        "bump": Bump,
    }[which](Codebook(levels))


def exact_objective(regularizer: Any, x: Fraction, t: Fraction, w: Fraction) -> Any:
    value = regularizer.value(np.array([x]))
    return (x - t) ** 2 / 2 + (w * value if value != math.inf else math.inf)


@each_r
@given(levels=codebooks, t=fractions, w=weights, rivals=st.lists(fractions, max_size=12))
def test_prox_is_a_global_minimiser(
    which: str, levels: list[Fraction], t: Fraction, w: Fraction, rivals: list[Fraction]
) -> None:
    regularizer = regularizer_on(which, levels)
    x = regularizer.prox(np.array([t]), w)[0]
    least = exact_objective(regularizer, x, t, w)
    grid = [Fraction(i, 8) for i in range(-32, 33)]
    for rival in [*rivals, *levels, *grid, t, t - w, t + w]:
        assert least <= exact_objective(regularizer, rival, t, w)
    members = regularizer.prox_set(t, w)
    assert members[-1] == x
    assert {exact_objective(regularizer, m, t, w) for m in members} == {least}


@each_r
@given(levels=codebooks, w=weights, data=st.data())
def test_ties_go_up(which: str, levels: list[Fraction], w: Fraction, data: st.DataObject) -> None:
    regularizer = regularizer_on(which, [*levels, Fraction(5)])
    pairs = list(itertools.pairwise(sorted([*levels, Fraction(5)])))
    low, high = data.draw(st.sampled_from(pairs))
    middle = (low + high) / 2
    members = regularizer.prox_set(middle, w)
    x = regularizer.prox(np.array([middle]), w)[0]
    assert x == members[-1]
    # the two are mirror images in the midpoint
    assert members[0] + members[-1] == 2 * middle
    if which == "smoothed":
        assert (len(members) == 1) == (w < regularizer.epsilon)
    elif which == "bump":
        assert (len(members) == 1) == (w < 1)
    else:
        assert len(members) == (1 if w == 0 and which != "indicator" else 2)


@each_r
@given(levels=codebooks, t=st.lists(fractions, min_size=2, max_size=6), w=weights)
def test_prox_is_monotone(
    which: str, levels: list[Fraction], t: list[Fraction], w: Fraction
) -> None:
    x = regularizer_on(which, levels).prox(np.array(sorted(t)), w)
    assert all(a <= b for a, b in itertools.pairwise(x))


@each_r
@given(levels=codebooks, t=fractions, w=weights, shift=fractions, scale=st.integers(1, 5))
def test_translation_scaling_and_reflection(
    which: str, levels: list[Fraction], t: Fraction, w: Fraction, shift: Fraction, scale: int
) -> None:
    x = regularizer_on(which, levels).prox_set(t, w)
    moved = regularizer_on(which, [scale * v + shift for v in levels], scale)
    # R(scale x): the linear ones grow with the scale, the squared ones with its square
    moved_weight = w if which in ("l2", "bump") else w * scale
    got = moved.prox_set(scale * t + shift, moved_weight)
    assert got == tuple(scale * v + shift for v in x)
    mirrored = regularizer_on(which, [-v for v in levels]).prox_set(-t, w)
    assert mirrored == tuple(sorted(-v for v in x))


@each_r
@given(
    levels=codebooks,
    t=st.lists(fractions, min_size=1, max_size=5),
    w=weights,
    kind=st.sampled_from(PRECISE),
)
def test_floats_follow_the_fractions(
    which: str, levels: list[Fraction], t: list[Fraction], w: Fraction, kind: Kind
) -> None:
    regularizer = regularizer_on(which, levels)
    theta = kind.array([float(v) for v in t])
    x = numbers(regularizer.prox(theta, float(w)))
    for value, start in zip(x, numbers(theta), strict=True):
        members = [float(m) for m in regularizer.prox_set(float(start), float(w))]
        nearest = min(abs(value - m) for m in members)
        interval = members[0] - 1e-6 <= value <= members[-1] + 1e-6
        close_to_tie = any(
            abs(start - float(a + b) / 2) < 1e-5 for a, b in itertools.pairwise(sorted(levels))
        )
        assert nearest <= 64 * kind.eps or (interval and which == "smoothed") or close_to_tie
