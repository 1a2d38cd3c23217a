"""Arrays and argument checks: what is accepted, what it becomes, the sign function."""

import math
import re
import sys
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
    as_float,
    as_floats,
    as_given,
    constant_like,
    dtype_name,
    exact_like,
    is_compiling,
    is_symbolic,
    is_torch,
    keep_nan,
    namespace,
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


REAL = "w: expected a real floating-point array"
LISTED = f"{REAL} (float16, bfloat16, float32 or float64), got dtype"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, f"{REAL}, got NoneType"),
        ("a", f"{REAL}, got str"),
        (np.ma.masked_array([1.0]), f"{REAL}, got a masked array"),
        (np.arange(3), f"{LISTED} int64"),
        (np.int32(3), f"{LISTED} int32"),
        ([1j], f"{LISTED} complex128"),
        (torch.arange(3), f"{LISTED} torch.int64"),
        ([None, 1], f"{REAL} or one of fractions, got an object array with None"),
        (["a"], f"{LISTED} <U1"),
        ([Fraction(1, 3), math.inf], "w: expected finite numbers beside fractions, got inf"),
        ([[1, 2], [3]], "w: expected sequences of equal lengths, got [[1, 2], [3]]"),
        (10**400, f"w: expected numbers within float64, got {brief(10**400)}"),
        ([2**64, -(10**400)], f"w: expected numbers within float64, got {brief(-(10**400))}"),
    ],
)
def test_what_a_refusal_says(given: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        as_array(given, "w")
    assert str(refused.value) == message


def test_an_array_is_called_theta_unless_it_is_called_otherwise() -> None:
    with pytest.raises(TypeError, match=r"^theta: expected a real"):
        as_array(None)


class Term:
    """What a solver's term looks like from here."""

    dtype = "some.solver.object"

    def __array_namespace__(self, **_: Any) -> Any:
        return Term


class Single(Term):
    """Another library's array of numbers."""

    dtype = "some.library.float32"


class Whole(Term):
    """One of integers."""

    dtype = "some.library.int32"


def test_terms_are_exact_and_no_numbers() -> None:
    term = Term()
    assert dtype_name(Single()) == "float32"
    assert is_symbolic(term)
    for number in (Single(), np.array([Fraction(1)]), Fraction(1), 1.0, torch.ones(1), "a", None):
        assert not is_symbolic(number)
    assert as_array(term) == (Term, term)
    single = Single()
    assert as_array(single) == (Term, single)
    assert namespace(single) is Term
    with pytest.raises(TypeError) as refused:
        as_array(Whole(), "w")
    assert str(refused.value) == f"{LISTED} some.library.int32"


def test_terms_beside_fractions_are_left_alone() -> None:
    term = Term()
    given = np.array([[term, 0.5], [2, Fraction(1, 3)]], dtype=object)
    found = as_array(given)[1]
    assert found.tolist() == [[term, Fraction(1, 2)], [2, Fraction(1, 3)]]
    assert {type(entry) for entry in found.flat} == {Term, Fraction}
    kept = constant_like(np, given, np.array([Fraction(1)]))
    assert kept.tolist() == found.tolist()
    assert {type(entry) for entry in kept.flat} == {Term, Fraction}


def test_the_namespace_is_that_of_the_library() -> None:
    assert namespace(np.ones(1)) is np
    assert namespace(torch.ones(1)) is as_array(torch.ones(1))[0]
    assert namespace(torch.ones(1)).__name__ == "array_api_compat.torch"


def test_torch_that_is_not_loaded_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = torch.ones(1)
    assert is_torch(tensor)
    assert not is_torch(np.ones(1))
    assert not is_compiling()
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert is_compiling()
    monkeypatch.delitem(sys.modules, "torch")
    assert not is_torch(tensor)
    assert not is_compiling()


def test_a_number_for_a_number_and_an_array_for_an_array() -> None:
    result = np.asarray(0.5)
    for number in (1, 0.5, np.float64(0.5)):
        assert type(as_given(result, number)) is np.float64
    assert as_given(result, np.asarray(1.0)) is result
    tensor = torch.tensor(0.5)
    assert as_given(tensor, 1) is tensor
    several = as_given(np.ones(2), [1, 1])
    assert isinstance(several, np.ndarray)
    assert several.tolist() == [1.0, 1.0]


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sign_takes_the_room_that_it_is_given(dtype: Any) -> None:
    given = np.array([[-0.5, -0.0], [0.0, 2.0]], dtype)
    room = np.full_like(given, np.nan)
    found = sign(np, given, room)
    assert np.shares_memory(found, room)
    assert room.tolist() == [[-1.0, 1.0], [1.0, 1.0]]
    assert given.tolist() == [[-0.5, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_a_gradient_goes_through_a_sign(name: str) -> None:
    given = torch.tensor([-0.5, 0.0], dtype=getattr(torch, name), requires_grad=True)
    found = sign(namespace(given), given)
    assert found.requires_grad
    assert found.tolist() == [-1.0, 1.0]
    found.sum().backward()
    assert given.grad is not None
    assert given.grad.tolist() == [0.0, 0.0]


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


def test_constants_have_the_dtype_and_the_device() -> None:
    for values in (0.5, 2, np.array([0.5, 2.0]), np.array([Fraction(1, 2), 10**400], dtype=object)):
        found = constant_like(np, values, np.ones(1, np.float32))
        assert found.dtype == np.float32
        assert found.tolist() == as_floats(np.asarray(values)).tolist()
        xp = namespace(torch.ones(1))
        there = constant_like(xp, values, torch.ones(3, dtype=torch.float32))
        assert there.dtype == torch.float32
        assert there.tolist() == found.tolist()
        # a tensor that has a device and no numbers
        elsewhere = constant_like(xp, values, torch.ones(3, dtype=torch.float16, device="meta"))
        assert (elsewhere.device.type, elsewhere.dtype) == ("meta", torch.float16)
        assert elsewhere.shape == found.shape
    like = np.array([Fraction(1)])
    exact = np.array([Fraction(1, 3)])
    assert constant_like(np, exact, like) is exact
    for infinite in (np.float32(math.inf), -math.inf):
        kept = constant_like(np, [infinite, np.float32(0.5)], like).tolist()
        assert kept == [infinite, Fraction(1, 2)]
        assert [type(entry) for entry in kept] == [float, Fraction]
    square = constant_like(np, [[1, 2], [3, Fraction(1, 3)]], like)
    assert square.tolist() == [[1, 2], [3, Fraction(1, 3)]]
    assert {type(entry) for entry in square.flat} == {Fraction}


def test_numbers_that_stay_exact_beside_fractions() -> None:
    for theta in (Fraction(1, 3), np.array([Fraction(1, 3)])):
        for number in (2, 0.5, True):
            assert type(exact_like(number, theta)) is Fraction
            assert exact_like(number, theta) == number
        for other in (math.inf, Fraction(1, 3), np.float64(0.5), "a"):
            assert exact_like(other, theta) is other
    for theta in (0.5, np.ones(1), 1, None, [Fraction(1, 3)], torch.ones(1)):
        assert exact_like(2, theta) == 2
        assert type(exact_like(2, theta)) is int


def test_floats_of_whatever_is_real() -> None:
    assert as_float(Fraction(1, 2)) == 0.5
    assert as_float(10**400) == math.inf
    assert as_float(-Fraction(10**400, 3)) == -math.inf
    floats = np.ones(2, np.float32)
    assert as_floats(floats) is floats
    found = as_floats(np.array([[Fraction(1, 2), 10**400]], dtype=object))
    assert found.dtype == np.float64
    assert found.tolist() == [[0.5, math.inf]]


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
    assert type(number_like(0.5, floats)) is float
    # the integers up to which all are floats
    for sign_ in (1, -1):
        assert type(number_like(sign_ * 2**53, floats)) is int
        assert type(number_like(sign_ * (2**53 + 1), floats)) is float


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


def test_a_sum_of_whatever_there_is() -> None:
    """Of fractions and of tensors it is the library's, over all axes and without them unless asked for."""
    values = np.arange(6.0).reshape(2, 3)
    libraries = [
        (np, values),
        (np, np.asfortranarray(values)),
        (np, np.asfortranarray(values.astype(np.float32))),
        (np, np.array([[Fraction(int(v)) for v in row] for row in values])),
        (namespace(torch.ones(1)), torch.asarray(values)),
    ]
    for xp, array in libraries:
        assert accurate_sum(xp, array) == 15
        assert accurate_sum(xp, array).shape == () if array.dtype != object else True
        assert accurate_sum(xp, array, 0).tolist() == [3, 5, 7]
        assert accurate_sum(xp, array, -1).tolist() == [3, 12]
        assert accurate_sum(xp, array, 0, True).tolist() == [[3, 5, 7]]
        assert accurate_sum(xp, array, 1, keepdims=True).tolist() == [[3], [12]]


@pytest.mark.parametrize(
    ("axis", "there"),
    [
        *((None, True), (-1, True), (2, True), ((2, 1), True), ((0, 1, 2), True)),
        *((0, False), (1, False), ((0, 2), False), ((0, 1), False)),
    ],
)
def test_what_lies_side_by_side(axis: Any, there: bool) -> None:
    values = np.zeros((2, 3, 4))
    assert _arrays._side_by_side(values, axis) is there
    for other in (np.asfortranarray(values), values[:, :, ::2]):
        assert not _arrays._side_by_side(other, axis)


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
        assert str(path) == "/sys/devices/system/cpu/cpu0/cache/index2/size"
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
