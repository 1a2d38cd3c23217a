"""Counterexample files: written whole, read back as they were, replayed through the command line."""

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import __version__, cli
from pqtheory.claims import Claim, Control, Part, counterexamples, replaying
from pqtheory.claims.counterexamples import Counterexample
from pqtheory.claims.lookup import UserCodeError, load_file, users_code
from pqtheory.evidence import Budget, Evidence
from pqtheory.evidence.encoding import decoded, encoded
from pqtheory.evidence.search import search
from pqtheory.theory import BOOK, verify

CLAIM_FILE = """
from fractions import Fraction
from pqtheory.claims import Claim, Control, Evidence, Part, all_of, join
from pqtheory.claims import cases as falsify

UNITS = {{"v": falsify.Fractions(0, 4)}}

def margin(v):
    {body}

def whole(budget):
    return Evidence("refuted", 1, counterexample={counterexample})

def check(budget):
    return join(CASES(budget), measured={{"c": 1}})

CASES = falsify.Cases(lambda v: v >= {low}, UNITS)
CLAIM = Claim("{name}", "a source", "a statement", "a = b",
              (Part("never below", "v >= {low}", all_of(check, cases=(CASES,))),),
              (Control("never above", "v <= 2", falsify.Cases(margin, UNITS)),
               Control("as a whole", "v <= 1", {whole})), "c")
"""
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.fractions() | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def no_stale_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytecode is told from its source by second and size; these files change faster."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def write_claim(folder: Path, name: str = "mine", **options: Any) -> Path:
    defaults = {
        "body": "return v <= 2",
        "low": 0,
        "counterexample": '{"n": 3, "half": Fraction(1, 2), "x": 0.1}',
        "whole": "whole",
    }
    path = folder / "mine.py"
    path.write_text(CLAIM_FILE.format(name=name, **(defaults | options)), encoding="utf-8")
    return path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(
        cli.main, [str(a) for a in arguments], prog_name="pqtheory", env={"COLUMNS": "200"}
    )


def one_line(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("pqtheory: ")
    return result.stderr


def stored(folder: Path, **changes: Any) -> Path:
    """A file about the W's prox, with some fields changed; None takes one out."""
    content = {
        "format": "pqtheory counterexample",
        "version": 1,
        "claim": "w-prox",
        "file": "",
        "role": "control",
        "name": "threshold 2 lambda",
        "statement": "the prox moves by 2 lambda",
        "case": {"theta": "0/1", "weight": "1/2", "x": "1/2"},
        "way": "case",
        "budget": "quick",
        "pqtheory": __version__,
    }
    content = {k: v for k, v in (content | changes).items() if v is not None}
    path = folder / "stored.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


# files


@given(VALUES)
def test_values_come_back_with_their_types(value: Any) -> None:
    back = decoded(json.loads(json.dumps(encoded(value), allow_nan=False)))
    assert repr(back) == repr(value)


def test_values_that_json_lacks() -> None:
    array = np.array([Fraction(1, 3), Fraction(2)], dtype=object)
    assert decoded(encoded(array)) == [Fraction(1, 3), Fraction(2)]
    assert decoded(encoded(np.float32(0.1))) == float(np.float32(0.1))
    assert repr(decoded(encoded((np.int64(3), np.bool_(True))))) == "[3, True]"
    assert math.isnan(decoded(encoded(math.nan)))
    assert decoded(encoded(-math.inf)) == -math.inf
    assert math.copysign(1, decoded(json.loads(json.dumps(encoded(-0.0))))) == -1
    assert decoded(encoded({1})) == "{1}"


@pytest.mark.parametrize(
    "value", ["1/0", "one", "1/2/3", {"float": "2"}, {"other": 1}, {"text": 1}, {"a": 1, "b": 2}]
)
def test_values_that_nobody_wrote(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        decoded(value)


@given(
    case=st.dictionaries(st.text(), VALUES, min_size=1, max_size=3),
    texts=st.tuples(*(st.text(min_size=1) for _ in range(3))),
    role=st.sampled_from(counterexamples.ROLES),
    way=st.sampled_from(counterexamples.WAYS),
)
def test_files_come_back_as_they_were(
    tmp_path_factory: Any, case: dict[str, Any], texts: tuple[str, ...], role: str, way: str
) -> None:
    folder = tmp_path_factory.mktemp("files")
    claim, name, statement = texts
    found = Counterexample(claim, "", role, name[:40], statement, case, way, "full", __version__)
    short = replace(found, claim="c")
    path = counterexamples.save(short, folder)
    back = counterexamples.load(path)
    assert repr(back) == repr(short)
    assert [f.name for f in folder.iterdir()] == [path.name]


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = counterexamples.load(stored(tmp_path))
    folder = tmp_path / "deep" / "down"
    path = counterexamples.save(found, folder)
    before = path.read_bytes()

    def full_disk(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        counterexamples.save(replace(found, statement="new"), folder)
    assert path.read_bytes() == before
    assert list(folder.iterdir()) == [path]


def test_file_names_say_what_they_refute(tmp_path: Path) -> None:
    found = counterexamples.load(stored(tmp_path, name="1% off, |g| <= lambda / 2"))
    name = counterexamples.file_name(found)
    assert re.fullmatch(r"w-prox\.control\.1%-off-g-lambda-2\.[0-9a-f]+\.json", name)


def test_no_two_shipped_counterexamples_share_a_file(tmp_path: Path) -> None:
    found = counterexamples.load(stored(tmp_path))
    files = [
        counterexamples.file_name(replace(found, claim=claim.name, role=role, name=item.name))
        for claim in map(BOOK.load, BOOK.names)
        for role, items in (("part", claim.parts), ("control", claim.controls))
        for item in items
    ]
    assert len({file.lower() for file in files}) == len(files)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "something else"}, "not written by pqtheory"),
        ({"version": 2}, "expected format version 1, got 2"),
        ({"version": None}, "expected format version 1, got None"),
        ({"case": None}, "the field 'case' is missing"),
        ({"case": [1]}, "the field 'case' is missing or no dict"),
        ({"name": 3}, "the field 'name' is missing or no str"),
        ({"role": "lemma"}, "role: expected one of ('part', 'control'), got 'lemma'"),
        ({"way": "prayer"}, "way: expected one of ('case', 'check'), got 'prayer'"),
        ({"budget": "huge"}, "budget: expected one of ('quick', 'full'), got 'huge'"),
        ({"case": {"theta": "zero"}}, "case: expected a number"),
        ({"claim": "w-porx"}, "no claim 'w-porx'; did you mean 'w-prox'?"),
        ({"name": "threshold"}, "no control 'threshold'; there are 'threshold 2 lambda'"),
        ({"role": "part"}, "no part 'threshold 2 lambda'; there are 'closed form'"),
        ({"file": "gone.py"}, "claim file: no file"),
    ],
)
def test_bad_files_get_one_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert words in one_line(run("replay", stored(tmp_path, **changes)))


def test_files_that_are_no_json(tmp_path: Path) -> None:
    whole = stored(tmp_path).read_bytes()
    for content in (b"", whole[:-40], b"\xff\xfe", b"[" * 100000, b"[1, 2]", b"null"):
        path = tmp_path / "broken.json"
        path.write_bytes(content)
        assert "broken.json" in one_line(run("replay", path))
    assert "No such file" in one_line(run("replay", tmp_path / "none.json"))
    assert "counterexample" in one_line(run("replay", tmp_path))


def test_a_bad_file_is_said_before_any_work(tmp_path: Path) -> None:
    one_line(run("replay", stored(tmp_path), tmp_path / "none.json"))


# replays


def test_a_case_still_refutes_or_does_not(tmp_path: Path) -> None:
    result = run("replay", stored(tmp_path))
    assert result.exit_code == 0
    assert result.stdout == (
        'w-prox, control "threshold 2 lambda": theta = 0, weight = 1/2, x = 1/2: still refutes\n'
    )
    harmless = stored(tmp_path, case={"theta": "0/1", "weight": "1/2", "x": "5/1"})
    result = run("replay", harmless)
    assert result.exit_code == 1
    assert result.stdout.endswith(": does not refute any more\n")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"theta": "0/1", "weight": "-1/2", "x": "1/2"}, "weight: expected"),
        ({"theta": "0/1"}, "missing"),
        ({"theta": "0/1", "weight": {"text": "half"}, "x": "1/2"}, "expected a fraction"),
        ({"theta": "0/1", "weight": [1], "x": "1/2"}, "expected a fraction"),
    ],
)
def test_a_case_that_the_statement_does_not_speak_of(
    tmp_path: Path, case: dict[str, Any], words: str
) -> None:
    result = run("replay", stored(tmp_path, case=case))
    assert result.exit_code == 1
    assert "does not refute any more (" in result.stdout
    assert words in result.stdout


def test_a_long_case_is_cut(tmp_path: Path) -> None:
    case = {"theta": "0/1", "weight": "1/2", "x": "1/2", "more": list(range(1000))}
    result = run("replay", stored(tmp_path, case=case))
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert len(result.stdout) < 500


def test_falsify_and_replay_in_processes_of_their_own(tmp_path: Path) -> None:
    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pqtheory", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            check=False,
        )

    found = process("falsify", "w-prox", "--part", "0 stays 0", "--examples", "300")
    assert (found.returncode, found.stderr) == (0, "")
    assert "wrote out/counterexamples/w-prox.control.0-stays-0.json" in found.stdout
    again = process("replay", "out/counterexamples/w-prox.control.0-stays-0.json")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith('w-prox, control "0 stays 0": theta = 0, weight = ')
    assert again.stdout.endswith(": still refutes\n")


def test_a_statement_that_changes_is_noticed(tmp_path: Path) -> None:
    """A user's claim is found again by its file, wherever the replay runs; then its control is repaired."""
    out = tmp_path / "somewhere" / "else"
    searched = run("falsify", write_claim(tmp_path), "--examples", 200, "--out", out)
    assert searched.exit_code == 0, searched.output
    (file,) = out.iterdir()
    assert json.loads(file.read_text())["file"] == "../../mine.py"
    assert json.loads(file.read_text())["case"]["v"] == "3/1"
    held = run("replay", file)
    assert held.exit_code == 0
    assert 'mine, control "never above": v = 3, margin = -1: still refutes' in held.stdout
    write_claim(tmp_path, body="return v <= 3")
    repaired = run("replay", file)
    assert repaired.exit_code == 1
    assert repaired.stdout.rstrip().endswith("does not refute any more")
    write_claim(tmp_path, body="return v <= Fraction(5, 2) or 1 / (v - 3) > 0")
    broken = one_line(run("replay", file))
    assert "claim 'mine': ZeroDivisionError" in broken
    assert "of mine.py)" in broken
    write_claim(tmp_path, name="yours")
    assert "defines the claim 'yours', no longer 'mine'" in one_line(run("replay", file))


def test_a_whole_check_is_run_again_and_compared(tmp_path: Path) -> None:
    report = verify(str(write_claim(tmp_path)))
    assert report["mine"].ok
    files = counterexamples.save_all(report, tmp_path / "out")
    assert [f.name for f in files] == [
        "mine.control.never-above.json",
        "mine.control.as-a-whole.json",
    ]
    ways = [counterexamples.load(f).way for f in files]
    assert ways == ["case", "check"]
    result = run("replay", *files)
    assert result.exit_code == 0
    assert "(the whole check ran again and found the same counterexample)" in result.stdout
    assert result.stdout.count("\n") == 2
    write_claim(tmp_path, counterexample='{"n": 3, "half": 0.5, "x": 0.1}')
    result = run("replay", files[1])
    assert result.exit_code == 0
    assert "ran again and found another counterexample" in result.stdout
    write_claim(tmp_path, whole='lambda budget: Evidence("sampled", 5, 0.0)')
    result = run("replay", files[1])
    assert result.exit_code == 1
    assert "does not refute any more (the whole check ran again: sampled)" in result.stdout


def test_a_check_that_looks_at_no_case_any_more(tmp_path: Path) -> None:
    report = verify(str(write_claim(tmp_path)))
    file, _ = counterexamples.save_all(report, tmp_path)
    source = (tmp_path / "mine.py").read_text()
    changed = source.replace("falsify.Cases(margin, UNITS)", "lambda budget: whole(budget)")
    (tmp_path / "mine.py").write_text(changed)
    result = run("replay", file)
    assert result.exit_code == 1
    assert "its check looks at no single case any more" in result.stdout


def test_every_refuted_control_of_a_report_is_saved_and_replays(tmp_path: Path) -> None:
    report = verify("w-prox", "lazy-oscillation", "proxquant-fixed-points")
    files = counterexamples.save_all(report, tmp_path)
    assert len(files) == sum(len(result.controls) for result in report.values())
    assert sorted(files) == sorted(tmp_path.iterdir())
    for file in files:
        found = counterexamples.load(file)
        assert replaying.replay(found, BOOK).refutes
        item = next(c for c in BOOK.load(found.claim).controls if c.name == found.name)
        assert found.statement == item.statement


def test_a_refuted_part_is_saved_too(tmp_path: Path) -> None:
    report = verify(str(write_claim(tmp_path, low=1)))
    files = counterexamples.save_all(report, tmp_path / "out")
    assert files[0].name == "mine.part.never-below.json"
    assert replaying.replay(counterexamples.load(files[0]), BOOK).refutes


def test_what_has_no_counterexample_or_no_claim_to_come_back_to() -> None:
    part = Part("p", "q", lambda budget: Evidence("enumerated", 1))
    control = Control("k", "l", lambda budget: Evidence("refuted", 1, counterexample={"n": 1}))
    claim = Claim("nowhere", "s", "t", "f", (part,), (control,), "c")
    with pytest.raises(ValueError, match="expected refuted evidence, got 'enumerated'"):
        counterexamples.of_evidence(claim, part, part.check(Budget()))
    with pytest.raises(ValueError, match="expected a shipped claim, or one of a file"):
        counterexamples.of_evidence(claim, control, control.check(Budget()))


def test_a_users_error_while_saving_says_where(tmp_path: Path) -> None:
    path = write_claim(tmp_path)
    report = verify(str(path))
    claim = load_file(path)
    with (
        pytest.raises(UserCodeError, match="claim 'mine': RuntimeError: odd"),
        users_code(claim),
    ):
        raise RuntimeError("odd")
    assert report["mine"].claim.file == str(path)


# the search on the command line


def test_the_table_and_the_exit_code(tmp_path: Path) -> None:
    claim = write_claim(tmp_path)
    result = run("falsify", claim, "--examples", 100, "--seed", 3, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "mine, 100 examples, seed 3" in result.stdout
    rows = [line for line in result.stdout.splitlines() if line.startswith("│")]
    assert [r.split("│")[1].strip() for r in rows] == ["part", "control", "control"]
    assert "none" in rows[0]
    assert "v = 3" in rows[1]
    assert "not searched" in rows[2]
    refuted = run("falsify", write_claim(tmp_path, low=1), "--out", tmp_path / "out")
    assert refuted.exit_code == 1
    assert "mine.part.never-below.json" in refuted.stdout
    only = run("falsify", claim, "--part", "never above", "--out", tmp_path / "out")
    assert only.exit_code == 0
    assert "never below" not in only.stdout


def test_a_control_that_is_not_found_is_no_failure(tmp_path: Path) -> None:
    claim = write_claim(tmp_path, body="return v != Fraction(271828, 100000)")
    result = run("falsify", claim, "--examples", 40, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "wrote" not in result.stdout
    nothing = write_claim(tmp_path, body="return None")
    result = run("falsify", nothing, "--part", "never above", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "no case satisfied the assumptions" in result.stdout


def test_bad_arguments_get_one_line(tmp_path: Path) -> None:
    claim = write_claim(tmp_path)
    assert "did you mean 'w-prox'?" in one_line(run("falsify", "w-porx"))
    words = one_line(run("falsify", claim, "--part", "never abvoe"))
    assert "no part or control 'never abvoe' of the claim 'mine'; did you mean" in words
    assert "nothing to search" in one_line(run("falsify", claim, "--part", "as a whole"))
    assert "--examples" in one_line(run("falsify", claim, "--examples", 0))
    assert "--seed" in one_line(run("falsify", claim, "--seed", "x"))
    (tmp_path / "taken").write_text("")
    assert "--out: cannot write" in one_line(run("falsify", claim, "--out", tmp_path / "taken"))
    assert "no file" in one_line(run("falsify", tmp_path / "none.py"))
    broken = write_claim(tmp_path, body="return v / 0")
    assert "claim 'mine': ZeroDivisionError" in one_line(
        run("falsify", broken, "--out", tmp_path / "out")
    )


def test_help_has_an_example() -> None:
    for command in ("falsify", "replay"):
        assert "Example:\n    pqtheory " in run(command, "--help").stdout
        assert run(command).exit_code == 0
        assert "Example:" in run(command).stdout


def test_without_hypothesis_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "available", lambda: False)
    assert "pip install 'pqtheory[falsify]'" in one_line(run("falsify", "w-prox"))
    # a replay needs no search
    assert run("replay", stored(tmp_path)).exit_code == 0
