"""A problem is written as the call that makes it again."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory import problems
from pqtheory.problems import Huber, LogisticRegression, Problem, Quadratic, TanhNetwork

NAMES = {**vars(problems), "Fraction": Fraction}


def equal(one: Problem, other: Problem) -> bool:
    mine, yours = one._arguments(), other._arguments()
    assert mine is not None
    assert yours is not None
    same = (np.array_equal(mine[name], yours[name]) for name in mine)
    return type(one) is type(other) and mine.keys() == yours.keys() and all(same)


def test_evaluated_it_is_an_equal_one(problem: Problem) -> None:
    again = eval(repr(problem), dict(NAMES))
    assert equal(again, problem)
    theta = np.random.default_rng(0).standard_normal((3, problem.dim))
    np.testing.assert_array_equal(again.value(theta), problem.value(theta))
    np.testing.assert_array_equal(
        again.stochastic_gradient(theta, np.random.default_rng(1)),
        problem.stochastic_gradient(theta, np.random.default_rng(1)),
    )
    assert repr(again) == repr(problem)


def test_what_it_reads_like() -> None:
    assert repr(Quadratic([[1]], [0.5])) == "Quadratic(A=[[1.0]], b=[0.5], noise=0.0)"
    exact = Quadratic([[Fraction(1, 3)]], [Fraction(1)], noise=Fraction(1, 2))
    assert repr(exact) == (
        "Quadratic(A=[[Fraction(1, 3)]], b=[Fraction(1, 1)], noise=Fraction(1, 2))"
    )
    assert equal(eval(repr(exact), dict(NAMES)), exact)


@pytest.mark.parametrize(
    "problem",
    [Huber.random(50, 300), LogisticRegression.random(9, 9), TanhNetwork.random(3, 4, 2, 500)],
)
def test_large_arrays_are_told_by_their_shape(problem: Any) -> None:
    assert f"X=<array of shape {problem.X.shape}>" in repr(problem)
    assert len(repr(problem)) < 1500


def test_a_problem_of_ones_own_is_written_as_any_object() -> None:
    class Mine(Quadratic.__base__):  # type: ignore[misc, name-defined]
        dim = 1

        def _value(self, xp: Any, theta: Any) -> Any: ...
        def _gradient(self, xp: Any, theta: Any) -> Any: ...
        def _stochastic_gradient(self, xp: Any, theta: Any, rng: Any) -> Any: ...

    assert "Mine object at" in repr(Mine())
