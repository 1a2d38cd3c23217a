"""Training: what is learned, on which images; resumed bit for bit, also after a kill; stopped; refused."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.image_batches import ImageBatches
from pqtheory.networks.training import (
    NonFiniteLossError,
    RunFolder,
    Settings,
    measure,
    preset,
    train,
    train_together,
)
from pqtheory.networks.training import folder as folder_module
from pqtheory.networks.training.build import make_model, make_optimizer
from pqtheory.networks.training.run import Run

from .small_runs import small, tiny_images

CASES = [
    small("full-precision"),
    small("proxquant", freeze_epoch=2, rate=1.0),
    small("binaryconnect"),
    small("binaryrelax", "faithful", levels="ternary"),
    small("proxquant", "faithful", rate=0.1),
]


@pytest.mark.parametrize("settings", CASES, ids=lambda s: s.method)
def test_a_run_in_pieces_is_the_run_in_one(images, tmp_path, settings):
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    assert train(settings, images, whole)
    for _ in range(settings.epochs - 1):
        assert not train(settings, images, pieces, resume=True, seconds=0)
    # what a killed run leaves: metrics beyond the checkpoint, and half a line
    with (pieces.path / "metrics.jsonl").open("a") as stream:
        stream.write(json.dumps({**pieces.metrics()[-1], "epoch": 4}) + '\n{"epoch": 5, "los')
    assert train(settings, images, pieces, resume=True, seconds=0)
    assert (whole.path / "metrics.jsonl").read_bytes() == (
        pieces.path / "metrics.jsonl"
    ).read_bytes()
    a, b = whole.load("checkpoint.pt"), pieces.load("checkpoint.pt")
    for name, value in a["model"].items():
        assert torch.equal(value, b["model"][name])
    assert train(settings, images, whole, resume=True)


@pytest.mark.parametrize("method", ["proxquant", "binaryconnect", "binaryrelax"])
def test_ternary_networks_learn_on_levels_of_their_own(images, tmp_path, method):
    """Trained weights are small: levels at +-1 would make them all 0."""
    warm = RunFolder(tmp_path / "warm")
    assert train(small("full-precision", epochs=15, measure_every=15, augment=False), images, warm)
    chosen = small(
        method,
        levels="ternary",
        epochs=15,
        measure_every=15,
        augment=False,
        warm_start=str(warm.path),
    )
    folder = RunFolder(tmp_path / "ternary")
    assert train(chosen, images, folder)
    assert folder.metrics()[-1]["error"]["test"]["quantized"] < 0.2
    state = folder.load("checkpoint.pt")["model"]
    levels = state["conv2.weight"].unique()
    assert len(levels) == 3
    assert levels[0] < levels[1] == 0 < levels[2] < 0.5
    # Theorem 5.3's condition is on signs
    assert not any("fixed_point_share" in m for m in folder.metrics())


def test_nothing_held_out_was_trained_on_or_estimated_from(images, tmp_path, monkeypatch):
    warm = RunFolder(tmp_path / "warm")
    train(small("full-precision", epochs=1, held_out=100), images, warm)
    for held_out in (100, 50):
        chosen = small(epochs=1, held_out=held_out, warm_start=str(warm.path))
        assert train(chosen, images, RunFolder(tmp_path / str(held_out)))
    chosen = small(epochs=1, held_out=200, warm_start=str(warm.path))
    with pytest.raises(ValueError, match="trained with 100 images held out, so 200 can't be now"):
        train(chosen, images, RunFolder(tmp_path / "leak"))
    seen = []
    plain = measure.reestimated
    monkeypatch.setattr(measure, "reestimated", lambda t, m, b: seen.append(b) or plain(t, m, b))
    train(small(epochs=1, held_out=200), images, RunFolder(tmp_path / "apart"))
    assert {len(b.train[0]) for b in seen} == {len(images.train) - 200}


def test_weights_that_are_not_finite_stop_it_and_the_step_of_a_loss_is_told(
    images, tmp_path, monkeypatch
):
    plain, calls = Run._loss, iter(range(100))

    def spoilt(self, x, y):
        return plain(self, x, y) * (float("nan") if next(calls) == 3 else 1.0)

    monkeypatch.setattr(Run, "_loss", spoilt)
    with pytest.raises(NonFiniteLossError, match="loss is not finite at step 3 of epoch 0"):
        train(small("binaryconnect"), images, RunFolder(tmp_path / "loss"))
    monkeypatch.setattr(Run, "_loss", plain)
    chosen = small("binaryconnect", optimizer="sgd", lr=1e30, batch_size=4096, epochs=4)
    with pytest.raises(NonFiniteLossError, match="not finite at step 0"):
        train(chosen, images, RunFolder(tmp_path / "weights"))


def test_a_run_is_trained_by_one_process_at_a_time(images, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "PATIENCE", 0.1)
    folder, settings = RunFolder(tmp_path / "run"), small("binaryconnect")
    assert not train(settings, images, folder, seconds=0)
    before = {f.name: f.read_bytes() for f in folder.path.iterdir()}
    other = RunFolder(folder.path)
    with other.alone():
        with pytest.raises(BlockingIOError, match=r"run: another process trains there"):
            train(settings, images, folder, resume=True)
        with pytest.raises(BlockingIOError, match=r"run: another process trains there"):
            train_together([(settings, folder)], images)
    assert {f.name: f.read_bytes() for f in folder.path.iterdir()} == before
    assert not train(settings, images, folder, resume=True, seconds=0)


def test_a_killed_process_goes_on_with_the_same_metrics(tmp_path):
    def arguments(folder, *more):
        return ["train", str(folder), "--epochs", "12", "--method", "binaryconnect", *more]

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-m", "pqtheory", *arguments(killed)]
    process = subprocess.Popen(command, env=environment)
    times = killed / "times.jsonl"
    while not (times.is_file() and times.read_text().count("\n") >= 3):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = RunFolder(killed).load("checkpoint.pt")["epoch"]
    # the time of an epoch is there before its network
    assert 1 <= done < 12
    for given in (arguments(killed, "--resume"), arguments(whole)):
        result = CliRunner().invoke(cli.main, given)
        assert result.exit_code == 0, result.output
        assert "done; test error: latent" in result.stdout
    assert (killed / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()


def test_a_process_that_is_killed_with_a_network_kept_has_the_time_of_its_epoch(
    tmp_path, monkeypatch
):
    folder, settings, images = (
        RunFolder(tmp_path / "run"),
        small(epochs=3, held_out=0),
        tiny_images(),
    )
    save = RunFolder.save

    def killed(self, name, state):
        save(self, name, state)
        if (name, state["epoch"]) == ("checkpoint.pt", 2):
            raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        train(settings, images, folder)
    monkeypatch.undo()
    assert train(settings, images, folder, resume=True)
    lines = (folder.path / "times.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [0, 1, 2, 3]


def test_learning_without_noise(images, tmp_path):
    settings = small("full-precision", epochs=12, augment=False, batch_size=64)
    folder = RunFolder(tmp_path / "fp")
    train(settings, images, folder)
    assert folder.metrics()[-1]["error"]["test"]["latent"] < 0.1
    warm = small("binaryconnect", warm_start=str(folder.path), augment=False)
    train(warm, images, RunFolder(tmp_path / "bc"))
    first = RunFolder(tmp_path / "bc").metrics()[0]["error"]["test"]["latent"]
    assert first == folder.metrics()[-1]["error"]["test"]["latent"]
    # it can be resumed where the warm start is no more, or elsewhere
    moved = replace(warm, warm_start="elsewhere")
    assert train(moved, images, RunFolder(tmp_path / "bc"), resume=True)


def test_bad_runs_are_refused(images, tmp_path):
    settings = small("binaryconnect", epochs=1)
    folder = RunFolder(tmp_path / "run")
    train(settings, images, folder)
    with pytest.raises(FileExistsError, match="there is a run"):
        train(settings, images, folder)
    with pytest.raises(ValueError, match=r"started with lr = 0\.01, not 0\.02"):
        train(replace(settings, lr=0.02), images, folder, resume=True)
    with pytest.raises(ValueError, match="other data"):
        train(settings, images.held_out(5), folder, resume=True)
    with pytest.raises(ValueError, match="no setting 'speed'"):
        preset("corrected", "proxquant", speed=3)
    with pytest.raises(ValueError, match="preset: expected one of"):
        preset("best", "proxquant")
    with pytest.raises(ValueError, match="not a checkpoint of resnet20"):
        make_model(Settings(model="resnet20", warm_start=str(folder.path)), images)
    (folder.path / "checkpoint.pt").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match=r"checkpoint\.pt: not a whole checkpoint"):
        train(settings, images, folder, resume=True)
    with pytest.raises(FileNotFoundError, match="no file"):
        make_model(Settings(warm_start=str(tmp_path / "none")), images)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(images, tmp_path):
    folder = RunFolder(tmp_path / "run")
    settings = small("binaryconnect", epochs=3)
    train(settings, images, folder, seconds=0)
    broken = folder.load("checkpoint.pt")
    broken["model"]["fc.bias"][0] = float("nan")
    folder.save("checkpoint.pt", {k: v for k, v in broken.items() if k != "version"})
    before = (folder.path / "checkpoint.pt").read_bytes()
    with pytest.raises(NonFiniteLossError, match="step 0 of epoch 1"):
        train(settings, images, folder, resume=True)
    assert (folder.path / "checkpoint.pt").read_bytes() == before


def test_batches_are_a_permutation_fixed_by_seed_and_epoch(images):
    batches = ImageBatches(images, "cpu", 100, False, seed=3)
    labels = [torch.cat([y for _, y in batches.epoch(e)]) for e in (0, 0, 1)]
    assert torch.equal(labels[0], labels[1])
    assert not torch.equal(labels[0], labels[2])
    assert torch.equal(labels[0].sort()[0], labels[2].sort()[0])
    assert len(batches) == len(list(batches.epoch(0))) == 14
    x = torch.cat([x for x, _ in batches.plain("train")])
    assert abs(float(x.mean())) < 1e-5
    assert float(x.std()) == pytest.approx(1, abs=1e-3)


def test_strength_of_both_presets_per_step():
    images = tiny_images()
    for name, expected in (
        ("corrected", [0.0, 0.25, 0.5, 2.0]),
        ("faithful", [0.0, 0.0, 0.0, 2.0]),
    ):
        settings = preset(name, "proxquant", rate=1.0, epochs=10)
        opt = make_optimizer(settings, find_task("images"), images, make_model(settings, images), 4)
        strength = opt.quantized_groups[0].map.strength
        assert [strength(t) for t in (0, 1, 2, 8)] == expected


def test_full_batches_are_compiled_in_one_graph(images, tmp_path, monkeypatch):
    """Whatever is compiled trains alike here, as this compiler leaves it as it is."""
    seen = []

    def compile_(model, **options):
        def forward(x):
            seen.append((len(x), options, model.training))
            return model(x)

        return forward

    monkeypatch.setattr(torch, "compile", compile_)
    compiled, plain = RunFolder(tmp_path / "compiled"), RunFolder(tmp_path / "plain")
    assert train(small(compile=True), images, compiled)
    steps = (len(images.train) - 200) // 256  # of full batches; a smaller one is left
    assert seen == 4 * steps * [(256, {"dynamic": False}, True)]
    assert train(small(), images, plain)
    assert (compiled.path / "metrics.jsonl").read_bytes() == (
        plain.path / "metrics.jsonl"
    ).read_bytes()
