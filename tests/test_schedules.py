"""Schedules: their values, their types, their wrong arguments."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import simulate
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Term
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import (
    Constant,
    Exponential,
    Hardened,
    Linear,
    Polynomial,
    Sigmoid,
    Staircase,
    Summed,
    as_schedule,
)
from pqtheory.sets import Binary
from pqtheory.theory.given import Given


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


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        # the power leaves the floats, the value does not
        (Exponential(1e-300, 10.0), 400, 1e100),
        (Exponential(1e300, 0.1), 400, 1e-100),
        (Exponential(-1e-300, 10), 400, -1e100),
        (
            Exponential(1e-300, 1.0001),
            10**7,
            math.exp(10**7 * math.log(1.0001) - 300 * math.log(10)),
        ),
        (Polynomial(1e-300, 200), 100, 1e100),
        (Polynomial(1e300, -200, 1), 99, 1e-100),
        (Linear(1e308, -1e308), 2, 1e308),
        (Linear(0.5, 10**400), 1, math.inf),
        # both do
        (Exponential(1.0, 2), 1100, math.inf),
        (Exponential(-1.0, 2), 1100, -math.inf),
        (Exponential(1.0, 0.5), 1100, 0.0),
        (Exponential(0, 2.0), 1100, 0),
        (Exponential(1.5, Fraction(3, 2)), 3000, math.inf),
        (Exponential(1.5, Fraction(2, 3)), 3000, 0.0),
        (Exponential(0.5, 10**400), 1, math.inf),
        (Exponential(math.inf, 0.5), 2000, math.inf),
        (Polynomial(1.0, 2000), 10, math.inf),
        (Polynomial(-1.0, 2000.0), 10, -math.inf),
        (Polynomial(1.0, -2000, 1), 9, 0.0),
        (Polynomial(2.0, 3), 0, 0.0),
        (Linear(1e308), 10, math.inf),
        (Linear(-1e308), 10, -math.inf),
        (Linear(math.inf), 0, 0),
        (Linear(math.inf), 1, math.inf),
        (Linear(0, math.inf), 3, math.inf),
        (Sigmoid(1, 1e5, 1e-3), 0, 0.0),
        (Sigmoid(math.inf, 1e5, 1e-3), 0, 0.0),
        (Sigmoid(4.0, 40, 1), 0, 4 / (1 + math.exp(40))),
        (Sigmoid(1, 2**60, 1), 2**60 + 1, 1 / (1 + math.exp(-1))),
        (Sigmoid(1, 0, Fraction(1, 10**400)), 3, 1.0),
        (Sigmoid(2, 0, math.inf), 10**400, 1.0),
        (Sigmoid(1, math.inf, 1), 5, 0.0),
        (Polynomial(1.0, 0.5, 1.0), 10**400, 1e200),
        (Polynomial(math.inf, 1), 0, 0.0),
        (Polynomial(-math.inf, 1), 1, -math.inf),
        (Exponential(2.0, 1.0), 10**400, 2.0),
        (Exponential(math.inf, 0.5), 10**400, math.inf),
        (Summed(0.1), 10**400, math.inf),
        (Summed(0.1, -1), 10**400, -math.inf),
        (Summed(0.1, math.inf), 0, 0.0),
        (Summed(0.1, -math.inf), 2, -math.inf),
        (Summed(math.inf, 0), 3, 0.0),
        (Summed(Exponential(1, 2), 1e300), 1100, math.inf),
        (Summed(Hardened(Exponential(1, 2), 1100)), 1102, math.inf),
        (Summed(Exponential(2**1023, 2), 0.5), 1, 2.0**1022),
    ],
)
def test_beyond_the_floats(schedule: Any, step: int, expected: float) -> None:
    assert schedule(step) == pytest.approx(expected, rel=1e-11, abs=0)


def test_integers_are_exact_beyond_the_floats_too() -> None:
    assert Exponential(1, 2)(1100) == 2**1100
    assert Polynomial(3, 400)(10) == 3 * 10**400
    assert Linear(10**400, 1)(7) == 7 * 10**400 + 1
    # and infinite beside floats
    run = simulate(
        ProxQuant(DistanceL1(Binary()), 0.1, Exponential(1, 2)),
        Quadratic([[1.0]], [0.5]),
        [0.3],
        1100,
    )
    assert run.latent[-1].tolist() in ([1.0], [-1.0])


@pytest.mark.parametrize(
    ("schedule", "step"),
    [
        (Linear(-0.1, 0.3), 3),
        (Linear(-0.1, 0.7), 7),
        (Linear(0.1, -0.3), 3),
        (Linear(-1 / 49, 1.0), 49),
    ],
)
def test_floats_that_cancel_give_0(schedule: Any, step: int) -> None:
    assert schedule(step) == 0
    assert schedule(step - 1) == pytest.approx(-schedule.rate)
    assert schedule(step + 1) == pytest.approx(schedule.rate)


@given(st.integers(1, 999), st.integers(1, 60))
def test_a_descent_to_0_ends_there(tenths: int, steps: int) -> None:
    assert Linear(-tenths / 10, tenths * steps / 10)(steps) == 0


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, np.array, torch.tensor])
def test_steps_of_other_libraries_do_not_overflow(kind: Any) -> None:
    for schedule in (
        Constant(0.5),
        Linear(2**60, 1),
        Polynomial(1.0, -1, 1),
        Polynomial(1, 30),
        Exponential(1, Fraction(3, 2)),
        Exponential(1, 2),
        Sigmoid(1.0, 50, 3),
        Staircase(Exponential(1, 2), kind(1)),
        Staircase(Exponential(1, 2), kind(3)),
        Hardened(Exponential(1, 2), kind(101)),
        Hardened(Linear(1), kind(99)),
    ):
        value = schedule(kind(100))
        assert value == schedule(100)
        assert type(value) is type(schedule(100))


def test_a_power_just_within_the_floats_and_just_beyond() -> None:
    assert Exponential(1.0, 2.0)(1023) == 2.0**1023
    assert Exponential(1.0, 2.0)(1024) == math.inf
    assert Exponential(-1.0, 2.0)(1024) == -math.inf


def test_sums_of_a_constant() -> None:
    assert [Summed(Fraction(1, 3), 2)(step) for step in (0, 1, 6)] == [0, Fraction(2, 3), 4]
    assert [Summed(0.5, 0)(step) for step in (0, 3)] == [0, 0]


def test_sums_of_other_schedules_in_any_order() -> None:
    summed = Summed(Polynomial(1, 2, 1), Fraction(1, 2))
    assert [summed(step) for step in (3, 1, 0, 4)] == [7, Fraction(1, 2), 0, 15]


@pytest.mark.parametrize("step", [-1, 1.5, True, "1", None])
def test_a_step_is_an_integer_from_0(step: Any) -> None:
    for schedule in (Constant(1), Linear(1), Exponential(1, 2), Staircase(Linear(1), 2)):
        with pytest.raises((TypeError, ValueError), match="step: expected an integer"):
            schedule(step)


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
        (lambda: Linear(math.inf, -math.inf), ValueError, "rate: expected no infinity opposite"),
        (lambda: Polynomial(1, math.inf), ValueError, "power: expected a finite number, got inf"),
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
        (lambda: Summed("a"), TypeError, "schedule: expected a number, got 'a'"),
        (lambda: Summed(1, "a"), TypeError, "scale: expected a number, got 'a'"),
        (lambda: Hardened(0.1, 5), TypeError, "schedule: expected a schedule, got 0.1"),
        (lambda: Hardened(Linear(1), -1), ValueError, "harden_at: expected an integer >= 0, got"),
        (lambda: Hardened(Linear(1), 0.5), TypeError, "harden_at: expected an integer, got 0.5"),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        make()


def test_terms_are_summed_as_they_are() -> None:
    z3 = pytest.importorskip("z3")
    step = Term(z3.Real("step"), Z3())
    total = Summed(Given(step), 2)(3)
    assert str(z3.simplify(total.expression)) == "6*step"
