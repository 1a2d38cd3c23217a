"""A second solver: the same questions, by a process of its own, within its time; two that disagree are an error."""

import json
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    Evidence,
    Part,
    Step,
    all_of,
    forall,
    positive,
    real,
)
from pqtheory.claims.rechecking import _at_values, _question
from pqtheory.claims.rechecking import recheck as recheck_report
from pqtheory.claims.results import ItemResult, Rechecked
from pqtheory.evidence import smt
from pqtheory.evidence.smt import recheck
from pqtheory.evidence.smt.decide import decide
from pqtheory.evidence.smt.question import WORDS
from pqtheory.theory import verify

pytest.importorskip("cvc5")
pytest.importorskip("z3")

QUICK = Budget()


def question(*assertions: str, names: str = "x y") -> str:
    declared = [f"(declare-fun {name} () Real)" for name in names.split()]
    return "\n".join([*declared, *(f"(assert {a})" for a in assertions), "(check-sat)", ""])


SQUARE = question("(< (* x x) 0.0)")
ROOT = question("(= (* x x) 2.0)", "(> x 0.0)")
#: no quick answer: x^5 + y^5 = z^5 - 1/7, bounded away from what is easy
HARD = question(
    "(> (* x y z w) 1.0)",
    "(= (+ (* x x x x x y) (* y y y y y z) (* z z z z z w) (* w w w w w x)) (/ 1.0 7.0))",
    "(= (+ (* x x x y y) (* y y y z z) (* z z z w w)) (* 3.0 x y z w w))",
    "(= (* x x x x y y z) (+ (* w w w x) 1.0))",
    names="x y z w",
)


def test_known_answers() -> None:
    questions = [
        SQUARE,
        ROOT,
        question("(> (ite (>= x 0.0) x (- x)) y)", "(> y x)", "(> x 0.0)"),
        question("(not (= (* (/ x y) y) x))", "(> y 0.0)"),
    ]
    assert recheck.answers(questions) == ["unsat", "sat", "unsat", "unsat"]
    assert recheck.answers(questions, jobs=2) == ["unsat", "sat", "unsat", "unsat"]
    assert recheck.answers([]) == []


def test_a_case_that_divides_by_0_does_not_count() -> None:
    """What x / 0 is, each solver may choose."""
    assert recheck.answers([question("(= y 0.0)", "(> (/ x y) 1.0)")]) == ["unknown"]
    assert recheck.answers([question("(> (/ x y) 1.0)")]) == ["sat"]


def test_what_it_cannot_read_is_unknown_and_the_next_is_answered() -> None:
    assert recheck.answers(["(assert (= x", question("(f x)"), SQUARE]) == ["unknown"] * 2 + [
        "unsat"
    ]


def test_time_is_limited_and_the_next_is_answered() -> None:
    start = time.perf_counter()
    assert recheck.answers([HARD, SQUARE], seconds=0.2)[1] == "unsat"
    assert time.perf_counter() - start < 60


def test_progress_is_said() -> None:
    seen: list[int] = []
    recheck.answers([SQUARE, ROOT], on_answer=seen.append)
    assert seen == [1, 2]


def test_names_that_need_quoting() -> None:
    statement = forall(θ=real, let=positive, pi=positive)(lambda θ, let, pi: θ * θ + let * pi > 0)
    found = statement(QUICK)
    assert found.kind == "proved"
    texts = [step.machine for step in found.proof if step.answer]
    assert recheck.answers(texts) == ["unsat"] * len(texts)


@pytest.mark.parametrize("name", sorted(WORDS))
def test_a_variable_may_be_called_as_a_word_of_the_language(name: str) -> None:
    for statement, kind, answer in (
        (lambda x, y: ([x > 0, 1 / x > y], x * x * x * y < x * x), "proved", "unsat"),
        (lambda x, y: ([x > 0], abs(x - 2) > y), "refuted", "sat"),
    ):
        found = decide(statement, f"{name} y")
        assert found is not None
        assert found.kind == kind
        texts = [step.machine for step in found.proof if step.answer]
        assert recheck.answers(texts) == [answer, *["unsat"] * (len(texts) - 1)]
    assert found.counterexample is not None
    assert list(found.counterexample) == [name, "y"]
    # put to the second solver at the numbers of the counterexample
    question = _question(ItemResult("item", "", found), found.proof[0])
    assert recheck.answers([_at_values(question)]) == ["sat"]


def test_wrong_arguments_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="jobs: expected an integer >= 1"):
        recheck.answers([SQUARE], jobs=0)
    monkeypatch.setattr(recheck, "available", lambda: False)
    with pytest.raises(ImportError, match=r"recheck needs cvc5: pip install 'pqtheory\[recheck\]'"):
        recheck.answers([SQUARE])
    with pytest.raises(ImportError, match="recheck needs cvc5"):
        verify("w-prox", recheck=True)


# reports


@forall(x=positive)
def no_root(x: Any) -> Any:
    return x * x != 2


@forall(x=real, y=positive)
def back(x: Any, y: Any) -> Any:
    return (x / y) * y == x


def claim(part: Any = back, control: Any = no_root) -> Claim:
    return Claim("mine", "s", "t", "f", (Part("p", "q", part),), (Control("k", "l", control),))


def test_every_question_of_parts_and_controls_is_put_to_both() -> None:
    (result,) = verify(claim(), recheck=True).values()
    # y is not 0; nothing denies it; a root
    assert result.rechecked == Rechecked(3, 3)
    assert result.ok
    (stored,) = json.loads(verify(claim(), recheck=True).to_json())["claims"]
    assert stored["rechecked"] == {
        "problems": 3,
        "agreed": 3,
        "only_one": [],
        "disagreed": [],
        "neither": [],
    }
    assert "rechecked" not in json.loads(verify(claim()).to_json())["claims"][0]


def said(text: str, answer: str, **found: Any) -> Any:
    kind = "refuted" if found else "proved"
    # what one solver leaves open is shown by something else
    proof = (Step("said", machine=text, answer=answer), Step("shown otherwise"))
    return lambda budget: Evidence(kind, proof=proof, counterexample=found or None)


def test_solvers_that_disagree_are_an_error() -> None:
    (result,) = verify(claim(said(ROOT, "unsat")), recheck=True).values()
    assert result.rechecked is not None
    assert result.rechecked.disagreed == ("p: z3 says unsat, cvc5 sat",)
    assert result.kind == "proved"
    assert not result.ok
    (result,) = verify(claim(control=said(SQUARE, "sat", x=1)), recheck=True).values()
    assert not result.ok


def test_what_only_one_decides_is_listed() -> None:
    unread = "(assert (f x))"
    part = all_of(said(SQUARE, "unknown"), said(unread, "unsat"), said(unread + " ", "unknown"))
    (result,) = verify(claim(part), recheck=True).values()
    assert result.rechecked == Rechecked(
        4, 1, ("p: unsat by cvc5 alone", "p: unsat by z3 alone"), (), ("p",)
    )
    assert result.ok


def test_a_question_twice_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    true = recheck.answers

    def count(questions: Any, **options: Any) -> Any:
        asked.extend(questions)
        return true(questions, **options)

    monkeypatch.setattr(recheck, "answers", count)
    two = replace(claim(), name="yours")
    report = verify(claim(), two, recheck=True)
    assert len(asked) == len(set(asked)) == 3
    assert [r.rechecked for r in report.values()] == [Rechecked(3, 3)] * 2


def test_values_of_the_first_solver_help_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A counterexample in fractions is a question without variables."""
    asked: list[str] = []

    def leaves_open(questions: Any, **_: Any) -> list[str]:
        asked.extend(questions)
        return ["sat" if "(assert (= x (/ 3.0 2.0)))" in q else "unknown" for q in questions]

    monkeypatch.setattr(recheck, "answers", leaves_open)
    sat = question("(> (* x x) 2.0)", names="x")
    report = verify(claim(said(sat, "sat", x=Fraction(3, 2))))
    (result,) = recheck_report(report).values()
    assert "p: sat by z3 alone" not in result.rechecked.only_one  # type: ignore[union-attr]
    assert result.rechecked.agreed == 1  # type: ignore[union-attr]
    assert len(asked) == 3


def test_a_question_has_the_same_text_whatever_was_asked_before() -> None:
    first = [step.machine for step in back(QUICK).proof]
    smt.decide(lambda a, b: ([a > 0], abs(a) * b / a <= abs(b)), "a b")
    assert [step.machine for step in back(QUICK).proof] == first
