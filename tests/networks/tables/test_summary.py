"""Rows of runs that were stopped, and whether a run is done."""

import math
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.data import load
from pqtheory.networks.metrics import Measure
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tables.summary import Row, cells_of, rows, spread
from pqtheory.networks.training import RunFolder, preset, train


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """After 3 of 4 epochs; errors were measured at the start and after the second."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "stopped")
    settings = preset("corrected", "binaryconnect", epochs=4, freeze_epoch=2, measure_every=2)
    for _ in range(3):
        train(settings, load("digits"), folder, resume=True, seconds=0)
    return folder


def test_figures_are_those_of_the_last_epoch_that_was_measured(stopped):
    lines = stopped.metrics()
    assert [("error" in m, "signs" in m) for m in lines[2:]] == [(True, True), (False, True)]
    (row,) = rows([stopped.path])
    assert row.epochs == 2
    assert row.figures["test error, quantized"] == lines[2]["error"]["test"]["quantized"]
    assert row.figures["signs changed"] == lines[2]["signs"]["all"]["change_from_start"]


@pytest.mark.parametrize("command", [("table",), ("plot", "sign-flips", "--out", "p.svg")])
def test_commands_show_a_run_stopped_between_measurements(stopped, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.main, [*command, str(stopped.path)])
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_run_of_which_nothing_is_measured_is_named(stopped, tmp_path):
    (tmp_path / "settings.json").write_text((stopped.path / "settings.json").read_text())
    with pytest.raises(ValueError, match=f"{tmp_path.name}: nothing is measured yet"):
        rows([tmp_path])


def test_a_run_is_done_after_its_own_epochs_or_those_that_are_asked_for(stopped, tmp_path):
    assert not RunFolder(tmp_path).is_done()
    assert [stopped.is_done(epochs) for epochs in (None, 3, 4)] == [False, True, False]


def test_a_run_killed_before_its_last_checkpoint_is_not_done_and_its_last_line_does_not_count(
    stopped, tmp_path
):
    killed = RunFolder(shutil.copytree(stopped.path, tmp_path / "killed"))
    end = {**stopped.metrics()[2], "epoch": 4, "error": {"test": {"latent": 0.0, "quantized": 0.0}}}
    killed.add_metrics(end)
    planned = Planned("killed", killed.settings)
    plan = Plan(tmp_path, (planned,))
    assert not killed.is_done()
    assert killed.metrics() == stopped.metrics()
    assert list(plan.finished()) == []
    (row,) = rows([killed.path])
    assert row.epochs == 2
    (found,) = collected(plan, ())
    assert found["epochs"] == 3
    assert carry_out(plan) == {}
    assert list(plan.finished()) == ["killed"]
    assert killed.metrics()[-1] != end
    # one whose first checkpoint was never written has nothing
    (killed.path / "checkpoint.pt").unlink()
    assert (killed.metrics(), killed.is_done()) == ([], False)


def test_lines_that_are_missing_are_told(stopped, tmp_path):
    cut = RunFolder(shutil.copytree(stopped.path, tmp_path / "cut"))
    file = cut.path / "metrics.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    with pytest.raises(
        ValueError, match=r"metrics.jsonl: expected 4 lines, as checkpoint.pt is of epoch 3, got 2"
    ):
        rows([cut.path])


def test_each_figure_is_shown_as_what_it_is_with_its_unit_once():
    figures = {
        "test perplexity, quantized": [100.0, 102.0],
        "signs changed": [0.1, 0.2],
        "C2I": [0.5, 0.75],
        "at each level 1": [0.25, 0.25],
        "dwell time, updates 0": [3.0, 5.0],
    }
    perplexity = Measure("perplexity", 1.0, "", "", 1.0, math.inf, 1)
    row = Row("a", 3, {k: np.array(v) for k, v in figures.items()}, (), perplexity)
    heads, (cells,) = cells_of([row])
    assert heads == ["runs", "seeds", "epochs", *figures]
    assert cells == [
        *("a", "0", "3", "101.0 ± 1.4", "15.00 ± 7.07 %", "0.6250 ± 0.1768"),
        *("25.00 ± 0.00 %", "4.0000 ± 1.4142"),
    ]
    assert spread(np.array([0.1])) == "10.00 %"
