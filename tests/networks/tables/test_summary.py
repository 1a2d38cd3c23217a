"""Rows of runs that were stopped, and whether a run is done."""

import shutil

import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.data import load
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
    later = RunFolder(shutil.copytree(stopped.path, tmp_path / "later"))
    later.add_metrics({"epoch": 4})
    assert later.is_done()
