"""Invariants: by induction over the steps, refuted at the start or at a step, and put to use as lemmas."""

from fractions import Fraction
from typing import Any

import pytest

from pqtheory.claims import Invariant, forall, invariant, nonnegative, positive, real
from pqtheory.claims.invariant import NEXT
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.symbolic import checks as algebra

pytest.importorskip("z3")
QUICK = Budget()


def telescoped(share: Any = 1, at_start: Any = 0) -> Invariant:
    """descent + F <= F0, where each step brings d more descent and takes ``share`` d off F."""

    @invariant(
        state="descent F",
        fixed={"F0": real},
        each={"d": nonnegative},
        first=lambda descent, F, F0: [descent == at_start, F == F0],
        step=lambda descent, descent_next, F, F_next, d: [
            descent_next == descent + d,
            F_next <= F - share * d,
        ],
    )
    def sums(descent: Any, F: Any, F0: Any) -> Any:
        return descent + F <= F0

    return sums


def test_start_and_step_are_both_shown() -> None:
    found = telescoped()(QUICK)
    assert found.kind == "proved"
    texts = [step.text for step in found.proof if step.answer]
    assert len(texts) == 2
    assert texts[0].startswith("induction, at the start: ")
    assert texts[1].startswith("induction, from one step to the next: ")


def test_a_step_that_does_not_keep_it_refutes() -> None:
    wrong = telescoped(share=Fraction(99, 100))
    found = wrong(QUICK)
    assert found.kind == "refuted"
    case = found.counterexample
    assert case is not None
    assert {"descent_next", "F_next", "d"} <= set(case)
    assert wrong.replay(case).kind == "refuted"
    searched = telescoped(share=Fraction(1, 2)).search(1000)
    assert searched is not None
    assert searched.kind == "refuted"


def test_a_start_that_does_not_have_it_refutes() -> None:
    wrong = telescoped(at_start=Fraction(1, 1000))
    found = wrong(QUICK)
    assert found.kind == "refuted"
    case = found.counterexample
    assert case is not None
    assert not any(name.endswith(NEXT) for name in case)
    assert wrong.replay(case).kind == "refuted"
    assert wrong.start(QUICK).kind == "refuted"
    assert wrong.kept(QUICK).kind == "proved"


@pytest.mark.parametrize("where", ["first", "step"])
def test_a_start_or_step_that_cannot_be_says_nothing(where: str) -> None:
    known = {"first": lambda x: [x == 0], "step": lambda x, x_next: [x_next == x]}
    known[where] = lambda x: [x > 0, x < 0]
    with pytest.raises(ValueError, match="assumptions: no real"):
        Invariant(lambda x: x == 0, "x", **known)(QUICK)  # type: ignore[arg-type]


def test_what_follows_from_it_has_it_as_a_lemma() -> None:
    sums = telescoped()

    @forall(
        total=real,
        F=real,
        F0=real,
        low=real,
        given=lambda F, low: [low <= F],
        by=lambda total, F, F0: [sums.at(descent=total, F=F, F0=F0)],
    )
    def theorem(total: Any, F: Any, F0: Any, low: Any) -> Any:
        return total <= F0 - low

    found = theorem(QUICK)
    assert found.kind == "proved"
    assert any(step.text.startswith("induction") for step in found.proof)
    assert theorem.lemmas() == [sums]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "x x"}, "variables: expected distinct names, got 'x' twice"),
        ({"fixed": {"x": real}}, "variables: expected distinct names, got 'x' twice"),
        ({"each": {"x_next": real}}, "expected distinct names, got 'x_next' twice"),
        ({"state": ""}, "state: expected at least one name"),
        ({"holds": lambda y: y > 0}, "holds: 'y' is none of its variables, which are x, c"),
        ({"holds": lambda x_next: x_next > 0}, "holds: 'x_next' is none"),
        ({"holds": lambda x, d: x > d}, "holds: 'd' is none"),
        ({"first": lambda d: [d > 0]}, "first: 'd' is none"),
        ({"step": lambda y: [y > 0]}, "step: 'y' is none"),
        ({"given": lambda x: [x < 0]}, "given: 'x' is none of its variables, which are c"),
        ({"by": lambda z: []}, "by: 'z' is none"),
    ],
)
def test_wrong_names_are_told_at_once(change: Any, message: str) -> None:
    whole = {
        "holds": lambda x, c: x >= c,
        "state": "x",
        "first": lambda x, c: [x == c],
        "step": lambda x, x_next, d: [x_next == x + d],
        "fixed": {"c": real},
        "each": {"d": nonnegative},
    }
    assert Invariant(**whole)(QUICK).kind == "proved"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        Invariant(**{**whole, **change})


def test_nothing_is_assumed_of_the_state_that_no_step_keeps() -> None:
    """x < 5 as an assumption would make "x <= 0 for ever" true of x -> x + 1 as long as nobody looks."""
    with pytest.raises(ValueError, match="given: 'x' is none of its variables"):
        invariant(
            state="x",
            first=lambda x: [x == 0],
            step=lambda x, x_next: [x_next == x + 1],
            given=lambda x: [x < 5],
        )(lambda x: x <= 5)


@pytest.mark.parametrize("values", [{"x": 1}, {"x": 1, "c": 0, "d": 2}])
def test_at_takes_the_state_and_what_is_fixed(values: dict[str, int]) -> None:
    grows = invariant(
        state="x",
        fixed={"c": positive},
        first=lambda x, c: [x == c],
        step=lambda x, x_next: [x_next == 2 * x],
    )(lambda x, c: x >= c)
    with pytest.raises(ValueError, match="at: expected values of c x"):
        grows.at(**values)
    assert grows.at(x=Fraction(1), c=Fraction(2)).says is False
    # it says nothing where what is fixed is of another kind
    assert grows.at(x=Fraction(-3), c=Fraction(-2)).says is True


def test_without_engines_start_and_step_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    found = telescoped()(QUICK)
    assert found.kind == "sampled"
    assert "z3-solver" in found.note
    assert telescoped(share=Fraction(1, 2))(QUICK).kind == "refuted"


def test_its_sentence_has_start_step_and_what_is_kept() -> None:
    sentence = telescoped().sentence()
    assert sentence.startswith("for all F0 real, at each step:")
    for text in ("descent + F <= F0", "descent_next == descent + d", "F == F0"):
        assert text in sentence
