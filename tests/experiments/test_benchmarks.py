"""The benchmark scripts run end to end at small size; their figures are not tested."""

import importlib.util
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.benchmarks import __main__ as command
from experiments.benchmarks.__main__ import measure, write
from experiments.benchmarks.timing import Row, compare


def test_benchmarks_write_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = {
        "size": 100_000,
        "starts": 50,
        "steps": 20,
        "checkpoint_bytes": 100_000,
        "optimizer_steps": 1,
    }
    write(tmp_path, measure(**tiny, depth=8, batch=2, words=50, compiled=False, repeats=1))
    table = (tmp_path / "benchmarks.md").read_text()
    assert table in capsys.readouterr().out
    data = json.loads((tmp_path / "benchmarks.json").read_text())
    assert len(data["rows"]) == table.count("\n| ") - 1
    peer = 5 if importlib.util.find_spec("torchao") else 0
    assert len(data["rows"]) == 30 + peer
    for row in data["rows"]:
        # so small a checkpoint may find its memory free
        assert row["seconds"] > 0 or "peak memory" in row["name"]
        assert row["baseline_seconds"] > 0
        assert row["name"] in table
    assert data["provenance"]["hardware"]["cores"] >= 1


def test_compare_takes_the_medians_in_turns() -> None:
    calls: list[str] = []
    row = compare("x", lambda: calls.append("a"), lambda: calls.append("b"), 2.0, repeats=3)
    assert calls == ["a", "b"] * 4
    assert row.ratio == row.seconds / row.baseline_seconds


@pytest.mark.parametrize(
    ("ratio", "at_least", "within"), [(1, False, True), (3, False, False), (3, True, True)]
)
def test_within(ratio: float, at_least: bool, within: bool) -> None:
    assert Row("x", ratio, 2.0, ratio, 1.0, at_least).within is within


def test_the_command_measures_all_or_a_part_and_refuses_what_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    for name, suite in command.SUITES.items():
        monkeypatch.setattr(suite, "measure", lambda name=name: [Row(name, 1, 2, 1, 1)])
    part = run(command.main, ["--only", "prox"])
    assert part.exit_code == 0
    assert "| prox | 1.00 | <= 2 |" in part.output
    assert "| signs |" not in part.output
    bad = run(command.main, ["--only", "nothing"])
    assert bad.exit_code == 2
    assert bad.output.startswith("Error: ")
    assert "'nothing'" in bad.output
    assert not (tmp_path / "results").exists()
    assert run(command.main, []).exit_code == 0
    rows = json.loads((tmp_path / "results" / "benchmarks.json").read_text())["rows"]
    assert [row["name"] for row in rows] == list(command.SUITES)
