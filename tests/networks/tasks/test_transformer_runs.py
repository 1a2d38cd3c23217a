"""Runs of the Transformer: resumed bit for bit, watched without a change, its own options, PARQ at any levels."""

import itertools

import numpy as np
import pytest
import torch

from pqtheory.networks.tasks import find_task
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.networks.training.build import load_data, make_model
from pqtheory.networks.training.last_epoch import train_and_watch, watched
from pqtheory.networks.training.run import Run

CPU = torch.device("cpu")
SMALL = {"hidden": 8, "layers": 1, "heads": 2, "window": 10, "tokens": 1500}


def chosen(method="binaryconnect", **changes):
    own = {"task": "language", "model": "transformer", "epochs": 2, **SMALL, **changes}
    return preset("corrected", method, **own)


@pytest.fixture(scope="module")
def text():
    return load_data(chosen())


@pytest.mark.parametrize(
    ("method", "levels"), [("binaryconnect", "absmean-ternary"), ("parq", "scaled-binary")]
)
def test_in_pieces_or_watched_a_run_is_the_same(text, tmp_path, method, levels):
    settings = chosen(method, levels=levels)
    whole, pieces, seen = (RunFolder(tmp_path / name) for name in ("whole", "pieces", "seen"))
    assert train(settings, text, whole)
    while not train(settings, text, pieces, resume=True, seconds=0):
        torch.rand(3)
    train_and_watch(settings, text, seen)
    lines = (whole.path / "metrics.jsonl").read_bytes()
    assert (pieces.path / "metrics.jsonl").read_bytes() == lines
    assert (seen.path / "metrics.jsonl").read_bytes() == lines
    for other in (pieces, seen):
        a, b = (f.load("checkpoint.pt")["model"] for f in (whole, other))
        assert all(torch.equal(a[key], b[key]) for key in a)
    last = whole.metrics()[-1]
    assert "watched" not in last
    assert (
        set(watched(seen))
        == set(last["quantization_error"])
        == {
            *(f"blocks.0.{part}.weight" for part in ("qkv", "out", "up", "down")),
            "decoder.weight",
            "all",
        }
    )


def test_what_is_watched_are_the_codes_of_the_last_epoch(text, tmp_path):
    settings = chosen(levels="scaled-binary")
    train_and_watch(settings, text, RunFolder(tmp_path / "seen"))
    run = Run(settings, text, RunFolder(tmp_path / "again"), CPU)
    run.folder.path.mkdir()
    run.folder.start(settings, text.sha256)
    run.restore()
    run.train_epoch(None)
    signs = [run._tracked()["decoder.weight"].numpy() >= 0]
    signs += [run._tracked()["decoder.weight"].numpy() >= 0 for _ in run.steps()]
    found = watched(RunFolder(tmp_path / "seen"))["decoder.weight"]
    moved = [a != b for a, b in itertools.pairwise(signs)]
    assert found["size"] == signs[0].size
    assert found["flips_per_step"] == pytest.approx(np.mean(moved))
    assert found["flips_per_step"] > 0
    assert found["change_from_start"] == pytest.approx(np.mean(signs[0] != signs[-1]))
    # with signs each move but a weight's first goes back
    flips = np.sum(moved, axis=0)
    assert found["reversals_per_step"] == pytest.approx(
        np.maximum(flips - 1, 0).sum() / signs[0].size / len(moved)
    )


@pytest.mark.parametrize(
    "levels", ["binary", "scaled-binary", "absmean-ternary", "ternary", "2-bit"]
)
def test_parq_ends_on_its_levels(text, tmp_path, levels):
    run = Run(chosen("parq", levels=levels), text, RunFolder(tmp_path / "run"), CPU)
    assert run.settings.rate * run.settings.epochs == 1
    run.optimizer.steps = 2 * len(run.batches)
    next(run.losses(1))
    for name, p in run.model.named_parameters():
        if name in run._tracked():
            most = {"binary": 2, "scaled-binary": 2, "2-bit": 4}.get(levels, 3)
            assert all(len(row.unique()) <= most for row in p.detach())


def test_each_network_has_options_of_its_own(text):
    lstm = preset("corrected", "full-precision", task="language")
    assert {"embedding", "normalised"} == set(lstm.options) - set(chosen().options)
    assert {"layers", "heads"} == set(chosen().options) - set(lstm.options)
    with pytest.raises(ValueError, match=r"options: expected .* got 'normalised'"):
        chosen(normalised=True)
    with pytest.raises(ValueError, match=r"options: expected .* got 'layers'"):
        preset("corrected", "full-precision", task="language", layers=2)
    with pytest.raises(ValueError, match="heads: expected a divisor of the width 8, got 3"):
        make_model(chosen(heads=3), text)
    assert find_task("language").memory(make_model(chosen(), text), 5) == ()


def test_the_preset_takes_the_users_word_first():
    found = preset("corrected", "proxquant", task="language", model="transformer", data="ptb")
    assert (found.optimizer, found.lr, found.stall_divisor) == ("adam", 2e-3, 1.0)
    assert (found.options["hidden"], found.options["window"]) == (144, 64)
    # of W all steps together move by 4
    steps = 929_589 // (20 * 64)
    assert found.lr * found.rate * found.epochs**2 / 2 * steps == pytest.approx(4)
    own = chosen("proxquant", lr=1e-4, drops=(1,), rate=3.0, hidden=6)
    assert (own.lr, own.drops, own.rate, own.options["hidden"]) == (1e-4, (1,), 3.0, 6)
    assert [chosen(epochs=n).lr_at(0) for n in (1, 2, 3, 8)] == [2e-3] * 4
