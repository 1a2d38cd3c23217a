"""Lessons run from top to bottom; their exercises know right from wrong and never say the answer."""

import json
import runpy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pqtheory.lessons import EXERCISES, LESSONS, as_notebook, check
from pqtheory.lessons.texts import cells

from ..cli.running import one_line, run

FOLDER = Path(__file__).parents[2] / "docs" / "lessons"

#: exercise, right answers, wrong ones
ANSWERS = [
    ("1.1", ["13/20", "0.65"], ["1", "3/20", "-1", "2/5", "0.7"]),
    ("1.2", ["7/10"], ["1", "3/10", "0.69", "-1"]),
    ("1.3", ["-1/2, 1/2", "0.5,-0.5"], ["1/2", "-1/2", "0", "-1,1", "1/2,-1/2,0"]),
    ("1.4", ["3/8, 5/8"], ["5/8", "1/2", "0,1"]),
    ("1.5", ["2", "1.01", "100"], ["1", "1/2", "-2"]),
    ("2.1", ["-3/8"], ["0", "3/8", "1"]),
    ("2.2", ["1/2"], ["-1/2", "3/8"]),
    ("2.3", ["5/8"], ["3/8", "1/2", "2"]),
    ("2.4", ["0.1"], ["10", "0", "-1"]),
]


def numbers(text: str) -> set[Fraction]:
    return {Fraction(part.strip()) for part in text.split(",")}


def said(text: str) -> set[Fraction]:
    found = set()
    for word in text.replace(",", " ").replace(";", " ").split():
        try:
            found.add(Fraction(word))
        except (ValueError, ZeroDivisionError):
            continue
    return found


@pytest.mark.parametrize(("number", "right", "wrong"), ANSWERS)
def test_right_is_right_and_wrong_gets_a_hint(
    number: str, right: list[str], wrong: list[str]
) -> None:
    for answer in right:
        assert check(number, answer).right, answer
    for answer in wrong:
        judgement = check(number, answer)
        assert not judgement.right, answer
        assert judgement.hint
        if number not in ("1.5", "2.4"):
            assert not numbers(right[0]) <= said(judgement.hint)


def test_every_exercise_is_tried_here_and_asked_in_its_lesson() -> None:
    assert [number for number, _, _ in ANSWERS] == list(EXERCISES)
    for number in EXERCISES:
        text = LESSONS[int(number[0]) - 1].text()
        assert f"**{number}**" in text


def test_every_text_is_listed() -> None:
    assert sorted(lesson.file for lesson in LESSONS) == sorted(f.name for f in FOLDER.glob("*.py"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"lesson-{lesson.number}")
def test_it_runs_from_top_to_bottom(lesson: Any) -> None:
    names = runpy.run_path(str(FOLDER / lesson.file))
    if lesson.number == 1:
        assert names["found"].kind == "refuted"
        assert names["moves_by_at_most_the_weight"](names["Budget"]()).kind == "proved"
    else:
        assert names["chosen"] == [1 if theta >= 0 else -1 for theta in names["latent"]]
        assert (names["dual"].quantized == names["bc"].quantized).all()
        assert (names["clipped"].quantized != names["bc"].quantized).any()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"lesson-{lesson.number}")
def test_it_becomes_a_notebook(lesson: Any) -> None:
    notebook = json.loads(as_notebook(lesson.text()))
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds[:2] == ["markdown", "code"]
    assert len(kinds) >= 10
    assert len({cell["id"] for cell in notebook["cells"]}) == len(kinds)
    code = "\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "code")
    compile(code, lesson.file, "exec")
    assert notebook["cells"][0]["source"].startswith(f"# Lesson {lesson.number}")
    whole = {line for line in lesson.text().splitlines() if line and not line.startswith("#")}
    assert whole <= set(code.splitlines())


def test_cells_are_told_apart() -> None:
    assert cells("# %% [markdown]\n# a\n#\n# b\n\n# %%\nx = 1  # c\n# d\n") == [
        ("markdown", "a\n\nb"),
        ("code", "x = 1  # c\n# d"),
    ]


def test_the_commands(tmp_path: Path) -> None:
    assert "1.4" in run("lessons").stdout
    assert "right" in run("lessons", "check", "1.1", "13/20").stdout
    wrong = run("lessons", "check", "1.3", "-1/2")
    assert (wrong.exit_code, wrong.stderr) == (1, "")
    assert "one more" in wrong.stdout
    file = tmp_path / "one.ipynb"
    assert run("lessons", "open", "1", "--out", file).exit_code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["nbformat"] == 4
    assert LESSONS[1].text().strip() == run("lessons", "open", "2").stdout.strip()
    assert "expected numbers" in one_line(run("lessons", "check", "1.1", "a/b"))
    assert "expected one of 1.1" in one_line(run("lessons", "check", "9.1", "1"))
    assert ".ipynb or .py" in one_line(run("lessons", "open", "1", "--out", tmp_path / "x.txt"))
