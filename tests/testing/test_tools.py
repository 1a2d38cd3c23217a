"""The tools of the checks: what is said, the simplest case, arrays of every kind, and the constants of a problem."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.testing import ConformanceError, arrays
from pqtheory.testing.arrays import (
    Kind,
    are_fractions,
    bits,
    described,
    fractions,
    kinds,
    libraries,
    numbers,
    same_kind,
    sample_points,
)
from pqtheory.testing.constants import check_constants
from pqtheory.testing.failure import answer, expect, fail, first_of, named, shown, simplest
from pqtheory.testing.minimisers import check_slopes, objective, rivals, values_of


class Plain:
    """An object that is written as an address."""


def said(call: Any, error: type[Exception] = ConformanceError) -> str:
    with pytest.raises(error) as refused:
        call()
    return str(refused.value)


def test_one_line_names_what_is_broken() -> None:
    assert named(Plain()) == "Plain"
    assert named(Binary()) == repr(Binary())
    assert said(lambda: fail(Plain(), "is broken")) == "Plain: is broken"
    expect(True, Plain(), "is broken")
    assert said(lambda: expect(0, Plain(), "is broken")) == "Plain: is broken"


def test_what_a_call_raises_is_shown_with_the_question() -> None:
    assert answer(Plain(), "pow", pow, 2, 3) == 8

    def bad(word: str) -> None:
        raise KeyError(word)

    with pytest.raises(ConformanceError) as refused:
        answer(Plain(), "bad('a')", bad, "a")
    assert str(refused.value) == "Plain: bad('a') raised KeyError: \"'a'\""
    assert isinstance(refused.value.__cause__, KeyError)


def test_the_simplest_case_that_fails_still() -> None:
    case = np.array([3.14159, -7.25])
    assert simplest(case, lambda c: True).tolist() == [0.0, 0.0]
    assert simplest(case, lambda c: bool(c[0] > 0.7)).tolist() == [1.0, 0.0]
    assert simplest(case, lambda c: bool(c[0] > 2)).tolist() == [3.0, 0.0]
    assert simplest(case, lambda c: bool(c[0] > 3.1412)).tolist() == [3.142, 0.0]
    assert simplest(case, lambda c: bool(c[1] < -7.1)).tolist() == [0.0, -7.2]
    assert simplest(case, lambda c: False).tolist() == case.tolist()
    # one number may only become simple once another is
    assert simplest(case, lambda c: bool(c[1] == 0 or c[0] > 3)).tolist() == [0.0, 0.0]
    # what is simple already is not made less so, and a case that raises does not fail
    assert simplest(np.array([1]), lambda c: bool(c[0] in (1, -1))).tolist() == [1.0]
    assert simplest(np.array([2.5]), lambda c: 1 / c[0] > 0).tolist() == [1.0]
    assert case.tolist() == [3.14159, -7.25]


def test_the_case_that_is_written_shortest() -> None:
    cases = np.array([0.125, 0.5, 0.25, 7.0, 1.0])
    assert first_of(cases, [True, True, True, False, False]) == 0.5
    assert first_of(cases, [True, False, False, True, True]) == 1.0
    assert shown(np.array([0.5, 1.0])) == "[0.5, 1.0]"
    assert shown(np.float64(0.5)) == "0.5"
    assert shown((1, "a")) == "(1, 'a')"


def test_kinds_of_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [[0.5, -1.0]]
    for backend, dtype in (("numpy", "float16"), ("torch", "float32"), ("torch", "bfloat16")):
        kind = Kind(backend, dtype)
        made = kind.array(values)
        assert str(made.dtype).removeprefix("torch.") == dtype
        assert isinstance(made, torch.Tensor) == (backend == "torch")
        assert made.tolist() == values
        assert str(kind) == f"{backend}-{dtype}"
    assert Kind("numpy", "bfloat16").array(values).dtype == ml_dtypes.bfloat16
    given = np.ones(2)
    assert not np.shares_memory(Kind("numpy", "float64").array(given), given)
    assert [Kind("numpy", d).eps for d in ("float32", "float64")] == [2.0**-23, 2.0**-52]
    assert libraries(None) == ("numpy", "torch", "fractions")
    assert libraries(["fractions", "numpy"]) == ("fractions", "numpy")
    every = [Kind(b, d) for b in ("numpy", "torch") for d in arrays.DTYPES]
    assert kinds(None) == tuple(every)
    assert kinds(("fractions", "torch"), ("float32",)) == (Kind("torch", "float32"),)
    with pytest.raises(ValueError, match=r"^arrays: ") as unknown:
        libraries(["numpy", "jax"])
    assert str(unknown.value) == "arrays: expected some of numpy, torch, fractions, got 'jax'"
    monkeypatch.setattr(arrays, "_is_installed", lambda name: False)
    assert libraries(None) == ("numpy", "fractions")
    assert kinds(["numpy"]) == tuple(Kind("numpy", d) for d in ("float16", "float32", "float64"))
    with pytest.raises(ValueError, match=r"^arrays: ") as missing:
        libraries(["torch"])
    assert str(missing.value) == "arrays: torch is not installed: pip install 'pqtheory[torch]'"


def test_what_is_installed() -> None:
    assert arrays._is_installed("numpy") is True
    assert arrays._is_installed("no_such_module") is False


def test_arrays_are_compared() -> None:
    exact = fractions([[0.1, 2.0]])
    assert exact.tolist() == [[Fraction(0.1), Fraction(2)]]
    assert {type(n) for n in exact.flat} == {Fraction}
    assert are_fractions(exact)
    assert are_fractions(np.array([1, Fraction(1, 2)], dtype=object))
    assert are_fractions(Fraction(1, 2))
    assert not are_fractions(np.array([Fraction(1), 0.5], dtype=object))
    tensor = torch.tensor([0.5, -0.0], dtype=torch.bfloat16, requires_grad=True)
    assert numbers(tensor).dtype == np.float64
    assert numbers(tensor).tolist() == [0.5, 0.0]
    assert bits(tensor) == np.array([0.5, -0.0]).tobytes()
    assert bits(np.array([0.0])) != bits(np.array([-0.0]))
    like = np.zeros((2, 1), np.float32)
    assert same_kind(like.copy(), like)
    for other in (like.astype(float), like.ravel(), like.tolist(), torch.zeros((2, 1))):
        assert not same_kind(other, like)
    there = torch.zeros((2, 1))
    assert same_kind(there.clone(), there)
    for other in (there.double(), there.ravel(), like, there.to("meta"), there.tolist()):
        assert not same_kind(other, there)
    assert same_kind(np.zeros(()), np.float64(1.0))
    assert described(like) == "ndarray of float32, shape (2, 1)"
    assert described(there) == "Tensor of torch.float32, shape (2, 1)"
    assert described([1]) == "[1]"


def test_sample_points_hold_what_is_hard() -> None:
    points = sample_points((-1.0, 0.5))
    assert len(points) == 89 + 40 + 2 + 2 + 1 + 2
    assert points[:89].tolist() == [n / 16 for n in range(-44, 45)]
    drawn = np.random.default_rng(0).standard_normal(40)
    assert points[89:129].tolist() == (1.2 * drawn).tolist()
    assert str(points[129:].tolist()) == str(
        [0.0, -0.0, -1.0, 0.5, -0.25, math.nextafter(-0.25, -9), math.nextafter(-0.25, 9)]
    )
    assert sample_points()[131:136].tolist() == [-1.0, 0.0, 1.0, -0.5, 0.5]
    assert (
        sample_points(seed=1)[89:129].tolist()
        == (1.2 * np.random.default_rng(1).standard_normal(40)).tolist()
    )


@dataclass
class Bowl:
    """x^2 / 2 + y^2, and what it says of itself."""

    smoothness: Any = 2.0
    lower_bound: Any = 0.0
    is_convex: bool = True
    minimisers: Any = ((0.0, 0.0),)
    shape: float = 1.0
    dim: int = 2

    def value(self, x: Any) -> Any:
        x = np.asarray(x)
        return x[..., 0] ** 2 / 2 + self.shape * x[..., 1] ** 2

    def gradient(self, x: Any) -> Any:
        return np.asarray(x) * [1.0, 2.0 * self.shape]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"smoothness": None, "minimisers": None, "lower_bound": -math.inf},
        {"smoothness": 3, "lower_bound": -1},
        {"smoothness": Fraction(2), "lower_bound": Fraction(0)},
        {"minimisers": ((0.0, 0.0), (0.0, 0.0))},
        {"shape": -1.0, "lower_bound": -math.inf, "is_convex": False, "minimisers": None},
    ],
)
def test_constants_that_hold(claims: Any) -> None:
    check_constants(Bowl(**claims), 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"smoothness": -1}, "smoothness: expected a number >= 0, got -1"),
        (
            {"smoothness": 1.5},
            "smoothness: expected at least 2, from the gradients at [0.0, 0.0] and [0.0, 1.0], got 1.5",
        ),
        ({"lower_bound": math.nan}, "lower_bound: expected a number, got nan"),
        (
            {"lower_bound": 0.25},
            "lower_bound: expected at most 0, the value at [0.0, 0.0], got 0.25",
        ),
        (
            {"lower_bound": math.inf},
            "lower_bound: expected at most 0, the value at [0.0, 0.0], got inf",
        ),
        (
            {"shape": -1.0, "lower_bound": -math.inf},
            "is_convex: expected False: between [0.0, 0.0] and [0.0, 1.0] the value is larger than "
            "its mean at both",
        ),
        ({"minimisers": (0.0, 0.0)}, "minimisers: expected shape (count, 2), got (2,)"),
        ({"minimisers": ((0.0,),)}, "minimisers: expected shape (count, 2), got (1, 1)"),
        (
            {"minimisers": ((1.0, 0.0), (0.0, 0.0))},
            "minimisers: expected none with less value than [1.0, 0.0], which has 0.5; "
            "[0.0, 0.0] has 0",
        ),
    ],
)
def test_constants_that_do_not_hold(claims: Any, told: str) -> None:
    problem = Bowl(**claims)
    message = said(lambda: check_constants(problem, 1.0))  # type: ignore[arg-type]
    assert message == f"{named(problem)}: {told}"


W = DistanceL1(Binary())


def test_the_objective_and_its_rivals() -> None:
    x, t = np.array([1.0, 0.5, -3.0]), np.array([0.0, 0.5, -2.0])
    assert values_of(W, x).tolist() == [0.0, 0.5, 2.0]
    assert values_of(W, x.reshape(3, 1)).tolist() == [[0.0], [0.5], [2.0]]
    assert objective(W, x, t, 0.25).tolist() == [0.5, 0.125, 1.0]

    class Barred:
        def value(self, x: Any, axis: int) -> Any:
            return np.where(x[..., 0] > 0, np.inf, 1.0)

    assert objective(Barred(), x, t, 0.0).tolist() == [math.inf, math.inf, 0.5]  # type: ignore
    theta, moved = np.array([0.3, -0.3]), np.array([1.0, -1.0])
    found = rivals(theta, moved, 0.5)
    assert found.shape == (601 + 2 + 7, 2)
    assert found[:601, 0].tolist() == [n / 100 for n in range(-300, 301)]
    assert found[:603, 0].tolist() == found[:603, 1].tolist()
    assert found[601:603, 0].tolist() == [-1.0, 1.0]
    expected = [0.3, -0.2, 0.8, 0.999, 1.001, 0.99999, 1.00001]
    assert found[603:, 0] == pytest.approx(expected, abs=1e-12)


def test_slopes_that_are_not_those_of_the_value() -> None:
    check_slopes(W)

    class Wrong(DistanceL1):  # type: ignore[misc]
        """With too much on the upper side above 1."""

        def subdifferential(self, theta: Any) -> Any:
            low, high = super().subdifferential(theta)
            return low, np.where(theta > 1, high + 0.5, high)

    wrong = Wrong(Binary())
    assert said(lambda: check_slopes(wrong)) == (
        f"{named(wrong)}: subdifferential: expected (1, 1) at 1.5, the slopes on either side, got (1, 1.5)"
    )
