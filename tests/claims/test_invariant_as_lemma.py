"""Invariants: sums by their values, searched and replayed, and as lemmas that engines alone show."""

from typing import Any

import pytest

from pqtheory.claims import Budget, Invariant, forall, invariant, nonnegative, real
from pqtheory.claims.lemma import Undecided
from pqtheory.evidence import smt
from pqtheory.evidence.symbolic import checks as algebra


def sums(factor: int) -> Invariant:
    """A sum of squares is at least ``factor`` times the same sum."""

    @invariant(
        state="total other",
        each={"d": real},
        begins=lambda: {"total": 0, "other": 0},
        becomes=lambda total, other, d: {"total": total + d**2, "other": other + d**2},
    )
    def at_least(total: Any, other: Any) -> Any:
        return (total >= factor * other) & (other >= 0)

    return at_least


def test_sums_by_their_values_are_proved() -> None:
    pytest.importorskip("z3")
    found = sums(1)
    assert found(Budget()).kind == "proved"
    assert list(found.kept.variables) == ["total", "other", "d"]


def test_a_wrong_sum_is_refuted_and_replays() -> None:
    found = sums(2)
    searched = found.search(500)
    assert searched is not None
    assert searched.kind == "refuted"
    assert searched.counterexample is not None
    assert found.replay(searched.counterexample).kind == "refuted"


def test_only_variables_of_the_state_are_given_a_value() -> None:
    @invariant(state="n", begins=lambda: {"m": 0})
    def whatever(n: Any) -> Any:
        return n >= 0

    with pytest.raises(ValueError, match="'m' is given a value"):
        whatever(Budget())


def test_a_lemma_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no engine shows it the theorem is sampled, whether or not a search finds cases of the lemma."""

    @invariant(state="a b", first=lambda a, b: [a + b == 0], step=lambda a, a_next: [a_next == a])
    def lemma(a: Any, b: Any) -> Any:
        return a + b >= 0

    @forall(a=nonnegative, b=nonnegative, by=lambda a, b: [lemma.at(a=a, b=b)])
    def theorem(a: Any, b: Any) -> Any:
        return a + b >= 0

    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    monkeypatch.setattr(algebra, "available", lambda: False)
    assert isinstance(lemma.decided(Budget()), Undecided)
    found = theorem(Budget())
    assert found.kind == "sampled"
    assert "a lemma is not proved" in found.note
    monkeypatch.setattr(smt, "available", lambda: False)
    assert theorem(Budget()).note == f"with {smt.PACKAGE} installed it would be proved"


def test_what_rests_on_an_invariant_rules_out_cases_of_a_search_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lemma of a lemma: the other one speaks of all numbers, and a search need not read it."""
    squares = sums(1)

    @forall(total=real, other=real, by=lambda total, other: [squares.at(total=total, other=other)])
    def is_not_negative(total: Any, other: Any) -> Any:
        return total >= 0

    @forall(
        total=real,
        other=real,
        by=lambda total, other: [is_not_negative.at(total=total, other=other)],
    )
    def theorem(total: Any, other: Any) -> Any:
        return total > -1

    pytest.importorskip("z3")
    assert theorem(Budget()).kind == "proved"
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    assert theorem(Budget()).kind == "sampled"
