"""Each question has a solver of its own."""

from typing import Any

import pytest

from pqtheory.evidence import smt
from pqtheory.evidence.smt.question import Question

z3 = pytest.importorskip("z3")


def _steps() -> Any:
    """How many steps z3 takes for the one question."""

    def statement(x: Any, y: Any) -> Any:
        return [x > 0, y > 0], (x + y) ** 2 >= 4 * x * y

    solver = (question := Question(statement, ("x", "y"))).solver(question.denied)
    assert solver.check() == z3.unsat
    return solver.statistics().get_key_value("rlimit count")


def test_what_was_asked_before_changes_nothing() -> None:
    first = _steps()
    kept = [z3.Real(f"x{i}") * z3.Real("y") + i for i in range(500)]
    found = smt.decide(lambda y, x: ([], x * y <= y * x + 1), "y x")
    assert found is not None
    assert found.kind == "proved"
    assert _steps() == first
    assert len(kept) == 500
