"""Checks of arguments: which number comes back, the bounds from both sides, and the whole of each message."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory import _checks
from pqtheory._checks import (
    check_count,
    check_float,
    check_last_axis,
    check_number,
    check_seed,
    check_vectors,
    check_weight,
    python_number,
    store,
)


def message(call: Callable[[], Any], error: type[Exception] = ValueError) -> str:
    with pytest.raises(error) as refused:
        call()
    assert type(refused.value) is error
    return str(refused.value)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (3, 3),
        (0.5, 0.5),
        (True, True),
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.bool_(True), True),
        (np.array(7), 7),
        (torch.tensor(7), 7),
        (torch.tensor(0.5), 0.5),
        (Fraction(np.int64(1), np.int64(2)), Fraction(1, 2)),
        (np.array(Fraction(np.int64(1), 2)), Fraction(1, 2)),
    ],
)
def test_numbers_of_all_kinds_are_pythons(given: Any, number: Any) -> None:
    found = python_number(given)
    assert found == number
    assert type(found) is type(number)
    if isinstance(found, Fraction):
        assert type(found.numerator) is type(found.denominator) is int


class Whole(int):
    """An integer of one's own."""


def test_an_integer_of_ones_own_is_pythons() -> None:
    assert type(python_number(Whole(3))) is int


@pytest.mark.parametrize(
    "other", [None, "1", [1], np.ones(1), torch.ones(1), np.ma.masked_array(1.0), 1j]
)
def test_what_is_no_number_stays_what_it_is(other: Any) -> None:
    assert python_number(other) is other


def test_bounds_from_both_sides() -> None:
    assert check_number(-math.inf, "x") == -math.inf
    assert check_number(2, "x", 2) == 2
    assert check_number(2.5, "x", 2, open_low=True, finite=True) == 2.5
    assert message(lambda: check_number(1, "x", 2)) == "x: expected a number >= 2, got 1"
    assert message(lambda: check_number(2, "x", 2, open_low=True)) == (
        "x: expected a number > 2, got 2"
    )
    assert message(lambda: check_number(math.nan, "x")) == "x: expected a number, got nan"
    for infinite in (math.inf, -math.inf):
        assert message(lambda n=infinite: check_number(n, "x", finite=True)) == (
            f"x: expected a finite number, got {infinite}"
        )
    assert message(lambda: check_number(0, "x", 0.5, open_low=True, finite=True)) == (
        "x: expected a finite number > 0.5, got 0"
    )
    assert message(lambda: check_number(np.array([1.0]), "x"), TypeError) == (
        "x: expected a number, got an array of shape (1,)"
    )
    assert message(lambda: check_number(np.array(True), "x"), TypeError) == (
        "x: expected a number, got an array of shape ()"
    )
    assert message(lambda: check_number("a", "x"), TypeError) == "x: expected a number, got 'a'"
    masked = message(lambda: check_number(np.ma.masked_array(1.0), "x"), TypeError)
    assert masked.startswith("x: expected a number, got masked_array(")


def test_the_same_bounds_for_floats() -> None:
    assert check_float(-math.inf, "x") == -math.inf
    assert check_float(2, "x", 2) == 2.0
    assert type(check_float(2, "x", 2)) is float
    assert message(lambda: check_float(1, "x", 2)) == "x: expected a number >= 2, got 1"
    assert message(lambda: check_float(2, "x", 2, open_low=True)) == (
        "x: expected a number > 2, got 2"
    )
    assert message(lambda: check_float(math.inf, "x", finite=True)) == (
        "x: expected a finite number, got inf"
    )
    assert message(lambda: check_float(10**400, "x", finite=True)) == (
        "x as a float: expected a finite number, got inf"
    )
    assert message(lambda: check_float(Fraction(1, 10**400), "x", 0, open_low=True)) == (
        "x as a float: expected a number > 0, got 0.0"
    )
    assert message(lambda: check_float("a", "x"), TypeError) == "x: expected a number, got 'a'"


def test_counts_from_both_sides() -> None:
    assert [check_count(n, "n") for n in (1, 10**30)] == [1, 10**30]
    assert [check_count(n, "n", 2, 4) for n in (2, np.int8(3), torch.tensor(4))] == [2, 3, 4]
    for count in (1, 5):
        assert message(lambda n=count: check_count(n, "n", 2, 4)) == (
            f"n: expected an integer from 2 to 4, got {count}"
        )
    assert message(lambda: check_count(0, "n")) == "n: expected an integer >= 1, got 0"
    assert message(lambda: check_count(-1, "n", 0)) == "n: expected an integer >= 0, got -1"
    for other in (True, 2.0, "2", None):
        assert message(lambda n=other: check_count(n, "n"), TypeError) == (
            f"n: expected an integer, got {other!r}"
        )


def test_seeds() -> None:
    first = np.random.default_rng(3).random()
    for seed in (3, np.int64(3), torch.tensor(3), np.random.SeedSequence(3)):
        assert check_seed(seed).random() == first
    generator = np.random.default_rng(3)
    assert check_seed(generator) is generator
    older = np.random.RandomState(3)
    assert check_seed(older).bit_generator is older._bit_generator
    allowed = "integers >= 0 or a generator of NumPy's"
    assert message(lambda: check_seed(-1)) == f"seed: expected {allowed}, got -1"
    assert message(lambda: check_seed("a", "start"), TypeError) == (
        f"start: expected {allowed}, got 'a'"
    )


def test_fields_of_what_is_frozen() -> None:
    @dataclass(frozen=True)
    class Frozen:
        a: Any
        b: Any

    frozen = Frozen(1, 2)
    store(frozen, a=3, b=4)
    assert frozen == Frozen(3, 4)


def test_weights_that_are_taken() -> None:
    assert (check_weight(0), check_weight(math.inf)) == (0, math.inf)
    assert type(check_weight(np.array(0.5))) is float
    for array in (
        np.array([0.0, 0.5, math.inf], np.float16),
        np.array([0, 1], np.int8),
        np.array([0, 1], np.uint16),
        np.empty(0),
        torch.tensor([0.0, 0.5, math.inf]),
        torch.tensor([0, 1], dtype=torch.uint8),
        # whose numbers nothing is known of yet
        torch.empty(2, device="meta"),
    ):
        assert check_weight(array) is array
    exact = check_weight(np.array([[Fraction(np.int64(1), 3), 0], [math.inf, np.float32(0.5)]]))
    assert exact.tolist() == [[Fraction(1, 3), 0], [math.inf, 0.5]]
    assert [type(entry) for entry in exact.flat] == [Fraction, int, float, float]
    assert exact.dtype == object
    empty = check_weight(np.empty((0, 2), dtype=object))
    assert (empty.shape, empty.dtype) == ((0, 2), object)


def test_what_a_compiler_follows_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    negative = torch.tensor([-1.0])
    monkeypatch.setattr(_checks, "is_compiling", lambda: True)
    assert check_weight(negative) is negative


class Term:
    """What a solver's term looks like from here."""

    dtype = "some.solver.object"
    ndim, shape = 0, ()

    def __array_namespace__(self, **_: Any) -> Any:
        return Term

    def __ge__(self, other: Any) -> bool:
        return True


def test_weights_that_are_terms_of_a_solver() -> None:
    term = Term()
    assert check_weight(term) is term
    found = check_weight(np.array([term, Fraction(1, 3), 2], dtype=object))
    assert found.tolist() == [term, Fraction(1, 3), 2]
    mixed = np.array([term, -1], dtype=object)
    assert message(lambda: check_weight(mixed, "w")) == "w: expected a number >= 0, got -1"


@pytest.mark.parametrize(
    ("weight", "error", "said"),
    [
        (-1, ValueError, "a number >= 0, got -1"),
        (math.nan, ValueError, "a number >= 0, got nan"),
        (np.array([0.5, -0.5]), ValueError, "a number >= 0, got array([ 0.5, -0.5])"),
        (torch.tensor([-0.5]), ValueError, "numbers >= 0, got tensor([-0.5000])"),
        (np.array([1, Fraction(-1, 3)]), ValueError, "a number >= 0, got Fraction(-1, 3)"),
        (np.ma.masked_array([1.0]), TypeError, "a number or a plain array, got a masked array"),
        (np.array([1j]), TypeError, "real numbers, got dtype complex128"),
        (np.array([True]), TypeError, "real numbers, got dtype bool"),
        (torch.tensor([True]), TypeError, "real numbers, got dtype torch.bool"),
        (np.array(["a", 1], dtype=object), TypeError, "a number, got 'a'"),
        ([0.5], TypeError, "a number, got [0.5]"),
    ],
)
def test_what_a_refused_weight_is_told(weight: Any, error: type[Exception], said: str) -> None:
    assert message(lambda: check_weight(weight), error) == f"weight: expected {said}"
    assert message(lambda: check_weight(weight, "w"), error) == f"w: expected {said}"


def test_the_last_axis() -> None:
    for shape in ((3,), (2, 3), (0, 3)):
        check_last_axis(np.ones(shape), 3)
        xp, array = check_vectors(given := np.ones(shape), 3)
        assert xp is np
        assert array is given
    for shape in ((), (2,), (3, 2), (3, 1)):
        said = f": expected shape (..., 3), got {shape}"
        assert message(lambda s=shape: check_last_axis(np.ones(s), 3)) == f"theta{said}"
        assert message(lambda s=shape: check_last_axis(np.ones(s), 3, "x")) == f"x{said}"
        assert message(lambda s=shape: check_vectors(np.ones(s), 3)) == f"theta{said}"
        assert message(lambda s=shape: check_vectors(np.ones(s), 3, "x")) == f"x{said}"
    with pytest.raises(TypeError, match=re.escape("x: expected a real floating-point array")):
        check_vectors(["a"], 3, "x")
    assert message(lambda: check_vectors(1.0, 1)) == "theta: expected shape (..., 1), got ()"


def test_a_term_is_one_coordinate() -> None:
    term = Term()
    assert check_vectors(term, 1) == (Term, term)
    assert message(lambda: check_vectors(term, 2)) == "theta: expected shape (..., 2), got ()"
