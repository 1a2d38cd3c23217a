"""Rows of runs that were stopped, and whether a run is done."""

import shutil

import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tables.summary import rows
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
