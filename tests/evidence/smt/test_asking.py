"""The limit of a question counts the time of the processor."""

import time
from types import SimpleNamespace
from typing import Any, final

import pytest

from pqtheory.evidence.smt import asking
from pqtheory.evidence.smt.asking import DOUBLINGS, asked

z3 = pytest.importorskip("z3")


@final
class _Busy:
    """Stands for z3, and for the clocks, on a machine that works for it all the time or lets it wait.

    It needs ``needs`` seconds of its own; the clock of the processor stands while it is ``idle``.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, needs: float, idle: bool) -> None:
        self.needs, self.idle, self.limits = needs, idle, list[float]()
        self.wall = self.processor = 0.0
        clocks = SimpleNamespace(monotonic=lambda: self.wall, process_time=lambda: self.processor)
        monkeypatch.setattr(asking, "time", clocks)

    def set(self, name: str, milliseconds: int) -> None:
        assert name == "timeout"
        self.limits.append(milliseconds / 1000)

    def check(self) -> Any:
        took = min(self.limits[-1], self.needs)
        self.wall += took
        self.processor += 0.0 if self.idle else took
        return z3.unsat if self.limits[-1] >= self.needs else z3.unknown


def test_a_busy_machine_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = _Busy(monkeypatch, needs=0.3, idle=True)
    assert asked(solver, 0.1) == z3.unsat
    assert solver.limits == [0.1, 0.2, 0.4]


def test_its_own_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = _Busy(monkeypatch, needs=5, idle=False)
    assert asked(solver, 0.1) == z3.unknown
    assert solver.limits == [0.1]


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = _Busy(monkeypatch, needs=100, idle=True)
    assert asked(solver, 0.01) == z3.unknown
    assert len(solver.limits) == DOUBLINGS + 1


def test_no_answer_before_the_time_is_one() -> None:
    solver = z3.Solver()
    x, y = z3.Reals("x y")
    solver.add(x**y == 3, y > x, x > 2)
    begun = time.monotonic()
    assert asked(solver, 50.0) == z3.unknown
    assert time.monotonic() - begun < 50
