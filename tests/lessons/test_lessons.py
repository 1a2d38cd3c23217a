"""Lessons run from top to bottom; their exercises know right from wrong and never say the answer."""

import itertools
import json
import re
import runpy
import stat
from email.message import Message
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.lessons import EXERCISES, LESSONS, as_notebook, check, links
from pqtheory.lessons.results import committed
from pqtheory.lessons.texts import cells

from ..cli.running import one_line, run

FOLDER = Path(__file__).parents[2] / "docs" / "lessons"

ROOT = Path(__file__).parents[2]
KEY = (ROOT / "docs" / "instructors" / "answers.md").read_text(encoding="utf-8")
#: right answers, as those who teach have them: | 1.1 | `13/20` or `0.65` | ...
RIGHT = {
    number: re.findall(r"`([^`]+)`", cell)
    for number, cell in re.findall(r"^\| (\d\.\d) \| ([^|]+) \|", KEY, re.MULTILINE)
}
WRONG = {
    "1.1": ["1", "3/20", "-1", "2/5", "0.7"],
    "1.2": ["1", "3/10", "0.69", "-1"],
    "1.3": ["1/2", "-1/2", "0", "-1,1", "1/2,-1/2,0"],
    "1.4": ["5/8", "1/2", "0,1"],
    "1.5": ["1", "1/2", "-2"],
    "2.1": ["0", "3/8", "1"],
    "2.2": ["-1/2", "3/8"],
    "2.3": ["3/8", "1/2", "1/4", "2"],
    "2.4": ["10", "0", "-1"],
    "3.1": ["1/3", "0.33", "0.667", "1", "-1", "4/3"],
    "3.2": ["1/4", "7/8", "0", "1", "0.7500001"],
    "3.3": ["1/2", "2", "0", "0.999", "1.01"],
    "3.4": ["-1,-1", "-2,-1", "0,0", "-2,1"],
    "3.5": ["0", "1/2", "-0.999"],
    "4.1": ["1/4", "0", "-1", "0.333"],
    "4.2": ["1.5", "5", "7"],
    "4.3": ["2", "1/2", "1.01", "0.999"],
    "4.4": ["18/7", "1.9", "18"],
    "4.5": ["4/5", "3/5", "2", "-1", "1.21"],
    "4.6": ["1/10", "1/5", "0", "0.1428", "0.143", "0.1429"],
    "5.1": ["0.9", "85", "100", "0"],
    "5.2": ["1", "0.5"],
    "5.3": ["0.62", "1", "2"],
    "5.4": ["0.001", "0.5", "10", "0"],
    "5.5": ["1,2", "1,2,3,4,5", "3", "1,2,3", "1,2,7"],
}
#: where many answers are right a hint may name one that it was given
MANY = {"1.5", "2.4", "3.2", "3.4", "3.5", "4.1", "5.4"}


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


@pytest.mark.parametrize("number", EXERCISES)
def test_right_is_right_and_wrong_gets_a_hint(number: str) -> None:
    for answer in RIGHT[number]:
        assert check(number, answer).right, answer
    for answer in WRONG[number]:
        judgement = check(number, answer)
        assert not judgement.right, answer
        assert judgement.hint
        if number not in MANY:
            assert not numbers(RIGHT[number][0]) <= said(judgement.hint), judgement.hint


@pytest.mark.parametrize("number", EXERCISES)
@pytest.mark.parametrize("answer", ["1e99", "-1e99", "1e-99", "1" * 40, "0"])
def test_any_number_is_judged(number: str, answer: str) -> None:
    count = EXERCISES[number].count or 1
    judgement = check(number, [answer] * count)
    assert judgement.right == (judgement.hint == "")
    assert len(judgement.hint) < 200


@pytest.mark.parametrize(
    ("number", "answer", "says"),
    [
        ("2.3", "1/4", "mean of the signs"),
        ("3.1", "0.667", "rounded"),
        ("3.1", "0.33", "rarer level"),
        ("3.4", "-1, -2", "so is one more"),
        ("3.4", "-1, -1", "so are 2 more"),
        ("4.6", "0.143", "you are near"),
    ],
)
def test_a_hint_fits_the_mistake(number: str, answer: str, says: str) -> None:
    assert says in check(number, answer).hint


def test_a_hint_says_near_only_where_it_is() -> None:
    assert "near" not in check("4.6", "1/5").hint
    assert "rounded" not in check("3.1", "1").hint


def test_what_an_exercise_asks_for_is_not_printed_before_it() -> None:
    """1.5 asks for a counterexample, which the solver has; 5.4 for a threshold that a printed table would have."""
    code = [source for kind, source in cells(LESSONS[0].text()) if kind == "code"]
    assert not any("counterexample" in source for source in code)
    (loop,) = re.findall(r"^for threshold in \((.*)\):", LESSONS[4].text(), re.MULTILINE)
    assert not any(check("5.4", str(100 * float(tried))).right for tried in loop.split(","))


@pytest.mark.parametrize("answer", ["- 1 / 2, 1 /2", "\N{MINUS SIGN}1/2, +1/2", " -0.5 ,0.5 "])
def test_spaces_beside_a_sign_or_a_stroke_are_nothing(answer: str) -> None:
    assert check("1.3", answer).right


@pytest.mark.parametrize(
    "answer",
    ["1e999999999", "1" * 10_000, "nan", "", "1,", "one", "1/0", "1 2 5", "1/2 -1/2", "0;1", "50%"],
)
def test_what_is_no_number_of_ordinary_size_is_an_error(answer: str) -> None:
    with pytest.raises(ValueError, match="answer: expected numbers such as"):
        check("1.3", answer)


def test_answers_are_texts_numbers_or_several_of_them() -> None:
    half = Fraction(1, 2)
    for answer in ("-1/2, 1/2", [-half, half], (-0.5, 0.5), ["-1/2", "0.5"]):
        assert check("1.3", answer).right
    assert check("1.2", 0.7).right
    assert check("1.2", Fraction(7, 10)).right
    # as cells of a notebook have them: what the library returns, and divisions
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    assert check("1.1", W.prox(np.array([Fraction(2, 5)]), Fraction(1, 4))).right
    assert check("1.3", W.prox_set(Fraction(0), half)).right
    assert check("1.3", {0.5, -0.5}).right
    assert check("1.3", np.array([[-0.5], [0.5]])).right
    assert check("3.1", 2 / 3).right
    assert check("4.6", np.float64(1) / 7).right
    assert check(1.1, 0.65).right
    # but no fraction is guessed from digits
    assert not check("3.1", 0.6666667).right
    assert not check("4.6", "0.142857142857").right
    for answer in (float("nan"), float("inf"), None, 1j, True, [], [[1, [2]]], "[1]"):
        with pytest.raises(ValueError, match="answer: expected"):
            check("1.1", answer)


def test_every_exercise_is_tried_here_and_asked_in_its_lesson() -> None:
    assert list(EXERCISES) == list(RIGHT) == list(WRONG)
    for number in EXERCISES:
        text = LESSONS[int(number[0]) - 1].text()
        assert f"**{number}**" in text


def test_no_answer_is_at_hand_in_lesson_or_package() -> None:
    """Answers are apart: no lesson, listing or installed file leads to them."""
    listing = run("lessons").stdout
    for lesson in LESSONS:
        assert "answers.md" not in lesson.text()
    assert "answers" not in listing
    packaged = (
        (ROOT / "pyproject.toml")
        .read_text(encoding="utf-8")
        .split("[tool.hatch.build.targets.sdist]")[0]
    )
    assert "docs/instructors" not in packaged


def test_every_text_is_listed() -> None:
    assert sorted(lesson.file for lesson in LESSONS) == sorted(f.name for f in FOLDER.glob("*.py"))


def lesson_1(names: dict[str, Any]) -> None:
    assert names["found"].kind == "refuted"
    assert names["moves_by_at_most_the_weight"](names["Budget"]()).kind == "proved"


def lesson_2(names: dict[str, Any]) -> None:
    assert names["chosen"] == [1 if theta >= 0 else -1 for theta in names["latent"]]
    assert (names["dual"].quantized == names["bc"].quantized).all()
    assert (names["clipped"].quantized != names["bc"].quantized).any()


def lesson_3(names: dict[str, Any]) -> None:
    assert names["keeps_the_band"](names["Budget"]()).kind == "proved"
    assert names["found"].kind == "refuted"
    assert (names["small"].quantized == names["path"].quantized).all()
    assert names["certificate"].proved
    assert (names["planted"].witness == names["s"]).all()


def lesson_4(names: dict[str, Any]) -> None:
    assert names["a_move_costs"](names["Budget"]()).kind == "proved"
    assert names["lands_away_from_zero"](names["Budget"]()).kind == "proved"
    assert names["found"].kind == "refuted"
    energy = names["energy"]
    assert all(after < before for before, after in itertools.pairwise(energy))
    eta, x, m = (names[name] for name in ("eta", "x", "m"))
    assert names["flipped"] == eta * names["spent"] / (2 * (1 - x) * m**2) == 8
    assert names["above"] == pytest.approx(names["below"], abs=1e-6)
    assert [names["end"](Fraction(1, n)) for n in (8, 6)] == [-1, 1]


def lesson_5(names: dict[str, Any]) -> None:
    constant, falling, prox = names["shown"].values()
    calm = [names["calm_from"](run, 0.001) for run in (constant, falling, prox)]
    assert calm == [None, None, 8]
    # what is honest to say of these runs: BinaryConnect has the lower error
    longer = names["longer"]["resnet20-binary-proxquant-corrected-rate0.00056-0"]
    assert names["error"](falling) < names["error"](prox)
    assert names["error"](names["connect60"]) < names["error"](longer)
    assert min(names["differences"]) > 0
    flips = names["flips60"]
    assert flips[24] < flips[34] < flips[44]


@pytest.mark.parametrize(
    ("lesson", "says"),
    list(zip(LESSONS, (lesson_1, lesson_2, lesson_3, lesson_4, lesson_5), strict=True)),
    ids=lambda value: f"lesson-{value.number}" if hasattr(value, "number") else "",
)
def test_it_runs_from_top_to_bottom(lesson: Any, says: Any) -> None:
    says(runpy.run_path(str(FOLDER / lesson.file)))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"lesson-{lesson.number}")
def test_it_has_what_every_lesson_has(lesson: Any) -> None:
    text = lesson.text()
    assert "**The question.**" in text
    assert "**What you know now.**" in text
    assert "**predict**" in text.lower()
    assert "break it" in text.lower()
    assert re.search(r"\b(15|20)[\s#]+minutes", text)


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
    assert "expected 2 numbers" in one_line(run("lessons", "check", "3.4", "1"))
    assert "expected one number" in one_line(run("lessons", "check", "3.1", "1,2"))
    assert "expected one of 1.1" in one_line(run("lessons", "check", "9.1", "1"))
    assert ".ipynb or .py" in one_line(run("lessons", "open", "1", "--out", tmp_path / "x.txt"))


def test_a_lesson_is_known_by_its_name_and_its_exercises() -> None:
    for name in ("2", "lesson-2", "Lesson 2", "2.4"):
        assert run("lessons", "open", name).stdout.strip() == LESSONS[1].text().strip()
    for name in ("0", "6", "11", "two", "2.4.1"):
        assert "expected a lesson from 1 to 5, got" in one_line(run("lessons", "open", name))


def test_notes_in_a_notebook_are_not_lost(tmp_path: Path) -> None:
    assert run("lessons", "write", tmp_path).exit_code == 0
    # what nobody has written into is there again
    assert run("lessons", "write", tmp_path).exit_code == 0
    noted, other = (tmp_path / LESSONS[i].notebook for i in (2, 0))
    noted.write_text("my notes", encoding="utf-8")
    other.unlink()
    assert "is there already" in one_line(run("lessons", "write", tmp_path))
    assert "is there already" in one_line(run("lessons", "open", "3", "--out", noted))
    assert noted.read_text(encoding="utf-8") == "my notes"
    # all of them or none
    assert not other.exists()


def test_links_lead_to_what_is_written(tmp_path: Path) -> None:
    """Binder and Colab open the notebooks that the commands of their configuration write."""
    shown = run("lessons", "links").stdout
    assert run("lessons", "write", tmp_path / links.FOLDER, "--install").exit_code == 0
    for lesson in LESSONS:
        assert links.binder(lesson) in shown
        assert links.colab(lesson) in shown
        made = json.loads((tmp_path / links.FOLDER / lesson.notebook).read_text(encoding="utf-8"))
        assert made["cells"][1]["source"].startswith("%pip install")
        assert f"git+https://github.com/{links.repository()}" in made["cells"][1]["source"]
    build = ROOT / ".binder" / "postBuild"
    assert f"lessons write {links.FOLDER}" in build.read_text(encoding="utf-8")
    assert build.stat().st_mode & stat.S_IXUSR
    workflow = (ROOT / ".github" / "workflows" / "notebooks.yml").read_text(encoding="utf-8")
    assert "pqtheory lessons write published --install" in workflow
    assert f"--initial-branch {links.PUBLISHED}" in workflow
    assert f"[{links.EXTRAS},notebook]" in (ROOT / ".binder" / "requirements.txt").read_text(
        encoding="utf-8"
    )


def test_plans_fill_their_lectures_and_name_what_there_is() -> None:
    plan = (ROOT / "docs" / "instructors" / "plan.md").read_text(encoding="utf-8")
    spans = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+)-(\d+) \|", plan, re.MULTILINE)]
    starts = [i for i, (begin, _) in enumerate(spans) if begin == 0]
    lectures = [spans[i:j] for i, j in itertools.pairwise([*starts, len(spans)])]
    assert len(lectures) == 3
    for lecture in lectures:
        assert lecture[-1][1] == 90
        assert all(before[1] == after[0] for before, after in itertools.pairwise(lecture))
    assert set(re.findall(r"\b\d\.\d\b", plan)) <= set(EXERCISES)
    texts = {lesson.number: lesson.text() for lesson in LESSONS}
    for row in (line for line in plan.splitlines() if line.startswith("| ")):
        for number, heading in re.findall(r'lesson (\d)[^|"]*"([^"]+)"', row):
            assert f"## {heading}" in texts[int(number)], heading


def test_a_copy_elsewhere_changes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(*urls: str) -> None:
        told = Message()
        for url in urls:
            told["Project-URL"] = url
        monkeypatch.setattr(links, "metadata", lambda name: told)

    named("Paper, https://arxiv.org/abs/1810.00861", "Repository, https://github.com/a-class/copy")
    assert "/gh/a-class/copy/main?" in links.binder(LESSONS[0])
    assert "/github/a-class/copy/blob/notebooks/1_" in links.colab(LESSONS[0])
    named("Paper, https://arxiv.org/abs/1810.00861")
    with pytest.raises(ValueError, match="repository: expected one on GitHub"):
        links.repository()


def test_results_of_lessons_are_the_committed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert committed("digits") == json.loads(
        (ROOT / "experiments" / "results" / "digits.json").read_text(encoding="utf-8")
    )
    with pytest.raises(ValueError, match="name: expected one of cifar10"):
        committed("../secrets")
    monkeypatch.setattr("pqtheory.lessons.results.MEASURED", ())
    with pytest.raises(ValueError, match=r"results: expected cifar10\.json"):
        committed("cifar10")


def test_without_the_solver_a_sentence_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pqtheory.evidence.smt.available", lambda: False)
    with pytest.raises(ValueError, match="is missing"):
        check("4.3", "1")
