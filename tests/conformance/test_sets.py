"""Every set, on every kind of array: the projection is a nearest point, and behaves as one."""

import itertools
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory._elementwise import numpy_block, torch_block
from pqtheory.regularizers import DistanceL1, Indicator, SmoothedL1
from pqtheory.sets import (
    REGISTRY,
    Binary,
    Codebook,
    FiniteSet,
    ScaledBinary,
    Set,
    Ternary,
    UniformGrid,
)

from .helpers import (
    KINDS,
    Kind,
    bits,
    is_coupled,
    looped,
    names,
    nearest_level,
    numbers,
    same_kind,
    sample_points,
    scaled_binary_distance,
)

FIXED = names(REGISTRY, lambda s: not is_coupled(s))
SYMMETRIC = ["binary", "binary-scaled", "ternary", "uniform-2-bit"]
SHAPES = [(), (0,), (7,), (3, 4), (2, 0, 3), (2, 3, 4)]

all_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
all_sets = pytest.mark.parametrize("name", REGISTRY)
fixed_sets = pytest.mark.parametrize("name", FIXED)


def points_of(quantization_set: Any, kind: Kind) -> tuple[Any, list[float]]:
    levels = numbers(quantization_set.levels(kind.array([0.0]))).tolist()
    return kind.array(sample_points(levels)), levels


# the definition


@pytest.mark.parametrize("seed", range(5))
def test_scaled_binary_is_nearest_among_all_signs_and_scales(seed: int) -> None:
    theta = np.random.default_rng(seed).standard_normal(5)
    projected = ScaledBinary().project(theta)
    assert len(set(np.abs(projected))) == 1
    assert np.linalg.norm(theta - projected) == pytest.approx(scaled_binary_distance(theta))


@all_kinds
def test_scaled_binary_by_rows_is_one_set_per_row(kind: Kind) -> None:
    theta = kind.array(np.random.default_rng(0).standard_normal((3, 2, 5)))
    whole, rows = ScaledBinary(), ScaledBinary(axis=-1)
    for index in np.ndindex(3, 2):
        expected = whole.project(theta[index])
        tolerance = 2 * kind.eps
        got = numbers(rows.project(theta)[index])
        np.testing.assert_allclose(got, numbers(expected), rtol=tolerance)
    pair = ScaledBinary(axis=(0, 2))
    scale = np.mean(np.abs(numbers(theta)), axis=(0, 2))
    np.testing.assert_allclose(numbers(pair.scale(theta)), scale, rtol=4 * kind.eps)
    assert pair.levels(theta).shape == (2, 2)
    np.testing.assert_allclose(
        numbers(pair.levels(theta)), np.stack([-scale, scale], -1), rtol=4 * kind.eps
    )


def test_scaled_binary_is_exact_on_fractions() -> None:
    theta = np.array([[Fraction(1, 3), Fraction(-1, 2)], [Fraction(0), Fraction(-2)]])
    rows = ScaledBinary(axis=1).project(theta)
    assert rows.tolist() == [[Fraction(5, 12), Fraction(-5, 12)], [1, -1]]
    assert ScaledBinary().scale(theta) == Fraction(17, 24)


# ties


@all_kinds
def test_zero_has_the_sign_plus(kind: Kind) -> None:
    theta = kind.array([0.0, -0.0])
    assert numbers(Binary().project(theta)).tolist() == [1.0, 1.0]
    assert numbers(ScaledBinary().project(kind.array([0.0, -0.0, 3.0]))).tolist() == [1, 1, 1]


# symmetries


@all_kinds
@all_sets
def test_permutation(name: str, kind: Kind) -> None:
    quantization_set = REGISTRY[name]()
    values = sample_points()
    order = np.random.default_rng(0).permutation(values.size)
    permuted = numbers(quantization_set.project(kind.array(values[order])))
    expected = numbers(quantization_set.project(kind.array(values)))[order]
    np.testing.assert_allclose(permuted, expected, rtol=8 * kind.eps)


@all_kinds
@pytest.mark.parametrize("name", [*SYMMETRIC, "scaled-binary", "scaled-binary-rows"])
def test_sign_symmetry_off_ties(name: str, kind: Kind) -> None:
    quantization_set = REGISTRY[name]()
    values = np.random.default_rng(0).uniform(0.01, 2, 50) + 1 / 64
    positive = quantization_set.project(kind.array(values))
    negative = quantization_set.project(kind.array(-values))
    np.testing.assert_array_equal(numbers(positive), -numbers(negative))


# equivalent sets


@all_kinds
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Ternary(), Codebook((-1, 0, 1))),
        (Binary(0.3), Codebook((-0.3, 0.3))),
        (Binary(), UniformGrid(1, -1.0, 1.0)),
        (UniformGrid(2, -1, 2), Codebook((-1, 0, 1, 2))),
        (UniformGrid(4, -1.0, 2.0), Codebook([Fraction(i, 5) - 1 for i in range(16)])),
    ],
)
def test_equivalent_sets(one: Set, other: Set, kind: Kind) -> None:
    theta = kind.array(sample_points((-1.0, -0.3, 0.3, 1.0, 2.0)))
    assert bits(one.project(theta)) == bits(other.project(theta))
    assert bits(one.levels(theta)) == bits(other.levels(theta))


def test_long_and_short_codebooks_agree() -> None:
    theta = sample_points()
    nine = Codebook([i / 4 for i in range(-4, 5)])
    expected = np.clip(np.floor(4 * theta + 0.5), -4, 4) / 4
    np.testing.assert_array_equal(nine.project(theta), expected)


# arrays in, arrays out


@all_kinds
@all_sets
@looped("shape", SHAPES)
def test_shape_dtype_and_inputs(name: str, kind: Kind, shape: tuple[int, ...]) -> None:
    if name == "scaled-binary-rows":
        shape = shape or (1,)  # a number has no rows
    quantization_set = REGISTRY[name]()
    theta = kind.array(np.random.default_rng(0).standard_normal(shape))
    before = bits(theta)
    projected = quantization_set.project(theta)
    assert same_kind(projected, theta)
    assert same_kind(quantization_set.distance(theta), theta)
    out = kind.array(np.full(shape, 7.0))
    assert quantization_set.project(theta, out=out) is out
    assert bits(out) == bits(projected)
    assert bits(theta) == before
    assert quantization_set.project(theta, out=theta) is theta
    assert bits(theta) == bits(projected)


@all_kinds
@all_sets
def test_non_contiguous(name: str, kind: Kind) -> None:
    quantization_set = REGISTRY[name]()
    values = np.random.default_rng(0).standard_normal((6, 8))
    whole = kind.array(values)
    for view, copy in (
        (whole[::2, 1::3], kind.array(values[::2, 1::3])),
        (whole.T, kind.array(values.T)),
        (whole[0, ::2], kind.array(values[0, ::2])),
    ):
        expected = numbers(quantization_set.project(copy))
        np.testing.assert_allclose(
            numbers(quantization_set.project(view)), expected, rtol=4 * kind.eps
        )
    out = kind.array(np.zeros((16, 6)))[::2].T
    quantization_set.project(whole, out=out)
    assert bits(out) == bits(quantization_set.project(whole))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@all_sets
def test_large_arrays_in_blocks(name: str, backend: str) -> None:
    kind = Kind(backend, "float32")
    block = numpy_block() if backend == "numpy" else torch_block(torch)
    theta = kind.array(np.random.default_rng(0).standard_normal((2, block // 2 + 11)))
    quantization_set = REGISTRY[name]()
    projected = quantization_set.project(theta)
    assert same_kind(projected, theta)
    if not is_coupled(quantization_set):
        pieces = [
            bits(quantization_set.project(theta[:, i : i + 99])) for i in (0, block // 2 - 50)
        ]
        assert pieces == [bits(projected[:, i : i + 99]) for i in (0, block // 2 - 50)]
    assert quantization_set.project(theta, out=theta) is theta
    assert bits(theta) == bits(projected)


@all_sets
def test_python_numbers_and_lists(name: str) -> None:
    quantization_set = REGISTRY[name]()
    assert quantization_set.project([0.25, -2]).dtype == np.float64
    if name == "scaled-binary-rows":
        with pytest.raises(
            ValueError, match=r"axis: expected axes of an array with ndim 0, got -1"
        ):
            quantization_set.project(0.25)
    else:
        projected = quantization_set.project(0.25)
        assert isinstance(projected, np.float64)
        assert projected == quantization_set.project(np.array([0.25]))[0]


@all_kinds
@all_sets
def test_nan_stays_where_it_is(name: str, kind: Kind) -> None:
    quantization_set = REGISTRY[name]()
    values = np.array([[0.5, np.nan, -2.0], [0.25, 1.0, -0.125]])
    projected = numbers(quantization_set.project(kind.array(values)))
    spoilt = np.isnan(values)
    if name == "scaled-binary":  # the group of the NaN: everything
        spoilt = np.full((2, 3), True)
    if name == "scaled-binary-rows":
        spoilt = np.array([[True] * 3, [False] * 3])
    np.testing.assert_array_equal(np.isnan(projected), spoilt)
    np.testing.assert_array_equal(
        np.isnan(numbers(quantization_set.distance(kind.array(values)))), spoilt
    )
    without = numbers(quantization_set.project(kind.array(np.where(spoilt, 0.0, values))))
    if name != "scaled-binary":
        np.testing.assert_array_equal(projected[~spoilt], without[~spoilt])


# any codebook


@given(
    levels=st.lists(st.fractions(-3, 3, max_denominator=12), min_size=1, max_size=9, unique=True),
    theta=st.lists(st.fractions(-4, 4, max_denominator=24), max_size=6),
)
def test_any_codebook_exactly(levels: list[Fraction], theta: list[Fraction]) -> None:
    codebook = Codebook(sorted(levels))
    projected = codebook.project(np.array(theta, dtype=object)).tolist()
    assert projected == [nearest_level(t, levels) for t in theta]


@given(
    levels=st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=7, unique=True),
    data=st.data(),
    kind=st.sampled_from([k for k in KINDS if k.dtype in ("float32", "float64")]),
)
def test_any_codebook_in_floats(levels: list[float], data: st.DataObject, kind: Kind) -> None:
    codebook = Codebook(sorted(levels))
    middles = [(a + b) / 2 for a, b in itertools.pairwise(sorted(levels))]
    near = st.sampled_from([*levels, *middles])
    drawn = data.draw(st.lists(near | st.floats(-150, 150, width=32), min_size=1, max_size=5))
    theta = kind.array(drawn)
    expected = [float(nearest_level(t, levels)) for t in numbers(theta)]
    assert numbers(codebook.project(theta)).tolist() == expected


# wrong arguments


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], r"levels: expected a non-empty list of numbers, got \[\]"),
        (3.0, r"levels: expected a non-empty list of numbers, got 3.0"),
        ([[0.0, 1.0]], r"levels: expected a non-empty list"),
        ([1.0, 0.0], r"levels: expected strictly ascending levels, got \[1.0, 0.0\]"),
        ([0.0, 0.0, 1.0], r"levels: expected strictly ascending levels"),
        ([0.0, math.nan], r"levels: expected finite real numbers"),
        ([0.0, math.inf], r"levels: expected finite real numbers"),
        ([0.0, 1j], r"levels: expected finite real numbers"),
        (["a", "b"], r"levels: expected finite real numbers"),
        ([True, 2], r"levels: expected finite real numbers, got \[True, 2\]"),
        (np.array([False, True]), r"levels: expected finite real numbers"),
    ],
)
def test_bad_levels(levels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Codebook(levels)


@pytest.mark.parametrize("make", [Binary, Ternary])
@pytest.mark.parametrize("scale", [0, -1.0, math.nan, math.inf])
def test_bad_scale(make: Any, scale: float) -> None:
    with pytest.raises(ValueError, match=rf"scale: expected a finite number > 0, got {scale}"):
        make(scale)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0,), ValueError, "bits: expected an integer from 1 to 16, got 0"),
        ((17,), ValueError, "bits: expected an integer from 1 to 16, got 17"),
        ((2.0,), TypeError, "bits: expected an integer, got 2.0"),
        ((True,), TypeError, "bits: expected an integer, got True"),
        ((2, 1.0, 1.0), ValueError, "low, high: expected low < high, got 1.0 and 1.0"),
        ((2, -math.inf, 1.0), ValueError, "low: expected a finite number, got -inf"),
        ((2, 0.0, math.nan), ValueError, "high: expected a finite number, got nan"),
        ((2, "a"), TypeError, "low: expected a number, got 'a'"),
    ],
)
def test_bad_grid(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        UniformGrid(*arguments)


def test_bad_axis() -> None:
    with pytest.raises(TypeError, match="axis: expected an integer, got 'rows'"):
        ScaledBinary("rows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="axis: expected axes of an array with ndim 1, got 1"):
        ScaledBinary(1).project(np.ones(3))


@all_sets
@pytest.mark.parametrize(
    ("theta", "got"),
    [
        (np.arange(3), "int64"),
        (np.ones(3, dtype=bool), "bool"),
        (np.ones(3, dtype=complex), "complex128"),
        (torch.arange(3), "torch.int64"),
        (torch.ones(3, dtype=torch.complex64), "torch.complex64"),
        ("abc", "str"),
        (None, "NoneType"),
        (True, "bool"),
    ],
)
def test_no_real_array(name: str, theta: Any, got: str) -> None:
    quantization_set = REGISTRY[name]()
    message = rf"theta: expected a real floating-point array.* got (dtype )?{got}"
    for function in (quantization_set.project, quantization_set.distance, quantization_set.levels):
        with pytest.raises(TypeError, match=message):
            function(theta)


@pytest.mark.parametrize("name", ["binary", "uniform-4-bit", "scaled-binary"])
def test_bad_out(name: str) -> None:
    quantization_set = REGISTRY[name]()
    theta = np.ones(3, dtype=np.float32)
    for out, error, message in [
        (torch.ones(3), TypeError, "out: expected ndarray like theta, got Tensor"),
        (np.ma.ones(3), TypeError, "out: expected ndarray like theta, got MaskedArray"),
        ([1.0] * 3, TypeError, "out: expected ndarray like theta, got list"),
        (np.ones(3), TypeError, "out: expected dtype float32 like theta, got float64"),
        (np.ones((1, 3), np.float32), ValueError, r"out: expected shape \(3,\).*got \(1, 3\)"),
    ]:
        with pytest.raises(error, match=message):
            quantization_set.project(theta, out=out)
    with pytest.raises(TypeError, match="out: expected Tensor like theta, got ndarray"):
        quantization_set.project(torch.ones(3), out=np.ones(3, np.float32))
    with pytest.raises(TypeError, match="out: expected device cpu like theta, got meta"):
        quantization_set.project(torch.ones(3), out=torch.ones(3, device="meta"))


def test_levels_that_a_dtype_cannot_tell_apart() -> None:
    close = Codebook((1.0, 1.0 + 2.0**-12))
    assert close.project(np.array([2.0], np.float32)).tolist() == [1.0 + 2.0**-12]
    with pytest.raises(ValueError, match=r"levels: 1 of 2 coincide with the next one in float16"):
        close.project(np.array([2.0], np.float16))


def test_codebooks_compare_by_levels() -> None:
    assert Codebook([0, 1]) == Codebook((0.0, 1.0))
    assert hash(Codebook([0, 1])) == hash(Codebook((0.0, 1.0)))
    assert Codebook([0, 1]) != Codebook([0, 2])
    assert Codebook([-1, 1]) != Binary()
    assert repr(Codebook(np.array([0.5, 1], np.float32))) == "Codebook(levels=(0.5, 1.0))"
    assert Codebook([np.float32(0.5), np.int64(1)]) == Codebook([0.5, 1])


@all_kinds
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_a_projection_on_equal_sizes_is_in_the_set(axis: Any, kind: Kind) -> None:
    """The mean of equal numbers is that number, however their sum rounds."""
    quantization_set = ScaledBinary(axis=axis)
    rng = np.random.default_rng(0)
    for n in range(1, 30):
        once = quantization_set.project(kind.array(rng.standard_normal((3, n))))
        assert bits(quantization_set.project(once)) == bits(once)
        assert float(Indicator(quantization_set).value(once)) == 0


class Own(FiniteSet):
    """A set of one's own, whose levels are what it is given."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @property
    def level_values(self) -> Any:
        return self.given


@pytest.mark.parametrize(
    "levels",
    [
        [-0.5, 3],
        np.array([-0.5, 3]),
        np.array([-0.5, 3], np.float32),
        torch.tensor([-0.5, 3]),
        (np.float16(-0.5), np.int64(3)),
    ],
    ids=str,
)
def test_levels_of_ones_own_may_be_any_sequence_of_any_numbers(levels: Any) -> None:
    quantization_set = Own(levels)
    assert quantization_set.project([0.0, 2.0]).tolist() == [-0.5, 3]
    assert DistanceL1(quantization_set).prox_set(Fraction(5, 4), 1) == (
        Fraction(1, 4),
        Fraction(9, 4),
    )
    assert SmoothedL1(quantization_set, 0.25).prox([3.0, 2.0], 0.5).tolist() == [3, 2.5]


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((1.0, -1.0), "strictly ascending levels, got (1.0, -1.0)"),
        ((0.0, math.inf), "finite real numbers, got (0.0, inf)"),
        ((), "a non-empty list of numbers, got ()"),
        (1.0, "a non-empty list of numbers, got 1.0"),
    ],
)
def test_levels_of_ones_own_that_are_none(levels: Any, message: str) -> None:
    whole = f"^{re.escape(f'level_values: expected {message}')}$"
    with pytest.raises(ValueError, match=whole):
        Own(levels).project(0.3)
    with pytest.raises(ValueError, match=whole):
        DistanceL1(Own(levels)).prox_set(0.3, 1)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.dtype == "float16"], ids=str)
@pytest.mark.parametrize(
    ("quantization_set", "level"),
    [
        (Binary(1e5), "-100000.0"),
        (Ternary(65520.0), "-65520.0"),
        (Codebook((0, 1e300)), r"1e\+300"),
    ],
)
def test_levels_out_of_the_range_of_a_dtype(quantization_set: Set, level: str, kind: Kind) -> None:
    assert quantization_set.project(np.array([1e305])).tolist() == [
        quantization_set.level_values[-1]
    ]
    with pytest.raises(ValueError, match=f"levels: {level} is out of the range of float16"):
        quantization_set.project(kind.array([1.0]))
    with pytest.raises(ValueError, match="is out of the range of float64"):
        Codebook((0, 10**400)).project(1.0)


def test_the_outermost_and_the_innermost_numbers_of_float16_are_levels() -> None:
    largest, least = 65504.0, 2.0**-24
    theta = np.array([1e4, -1e4], np.float16)
    assert Binary(largest).project(theta).tolist() == [largest, -largest]
    # 65519.99 rounds to the largest number, 65520 to infinity
    assert Binary(65519.99).project(theta).tolist() == [largest, -largest]
    assert Binary(1.4 * least).project(theta).tolist() == [least, -least]
    with pytest.raises(ValueError, match=r"1 of 2 coincide with the next one in float16.* at 0.0"):
        Binary(0.4 * least).project(theta)
    # thresholds are right among the subnormal numbers too: the midpoint of 1 and 4 units lies between 2 and 3
    near = Codebook((least, 4 * least))
    assert near.project(np.array([2 * least, 3 * least], np.float16)).tolist() == [least, 4 * least]


def test_the_error_of_a_long_codebook_is_short() -> None:
    with pytest.raises(ValueError, match="coincide with the next one in float16") as caught:
        UniformGrid(13, -1, 1).project(np.array([0.5], np.float16))
    assert len(str(caught.value)) < 200
    with pytest.raises(ValueError, match="levels: expected strictly ascending levels") as caught:
        Codebook(range(100_000, 0, -1))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, (0, 1), 1, None])
def test_scales_are_as_exact_along_one_axis_as_along_another(axis: Any, dtype: Any) -> None:
    """One after the other float32 would be 2.7 % off at three million, and this is where it starts."""
    values = np.full((300_000, 2), 0.3, dtype)
    for theta in (values, values.T.copy().T, np.full((300_000, 3), 0.3, dtype)[:, :2]):
        scale = ScaledBinary(axis).scale(theta)
        assert scale.dtype == dtype
        np.testing.assert_allclose(scale, dtype(0.3), rtol=8 * np.finfo(dtype).eps)
