"""Throughput: a dry run on the CPU, and rows that fail."""

import json

import pytest
from click.testing import CliRunner

from experiments import throughput


def test_a_dry_run(tmp_path):
    file = tmp_path / "there" / "throughput.json"
    options = ["--device", "cpu", "--data", "digits", "--model", "small", "--epochs", "1"]
    options += ["--seeds", "1", "--seeds", "2", "--out", str(file)]
    result = CliRunner().invoke(throughput.main, options)
    assert result.exit_code == 0, result.output
    content = json.loads(file.read_text())
    rows = {row["what"]: row for row in content["rows"]}
    assert len(rows) == 8
    for row in rows.values():
        assert row["images_per_second"] * row["seconds_per_epoch"] == pytest.approx(row["images"])
    alone, both = rows["recorded, proxquant"], rows["recorded, proxquant, 2 side by side"]
    assert both["images"] == 2 * alone["images"]
    assert {"command", "versions", "hardware"} <= set(content["provenance"])
    assert file.with_suffix(".md").read_text().count("\n| ") == 1 + len(rows)


def test_a_row_that_fails_says_why(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no such kernel\nand more")

    monkeypatch.setattr(throughput, "Run", broken)
    shared = {"device": "cpu", "data": "digits", "model": "small", "epochs": 1, "seeds": (1,)}
    content = throughput.measure(**shared, on_row=lambda line: None)
    failed = [row["failed"] for row in content["rows"] if "failed" in row]
    assert failed == ["RuntimeError: no such kernel"] * 5
    assert "| recorded, proxquant | RuntimeError: no such kernel | |" in throughput.table(content)
