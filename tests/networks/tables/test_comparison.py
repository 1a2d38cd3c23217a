"""Published figures beside ours: what is marked, what is picked, which runs count."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.tables import comparison
from pqtheory.networks.tables.published import CIFAR10, RECALLED, SIGN_CHANGE
from pqtheory.networks.tables.results import grouped, read_runs

from .result_files import made, rows_of, write

HELD = [0.01, 0.01, 0.01, 0.01, 0.01, 0.2, 0.3]
RUNS = [
    made("full-precision", 0, [0.5, 0.4, 0.3, 0.2, 0.1, 0.09, 0.08], warm=None),
    made("proxquant", 0, [0.9] * 5 + [0.11, 0.10], HELD),
    made("proxquant", 1, [0.9] * 5 + [0.13, 0.12], HELD),
    made("proxquant", 2, [0.9] * 3, [0.1] * 3),
    made("binaryconnect", 0, [0.9] * 6 + [0.2]),
    made("binaryconnect", 0, [0.9] * 6 + [0.3], drops=()),
    made("binaryrelax", 0, [0.9] * 6 + [0.4], preset="faithful"),
]


def test_ours_stand_beside_the_rows_of_the_same_network_levels_and_method():
    found = comparison.cifar10(RUNS)
    rows = rows_of(found)
    (full,) = [r for r in rows if r["method"] == "full-precision" and r["our runs"] != "-"]
    assert (full["its error"], full["our error, last"]) == ("8.06", "8.00")
    assert full["its runs"] == "-"
    (prox,) = [r for r in rows if r["method"] == "proxquant" and r["our runs"] != "-"]
    assert (prox["levels"], prox["its error"], prox["our epochs"]) == ("binary", "9.35 ± 0.13", "6")
    assert (prox["our error, last"], prox["our runs"]) == ("11.00 ± 1.41", "2")
    # the least held-out error before the freeze, at epoch 4, does not count
    assert prox["held-out"] == "12.00 ± 1.41"
    connect = [r for r in rows if r["method"] == "binaryconnect" and r["our runs"] != "-"]
    assert [r["our settings"] for r in connect] == [
        "corrected, drops = [2, 3]",
        "corrected, drops = []",
    ]
    (relax,) = [r for r in rows if r["method"] == "binaryrelax" and r["our runs"] != "-"]
    # another paper's, with other weights quantized, is not beside it
    assert (relax["paper"], relax["our settings"]) == ("-", "faithful")
    assert len(rows) == len(CIFAR10) + 2
    assert "Left out: 1 run that is not finished." in found.caption


def test_heads_say_whose_figures_stand_below():
    ours = ("our error, last", "held-out", "our epochs", "our runs", "our settings")
    key = ("network", "levels", "method", "paper", "its error", "its runs", "that figure is")
    assert comparison.cifar10([]).heads == (*key, *ours)
    key = ("warm start", "method", "paper's change", "its error", "its runs", "those figures are")
    assert comparison.sign_change([]).heads == (*key, "ours", *ours)


def test_sign_changes_by_warm_start():
    other = [
        made("proxquant", 3, [0.9] * 6 + [0.1], warm="resnet20-warm1"),
        made("proxquant", 0, [0.9] * 6 + [0.1]),
        made("proxquant", 1, [0.9] * 6 + [0.1]),
    ]
    rows = rows_of(comparison.sign_change([*other, RUNS[0]]))
    assert len(rows) == len(SIGN_CHANGE)
    prox = {r["warm start"]: r for r in rows if r["method"] == "proxquant"}
    assert [prox[n]["ours"] for n in "123"] == ["0.250 ± 0.071", "0.500", "-"]
    assert [prox[n]["paper's change"] for n in "123"] == ["0.276", "0.288", "0.275"]
    assert {r["those figures are"] for r in rows} == {RECALLED}


def test_each_run_counts_once_and_only_on_cifar10(tmp_path):
    write(tmp_path, RUNS[1:2])
    write(tmp_path, [*RUNS[1:3], made("proxquant", 9, [0.1], data="digits")], "cifar10_more")
    write(tmp_path, RUNS, "other")
    runs = read_runs(tmp_path, "cifar10")
    assert [r["settings"]["seed"] for r in runs] == [0, 1]
    # of a run in two files, the one that has come farther
    write(tmp_path, [made("proxquant", 0, [0.9] * 3)], "cifar10_old")
    assert [r["epochs"] for r in read_runs(tmp_path, "cifar10")] == [6, 6]
    (group,) = grouped(runs)
    np.testing.assert_allclose(group.last, [0.10, 0.12])


def test_without_held_out_images_nothing_is_picked():
    run = json.loads(json.dumps(RUNS[1]))
    for measured in run["curves"]["error"]:
        del measured["held_out"]
    (row,) = [r for r in rows_of(comparison.cifar10([run])) if r["our runs"] == "1"]
    assert (row["our error, last"], row["held-out"]) == ("10.00", "-")


def run(*arguments):
    return CliRunner().invoke(cli.main, [str(a) for a in arguments], env={"COLUMNS": "300"})


@pytest.mark.parametrize(("name", "figure"), [("cifar10", "9.35 ± 0.13"), ("sign-change", "0.276")])
def test_the_paper_is_shown_without_results(tmp_path, monkeypatch, name, figure):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pqtheory.networks.tables.results.MEASURED", ())
    result = run("table", name)
    assert result.exit_code == 0, result.stderr
    (line,) = [text for text in result.stdout.splitlines() if figure in text]
    assert RECALLED in line
    assert line.split("│")[-3].strip() == "-"
    assert (
        f"ours: no results of {name} in 'experiments/results'; they come from experiments/"
        in result.stdout
    )


def test_a_folder_with_results_of_others_has_none_of_these(tmp_path):
    write(tmp_path, RUNS)
    result = run("table", "sign-change", "--results", tmp_path)
    assert "ours: no results of sign-change in" in result.stdout
    assert "experiments/sign_change.py" in result.stdout


def test_the_command_reads_the_default_folder_and_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "experiments" / "results"
    place.mkdir(parents=True)
    file = write(place, RUNS)
    for options in ((), ("--results", place), ("--results", file)):
        result = run("table", "cifar10", *options)
        assert "11.00 ± 1.41" in result.stdout
        assert "no results" not in result.stdout


def test_bad_results_are_one_line(tmp_path):
    missing = run("table", "cifar10", "--results", tmp_path / "none")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "results: no file or folder" in missing.stderr
    file = write(tmp_path, [{"settings": {}}])
    broken = run("table", "cifar10", "--results", file)
    assert (broken.exit_code, broken.stderr.count("\n")) == (2, 1)
    assert "cifar10.json: " in broken.stderr
    both = run("table", tmp_path, "--results", tmp_path)
    assert both.exit_code == 2
    assert "--results: only with cifar10 or sign-change alone" in both.stderr


def test_every_recalled_figure_says_so_and_no_torch_is_needed():
    assert {row.mark for row in CIFAR10 if row.source == "ProxQuant"} == {RECALLED}
    code = "import sys, pqtheory.networks.tables.comparison; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
