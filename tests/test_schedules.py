"""Schedules: their values, their types, their wrong arguments."""

import math
from fractions import Fraction
from typing import Any

import pytest

from pqtheory.schedules import (
    Constant,
    Exponential,
    Hardened,
    Linear,
    Polynomial,
    Sigmoid,
    Staircase,
    as_schedule,
)


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        (Constant(0.3), 7, 0.3),
        (Linear(0.5), 0, 0.0),
        (Linear(0.5), 7, 3.5),
        (Linear(0.5, 2), 7, 5.5),
        (Polynomial(2, 3), 4, 128),
        (Polynomial(2.0, -0.5, 1), 3, 1.0),
        (Exponential(3, 0.5), 2, 0.75),
        (Exponential(1.0, 1.02), 1, 1.02),
        (Sigmoid(4.0, 10, 2), 10, 2.0),
        (Sigmoid(4.0, 10, 2), 12, 4 / (1 + math.exp(-1))),
        (Sigmoid(4.0, 10, 2), 6, 4 / (1 + math.exp(2))),
        (Sigmoid(4.0, 10, 0.001), 10**6, 4.0),
        (Sigmoid(4.0, 10, 0.001), 0, 0.0),
        (Staircase(Linear(1), 5), 4, 0),
        (Staircase(Linear(1), 5), 5, 1),
        (Staircase(Linear(1), 5), 14, 2),
        (Hardened(Linear(1), 5), 4, 4),
        (Hardened(Linear(1), 5), 5, math.inf),
        (Hardened(Linear(1), 0), 0, math.inf),
    ],
)
def test_values(schedule: Any, step: int, expected: float) -> None:
    assert schedule(step) == pytest.approx(expected)


def test_fractions_stay_exact() -> None:
    third = Fraction(1, 3)
    for schedule, expected in [
        (Constant(third), third),
        (Linear(third, 1), Fraction(7, 3)),
        (Polynomial(third, -1, 1), Fraction(1, 15)),
        (Exponential(third, Fraction(1, 2)), Fraction(1, 48)),
        (Hardened(Constant(third), 5), third),
    ]:
        assert schedule(4) == expected
        assert isinstance(schedule(4), Fraction)


@pytest.mark.parametrize(("start", "expected"), [(2.0, math.inf), (-2.0, -math.inf), (0, 0)])
def test_an_exponential_that_overflows(start: float, expected: float) -> None:
    assert Exponential(start, 10.0)(400) == expected


def test_as_schedule() -> None:
    linear = Linear(1)
    assert as_schedule(linear, "x") is linear
    assert as_schedule(2, "x") == Constant(2)
    with pytest.raises(TypeError, match="x: expected a number, got 'a'"):
        as_schedule("a", "x")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Constant("a"), TypeError, "value: expected a number, got 'a'"),
        (lambda: Constant(math.nan), ValueError, "value: expected a number, got nan"),
        (lambda: Linear(None), TypeError, "rate: expected a number, got None"),
        (lambda: Linear(1, math.nan), ValueError, "start: expected a number, got nan"),
        (lambda: Polynomial("a", 1), TypeError, "scale: expected"),
        (lambda: Polynomial(1, "a"), TypeError, "power: expected"),
        (lambda: Polynomial(1, 1, -1), ValueError, "offset: expected a number >= 0, got -1"),
        (lambda: Polynomial(1, -1), ValueError, "offset: expected a number > 0, got 0"),
        (lambda: Exponential("a", 1), TypeError, "start: expected"),
        (lambda: Exponential(1, 0), ValueError, "factor: expected a number > 0, got 0"),
        (lambda: Sigmoid("a", 1, 1), TypeError, "final: expected"),
        (lambda: Sigmoid(1, "a", 1), TypeError, "midpoint: expected"),
        (lambda: Sigmoid(1, 1, 0), ValueError, "width: expected a number > 0, got 0"),
        (lambda: Staircase(0.1, 5), TypeError, "schedule: expected a schedule, got 0.1"),
        (lambda: Staircase(Linear(1), 0), ValueError, "every: expected an integer >= 1, got 0"),
        (lambda: Hardened(0.1, 5), TypeError, "schedule: expected a schedule, got 0.1"),
        (lambda: Hardened(Linear(1), -1), ValueError, "harden_at: expected an integer >= 0, got"),
        (lambda: Hardened(Linear(1), 0.5), TypeError, "harden_at: expected an integer, got 0.5"),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
