"""Throughput: a dry run on the CPU; and plans on a GPU train side by side in one process."""

import json

import pytest
from click.testing import CliRunner

from experiments import plan, throughput
from pqtheory.networks.training import NonFiniteLossError, preset, train_together


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
    content = throughput.measure(**shared, told=lambda line: None)
    failed = [row["failed"] for row in content["rows"] if "failed" in row]
    assert failed == ["RuntimeError: no such kernel"] * 5
    assert "| recorded, proxquant | RuntimeError: no such kernel | |" in throughput.table(content)


def test_on_a_gpu_ready_runs_train_together_and_one_that_fails_is_left(tmp_path, monkeypatch):
    calls = []

    def together(pairs, images, *, device, seconds):
        calls.append((device, [folder.path.name for _, folder in pairs]))
        outcomes = train_together(pairs, images, seconds=seconds)
        names = [folder.path.name for _, folder in pairs]
        return [
            NonFiniteLossError(0, 0) if n == "b" else o
            for n, o in zip(names, outcomes, strict=True)
        ]

    monkeypatch.setattr(plan, "train_together", together)
    monkeypatch.setattr(plan, "is_done", lambda runs, p: p.name != "b" and (runs / p.name).exists())
    warm = plan.Planned("warm", preset("corrected", "full-precision", epochs=1))
    chosen = preset("corrected", "proxquant", epochs=1)
    after = [plan.Planned(name, chosen, "warm") for name in "abcd"]
    assert not plan.carry_out([warm, *after], tmp_path, device="cuda", jobs=3)
    assert calls == [("cuda", ["warm"]), ("cuda", ["a", "b", "c"]), ("cuda", ["d"])]
