"""The limit of a question counts the time of the processor."""

import time
from typing import Any, final

import pytest

from pqtheory.evidence.smt.asking import DOUBLINGS, asked

z3 = pytest.importorskip("z3")


@final
class _Busy:
    """Stands for z3 on a machine that leaves it idle, or works, until the time is over; ``needs`` that much of it."""

    def __init__(self, needs: float, idle: bool) -> None:
        self.needs, self.idle, self.limits = needs, idle, list[float]()

    def set(self, name: str, milliseconds: int) -> None:
        assert name == "timeout"
        self.limits.append(milliseconds / 1000)

    def check(self) -> Any:
        end = time.monotonic() + min(self.limits[-1], self.needs)
        while time.monotonic() < end:
            if self.idle:
                time.sleep(0.01)
        return z3.unsat if self.limits[-1] >= self.needs else z3.unknown


def test_a_busy_machine_costs_no_answer() -> None:
    solver = _Busy(needs=0.3, idle=True)
    assert asked(solver, 0.1) == z3.unsat
    assert solver.limits == [0.1, 0.2, 0.4]


def test_its_own_time_ends() -> None:
    solver = _Busy(needs=5, idle=False)
    assert asked(solver, 0.1) == z3.unknown
    assert len(solver.limits) <= 2


def test_it_does_not_wait_for_ever() -> None:
    solver = _Busy(needs=100, idle=True)
    assert asked(solver, 0.01) == z3.unknown
    assert len(solver.limits) == DOUBLINGS + 1


def test_no_answer_before_the_time_is_one() -> None:
    solver = z3.Solver()
    x, y = z3.Reals("x y")
    solver.add(x**y == 3, y > x, x > 2)
    begun = time.monotonic()
    assert asked(solver, 50.0) == z3.unknown
    assert time.monotonic() - begun < 50
