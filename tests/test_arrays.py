"""Arrays and argument checks: what is accepted, what it becomes, the sign function."""

import math
import re
from fractions import Fraction
from typing import Any

import array_api_compat
import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import _arrays, _elementwise
from pqtheory._arrays import (
    accurate_sum,
    as_array,
    constant_like,
    dtype_name,
    is_torch,
    keep_nan,
    number_like,
    sign,
)
from pqtheory._checks import check_count, check_float, check_number, check_vectors, check_weight
from pqtheory._elementwise import _can_block, elementwise, numpy_block, torch_block
from pqtheory._messages import brief
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems import Huber, LogisticRegression, Quadratic, TanhNetwork
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.schedules import Constant, Linear
from pqtheory.sets import Binary, Codebook, Ternary, UniformGrid
from pqtheory.stability import basin_map

DTYPES = ["float16", "float32", "float64", "bfloat16"]


def numpy_dtype(name: str) -> Any:
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


@pytest.mark.parametrize("name", DTYPES)
def test_arrays_stay_what_they_are(name: str) -> None:
    for array in (np.ones(3, numpy_dtype(name)), torch.ones(3, dtype=getattr(torch, name))):
        xp, same = as_array(array)
        assert same is array
        assert dtype_name(array) == name
        assert is_torch(array) == (xp is not np)


def test_numbers_and_lists_become_arrays() -> None:
    for value, dtype in [
        (1, np.float64),
        (1.5, np.float64),
        (Fraction(1, 3), object),
        ([1, 2], np.float64),
        ((1.5, 2), np.float64),
        ([[1.5], [2]], np.float64),
        ([Fraction(1, 3), 1], object),
        (np.float32(1), np.float32),
        (np.array(1.0, np.float16), np.float16),
    ]:
        xp, array = as_array(value)
        assert xp is np
        assert isinstance(array, np.ndarray)
        assert array.dtype == dtype


def test_integers_that_numpy_lacks() -> None:
    """They are floats in a list too, where one of them is large; beyond the floats they are refused."""
    _, array = as_array([[2**64, 1], [0.5, -(10**30)]])
    assert array.dtype == np.float64
    assert array.tolist() == [[2.0**64, 1.0], [0.5, -1e30]]
    for large in (10**400, [10**400, 1]):
        with pytest.raises(ValueError, match="w: expected numbers within float64, got 1000"):
            as_array(large, "w")
    with pytest.raises(TypeError, match=r"w: expected a real .* an object array with True"):
        as_array([2**64, True], "w")


def test_sequences_of_different_lengths() -> None:
    with pytest.raises(ValueError, match=r"w: expected sequences of equal lengths, got \[\[1, 2\]"):
        as_array([[1, 2], [3]], "w")


@pytest.mark.parametrize(
    "given",
    [
        True,
        None,
        "a",
        1j,
        {1.0},
        [True],
        [1j],
        ["a"],
        np.arange(3),
        np.int64(3),
        np.bool_(True),
        np.ones(2, complex),
        np.array(["a"]),
        np.ones(2, np.longdouble) if np.longdouble(1).dtype != np.float64 else 1j,
        torch.arange(3),
        torch.ones(3, dtype=torch.bool),
    ],
)
def test_anything_else_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="w: expected a real floating-point array"):
        as_array(given, "w")


def test_another_array_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third library goes through array-api-compat; a stand-in keeps the tests free of one."""

    class Foreign:
        dtype = "foreign.float32"

    array = Foreign()
    monkeypatch.setattr(array_api_compat, "is_array_api_obj", lambda a: a is array)
    monkeypatch.setattr(array_api_compat, "array_namespace", lambda a: np)
    monkeypatch.setattr(array_api_compat, "device", lambda a: "cpu")
    assert as_array(array) == (np, array)

    class Namespace:
        @staticmethod
        def asarray(values: Any, dtype: Any, device: Any) -> Any:
            return values, dtype, device

    assert constant_like(Namespace, 2, array) == (2, "foreign.float32", "cpu")


@pytest.mark.parametrize("name", DTYPES)
def test_sign(name: str) -> None:
    values = [-math.inf, -2.0, -1e-7, -0.0, 0.0, 1e-7, 3.0, math.inf]
    for array, xp in (
        (np.array(values).astype(numpy_dtype(name)), np),
        (torch.tensor(values, dtype=getattr(torch, name)), as_array(torch.ones(1))[0]),
    ):
        got = sign(xp, array)
        assert got.dtype == array.dtype
        expected = [1.0 if float(v) >= 0 else -1.0 for v in array]
        assert [float(v) for v in got] == expected
        assert float(sign(xp, array[3])) == 1.0


def test_sign_of_fractions_and_under_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    got = sign(np, np.array([Fraction(-1, 3), Fraction(0), Fraction(2)]))
    assert got.tolist() == [-1, 1, 1]
    assert all(isinstance(v, Fraction) for v in got)
    monkeypatch.setattr(_arrays, "is_compiling", lambda: True)
    traced = sign(torch, torch.tensor([-0.0, -1.0], dtype=torch.float64))
    assert traced.dtype == torch.float64
    assert traced.tolist() == [1.0, -1.0]


def test_sign_of_zeros_compiled_to_fast_mathematics() -> None:
    # some seconds: only the compiler of C++ could take -0.0 + 0.0 for -0.0
    values = torch.tensor([-0.0, 0.0, -1e-45, 1e-45, -2.0, 3.0, -math.inf, math.inf])
    theta = torch.cat([torch.full((37,), -0.0), values.repeat(5)])
    compiled = torch.compile(lambda t: sign(torch, t), fullgraph=True)
    assert torch.equal(compiled(theta), sign(torch, theta))
    assert torch.equal(sign(torch, theta), torch.where(theta >= 0, 1.0, -1.0))


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8"])
def test_swapped_bytes(dtype: str) -> None:
    array = np.array([-2.0, -0.0, 0.25], dtype=dtype)
    regularizer = DistanceL1(Binary())
    expected = regularizer.prox(array.astype(dtype.replace(">", "=")), 0.25)
    result = regularizer.prox(array, 0.25)
    assert result.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(result, expected)


def test_keep_nan() -> None:
    nan = math.nan
    values, t = np.array([1.0, 1.0, -1.0, 5.0]), np.array([0.3, nan, np.inf, -np.inf])
    np.testing.assert_array_equal(keep_nan(np, values, t), [1.0, nan, -1.0, 5.0])


def test_kernels_must_keep_the_shape() -> None:
    with pytest.raises(
        ValueError, match=r"broadcast to theta's shape \(2,\), got the shape \(3, 2\)"
    ):
        elementwise(lambda xp, t, a: t + a, np.ones(2), np.ones((3, 1)))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("a", "x"), {}, TypeError, "x: expected a number, got 'a'"),
        ((True, "x"), {}, TypeError, "x: expected a number, got True"),
        ((1j, "x"), {}, TypeError, "x: expected a number, got 1j"),
        ((math.nan, "x"), {}, ValueError, "x: expected a number, got nan"),
        ((-1, "x", 0), {}, ValueError, "x: expected a number >= 0, got -1"),
        ((0, "x", 0), {"open_low": True}, ValueError, "x: expected a number > 0, got 0"),
        ((math.inf, "x"), {"finite": True}, ValueError, "x: expected a finite number, got inf"),
        ((np.float32(-1), "x", 0), {}, ValueError, "x: expected a number >= 0, got -1.0"),
        (
            (np.ones(3), "x", 0),
            {},
            TypeError,
            r"x: expected a number, got an array of shape \(3,\)",
        ),
        (
            (np.array([1.0]), "x"),
            {},
            TypeError,
            r"x: expected a number, got an array of shape \(1,\)",
        ),
        ((np.array(True), "x"), {}, TypeError, "x: expected a number, got an array"),
        ((np.bool_(True), "x"), {}, TypeError, "x: expected a number, got np.True_"),
        ((torch.tensor(True), "x"), {}, TypeError, "x: expected a number, got tensor"),
        ((np.complex64(1), "x"), {}, TypeError, "x: expected a number, got np.complex64"),
        ((np.ma.masked_array(1.0), "x"), {}, TypeError, "x: expected a number, got masked_array"),
        ((torch.ones(2), "x"), {}, TypeError, "x: expected a number, got tensor"),
    ],
)
def test_bad_numbers(arguments: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_number(*arguments, **options)


def test_a_number_too_long_to_print() -> None:
    with pytest.raises(ValueError, match="x: expected a number >= 0, got int with thousands of"):
        check_number(-(10**5000), "x", 0)


def test_numbers_that_must_be_floats() -> None:
    for value in (1, 0.5, Fraction(1, 2), np.float32(0.5), torch.tensor(2)):
        assert type(check_float(value, "x")) is float
        assert check_float(value, "x") == value
    assert check_float(10**400, "x", 0) == math.inf
    with pytest.raises(ValueError, match="x as a float: expected a finite number >= 0, got inf"):
        check_float(10**400, "x", 0, finite=True)
    with pytest.raises(ValueError, match=r"x as a float: expected a number > 0, got 0\.0"):
        check_float(Fraction(1, 10**400), "x", 0, open_low=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: TanhNetwork([[1.0]], [1], gain=n),
        lambda n: Huber.random(2, 3, noise=n),
        lambda n: Quadratic.random(2, condition=n),
        lambda n: basin_map(BinaryConnect(0.1), Quadratic.random(2), 0, n, 3, 4),
    ],
)
def test_an_integer_beyond_the_floats_is_no_float(make: Any) -> None:
    with pytest.raises(ValueError, match="as a float: expected a finite number"):
        make(10**400)
    assert LogisticRegression([[1.0]], [1], l2=10**400).smoothness == math.inf


def test_good_numbers_come_back() -> None:
    for value in (0, 0.5, math.inf, Fraction(1, 3)):
        assert check_number(value, "x", 0) is value
    assert type(check_number(np.float32(0.5), "x")) is float


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (Binary, "scale"),
        (Ternary, "scale"),
        (lambda a: UniformGrid(2, low=a), "low"),
        (lambda a: UniformGrid(2, high=a), "high"),
        (lambda a: SmoothedL1(Binary(), a), "epsilon"),
        (BinaryConnect, "step_size"),
        (lambda a: BinaryConnect(0.1, clip=a), "clip"),
        (lambda a: ProxQuant(DistanceL1(Binary()), 0.1, a), "strength"),
        (Constant, "value"),
        (Linear, "rate"),
        (lambda a: Quadratic([[1.0]], [1.0], noise=a), "noise"),
    ],
)
def test_arrays_are_no_numbers(make: Any, name: str) -> None:
    for array in (np.array([0.1, 0.2]), np.array([0.1]), np.array([])):
        with pytest.raises(TypeError, match=f"{name}: expected a number, got an array of shape"):
            make(array)


def test_counts() -> None:
    assert check_count(np.int64(3), "n") == 3
    assert check_count(0, "n", 0) == 0
    for value, options, error, message in [
        (1.0, {}, TypeError, "n: expected an integer, got 1.0"),
        (True, {}, TypeError, "n: expected an integer, got True"),
        (0, {}, ValueError, "n: expected an integer >= 1, got 0"),
        (9, {"high": 8}, ValueError, "n: expected an integer from 1 to 8, got 9"),
    ]:
        with pytest.raises(error, match=message):
            check_count(value, "n", **options)


def test_weights_and_vectors() -> None:
    tensor = torch.tensor([0.0, 1.0])
    assert check_weight(tensor) is tensor
    array = np.array([0.0, math.inf])
    assert check_weight(array) is array
    for bad in (np.array([1.0, -1.0]), np.array([math.nan])):
        with pytest.raises(ValueError, match="weight: expected a number >= 0, got array"):
            check_weight(bad)
    with pytest.raises(ValueError, match="weight: expected numbers >= 0, got tensor"):
        check_weight(torch.tensor([math.nan]))
    for bad in (
        np.array([1, 1 + 5j]),
        np.array([True]),
        np.ma.masked_array([1.0]),
        np.array(["1"]),
        torch.tensor([1j]),
        torch.tensor([True]),
        1j,
        True,
        np.bool_(True),
        [0.5],
    ):
        with pytest.raises(TypeError, match="weight: expected"):
            check_weight(bad)
    for entry in (math.nan, -1, Fraction(-1, 3)):
        with pytest.raises(ValueError, match=re.escape(f">= 0, got {entry!r}")):
            check_weight(np.array([Fraction(1, 3), entry], dtype=object))
    kept = check_weight(np.array([Fraction(np.int64(1), 3), math.inf, np.float32(0.5), 2]))
    assert kept.tolist() == [Fraction(1, 3), math.inf, 0.5, 2]
    assert type(kept[0].numerator) is int
    assert check_weight(np.array(0.5)) == 0.5
    assert check_vectors(np.ones((2, 3)), 3)[1].shape == (2, 3)
    for theta in (np.ones((3, 2)), np.float64(1.0)):
        with pytest.raises(ValueError, match=r"theta: expected shape \(..., 3\), got"):
            check_vectors(theta, 3)


def test_only_a_recorded_gradient_keeps_torch_from_blocks() -> None:
    xp, large = as_array(torch.zeros(torch_block(torch) + 1, requires_grad=True))
    assert not _can_block(xp, large, (), None)
    with torch.no_grad():
        assert _can_block(xp, large, (0.5,), large)
    assert not _can_block(xp, torch.zeros(torch_block(torch) + 1, device="meta"), (), None)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("shift", [-3, 3])
def test_an_output_that_overlaps_its_input_elsewhere(backend: str, shift: int) -> None:
    size = 3 * max(numpy_block(), torch_block(torch))
    memory = np.random.default_rng(0).standard_normal(size + abs(shift))
    first, second = memory[:size], memory[abs(shift) :]
    theta, out = (first, second) if shift > 0 else (second, first)
    expected = DistanceL1(Binary()).prox(theta.copy(), 0.25)
    if backend == "torch":
        whole = torch.from_numpy(memory)
        first, second = whole[:size], whole[abs(shift) :]
        theta, out = (first, second) if shift > 0 else (second, first)
    DistanceL1(Binary()).prox(theta, 0.25, out=out)
    np.testing.assert_array_equal(np.asarray(out), expected)


# fractions come in


def test_fractions_are_rebuilt_from_pythons_integers() -> None:
    spoilt = np.array([Fraction(np.int64(3), np.int64(10)), np.int64(2), 0.5, np.float32(0.25), 7])
    _, array = as_array(spoilt)
    assert array.tolist() == [Fraction(3, 10), 2, Fraction(1, 2), Fraction(1, 4), 7]
    assert all(type(v) is Fraction for v in array)
    assert {type(n) for v in array for n in (v.numerator, v.denominator)} == {int}
    assert isinstance(spoilt[1], np.int64)  # what was given is as it was
    assert as_array(array)[1] is array
    assert type(as_array(Fraction(np.int64(3), 10))[1].item().numerator) is int
    assert as_array([2**63, 1])[1].dtype == np.float64


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32(np.nan)])
def test_what_fractions_lack(bad: float) -> None:
    with pytest.raises(ValueError, match="theta: expected finite numbers beside fractions, got"):
        as_array(np.array([Fraction(1, 2), bad], dtype=object))


@pytest.mark.parametrize("bad", [None, "1", True, np.bool_(True), 1j, [1]])
def test_what_is_no_number_beside_fractions(bad: Any) -> None:
    array = np.empty(2, dtype=object)
    array[:] = [Fraction(1, 2), bad]
    with pytest.raises(TypeError, match="theta: expected a real floating-point array"):
        as_array(array)


def test_constants_beside_fractions() -> None:
    like = np.array([Fraction(1, 3)])
    assert constant_like(np, 0.1, like).item() == Fraction(0.1)
    values = constant_like(np, np.array([0.5, math.inf, -1]), like)
    assert values.tolist() == [Fraction(1, 2), math.inf, -1]
    assert [type(v) for v in values] == [Fraction, float, Fraction]
    assert math.isnan(constant_like(np, math.nan, like).item())


def test_numbers_to_combine_with() -> None:
    floats, exact = np.ones(1, np.float32), np.array([Fraction(1, 3)])
    assert number_like(0.1, exact) == Fraction(0.1)
    assert number_like(10**400, exact) == 10**400
    assert number_like(math.inf, exact) == math.inf
    for number, expected in [
        (3, 3),
        (2**1100, math.inf),
        (-(10**400), -math.inf),
        (2**60, 2.0**60),
    ]:
        assert number_like(number, floats) == expected
    assert number_like(Fraction(10**400), floats) == math.inf
    assert type(number_like(3, floats)) is int
    assert type(number_like(Fraction(1, 2), floats)) is float


# sums


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_sums_are_those_of_the_exact_numbers(dtype: Any, data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    axes = data.draw(st.none() | st.lists(st.integers(0, len(shape) - 1), unique=True).map(tuple))
    seed = data.draw(st.integers(0, 99))
    values = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    values = values.transpose(data.draw(st.permutations(range(len(shape)))))
    for keepdims in (False, True):
        total = accurate_sum(np, values, axes, keepdims)
        expected = values.astype(float).sum(axis=axes, keepdims=keepdims)
        assert total.shape == expected.shape
        assert total.dtype == dtype
        np.testing.assert_allclose(total, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("dtype", "slack"), [(np.float32, 1e-6), (np.float64, 2e-15)])
@pytest.mark.parametrize("axis", [0, (0, 1), (1, 0), None])
def test_long_sums_are_exact_whatever_lies_side_by_side(
    axis: Any, dtype: Any, slack: float
) -> None:
    values = np.full((200_000, 3), 0.1, dtype)
    for array in (values, np.asfortranarray(values), values[:, ::2], values[::-1]):
        shares = accurate_sum(np, array, axis) / (array.size if axis != 0 else len(array))
        np.testing.assert_allclose(shares, dtype(0.1), rtol=slack)


def test_an_axis_that_is_not_there() -> None:
    for axis in (2, -3, (0, 2)):
        with pytest.raises(ValueError, match="axis"):
            accurate_sum(np, np.ones((2, 2), np.float32), axis)


# messages


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, "0.5"),
        ("a" * 1000, None),
        ([1.0] * 10**6, "[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, ...]"),
        (np.ones((1000, 1000)), "ndarray of shape (1000, 1000)"),
        (np.ones(2), "array([1., 1.])"),
        (torch.ones(30), "Tensor of shape (30,)"),
        ({i: i for i in range(10**5)}, None),
        (Fraction(10**3000, 3), None),
        (UniformGrid(2, -1, 1), "UniformGrid(bits=2, low=-1, high=1)"),
        (Codebook(range(10**4)), None),
        ("two\nlines", "'two\\nlines'"),
        (np.array(["two", "rows"])[:, None], "array([['two'], ['rows']], dtype='<U4')"),
    ],
)
def test_values_in_messages_are_short(value: Any, expected: str | None) -> None:
    text = brief(value)
    assert len(text) <= 120
    assert "\n" not in text
    assert expected is None or text == expected
    if expected is None:
        assert "..." in text


def test_integers_that_python_does_not_write_out() -> None:
    assert brief(10**5000) == "int with thousands of digits"
    assert brief(Fraction(1, 10**5000)) == "Fraction with thousands of digits"


@pytest.mark.parametrize(
    ("text", "cache"),
    [("2048K\n", 2 << 20), ("512K", 512 << 10), ("odd", 1 << 20), (None, 1 << 20)],
)
def test_blocks_are_as_large_as_the_cache_that_is_there(text, cache, monkeypatch):
    def read(path):
        if text is None:
            raise FileNotFoundError(path)
        return text

    monkeypatch.setattr(_elementwise.Path, "read_text", read)
    # without what was remembered of this machine
    monkeypatch.setattr(
        _elementwise, "second_level_cache", _elementwise.second_level_cache.__wrapped__
    )
    assert _elementwise.second_level_cache() == cache
    assert _elementwise.numpy_block.__wrapped__() == cache // 16
    assert _elementwise.torch_block(torch) == cache // 8 * torch.get_num_threads()
