"""Names that mean something to a terminal, to markup or to a file system: shown as they are, or one line."""

import html
import json
from pathlib import Path

import pytest

from pqtheory.theory import BOOK

from .running import CLAIM_FILE, one_line, run

ODD = "[red]x[/] :smile: <b>&amp; $w_1$ \x1b[31m\u202e"
SHOWN = r"[red]x[/] :smile: <b>&amp; $w_1$ \x1b[31m\u202e"


def odd_claim(folder: Path) -> Path:
    text = CLAIM_FILE.format(name="NAME", part=0, control=-1)
    for word in ('"NAME"', '"a statement"', '"p"', '"k"', '"a source"'):
        text = text.replace(word, f"{ODD + word[1:-1]!r}")
    path = folder / "odd.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["verify", "show", "falsify"])
def test_names_are_shown_as_they_are(tmp_path, command):
    result = run(command, odd_claim(tmp_path))
    said = "".join((result.stdout + result.stderr).split())
    assert "".join(SHOWN.split())[:20] in said or command == "verify"
    assert r"\x1b[31m\u202e" in said
    assert ":smile:" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert result.exit_code == (2 if command == "falsify" else 0)


def test_names_stand_in_the_page_as_they_are(tmp_path):
    page = tmp_path / "r.html"
    assert run("verify", odd_claim(tmp_path), "par-prox", "--html", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert html.escape(SHOWN) in text
    assert "\x1b" not in text
    assert "<b>&amp; $w_1" not in text


def test_half_of_a_surrogate_pair_is_shown(tmp_path):
    path = tmp_path / "half.py"
    path.write_text(CLAIM_FILE.format(name="half\\udcff", part=0, control=-1))
    result = run("verify", path, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert r"half\udcff" in result.stdout
    assert r"half\udcff" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("option", ["--json", "--html"])
@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "loop/x"])
def test_a_name_that_no_file_can_have_is_one_line_before_the_work(
    tmp_path, claim_file, option, name
):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    said = one_line(run("verify", claim_file(), option, tmp_path / name))
    assert f"{option}: cannot write" in said
    assert len(said) < 500


def test_the_longest_name_is_written(tmp_path, claim_file):
    file = tmp_path / ("x" * 250 + ".json")
    for _ in range(2):
        assert run("verify", claim_file(), "--json", file).exit_code == 0
    assert json.loads(file.read_text())["ok"] is True
    assert [f for f in tmp_path.iterdir() if f.name.startswith(".")] == []


def stored(**changes):
    return {
        "format": "pqtheory counterexample", "version": 1, "claim": "w-prox", "file": "",
        "role": "control", "name": BOOK.load("w-prox").controls[0].name, "statement": "s",
        "case": {}, "way": "case", "budget": "quick", "pqtheory": "0", **changes,
    }  # fmt: skip


def nested(depth):
    return "[" * depth + "]" * depth


TEXTS = {
    "empty": "",
    "cut": json.dumps(stored())[:-9],
    "list": "[]",
    "deep": nested(100_000),
    "deep, in the case": json.dumps(stored(case={"x": 7})).replace("7", nested(300)),
    "deeper, in the case": json.dumps(stored(case={"x": 7})).replace("7", nested(900)),
    "case is a list": json.dumps(stored(case=[1])),
    "a number for a name": json.dumps(stored(name=3)),
    "another role": json.dumps(stored(role="x" * 10_000)),
    "version": json.dumps(stored(version=["x" * 10_000])),
    "an odd value": json.dumps(stored(case={"x": "y" * 10_000})),
    "a root of nothing": json.dumps(stored(case={"x": {"root": ["0/1", "0/1", 0]}})),
    "long file": json.dumps(stored(file="x" * 5000 + ".py")),
    "long claim": json.dumps(stored(claim="x" * 100_000)),
    "control characters": json.dumps(stored(claim="\x1b[31m")),
}


@pytest.mark.parametrize("text", TEXTS)
def test_an_odd_counterexample_is_one_line(tmp_path, text):
    file = tmp_path / "c.json"
    file.write_text(TEXTS[text])
    said = one_line(run("replay", file))
    assert len(said) < 2100
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "value", [None, [1], {"mapping": {}}, {"text": "a"}, True, {"float": "nan"}]
)
def test_a_case_of_wrong_types_is_one_line_or_refutes_no_more(tmp_path, value):
    case = dict.fromkeys(("theta", "x", "p", "lam", "lambda", "s", "t", "k", "y", "z"), value)
    for control in BOOK.load("w-prox").controls:
        file = tmp_path / "c.json"
        file.write_text(json.dumps(stored(case=case, name=control.name)))
        result = run("replay", file)
        assert result.exit_code in (1, 2), result.output
        assert isinstance(result.exception, SystemExit)
        assert (result.stdout + result.stderr).count("\n") == 1


def test_a_huge_or_endless_file_is_one_line(tmp_path):
    file = tmp_path / "huge.json"
    with open(file, "wb") as stream:
        stream.truncate(65 << 20)
    assert "expected at most 64 MiB" in one_line(run("replay", file))
    if Path("/dev/zero").exists():
        assert "expected at most 64 MiB" in one_line(run("replay", "/dev/zero"))


@pytest.mark.parametrize(
    "text",
    [
        nested(100_000),
        "[]",
        '{"claims": 3}',
        '{"claims": [{"name": [], "kind": 1, "prose": 2}]}',
        '{"claims": [{"name": "w-prox", "kind": [], "prose": 0}]}',
        "\x00",
    ],
)
def test_a_file_that_is_no_result_of_verify_is_one_line(tmp_path, text):
    file = tmp_path / "r.json"
    file.write_text(text)
    said = one_line(run("plot", "map", "--results", file, "--out", tmp_path / "m.svg"))
    assert "is no result of verify --json" in said


def test_out_trains_nothing_for_a_named_claim(tmp_path, claim_file, monkeypatch):
    monkeypatch.setattr("pqtheory.digits.run_digits", None)
    out = tmp_path / "out"
    result = run("verify", claim_file(), "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert {p.name for p in out.iterdir()} == {
        "report.html",
        "lab.html",
        "claims.json",
        "counterexamples",
    }
    assert 'href="lab.html"' in (out / "report.html").read_text(encoding="utf-8")
    assert "only with --out" in one_line(run("verify", claim_file(), "--digits"))
