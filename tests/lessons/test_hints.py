"""What is said to each kind of wrong answer, in whole and from both sides of each bound; and how answers are read."""

import json
from collections.abc import Mapping
from email.message import Message
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import Budget, ForAll
from pqtheory.lessons import (
    EXERCISES,
    LESSONS,
    Judgement,
    as_notebook,
    check,
    lesson_5,
    links,
    results,
    sentences,
    texts,
)
from pqtheory.lessons.exercise import Exercise, parsed, written

NEAR = (
    "at that rate it ends at +1, but at a slightly lower one, too"
    "; you are near: which simple fraction lies just below?"
)
HINTS = [
    ("1.1", "1", "that is a level, but w is too small to pull it the whole way"),
    ("1.1", "-1", "that is a level, but w is too small to pull it the whole way"),
    ("1.1", "3/20", "which level is the nearer one?"),
    ("1.1", "2/5", "how far does a weight w move it?"),
    ("1.1", "0.7", "how far does a weight w move it?"),
    ("1.2", "0", "w is greater than 0"),
    ("1.2", "-1", "w is greater than 0"),
    ("1.2", "0.69", "with that w it does not arrive"),
    ("1.2", "0.700000002", "it arrives, but with a smaller w, too"),
    ("1.2", "1", "it arrives, but with a smaller w, too"),
    ("1.3", "1/2", "right so far, but there is one more"),
    ("1.3", "-1/2,1/2,0", "one of these is right"),
    ("1.3", "0", "put each into the objective and compare: which is the least?"),
    ("1.4", "5/8", "right so far, but there is one more"),
    ("1.4", "0,1", "put each into the objective and compare: which is the least?"),
    ("1.5", "0", "theta must be greater than 0"),
    ("1.5", "-2", "theta must be greater than 0"),
    ("1.5", "1/2", "there the prox does not move it down; on which side of its level must it be?"),
    ("1.5", "1", "there the prox does not move it down; on which side of its level must it be?"),
    ("2.1", "1/8", "that is an earlier one: the start is theta_0"),
    ("2.1", "-1/4", "that is an earlier one: the start is theta_0"),
    ("2.1", "3/8", "that is an earlier one: the start is theta_0"),
    ("2.1", "0", "that is an earlier one: the start is theta_0"),
    ("2.1", "-1/8", "go step by step: what is sign(0) here?"),
    ("2.1", "1", "go step by step: what is sign(0) here?"),
    ("2.2", "3/8", "the latent weight of 2.1 is the start minus this sum"),
    ("2.2", "-3/8", "the latent weight of 2.1 is the start minus this sum"),
    ("2.2", "-1/2", "mind the sign: the latent weight is the start minus the sum"),
    ("2.2", "1/8", "the latent weight of 2.1 is the start minus this sum"),
    ("2.2", "-1/8", "the latent weight of 2.1 is the start minus this sum"),
    ("2.2", "0", "the latent weight of 2.1 is the start minus this sum"),
    ("2.3", "3/8", "that is the share of the other level"),
    (
        "2.3",
        "1/4",
        "that is the mean of the signs; how often is +1 among them, if that is their mean?",
    ),
    ("2.3", "-1/4", "a share is between 0 and 1"),
    ("2.3", "-1", "a share is between 0 and 1"),
    ("2.3", "2", "a share is between 0 and 1"),
    ("2.3", "0", "first the mean of the signs: at which s does a step move theta by 0?"),
    ("2.3", "1", "first the mean of the signs: at which s does a step move theta by 0?"),
    ("2.4", "0", "c is greater than 0"),
    ("2.4", "-1", "c is greater than 0"),
    (
        "2.4",
        "10",
        "with that c the first 8 signs are the same; does the clip cut anything off, and enough of it?",
    ),
    ("3.1", "1/3", "that is how often the rarer level is taken; how many flips is each visit?"),
    ("3.1", "0.33", "that is how often the rarer level is taken; how many flips is each visit?"),
    ("3.1", "0.3383", "that is how often the rarer level is taken; how many flips is each visit?"),
    (
        "3.1",
        "0.3384",
        "where is the least point between the levels, and which level is the rarer one?",
    ),
    ("3.1", "0.667", "very near, but rounded: give the fraction itself"),
    ("3.1", "0.657", "very near, but rounded: give the fraction itself"),
    ("3.1", "0.676", "very near, but rounded: give the fraction itself"),
    ("3.1", "0.6766", "very near, but rounded: give the fraction itself"),
    (
        "3.1",
        "0.6",
        "where is the least point between the levels, and which level is the rarer one?",
    ),
    ("3.1", "-0.1", "a share is between 0 and 1"),
    ("3.1", "1.1", "a share is between 0 and 1"),
    ("3.1", "0", "where is the least point between the levels, and which level is the rarer one?"),
    ("3.1", "1", "where is the least point between the levels, and which level is the rarer one?"),
    ("3.2", "1", "put it between the levels -1 and +1"),
    ("3.2", "-1", "put it between the levels -1 and +1"),
    ("3.2", "1/65", "choose a fraction with a denominator up to 64"),
    ("3.2", "1/64", "there it flips more often; nearer to a level or farther from it?"),
    ("3.2", "0", "there it flips more often; nearer to a level or farther from it?"),
    ("3.2", "7/8", "there it flips more rarely; nearer to a level or farther from it?"),
    ("3.2", "0.9", "there it flips more rarely; nearer to a level or farther from it?"),
    ("3.3", "0", "C is greater than 0"),
    ("3.3", "-1", "C is greater than 0"),
    ("3.3", "0.5", "your sentence is true, but it is so for a larger number, too"),
    ("3.3", "1.01", "refuted: the solver has a counterexample to your sentence; ask for less"),
    ("3.3", "2", "refuted: the solver has a counterexample to your sentence; ask for less"),
    ("3.4", "-1,-1", "(+1, +1) is a fixed point, but so are 2 more"),
    (
        "3.4",
        "-2,1",
        "there (+1, +1) is no fixed point: what is the gradient at it, and where must it point?",
    ),
    (
        "3.4",
        "0,0",
        "there (+1, +1) is no fixed point: what is the gradient at it, and where must it point?",
    ),
    ("3.4", "-1,-2", "(+1, +1) is a fixed point, but so is one more"),
    (
        "3.4",
        "1,1",
        "there (+1, +1) is no fixed point: what is the gradient at it, and where must it point?",
    ),
    ("3.5", "0", "there both signs are lost in the end; where is the least point of this bowl?"),
    ("3.5", "1/2", "there both signs are lost in the end; where is the least point of this bowl?"),
    (
        "3.5",
        "-0.999",
        "there both signs are lost in the end; where is the least point of this bowl?",
    ),
    ("4.1", "0", "a strength is greater than 0"),
    ("4.1", "-1", "a strength is greater than 0"),
    (
        "4.1",
        "1/4",
        "the gradient step leads from 1 to -1/2, and then the prox does not pull as far as to -1",
    ),
    ("4.2", "1.5", "what is m here? The prox's weight w is eta times the strength"),
    ("4.2", "1", "more flips than that can be paid for; what are x and m?"),
    ("4.2", "3", "more flips than that can be paid for; what are x and m?"),
    ("4.2", "7", "so many cannot be paid for; what are x and m?"),
    ("4.3", "0.999", "your sentence is true, but it is so for a larger number, too"),
    ("4.3", "1.01", "refuted: the solver has a counterexample to your sentence; ask for less"),
    ("4.3", "0.00001", "your sentence is true, but it is so for a larger number, too"),
    ("4.4", "18/7", "that is true, but not sharp: by which formula do the runs of the lesson go?"),
    ("4.4", "1.9", "that is refuted by a run: it reaches more"),
    ("4.4", "18", "that is true, but not sharp: by which formula do the runs of the lesson go?"),
    ("4.4", "1/15", "that is refuted by a run: it reaches more"),
    ("4.4", "0.5", "that is refuted by a run: it reaches more"),
    ("4.4", "0.1", "that is refuted by a run: it reaches more"),
    ("4.5", "-1", "a strength is at least 0"),
    ("4.5", "-0.001", "a strength is at least 0"),
    ("4.5", "0", "with that strength a step leads away from -1; what is the slope there?"),
    ("4.5", "4/5", "with that strength a step leads away from -1; what is the slope there?"),
    ("4.5", "1.19", "with that strength a step leads away from -1; what is the slope there?"),
    ("4.5", "1.3", "it keeps -1, but a weaker pull does so, too"),
    ("4.5", "1.200002", "it keeps -1, but a weaker pull does so, too"),
    ("4.6", "0.0001", "that rate is low, and a run long: try one above 1/1000"),
    ("4.6", "0.00099", "that rate is low, and a run long: try one above 1/1000"),
    ("4.6", "1/1000", "at that rate it ends at -1, the right vertex: the threshold is higher"),
    ("4.6", "1/10", "at that rate it ends at -1, the right vertex: the threshold is higher"),
    ("4.6", "1/5", "at that rate it ends at +1, but at a slightly lower one, too"),
    (
        "4.6",
        "0.143",
        NEAR,
    ),
    (
        "4.6",
        "0.1448",
        NEAR,
    ),
    ("4.6", "0.1449", "at that rate it ends at +1, but at a slightly lower one, too"),
    ("4.6", "0.145", "at that rate it ends at +1, but at a slightly lower one, too"),
    (
        "4.6",
        "0.1429",
        NEAR,
    ),
    ("5.1", "0.9", "in percent, please"),
    ("5.1", "0.904", "in percent, please"),
    ("5.1", "0.899", "in percent, please"),
    (
        "5.1",
        "0.91",
        "divide the reversals of that epoch by its flips; epochs are counted from 1, places from 0",
    ),
    (
        "5.1",
        "89.8",
        "divide the reversals of that epoch by its flips; epochs are counted from 1, places from 0",
    ),
    (
        "5.1",
        "91",
        "divide the reversals of that epoch by its flips; epochs are counted from 1, places from 0",
    ),
    (
        "5.1",
        "0",
        "divide the reversals of that epoch by its flips; epochs are counted from 1, places from 0",
    ),
    (
        "5.2",
        "1",
        "after how many changes is a sign what it was? Is the number of steps of that kind?",
    ),
    (
        "5.2",
        "0.5",
        "after how many changes is a sign what it was? Is the number of steps of that kind?",
    ),
    (
        "5.2",
        "-1",
        "after how many changes is a sign what it was? Is the number of steps of that kind?",
    ),
    ("5.3", "0.62", "the other way round: the later one by the earlier one"),
    ("5.3", "0.6", "the other way round: the later one by the earlier one"),
    ("5.3", "0.66", "divide the share of epoch 45 by that of epoch 25"),
    ("5.3", "1", "divide the share of epoch 45 by that of epoch 25"),
    ("5.3", "1.54", "divide the share of epoch 45 by that of epoch 25"),
    ("5.3", "1.67", "divide the share of epoch 45 by that of epoch 25"),
    ("5.3", "0", "divide the share of epoch 45 by that of epoch 25"),
    ("5.4", "0", "at that threshold ProxQuant is not calm, either"),
    ("5.4", "0.0096", "at that threshold ProxQuant is not calm, either"),
    ("5.4", "0.377", "at that threshold a run of BinaryConnect is calm, too"),
    ("5.4", "0.5", "at that threshold a run of BinaryConnect is calm, too"),
    ("5.4", "7.1", "at that threshold a run of BinaryConnect is calm, too"),
    ("5.5", "1", "so far so good, but there is more that holds"),
    ("5.5", "1,2", "so far so good, but there is more that holds"),
    ("5.5", "2,5", "so far so good, but there is more that holds"),
    ("5.5", "3", "not all of these hold: read the tables again, one statement at a time"),
    ("5.5", "4", "not all of these hold: read the tables again, one statement at a time"),
    ("5.5", "0", "answer with numbers from 1 to 5"),
    ("5.5", "6", "answer with numbers from 1 to 5"),
    ("5.5", "1,2,6", "answer with numbers from 1 to 5"),
    ("5.5", "1,2,3,5", "not all of these hold: read the tables again, one statement at a time"),
    ("5.5", "1,2,3,4,5", "not all of these hold: read the tables again, one statement at a time"),
]


@pytest.mark.parametrize(("number", "answer", "hint"), HINTS)
def test_the_whole_hint(number: str, answer: str, hint: str) -> None:
    assert check(number, answer) == Judgement(False, hint)


def said(call: Any) -> str:
    with pytest.raises(ValueError, match=r".") as refused:
        call()
    return str(refused.value)


def test_numbers_of_too_many_digits_are_not_given_to_a_solver() -> None:
    fewer = "choose a number of fewer digits"
    for answer in ("1000001", "1/1000001", "1000001/2"):
        assert check("3.3", answer).hint == fewer
        assert check("4.3", answer).hint == fewer
    assert check("3.3", "1000000").hint != fewer
    assert check("4.3", "1/1000000").hint != fewer


def test_a_sentence_is_judged_by_what_the_solver_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    def sentence(kind: str) -> ForAll:
        return lambda budget: SimpleNamespace(kind=kind) if budget == Budget() else None  # type: ignore

    monkeypatch.setattr(sentences.smt, "available", lambda: True)
    assert sentences.is_true(sentence("proved")) is True
    assert sentences.is_true(sentence("refuted")) is False
    assert said(lambda: sentences.is_true(sentence("sampled"))) == (
        "exercise: the solver has no answer for this number; try a simpler one"
    )
    monkeypatch.setattr(sentences.smt, "available", lambda: False)
    assert said(lambda: sentences.is_true(sentence("proved"))) == (
        "exercise: a solver judges it, z3 is missing: pip install 'pqtheory[smt]'"
    )


def test_the_largest_number_is_found_as_near_as_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Fraction] = []
    monkeypatch.setattr(sentences, "is_true", lambda bound: bound <= Fraction(1, 3))

    def judged(number: Fraction) -> str:
        return sentences.judge_largest(number, lambda n: asked.append(n) or n)  # type: ignore

    near = Fraction(1, 10**5)
    assert judged(Fraction(1, 3)) == ""
    assert asked == [Fraction(1, 3), Fraction(1, 3) + near]
    assert judged(Fraction(33333, 10**5)) == ""
    assert judged(Fraction(33332, 10**5)).startswith("your sentence is true, but")
    assert judged(Fraction(33334, 10**5)).startswith("refuted: ")


def test_how_many_numbers_are_asked_for() -> None:
    pair = Exercise("0.1", "a pair", lambda numbers: "" if numbers == (1, 2) else "no", count=2)
    assert repr(pair) == "<Exercise 0.1: a pair>"
    assert pair.judge("1, 2") == Judgement(True, "")
    assert pair.judge("2, 1") == Judgement(False, "no")
    assert (repr(pair.judge("1, 2")), repr(pair.judge("2, 1"))) == ("right", "not yet: no")
    assert said(lambda: pair.judge("1")) == (
        "answer: expected 2 numbers with commas between, got '1'"
    )
    one = Exercise("0.2", "one", lambda numbers: "")
    assert said(lambda: one.judge("1,2")) == "answer: expected one number, got '1,2'"
    several = Exercise("0.3", "any", lambda numbers: str(len(numbers)), count=None)
    assert [several.judge(text).hint for text in ("1", "1,2,3")] == ["1", "3"]


def test_an_exercise_that_is_none() -> None:
    assert said(lambda: check("9.1", "1")) == (
        f"exercise: expected one of {', '.join(EXERCISES)}, got '9.1'"
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1/2, -0.25", [Fraction(1, 2), Fraction(-1, 4)]),
        ("- 1 / 2,+ 3", [Fraction(-1, 2), 3]),
        ("\N{MINUS SIGN} 1", [-1]),
        ("1" * 40, [int("1" * 40)]),
        ("1e99", [10**99]),
        ("1E-99", [Fraction(1, 10**99)]),
        (7, [7]),
    ],
)
def test_numbers_as_they_are_read(text: Any, numbers: list[Any]) -> None:
    assert parsed(text) == tuple(numbers)


@pytest.mark.parametrize("text", ["1" * 41, "1e100", "1E+100", "1e-100", "1/0", "a", "", "1 2"])
def test_what_is_not_read(text: str) -> None:
    assert said(lambda: parsed(text)) == (
        "answer: expected numbers such as 3/4 or 0.75, with commas between them and without words "
        f"or units, got {text!r}"
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (1 / 7, "1/7"),
        (0.1, "1/10"),
        (-0.5, "-1/2"),
        (2.0, "2"),
        (0.6666667, "0.6666667"),
        (1 / 1_000_003, str(1 / 1_000_003)),
        (float("inf"), "inf"),
        (np.float64(0.25), "1/4"),
        (np.array([[0.5, 1.0], [1.5, 2.0]]), "1/2, 1, 3/2, 2"),
        (np.array(0.5), "1/2"),
        ([1, (0.5, {0.25})], "1, 1/2, 1/4"),
        (frozenset([3]), "3"),
        ("1 / 2", "1 / 2"),
        (Fraction(1, 3), "1/3"),
    ],
)
def test_answers_as_they_are_written(answer: Any, text: str) -> None:
    assert written(answer) == text


def run_of(method: str, changed: float, error: float, fixed: float) -> dict[str, Any]:
    """A run as the result files have it."""
    return {
        "settings": {"method": method, "freeze_epoch": 2},
        "curves": {"change_from_start, all": [0.0, changed], "flips, all": [0.5, 0.1, 0.0]},
        "last": {"error": {"test": {"quantized": error}}},
        "fixed_point_share": {"1": 0.0, "2": fixed},
    }


def holding(monkeypatch: pytest.MonkeyPatch, **other: Any) -> set[int]:
    """The statements that hold where the runs differ in ``other`` from some in which all do."""
    given = {"prox": 0.2, "bc": 0.3, "prox_error": 0.1, "bc_error": 0.2, "fixed": 0.61}
    given |= {"calm": 0.0009, "constant": 0.001, "digits": 0.1} | other

    def runs(name: str) -> Mapping[str, Any]:
        # the second length is the one that may differ
        at = given if name == "cifar10-60" else {**given, **FIRST}
        found = {
            "a": run_of("proxquant", 0.1, 0.05, 0.0),
            "b": run_of("proxquant", at["prox"], at["prox_error"], 0.0),
            "c": run_of("binaryconnect", at["bc"], at["bc_error"], at["fixed"]),
            "d": run_of("binaryconnect", 0.9, 0.9, 0.9),
        }
        for short, flips in (("PROXQUANT", given["calm"]), ("CONSTANT", given["constant"])):
            run = run_of("other", 0.0, 0.0, 0.0)
            run["curves"]["flips, all"] = [0.5, flips, 0.0 if short == "CONSTANT" else 1.0]
            found[lesson_5.NAME + getattr(lesson_5, short)] = run
        return found

    best = {
        "BinaryConnect": {"quantized_error": {"mean": given["digits"]}},
        "ProxQuant": {"quantized_error": {"mean": 0.2}},
    }
    monkeypatch.setattr(lesson_5, "runs", runs)
    monkeypatch.setattr(lesson_5, "committed", lambda name: {"each_at_its_own_best": best})
    return lesson_5._hold()


FIRST = {"prox": 0.2, "bc": 0.3, "prox_error": 0.1, "bc_error": 0.2, "fixed": 0.7}


@pytest.mark.parametrize(
    ("other", "missing"),
    [
        ({}, set()),
        ({"prox": 0.3}, {1}),
        ({"bc": 0.2}, {1}),
        ({"calm": 0.001}, {2}),
        ({"constant": 0.0009}, {2}),
        ({"prox_error": 0.2}, {3}),
        ({"bc_error": 0.09}, {3}),
        ({"fixed": 0.6}, {4}),
        ({"digits": 0.2}, {5}),
    ],
)
def test_a_statement_holds_in_all_runs_or_not(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, float], missing: set[int]
) -> None:
    assert holding(monkeypatch, **other) == {1, 2, 3, 4, 5} - missing


def test_results_are_read_from_the_first_place_that_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for place, name in (("b", "é"), ("c", "other")):
        (tmp_path / place).mkdir()
        content = json.dumps({"runs": [{"name": name}]}, ensure_ascii=False)
        (tmp_path / place / "cifar10.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(results, "MEASURED", [tmp_path / place for place in "abc"])
    assert results.runs("cifar10") == {"é": {"name": "é"}}
    assert said(lambda: results.committed("digits")) == (
        "results: expected digits.json in the package or in experiments/results"
    )
    assert said(lambda: results.committed("x")) == (
        "name: expected one of cifar10, cifar10-60, digits, got 'x'"
    )


def test_the_whole_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Message()
    asked: list[str] = []
    monkeypatch.setattr(links, "metadata", lambda name: asked.append(name) or told)
    assert said(links.repository) == (
        "repository: expected one on GitHub among the project's URLs, got []"
    )
    told["Project-URL"] = "Paper, https://arxiv.org/abs/1"
    told["Project-URL"] = "Repository, https://github.com/a-b/c.d/"
    told["Project-URL"] = "Repository, https://github.com/e/f"
    assert links.repository() == "a-b/c.d"
    assert links.binder(LESSONS[0]) == (
        "https://mybinder.org/v2/gh/a-b/c.d/main?urlpath=lab/tree/notebooks/1_the_w_and_its_prox.ipynb"
    )
    assert links.colab(LESSONS[0]) == (
        "https://colab.research.google.com/github/a-b/c.d/blob/notebooks/1_the_w_and_its_prox.ipynb"
    )
    assert links.install() == (
        "pqtheory[smt,symbolic,sdp,milp,plots] @ git+https://github.com/a-b/c.d"
    )
    assert set(asked) == {"pqtheory"}


def test_the_whole_notebook() -> None:
    text = "lost\n# %% [markdown]\n# # é\n#  b\n# %%\nx = 1\n\n"
    words = {"id": "cell-0", "cell_type": "markdown", "metadata": {}, "source": "# é\n b"}
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    whole = {
        "cells": [words, {"id": "cell-1", **code, "source": "x = 1"}],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made = as_notebook(text)
    assert json.loads(made) == whole
    assert made.startswith('{\n "cells": [\n  {\n')
    assert made.endswith("}\n")
    whole["cells"] = [
        words,
        {"id": "cell-1", **code, "source": "%pip install --quiet 'a[b]'"},
        {"id": "cell-2", **code, "source": "x = 1"},
    ]
    assert json.loads(as_notebook(text, "a[b]")) == whole


def test_a_text_is_read_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    lesson = texts.Lesson(9, "a title", "9_a.py")
    assert lesson.notebook == "9_a.ipynb"
    monkeypatch.setattr(texts, "PLACES", (tmp_path / "none", tmp_path))
    assert said(lesson.text) == "lessons: expected 9_a.py in the package or in docs/lessons"
    (tmp_path / "9_a.py").write_text("é", encoding="utf-8")
    assert lesson.text() == "é"
