"""Metrics of codes in tables and pictures: those that runs recorded, or those that are asked for."""

import re

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.data import load
from pqtheory.networks.tables.curves import metric_rows
from pqtheory.networks.tables.summary import cells_of, rows
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.plotting.sign_curves import metric_curves, sign_curves


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "tracked")
    settings = preset(
        "corrected",
        "binaryconnect",
        levels="ternary",
        per="channel",
        epochs=2,
        batch_size=256,
        metrics=["flips", "c2i", "occupation", "path_ratio"],
    )
    train(settings, load("digits"), folder)
    return folder


def test_tables_show_what_was_recorded_or_what_is_asked_for(run):
    last = run.metrics()[-1]["codes"]["all"]
    heads, (cells,) = cells_of(rows([run.path]))
    shown = dict(zip(heads, cells, strict=True))
    assert shown["flips"] == f"{100 * last['flips']:.2f} %"
    assert shown["C2I"] == f"{last['c2i']:.4f}"
    for level in range(3):
        assert shown[f"at each level {level}"] == f"{100 * last['occupation'][level]:.2f} %"
    # not after one window, so not there
    assert "path ratio" not in shown
    (row,) = rows([run.path], ["c2i"])
    assert row.figures["C2I"] == last["c2i"]
    assert "flips" not in row.figures
    with pytest.raises(ValueError, match="tracked: dwell is not recorded; train with --metrics d"):
        rows([run.path], ["dwell"])


def test_curves_are_those_of_the_lines(run):
    lines = [line["codes"] for line in run.metrics()[1:]]
    found = rows([run.path])
    curves = metric_rows(found, "c2i")
    (by_layer,) = curves.values()
    assert by_layer["conv2.weight"] == [[line["conv2.weight"]["c2i"] for line in lines]]
    by_level = metric_rows(found, "occupation")
    assert [label.rsplit(", ")[-1] for label in by_level] == ["level 0", "level 1", "level 2"]
    shares = np.array([of_level["all"][0] for of_level in by_level.values()])
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    figure = metric_curves({"flips": metric_rows(found, "flips"), "occupation": by_level}, ["all"])
    flips, levels = figure.axes
    np.testing.assert_allclose(
        flips.lines[0].get_ydata(), [100 * line["all"]["flips"] for line in lines]
    )
    assert flips.get_ylabel() == "flips,\n% of weights"
    np.testing.assert_allclose(levels.lines[1].get_ydata(), 100 * shares[1])
    (axes,) = sign_curves(curves, ["all"], "c2i").axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [line["all"]["c2i"] for line in lines])
    assert axes.get_ylabel() == "C2I"
    # a metric of signs, which every run has
    (signs,) = metric_rows(found, "reversals").values()
    assert signs["all"] == [[m["signs"]["all"]["reversals"] for m in run.metrics()[1:]]]
    with pytest.raises(ValueError, match="frequency is not recorded"):
        metric_rows(found, "frequency")
    # a window that is not over has no ratio
    (ratios,) = metric_rows(found, "path_ratio").values()
    assert np.isnan(ratios["all"]).all()


@pytest.mark.parametrize(
    "command",
    [
        ("table", "--metric", "C2I"),
        ("plot", "sign-flips", "--metric", "ff-ratio", "--metric", "occupation", "--out", "p.svg"),
    ],
)
def test_commands_know_the_metrics_by_all_their_names(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.main, [*command, str(run.path)])
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("table", "RUN", "--metric", "flisp"), "expected names out of .* did you mean 'flips'"),
        (("table", "cifar10", "--metric", "flips"), "--metric: only of runs, not of cifar10"),
        (("plot", "sign-flips", "RUN", "--metric", "dwell"), "dwell is not recorded"),
        (("train", "x", "--metrics", "flips,fips"), "metrics: expected .* got 'fips'"),
        (("train", "x", "--track", "day"), "--track"),
    ],
)
def test_what_is_refused(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    given = [str(run.path) if a == "RUN" else a for a in arguments]
    result = CliRunner().invoke(cli.main, given)
    assert result.exit_code == 2
    text = " ".join(result.stderr.split())
    assert re.search(message, text), text
    assert not (tmp_path / "x").exists()
