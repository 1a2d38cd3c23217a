"""What `train` and `sweep` show and leave behind: bar, pictures, tables, TensorBoard."""

import errno
import importlib
import sys

import pytest
from click.testing import CliRunner
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from pqtheory import cli
from pqtheory.cli.training_shown import show_steps
from pqtheory.networks.data import load
from pqtheory.networks.tables.curves import curve_rows
from pqtheory.networks.tables.summary import rows
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.networks.training.events import Events, scalars

from .running import process

# the commands take the names of their modules
train_command = importlib.import_module("pqtheory.cli.train")
sweep_command = importlib.import_module("pqtheory.cli.sweep")


def run(*arguments, **environment):
    return CliRunner().invoke(
        cli.main, [str(a) for a in arguments], env={"COLUMNS": "250", **environment}
    )


def points(folder):
    """(name, epoch, value) of every point in the event files, whichever were purged."""
    found = []
    for file in sorted(folder.glob("events.*")):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                found.append((value.tag, event.step, value.tensor.float_val[0]))
    return found


def expected(folder):
    return [
        (name, line["epoch"], pytest.approx(value))
        for line in folder.metrics()
        for name, value in scalars(line)
    ]


def test_tensorboard_has_each_point_once_however_the_run_was_stopped(tmp_path):
    chosen, images = preset("corrected", "proxquant", epochs=4, batch_size=512), load("digits")
    place = tmp_path / "events"
    folder = RunFolder(tmp_path / "run", Events(place))
    train(chosen, images, folder, seconds=0)
    # a process that was killed: a line beyond the checkpoint, in the metrics and in the events
    folder.add_metrics({**folder.metrics()[-1], "epoch": 2})
    assert 2 in {epoch for _, epoch, _ in points(place)}
    again = RunFolder(tmp_path / "run", Events(place))
    train(chosen, images, again, resume=True, seconds=0)
    again.events.close()
    # one that went on without TensorBoard leaves no gap
    train(chosen, images, RunFolder(tmp_path / "run"), resume=True, seconds=0)
    last = RunFolder(tmp_path / "run", Events(place))
    train(chosen, images, last, resume=True)
    last.events.close()
    found = points(place)
    assert found == expected(last)
    assert {epoch for _, epoch, _ in found} == set(range(5))
    names = {name for name, _, _ in found}
    assert {"loss", "quantization_error", "signs/flips", "error/test, quantized"} <= names
    assert len(list(place.iterdir())) == 1


def test_the_command_writes_events_and_the_figure_and_says_where(tmp_path):
    folder = tmp_path / "run"
    result = run("train", folder, "--epochs", 2, "--tensorboard")
    assert result.exit_code == 0, result.stderr
    assert points(folder / "tensorboard") == expected(RunFolder(folder))
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert result.stdout.strip().endswith(f"; {folder / 'figure.png'}")


def test_without_tensorboard_or_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    result = run("train", tmp_path / "run", "--epochs", 1, "--tensorboard")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "pqtheory: --tensorboard needs tensorboard: pip install 'pqtheory[tensorboard]'\n"
    )
    assert not (tmp_path / "run").exists()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    plain = run("train", tmp_path / "run", "--epochs", 1)
    assert plain.exit_code == 0, plain.stderr
    assert "figure" not in plain.stdout
    assert not (tmp_path / "run" / "figure.png").exists()


def full_for(monkeypatch, module, name):
    """A disk without room for what is drawn."""

    def draw(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "figure.png")

    monkeypatch.setattr(module, name, draw)


def test_a_run_whose_figure_cannot_be_written_is_done(tmp_path, monkeypatch):
    full_for(monkeypatch, train_command, "draw_run")
    result = run("train", tmp_path / "run", "--epochs", 1)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == (
        f"pqtheory: {tmp_path / 'run'}: done, without its figure: "
        "[Errno 28] No space left on device: 'figure.png'"
    )
    assert RunFolder(tmp_path / "run").is_done()


def test_runs_that_failed_are_named_where_the_figure_cannot_be_written(tmp_path, monkeypatch):
    full_for(monkeypatch, sweep_command, "draw_sweep")
    file = tmp_path / "s.toml"
    file.write_text(
        '[settings]\nepochs = 1\nbatch_size = 512\n[grid]\ndata = ["cifar10", "digits"]\n'
    )
    result = run("sweep", file, "--data-dir", tmp_path)
    assert result.exit_code == 2
    first, last = result.stderr.splitlines()[0], result.stderr.splitlines()[-1]
    assert first.startswith("pqtheory: run 'data=cifar10' failed: ")
    assert last == "pqtheory: [Errno 28] No space left on device: 'figure.png'"


def test_the_bar_shows_error_signs_and_time_left_also_between_measurements(tmp_path):
    shown: list[str] = []
    update = show_steps(lambda done, total, text: shown.append(text))
    chosen = preset("corrected", "proxquant", epochs=3, measure_every=3)
    train(chosen, load("digits"), RunFolder(tmp_path / "run"), progress=update)
    first, second = RunFolder(tmp_path / "run").metrics()[:2]
    error = f"error {100 * first['error']['test']['quantized']:.2f} %"
    signs = f"signs {100 * second['signs']['all']['change_from_start']:.1f} %"
    assert "error" not in second
    assert f"epoch 2/3  {error}  {signs}" in shown
    result = run("train", tmp_path / "other", "--epochs", 3, FORCE_COLOR="1", NO_COLOR="1")
    assert result.exit_code == 0, result.stderr
    assert "epoch 3/3" in result.stderr
    assert "left" in result.stderr


def test_a_sweep_leaves_a_table_and_a_figure_that_other_commands_pass_over(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text("[settings]\nepochs = 2\nfreeze_epoch = 1\n[grid]\nseed = [0, 1]\n")
    result = run("sweep", file)
    assert result.exit_code == 0, result.stderr
    folder = tmp_path / "s"
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    heads, _, cells = (folder / "table.md").read_text().splitlines()
    (row,) = rows(folder / f"seed={s}" for s in (0, 1))
    mean = 100 * row.figures["test error, quantized"].mean()
    assert heads.startswith("| runs | seeds | epochs | test error, latent |")
    assert cells.startswith("| proxquant | 2 | 2 |")
    assert f"| {mean:.2f} ± " in cells
    every = sorted(folder.iterdir())
    assert len(every) == 4
    assert run("table", *every).exit_code == 0
    refused = run("train", folder, "--epochs", 1)
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"pqtheory: {folder}: a sweep has its table.md and figure there; give another folder\n"
    )
    assert sorted(folder.iterdir()) == every
    out = tmp_path / "d.svg"
    drawn = run("plot", "distances", *every, "--layer", "fc.weight", "--out", out)
    assert (drawn.exit_code, drawn.stdout) == (0, f"wrote {out}\n")
    assert "fc.weight" in out.read_text()
    wrong = run("plot", "distances", *every, "--layer", "fc", "--out", out)
    assert wrong.exit_code == 2
    assert "layer: expected one of" in wrong.stderr


def test_distances_of_runs_that_were_never_frozen_are_one_line(tmp_path):
    run("train", tmp_path / "fp", "--method", "full-precision", "--epochs", 1)
    result = run("plot", "distances", tmp_path / "fp", "--out", tmp_path / "d.png")
    assert result.exit_code == 2
    assert result.stderr == (
        "pqtheory: runs: none of them has been frozen with its distances recorded\n"
    )
    assert not (tmp_path / "d.png").exists()


def test_curves_go_as_far_as_all_runs_of_a_label_have_come(tmp_path):
    images = load("digits")
    for seed, seconds in ((0, 1e9), (1, 0)):
        chosen = preset("corrected", "proxquant", epochs=3, seed=seed, batch_size=512)
        train(chosen, images, RunFolder(tmp_path / str(seed)), seconds=seconds)
    (found,) = curve_rows(rows(tmp_path / str(s) for s in (0, 1))).values()
    assert found.epochs == [0, 1]
    assert found.errors.shape == (2, 2)
    assert found.signs.shape == (2, 1)
    lines = RunFolder(tmp_path / "0").metrics()
    assert found.errors[0].tolist() == [m["error"]["test"]["quantized"] for m in lines[:2]]


def test_a_freeze_far_from_the_levels_is_a_line_that_names_the_option(tmp_path):
    options = ("--epochs", "2", "--rate", "0", "--set", "batch_size=256")
    result = process("train", "run", *options, cwd=tmp_path)
    assert result.returncode == 0
    assert result.stderr.startswith("pqtheory: warning: at the freeze before epoch 1 the weights ")
    assert "raise rate (--rate), now 0" in result.stderr
    assert result.stderr.count("\n") == 1
    (tmp_path / "s.toml").write_text(
        'folder = "runs"\n[settings]\nepochs = 2\nbatch_size = 256\n[grid]\nrate = [0.0, 40.0]\n'
    )
    swept = process("sweep", "s.toml", cwd=tmp_path)
    assert swept.returncode == 0
    assert swept.stdout.startswith("runs: 2 runs of 2 epochs, 0 finished already\n")
    assert swept.stderr.startswith("pqtheory: warning: run 'rate=0.0': at the freeze before epoch")
    assert swept.stderr.count("\n") == 1
