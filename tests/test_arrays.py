"""Arrays and argument checks: what is accepted, what it becomes, the sign function."""

import math
from fractions import Fraction
from typing import Any

import array_api_compat
import ml_dtypes
import numpy as np
import pytest
import torch

from pqtheory import _arrays
from pqtheory._arrays import as_array, constant_like, dtype_name, is_torch, keep_nan, sign
from pqtheory._checks import check_count, check_number, check_vectors, check_weight
from pqtheory._elementwise import NUMPY_BLOCK, TORCH_BLOCK, _can_block, elementwise
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.schedules import Constant, Linear
from pqtheory.sets import Binary, Ternary, UniformGrid

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
    for given, dtype in [
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
        xp, array = as_array(given)
        assert xp is np
        assert isinstance(array, np.ndarray)
        assert array.dtype == dtype


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
    assert check_vectors(np.ones((2, 3)), 3)[1].shape == (2, 3)
    for theta in (np.ones((3, 2)), np.float64(1.0)):
        with pytest.raises(ValueError, match=r"theta: expected shape \(..., 3\), got"):
            check_vectors(theta, 3)


def test_only_a_recorded_gradient_keeps_torch_from_blocks() -> None:
    xp, large = as_array(torch.zeros(TORCH_BLOCK + 1, requires_grad=True))
    assert not _can_block(xp, large, (), None)
    with torch.no_grad():
        assert _can_block(xp, large, (0.5,), large)
    assert not _can_block(xp, torch.zeros(TORCH_BLOCK + 1, device="meta"), (), None)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("shift", [-3, 3])
def test_an_output_that_overlaps_its_input_elsewhere(backend: str, shift: int) -> None:
    size = 3 * max(NUMPY_BLOCK, TORCH_BLOCK)
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
