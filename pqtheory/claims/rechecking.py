"""A second solver looks at what the first one answered: each question of a report once, some side by side.

Two solvers that differ on a question are an error, whoever of them is wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, final

from pqtheory.claims.results import ClaimResult, ItemResult, Rechecked, Report
from pqtheory.evidence.base import Step
from pqtheory.evidence.smt import recheck as second

FIRST, SECOND = "z3", second.PACKAGE
#: what is an answer
DECIDED = ("sat", "unsat")
_DECLARED = re.compile(r"\(declare-fun (\S+) \(\) Real\)")


@final
@dataclass(frozen=True)
class _Question:
    """What the first solver was asked, in which part or control, and what it said."""

    item: str
    text: str
    answer: str
    values: Mapping[str, Any]


def recheck(
    report: Report, *, jobs: int = 1, on_answer: Callable[[int, int], None] | None = None
) -> Report:
    """The report, with what the second solver says to every question of its parts and controls.

    Parameters
    ----------
    report : Report
        Of ``verify``.
    jobs : int
        Processes, >= 1.
    on_answer : callable, optional
        Called with the numbers of answers so far and of questions.

    Raises
    ------
    ImportError
        If the second solver is not installed.
    ValueError
        If ``jobs`` is < 1.
    """
    asked = [_questions(result) for result in report.values()]
    texts = list(dict.fromkeys(q.text for questions in asked for q in questions))
    seconds = second.SECONDS[report.budget]

    def count(done: int) -> None:
        if on_answer is not None:
            on_answer(done, len(texts))

    answers = dict(
        zip(texts, second.answers(texts, seconds=seconds, jobs=jobs, on_answer=count), strict=True)
    )
    # a question that it leaves open is put again at the values that the first solver found
    left = [
        q for questions in asked for q in questions if _is_open(q, answers) and _at_values(q) != ""
    ]
    narrowed = second.answers([_at_values(q) for q in left], seconds=seconds, jobs=jobs)
    answers |= {q.text: "sat" for q, a in zip(left, narrowed, strict=True) if a == "sat"}
    results = (
        replace(result, rechecked=_compared(questions, answers))
        for result, questions in zip(report.values(), asked, strict=True)
    )
    return Report(tuple(results), report.budget)


def _questions(result: ClaimResult) -> list[_Question]:
    """Those of a claim, each once."""
    found: dict[str, _Question] = {}
    for item in (*result.parts, *result.controls):
        for step in item.evidence.proof:
            if step.answer:
                found.setdefault(step.machine, _question(item, step))
    return list(found.values())


def _question(item: ItemResult, step: Step) -> _Question:
    return _Question(item.name, step.machine, step.answer, item.evidence.counterexample or {})


def _is_open(question: _Question, answers: Mapping[str, str]) -> bool:
    return question.answer == "sat" and answers[question.text] not in DECIDED


def _at_values(question: _Question) -> str:
    """The question at the numbers of the counterexample; "" where some are no fractions."""
    names = _DECLARED.findall(question.text)
    values = [question.values.get(name.strip("|.")) for name in names]
    if not all(isinstance(value, Fraction) for value in values):
        return ""
    equal = [f"(assert (= {n} {_numeral(v)}))\n" for n, v in zip(names, values, strict=True)]
    return question.text.replace("(check-sat)", f"{''.join(equal)}(check-sat)")


def _numeral(value: Any) -> str:
    size = f"(/ {abs(value.numerator)}.0 {value.denominator}.0)"
    return f"(- {size})" if value < 0 else size


def _compared(questions: list[_Question], answers: Mapping[str, str]) -> Rechecked:
    agreed, only_one, disagreed, neither = 0, [], [], []
    for question in questions:
        first, other = question.answer, answers[question.text]
        if first in DECIDED and other in DECIDED:
            if first == other:
                agreed += 1
            else:
                disagreed.append(f"{question.item}: {FIRST} says {first}, {SECOND} {other}")
        elif first in DECIDED or other in DECIDED:
            who, says = (FIRST, first) if first in DECIDED else (SECOND, other)
            only_one.append(f"{question.item}: {says} by {who} alone")
        else:
            neither.append(question.item)
    return Rechecked(len(questions), agreed, tuple(only_one), tuple(disagreed), tuple(neither))
