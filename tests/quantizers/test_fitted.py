"""Fitted quantizers: hand-made results, the naive twins, exact descent, groups, wrong input."""

import itertools
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from pqtheory.quantizers import (
    REGISTRY,
    AbsMeanTernary,
    AdaptiveTernary,
    AlternatingMultiBit,
    GreedyMultiBit,
)
from pqtheory.quantizers._least_squares import RANK_GAP, least_squares, shortest_solution
from pqtheory.quantizers._multi_bit import nearest, thresholds_of
from pqtheory.sets import ScaledBinary

NAMES = list(REGISTRY)
TOLERANCE = {"float64": 1e-13, "float32": 2e-6, "float16": 2e-3, "bfloat16": 2e-2}
LEVELS = {"greedy": 2, "alternating": 2, "adaptive": 3, "absmean": 3}

fractions = st.fractions(-4, 4, max_denominator=12)
rows = st.lists(fractions, min_size=1, max_size=7)
bit_counts = st.integers(1, 4)


def exact(numbers):
    return np.array(numbers, dtype=object)


def random_array(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def as_float64(array):
    array = array.to(torch.float64).numpy() if isinstance(array, torch.Tensor) else array
    return array.astype(np.float64)


def make_input(backend, dtype, shape=(4, 9)):
    values = random_array(shape)
    if backend == "torch":
        return torch.tensor(values).to(getattr(torch, dtype))
    return values.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def number_of_levels(quantizer):
    return 3 if isinstance(quantizer, AdaptiveTernary | AbsMeanTernary) else 2**quantizer.bits


# ------------------------------------------------------------------ results known by hand


def test_greedy_by_hand():
    # mean|t| = 3; residuals 1, -1, -2, 2 with mean 3/2
    values, codebook = GreedyMultiBit(2).quantize(np.array([4.0, 2.0, -5.0, -1.0]))
    assert_array_equal(values, [4.5, 1.5, -4.5, -1.5])
    assert_array_equal(codebook, [-4.5, -1.5, 1.5, 4.5])


def test_alternating_by_hand():
    # greedy signs as above; least squares: alpha_1 = <(1,1,-1,-1), t> / 4, alpha_2 likewise
    fit = AlternatingMultiBit(2, rounds=1).fit(np.array([4.0, 2.0, -5.0, -1.0]))
    assert_allclose(fit.scales, [3.0, 1.5])
    assert_allclose(fit.values, [4.5, 1.5, -4.5, -1.5])


def test_alternating_finds_four_levels_that_greedy_misses():
    theta = np.array([-1.25, -0.75, -0.75, -0.75, 0.75, 0.75, 1.25])
    greedy, alternating = GreedyMultiBit(2), AlternatingMultiBit(2)
    assert greedy.objective(theta, greedy.quantize(theta)[0]) > 0.005
    values, codebook = alternating.quantize(theta)
    assert_allclose(values, theta, atol=1e-14)
    assert_allclose(codebook, [-1.25, -0.75, 0.75, 1.25], atol=1e-14)


def test_ternary_by_hand():
    # mean|t| = 5/2, Delta = 7/4
    values, codebook = AdaptiveTernary().quantize(np.array([4.0, -6.0, 1.5, -0.5, -2.0, 1.0]))
    assert_array_equal(values, [4.0, -4.0, 0.0, 0.0, -4.0, 0.0])
    assert_array_equal(codebook, [-4.0, 0.0, 4.0])


def test_absmean_ternary_by_hand():
    # mean|t| = 2; at the midpoints -1 and 1 the upper level
    theta = exact([Fraction(n) for n in (1, -1, 4, -3, 2, 1)])
    values, codebook = AbsMeanTernary().quantize(theta)
    assert_array_equal(values, exact([2, 0, 2, -2, 2, 2]))
    assert_array_equal(codebook, exact([-2, 0, 2]))
    # elsewhere as published: g clip(round(t / g), -1, 1)
    theta = random_array((6, 40))
    for per, scale in (("tensor", np.abs(theta).mean()), ("row", np.abs(theta).mean(1)[:, None])):
        values, _ = AbsMeanTernary(per=per).quantize(theta)
        assert_allclose(values, scale * np.clip(np.round(theta / scale), -1, 1), atol=1e-15)


@pytest.mark.parametrize("side", [1, -1])
def test_ternary_threshold_belongs_to_the_outer_levels(side):
    # mean|t| = 10, Delta = 7, exactly
    theta = side * exact([Fraction(7), Fraction(13), Fraction(-10)])
    values, _ = AdaptiveTernary().quantize(theta)
    assert_array_equal(values, side * exact([10, 10, -10]))


@pytest.mark.parametrize(
    ("theta", "values", "codebook"),
    [
        ([2.0, 2.0, 0.5], [2.0, 2.0, 0.0], [0.0, 0.0, 2.0]),
        ([-2.0, -2.0, 0.5], [-2.0, -2.0, 0.0], [-2.0, 0.0, 0.0]),
        ([0.0, -0.0], [0.0, 0.0], [0.0, 0.0, 0.0]),
    ],
)
def test_ternary_empty_side_has_level_zero(theta, values, codebook):
    found = AdaptiveTernary().quantize(np.array(theta))
    assert_array_equal(found[0], values)
    assert_array_equal(found[1], codebook)


def test_sign_of_zero_is_positive():
    assert GreedyMultiBit(1).quantize(np.array([0.0, -0.0, -2.0]))[0][0] > 0
    assert AlternatingMultiBit(1).quantize(np.array([0.0, -0.0, -2.0]))[0][1] > 0


@pytest.mark.parametrize("make", [GreedyMultiBit, AlternatingMultiBit])
@given(row=rows)
def test_one_bit_is_the_projection_on_scaled_binary(make, row):
    assert_array_equal(make(1).quantize(exact(row))[0], ScaledBinary().project(exact(row)))


# ------------------------------------------------------------------ the naive twins


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_naive_twin(name, dtype, backend):
    quantizer, theta = REGISTRY[name](), make_input(backend, dtype)
    before = as_float64(theta).copy()
    for fast, slow in zip(quantizer.quantize(theta), quantizer.quantize_naive(theta), strict=True):
        assert fast.dtype == slow.dtype == theta.dtype
        assert type(fast) is type(slow) is type(theta)
        assert tuple(fast.shape) == tuple(slow.shape)
        assert_allclose(as_float64(fast), as_float64(slow), atol=TOLERANCE[dtype], rtol=0)
    assert_array_equal(as_float64(theta), before)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_naive_twin_exact(name, data):
    quantizer = REGISTRY[name]()
    width = data.draw(st.integers(1, 6))
    theta = exact(
        data.draw(
            st.lists(st.lists(fractions, min_size=width, max_size=width), min_size=1, max_size=2)
        )
    )
    for fast, slow in zip(quantizer.quantize(theta), quantizer.quantize_naive(theta), strict=True):
        assert_array_equal(fast, slow)
        assert all(isinstance(number, Fraction | int) for number in fast.ravel())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_fit_is_consistent(name, dtype, backend):
    quantizer, theta = REGISTRY[name](), make_input(backend, dtype)
    fit = quantizer.fit(theta)
    values, codebook = as_float64(fit.values), as_float64(fit.codebook)
    assert (np.diff(codebook, axis=-1) >= 0).all()
    levels = codebook[:, None] if quantizer.axis == -1 else codebook
    assert (values[..., None] == levels).any(-1).all()
    scales = as_float64(fit.scales)
    scales = scales[:, None] if quantizer.axis == -1 else scales
    rebuilt = (as_float64(fit.signs) * scales).sum(-1)
    assert_allclose(rebuilt, values, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])


# ------------------------------------------------------------------ what each one minimises


@given(row=rows, bits=bit_counts)
def test_alternating_never_increases_its_objective(row, bits):
    theta = exact(row)
    greedy = GreedyMultiBit(bits).fit(theta)
    objectives = [GreedyMultiBit(bits).objective(theta, greedy.values)]
    step, fit = AlternatingMultiBit(bits, rounds=1), greedy
    for _ in range(4):
        fit = step.fit(theta, fit)
        objectives.append(step.objective(theta, fit.values))
    assert all(b <= a for a, b in itertools.pairwise(objectives))
    together = AlternatingMultiBit(bits, rounds=4).fit(theta)
    assert_array_equal(together.values, fit.values)
    assert_array_equal(together.signs, fit.signs)


@given(row=rows, bits=bit_counts)
def test_alternating_is_best_in_each_block(row, bits):
    theta = exact(row)
    fit = AlternatingMultiBit(bits, rounds=2).fit(theta)
    before = AlternatingMultiBit(bits, rounds=1).fit(theta).signs
    # alpha: the residual is orthogonal to every column of the B it was fitted to
    residual = theta - (before * fit.scales).sum(-1)
    assert ((before * residual[:, None]).sum(0) == 0).all()
    # B: no level is nearer, and of two nearest the upper one is taken
    for t, value in zip(theta, fit.values, strict=True):
        least = min(abs(t - level) for level in fit.codebook)
        assert value == max(level for level in fit.codebook if abs(t - level) == least)


@given(row=rows, bits=bit_counts)
def test_greedy_scale_is_best_for_its_residual(row, bits):
    fit, residual = GreedyMultiBit(bits).fit(exact(row)), exact(row)
    for i in range(bits):
        column, scale = fit.signs[:, i], fit.scales[i]
        assert (column * residual == abs(residual)).all()
        assert (column * (residual - scale * column)).sum() == 0
        residual = residual - scale * column


@given(row=rows)
def test_ternary_levels_are_best_for_their_sides(row):
    theta = exact(row)
    fit = AdaptiveTernary().fit(theta)
    for i, level in enumerate(fit.scales):
        side = fit.signs[:, i] == 1
        assert (theta[side] - level).sum() == 0
    threshold = Fraction(7, 10) * abs(theta).sum() / len(row)
    assert (abs(theta[(fit.signs == 0).all(-1)]) < threshold).all()
    assert (abs(theta[(fit.signs == 1).any(-1)]) >= threshold).all()


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_least_squares_survives_dependent_columns(bits):
    rng = np.random.default_rng(bits)
    signs = rng.choice([-1.0, 1.0], size=(50, 3, bits))
    signs[::2, :, 1] = -signs[::2, :, 0]
    targets = rng.standard_normal((50, 3))
    found = least_squares(np, signs, targets)
    for B, t, alpha in zip(signs, targets, found, strict=True):
        assert_allclose(alpha, np.linalg.lstsq(B, t)[0], atol=1e-12)
        columns = B.astype(int).astype(object)
        moment = columns.T @ exact([Fraction(number) for number in t])
        slow = shortest_solution(columns.T @ columns, moment)
        assert_allclose(alpha, [float(number) for number in slow], atol=1e-12)


def test_rank_gap_separates_zero_from_every_other_eigenvalue():
    smallest = []
    for k in (1, 2, 3, 4):
        half = [(1, *rest) for rest in itertools.product((1, -1), repeat=k - 1)]
        for count in range(1, k + 1):
            for chosen in itertools.combinations(half, count):
                squares = np.linalg.svd(np.array(chosen, float), compute_uv=False) ** 2
                smallest.append(squares[squares > 1e-9].min())
    assert min(smallest) > 2 * RANK_GAP


@given(
    st.floats(-1e3, 1e3),
    st.floats(0, 1e3),
    st.sampled_from([np.float64, np.float32]),
)
def test_thresholds_are_exact(low, gap, dtype):
    pair = np.array([[low, low + gap]], dtype=dtype)
    threshold = thresholds_of(np, pair)[0, 0]
    midpoint = (Fraction(float(pair[0, 0])) + Fraction(float(pair[0, 1]))) / 2
    assert threshold.dtype == dtype
    # half of a number below the normal range is rounded
    if abs(threshold) < 1e-30 or ((pair != 0) & (abs(pair) < 2 * np.finfo(dtype).tiny)).any():
        return
    assert Fraction(float(threshold)) >= midpoint
    below = np.nextafter(threshold, dtype(-np.inf))
    assert Fraction(float(below)) < midpoint


def test_tie_between_levels_goes_up():
    # levels -3, -1, 1, 3
    values, codebook, signs = nearest(
        np, np.array([[-2.0, 0.0, 2.0, np.nextafter(2.0, 0)]]), np.array([[1.0, 2.0]])
    )
    assert_array_equal(codebook, [[-3, -1, 1, 3]])
    assert_array_equal(values, [[-1, 1, 3, 1]])
    assert_array_equal(signs, [[[1, -1], [-1, 1], [1, 1], [-1, 1]]])


# ------------------------------------------------------------------ groups, shapes, special values


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("rows")])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_axis_is_the_one_that_the_fit_reduces(name, axis):
    by_row = REGISTRY[name]()
    settings = {} if isinstance(by_row, AdaptiveTernary) else {"bits": by_row.bits}
    along, alone = type(by_row)(axis=axis, **settings), type(by_row)(**settings)
    theta = random_array((2, 5, 3), 1)
    fit = along.fit(theta)
    objective = along.objective(theta, fit.values)
    lead = tuple(n for i, n in enumerate(theta.shape) if i != axis % 3)
    assert fit.codebook.shape == (*lead, number_of_levels(by_row))
    assert fit.scales.shape[:-1] == objective.shape == lead
    assert fit.signs.shape[:-1] == theta.shape
    moved, signs = np.moveaxis(fit.values, axis, -1), np.moveaxis(fit.signs, axis % 3, -2)
    for index in np.ndindex(*lead):
        row = np.moveaxis(theta, axis, -1)[index]
        single = alone.fit(row)
        assert_array_equal(moved[index], single.values)
        assert_array_equal(signs[index], single.signs)
        assert_array_equal(fit.codebook[index], single.codebook)
        assert_array_equal(fit.scales[index], single.scales)
        assert_allclose(objective[index], ((row - single.values) ** 2).sum())
    again = along.fit(theta, fit)
    assert again.signs.shape == fit.signs.shape
    assert (along.objective(theta, again.values) <= objective + 1e-12).all()


@pytest.mark.parametrize("make", [np.asarray, torch.tensor])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_non_finite_entry_takes_its_group_only(name, bad, make):
    quantizer, clean = REGISTRY[name](), random_array((3, 5))
    dirty = clean.copy()
    dirty[1, 2] = bad
    fit, naive = quantizer.fit(make(dirty)), quantizer.quantize_naive(make(dirty))
    parts = [np.asarray(p) for p in (fit.values, fit.codebook, fit.scales, *naive)]
    if quantizer.axis is None:
        assert all(np.isnan(part).all() for part in parts)
        return
    whole = quantizer.fit(make(clean))
    for part, untouched in zip(
        parts, (whole.values, whole.codebook, whole.scales, *naive), strict=True
    ):
        assert np.isnan(part[1]).all()
        assert_array_equal(part[[0, 2]], np.asarray(untouched)[[0, 2]])


@pytest.mark.parametrize("make", [np.zeros, torch.zeros])
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_empty(name, shape, make):
    quantizer, theta = REGISTRY[name](), make(shape)
    lead = () if quantizer.axis is None else shape[:-1]
    for values, codebook in (quantizer.quantize(theta), quantizer.quantize_naive(theta)):
        assert tuple(values.shape) == shape
        assert tuple(codebook.shape) == (*lead, number_of_levels(quantizer))
        assert (codebook == 0).all()
    assert not np.asarray(quantizer.objective(theta, values)).any()


@pytest.mark.parametrize("theta", [2.5, np.float32(-2.5), torch.tensor(2.5), Fraction(5, 2)])
def test_zero_dimensional(theta):
    for name in NAMES:
        quantizer = REGISTRY[name]()
        if quantizer.axis is None:
            values, codebook = quantizer.quantize(theta)
            assert tuple(values.shape) == ()
            assert abs(values - theta) <= 1e-15 * abs(theta)
            assert (codebook == values).any()


@pytest.mark.parametrize("name", NAMES)
def test_non_contiguous(name):
    quantizer, wide = REGISTRY[name](), random_array((6, 8), 3)
    for view in (wide.T, wide[::2, ::-3], torch.tensor(wide).T, torch.tensor(wide)[::2, 1::3]):
        packed = view.contiguous() if isinstance(view, torch.Tensor) else view.copy(order="C")
        assert_array_equal(quantizer.quantize(view)[0], quantizer.quantize(packed)[0])


@pytest.mark.parametrize("name", NAMES)
def test_scaling_and_order(name):
    quantizer, theta = REGISTRY[name](), random_array((3, 8), 5)
    values, codebook = quantizer.quantize(theta)
    assert_allclose(quantizer.quantize(4 * theta)[0], 4 * values, atol=1e-13)
    assert_allclose(quantizer.quantize(-theta)[0], -values, atol=1e-13)
    assert_allclose(quantizer.quantize(theta[:, ::-1])[0], values[:, ::-1], atol=1e-13)
    assert_allclose(quantizer.quantize(theta[:, ::-1])[1], codebook, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_torch_agree(name):
    quantizer, theta = REGISTRY[name](), random_array((3, 8), 6)
    ours, theirs = quantizer.fit(theta), quantizer.fit(torch.tensor(theta))
    for field in ("values", "codebook", "scales", "signs"):
        assert_allclose(getattr(theirs, field).numpy(), getattr(ours, field), atol=1e-13)


def test_no_gradient_passes_through_a_fit():
    theta = torch.tensor(random_array(6), requires_grad=True)
    for name in NAMES:
        fit = REGISTRY[name]().fit(theta)
        assert not fit.values.requires_grad
        assert not fit.scales.requires_grad


def test_closed_forms_ignore_the_start():
    theta, other = random_array(8, 1), random_array(8, 2)
    for quantizer in (GreedyMultiBit(2), AdaptiveTernary()):
        start = quantizer.fit(other)
        assert_array_equal(quantizer.fit(theta, start).values, quantizer.fit(theta).values)
    row = [Fraction(number) for number in theta]
    flipped = [tuple(-b for b in signs) for signs in GreedyMultiBit(2).fit_row(row).signs]
    assert GreedyMultiBit(2).fit_row(row, flipped) == GreedyMultiBit(2).fit_row(row)


def test_alternating_goes_on_from_the_start():
    theta = random_array(12, 1)
    quantizer, fresh = AlternatingMultiBit(3, rounds=1), AlternatingMultiBit(3).fit(theta)
    other = quantizer.fit(random_array(12, 2))
    assert not np.allclose(quantizer.fit(theta, other).values, quantizer.fit(theta).values)
    assert_array_equal(quantizer.fit(theta, quantizer.fit(theta)).values, fresh.values)


@pytest.mark.parametrize("backend", [np.asarray, torch.asarray, lambda t: exact(t)])
@pytest.mark.parametrize("theta", [[-1.0, -0.5], [0.5, 1.0], [-1.0, 0.5], [-0.0, -0.0]])
def test_no_level_of_adaptive_ternary_is_minus_zero(theta, backend):
    _, codebook = AdaptiveTernary().quantize(backend(theta))
    codebook = np.asarray(codebook, dtype=np.float64)
    assert (codebook == 0).any()
    assert not np.signbit(codebook[codebook == 0]).any()


# ------------------------------------------------------------------ wrong input


@pytest.mark.parametrize("make", [GreedyMultiBit, AlternatingMultiBit])
@pytest.mark.parametrize(
    ("bits", "error"), [(0, ValueError), (5, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_wrong_bits(make, bits, error):
    with pytest.raises(error, match=f"bits.*{bits}"):
        make(bits)


@pytest.mark.parametrize("axis", [1.0, True, (0, 1.0), "rows"])
def test_wrong_axis_type(axis):
    for make in (
        lambda: GreedyMultiBit(2, axis=axis),
        lambda: AlternatingMultiBit(2, axis=axis),
        lambda: AdaptiveTernary(axis=axis),
    ):
        with pytest.raises(TypeError, match="axis"):
            make()


@pytest.mark.parametrize("axis", [2, -3])
def test_axis_out_of_range(axis):
    with pytest.raises(ValueError, match=f"axis.*{axis}"):
        AdaptiveTernary(axis=axis).quantize(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="axis"):
        AdaptiveTernary(axis=-1).quantize(1.0)


def test_wrong_rounds():
    with pytest.raises(ValueError, match=r"rounds.*0"):
        AlternatingMultiBit(2, rounds=0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("theta", [np.arange(4), np.array([1j]), np.array([True]), "theta", None])
def test_wrong_theta(name, theta):
    for method in (REGISTRY[name]().quantize, REGISTRY[name]().quantize_naive):
        with pytest.raises(TypeError, match="theta"):
            method(theta)


def test_start_of_another_shape():
    quantizer, theta = AlternatingMultiBit(2), random_array(6)
    for start in (quantizer.fit(theta[:5]), AlternatingMultiBit(3).fit(theta)):
        with pytest.raises(ValueError, match="start"):
            quantizer.fit(theta, start)


def test_objective_names_what_is_wrong():
    with pytest.raises(TypeError, match="values"):
        AdaptiveTernary().objective(np.zeros(3), np.zeros(3, dtype=int))


def test_what_belongs_to_another_array_is_named():
    quantizer, theta = AlternatingMultiBit(2), random_array((5,))
    fit = quantizer.fit(theta)
    for call, error, message in [
        (
            lambda: quantizer.objective(theta, theta[:1]),
            ValueError,
            r"values: expected shape \(5,\)",
        ),
        (
            lambda: quantizer.objective(torch.tensor(theta), theta),
            TypeError,
            "values: expected Ten",
        ),
        (lambda: quantizer.fit(torch.tensor(theta), fit), TypeError, "start: expected Tensor like"),
        (lambda: quantizer.fit(theta, theta), TypeError, "start: expected a fit, got array"),
    ]:
        with pytest.raises(error, match=f"^{message}"):
            call()


@pytest.mark.parametrize("axis", [0, 1, None])
def test_objectives_are_as_exact_along_one_axis_as_along_another(axis):
    theta = np.full((300_000, 2), 0.3, np.float32)
    objective = AdaptiveTernary(axis=axis).objective(theta, np.zeros_like(theta))
    assert_allclose(objective, float(np.float32(0.3)) ** 2 * theta.size / objective.size, rtol=2e-6)
