"""``forall(cases=...)``: whole runs that are looked at in place of the variables."""

import pytest

from pqtheory.claims import Budget, forall, nonnegative, real
from pqtheory.claims.cases import Cases, Integers
from pqtheory.evidence import smt


def runs(least: int) -> Cases:
    return Cases(lambda T: T - least, {"T": Integers(1, 9)})


def test_they_are_searched_and_replayed() -> None:
    @forall(x=real, y=nonnegative, given=lambda x, y: [x == y * y], cases=runs(1))
    def holds(x: float) -> bool:
        return x >= 0

    found = holds.search(50)
    assert found is not None
    assert found.kind == "sampled"
    assert found.margin == 0
    assert holds.replay({"T": 3}).margin == 2
    assert holds.replay({"x": 4, "y": 2}).kind == "sampled"
    with pytest.raises(ValueError, match="T missing"):
        holds.replay({"x": 1})


def test_without_the_solver_they_are_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    @forall(x=nonnegative, cases=runs(1))
    def holds(x: float) -> bool:
        return x >= 0

    @forall(x=nonnegative, cases=runs(2))
    def fails(x: float) -> bool:
        return x >= 0

    monkeypatch.setattr(smt, "available", lambda: False)
    found = holds(Budget())
    assert (found.kind, found.note) == ("sampled", "with z3-solver installed it would be proved")
    found = fails(Budget())
    assert found.kind == "refuted"
    assert found.counterexample == {"T": 1, "margin": -1}
