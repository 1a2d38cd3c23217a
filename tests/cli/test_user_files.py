"""A user's claim file that is wrong: one line that says file, line and remedy, and exit code 2."""

import json
from pathlib import Path
from typing import Any

import pytest

import pqtheory as pq
from pqtheory.claims import counterexamples, replaying
from pqtheory.claims.lookup import load_file
from pqtheory.evidence.roots import Root
from pqtheory.theory import BOOK

from .running import one_line, run

pytest.importorskip("z3")

FILE = """
from fractions import Fraction
from pqtheory.claims import *
from pqtheory.claims import Claim, Part, Control

def fine(budget):
    return judge("sampled", [1.0], {{"t": [1.0]}})

@forall(x=real)
def negative(x):
    return x < 0

{code}

CLAIM = Claim("mine", "s", "t", "f", parts=(Part("fine", "f", fine), Part("p", "q", statement)),
              controls=(Control("c", "x < 0", negative),))
"""


def written(folder: Path, code: str) -> Path:
    path = folder / "mine.py"
    path.write_text(FILE.format(code=code), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    return 1 + next(i for i, line in enumerate(path.read_text().splitlines()) if text in line)


FAULTS = {
    # contradictory assumptions prove anything
    "vacuous": (
        "@forall(x=real, given=lambda x: [x > 0, x < 0])\ndef statement(x):\n    return x == 5",
        "ValueError: assumptions: no real x satisfy all of them, so that the statement says nothing",
        "@forall(x=real, given",
    ),
    "vacuous for algebra": (
        "@forall(x=real, given=lambda x: [x > 0, x < 0], engine='algebra')\n"
        "def statement(x):\n    return x == 5",
        "ValueError: assumptions: no real x satisfy all of them",
        "@forall(x=real, given",
    ),
    "vacuous among several": (
        "@forall(x=real, given=lambda x: [x > 0, x < 0])\ndef other(x):\n    return x == 5\n"
        "statement = all_of(negative, other)",
        "ValueError: assumptions: no real x satisfy all of them",
        "@forall(x=real, given",
    ),
    "vacuous start": (
        "@invariant(state='x', first=lambda x: [x > 0, x < 0], step=lambda x, x_next: [x_next == x])\n"
        "def statement(x):\n    return x == 5",
        "ValueError: assumptions: no real x satisfy all of them",
        "@invariant",
    ),
    "division by 0": (
        "@forall(x=real, y=real)\ndef statement(x, y):\n    return (x / y) * y == x",
        "ValueError: division: assume y != 0",
        "@forall(x=real, y=real)",
    ),
    "x / x": (
        "statement = forall(x=real)(lambda x: x / x == 1)",
        "ValueError: division: assume x != 0",
        "statement = forall",
    ),
    "one name for two variables": (
        "statement = invariant(state='x x', first=lambda x: [x == 0], step=lambda x: [])(lambda x: x == x)",
        "ValueError: variables: expected distinct names, got 'x' twice",
        "statement = invariant",
    ),
    "one name twice": (
        "@forall(x=real, x=real)\ndef statement(x):\n    return x == x",
        "SyntaxError: keyword argument repeated: x",
        "@forall(x=real, x=real)",
    ),
    "unknown name": (
        "@forall(x=real)\ndef statement(y):\n    return y == y",
        "ValueError: holds: 'y' is no variable; there are x",
        "@forall(x=real)\ndef statement",
    ),
    "returns True": (
        "def statement(budget):\n    return True",
        "TypeError: the check returned True: return Evidence, or use forall",
        "def statement",
    ),
    "returns nothing": (
        "def statement(budget):\n    3 > 2",
        "TypeError: the check returned None: return Evidence, or use forall",
        "def statement",
    ),
    "returns True among several": (
        "def other(budget):\n    return True\nstatement = all_of(negative, other)",
        "TypeError: the check returned True: return Evidence, or use forall",
        "def other",
    ),
    "no comparison": (
        "@forall(x=real)\ndef statement(x):\n    x * x >= 0",
        "TypeError: holds: expected a comparison, or several joined by & and |, got None",
        "@forall(x=real)\ndef statement",
    ),
    "a chain": (
        "@forall(x=real)\ndef statement(x):\n    return 0 < x < 1",
        "TypeError: a term is neither true nor false: use &, |, ~ and where",
        "return 0 < x < 1",
    ),
    "inside the statement": (
        "@forall(x=real)\ndef statement(x):\n    return x.no_such_thing > 1",
        "AttributeError: 'Term' object has no attribute 'no_such_thing'",
        "return x.no_such_thing",
    ),
    "proved without a step": (
        "def statement(budget):\n    return Evidence('proved')",
        "ValueError: proof: expected at least one step where it is proved",
        "return Evidence('proved')",
    ),
    "no check": (
        "statement = True",
        "TypeError: p: expected a function of the budget or a forall as check, got True",
        "CLAIM = Claim(",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", [("verify",), ("verify", "--jobs", 2), ("show",)])
def test_one_line_with_file_line_and_remedy(
    tmp_path: Path, fault: str, command: tuple[Any, ...]
) -> None:
    code, message, marked = FAULTS[fault]
    path = written(tmp_path, code)
    said = one_line(run(*command, path))
    assert message in said
    first = marked.split("\n")[0]
    place = 1 + path.read_text()[: path.read_text().index(marked)].count("\n")
    assert first in path.read_text().splitlines()[place - 1]
    assert f"(line {place} of mine.py)" in said


def test_a_false_statement_with_irrational_counterexamples_alone_is_refuted(tmp_path: Path) -> None:
    """Every fraction satisfies it; the roots that do not are shown, saved, loaded and replayed."""
    code = (
        "@forall(x=real, y=real, given=lambda x, y: [x * x == 2 * y * y, y > 0])\n"
        "def statement(x, y):\n    return x <= 0"
    )
    path = written(tmp_path, code)
    result = run("verify", path, "--json", tmp_path / "r.json")
    assert result.exit_code == 1
    (stored,) = json.loads((tmp_path / "r.json").read_text())["claims"]
    assert stored["kind"] == "refuted"
    assert any("root" in str(v) for v in stored["counterexample"].values())
    report = pq.verify(str(path))
    file, *_ = counterexamples.save_all(report, tmp_path / "out")
    found = counterexamples.load(file)
    assert found.case == report["mine"].counterexample
    assert any(isinstance(value, Root) for value in found.case.values())
    assert found.way == "case"
    assert replaying.replay(found, BOOK).refutes
    replayed = run("replay", file)
    assert replayed.exit_code == 0
    assert "... (root " in replayed.stdout
    assert replayed.stdout.endswith(": still refutes\n")


def test_no_fraction_is_the_root_of_2(tmp_path: Path) -> None:
    path = written(tmp_path, "statement = forall(x=real)(lambda x: (x * x > 2) | (x * x < 2))")
    assert run("verify", path).exit_code == 1


COLLIDING = """
less = forall(eta=real, given=lambda eta: [eta < 1])(lambda eta: eta < 0)
more = forall(eta=real, given=lambda eta: [eta > 1])(lambda eta: eta > 2)
statement = forall(x=real)(lambda x: x * x >= 0)
CONTROLS = (Control("eta < 1", "y", less), Control("eta > 1", "z", more), Control("<", "q", more),
            Control(">", "q", less), Control("eta 1", "q", less), Control("Eta 1", "q", less),
            Control("long " * 100, "q", less), Control("long " * 100 + "er", "q", less),
            Control("η < 1 " * 30, "q", less), Control("../../up", "q", less), Control("", "q", less))
"""


def test_no_two_counterexamples_share_a_file_and_long_names_work(tmp_path: Path) -> None:
    path = written(tmp_path, COLLIDING)
    text = path.read_text().replace(
        'controls=(Control("c", "x < 0", negative),)', "controls=CONTROLS"
    )
    path.write_text(text, encoding="utf-8")
    report = pq.verify(str(path))
    out = tmp_path / "out"
    files = counterexamples.save_all(report, out)
    assert len(files) == 11
    assert len({file.name.lower() for file in files}) == 11
    assert sorted(out.iterdir()) == sorted(files)
    assert max(len(file.name.encode()) for file in files) < 200
    assert files[4].name == "mine.control.eta-1.json"
    for file, control in zip(files, load_file(path).controls, strict=True):
        found = counterexamples.load(file)
        assert found.name == control.name
        assert replaying.replay(found, BOOK).refutes
    # and by the search, too
    assert run("falsify", path, "--examples", 60, "--out", tmp_path / "two").exit_code == 0
    assert len(list((tmp_path / "two").iterdir())) == 11


UNHASHABLE = '''
from dataclasses import dataclass
from pqtheory.claims import Claim, Control, Evidence, Part

@dataclass
class Check:
    """A plain dataclass: eq without hash."""
    kind: str

    def __call__(self, budget):
        if self.kind == "ok":
            return Evidence("enumerated", 1, measured={"f": 1})
        return Evidence("refuted", 1, counterexample={"n": 1})

CLAIM = Claim("mine", "s", "s", "f", (Part("p", "s", Check("ok")),), (Control("c", "s", Check("no")),), "f")
'''


def test_a_check_need_not_be_hashable(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(UNHASHABLE)
    claim = load_file(path)
    assert pq.verify(str(path))["mine"].kind == "enumerated"
    assert pq.verify(claim)["mine"].kind == "enumerated"
    assert pq.verify(claim, claim)["mine"].ok
