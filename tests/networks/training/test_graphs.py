"""Recorded steps are the plain ones, through drops, homotopy, freeze and renewal; runs side by side are each alone."""

from dataclasses import replace

import pytest
import torch

from pqtheory.networks.training import RunFolder, preset, train, train_together
from pqtheory.regularizers import weights

from .recording import record


def settings(method="proxquant", kind="corrected", **changes):
    chosen = {"epochs": 5, "held_out": 200, "augment": True, "batch_size": 150, **changes}
    return preset(kind, method, **chosen)


CASES = {
    "full precision": settings("full-precision", drops=(2,)),
    "proxquant": settings(freeze_epoch=3, rate=1.0, drops=(2,)),
    "proxquant, bfloat16": settings(freeze_epoch=3, rate=1.0, amp=True),
    "proxquant, sgd": settings(freeze_epoch=3, rate=1.0, optimizer="sgd"),
    "proxquant, faithful": settings(kind="faithful", freeze_epoch=3, rate=1.0),
    "binaryconnect": settings("binaryconnect", freeze_epoch=3, drops=(2,)),
    "binaryconnect, faithful": settings("binaryconnect", "faithful", freeze_epoch=3),
    "proxquant, ternary": settings(levels="ternary", freeze_epoch=3, rate=1.0),
    "binaryconnect, ternary": settings("binaryconnect", levels="ternary", freeze_epoch=3),
    "binaryrelax, ternary": settings("binaryrelax", "faithful", levels="ternary", freeze_epoch=3),
    "dampened, frozen one by one": settings(
        "dampened", freeze_epoch=3, rate=-0.1, dampening=0.05, oscillation_threshold=0.015
    ),
    "parq, ternary, kept for four steps": settings(
        "parq", levels="ternary", freeze_epoch=3, refit_every=4
    ),
    "proxconnectplus": settings("proxconnectplus", freeze_epoch=3, drops=(2,)),
    "bop": settings("bop", freeze_epoch=3, drops=(2,)),
}


@pytest.fixture(autouse=True)
def unchecked_weights(monkeypatch):
    """As on a GPU: there the host does not look whether a weight in a tensor is negative."""
    monkeypatch.setattr(weights, "check_weight", lambda weight: weight)


def same_runs(a, b, tolerance=0.0):
    assert [m["epoch"] for m in a.metrics()] == [m["epoch"] for m in b.metrics()]
    if not tolerance:
        assert (a.path / "metrics.jsonl").read_bytes() == (b.path / "metrics.jsonl").read_bytes()
    one, other = a.load("checkpoint.pt")["model"], b.load("checkpoint.pt")["model"]
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", CASES)
def test_recorded_steps_are_the_plain_ones(images, tmp_path, name):
    chosen = CASES[name]
    plain, recorded = RunFolder(tmp_path / "plain"), RunFolder(tmp_path / "recorded")
    assert train(chosen, images, plain)
    assert train_together([(chosen, recorded)], images, record=record) == [True]
    # what a relaxation or fitted levels make of lambda is rounded on the device instead of on the host
    if "binaryrelax" in name or "ternary" in name:
        losses = [[m["loss"] for m in f.metrics()[1:]] for f in (plain, recorded)]
        assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    else:
        same_runs(plain, recorded)


def test_a_recorded_run_in_pieces_is_the_run_in_one(images, tmp_path):
    chosen = CASES["proxquant, faithful"]
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    train_together([(chosen, whole)], images, record=record)
    for _ in range(chosen.epochs - 1):
        assert train_together([(chosen, pieces)], images, record=record, seconds=0) == [False]
    assert train_together([(chosen, pieces)], images, record=record, seconds=0) == [True]
    same_runs(whole, pieces)


def test_a_number_of_the_host_in_a_recording_would_be_seen():
    x, factor = torch.zeros(()), [1.0]
    replay = record(lambda: x.add_(factor[0]))
    assert x == 0
    factor[0] = 5.0
    replay()
    replay()
    assert x == 2
    with pytest.raises(AssertionError, match="host reads"):
        record(lambda: float(x))


def test_runs_side_by_side_are_each_alone(images, tmp_path):
    runs = [replace(CASES["proxquant"], seed=seed, epochs=4 + seed) for seed in range(2)]
    runs += [CASES["binaryconnect"], replace(CASES["full precision"], batch_size=400)]
    folders = [RunFolder(tmp_path / "together" / str(i)) for i in range(len(runs))]
    pairs = list(zip(runs, folders, strict=True))
    first = train_together(pairs, images, seconds=0)
    assert first == [False] * 4
    assert train_together(pairs, images) == [True] * 4
    for i, (chosen, folder) in enumerate(pairs):
        alone = RunFolder(tmp_path / "alone" / str(i))
        assert train(chosen, images, alone)
        same_runs(alone, folder)


def test_a_run_whose_loss_is_not_finite_stops_alone(images, tmp_path):
    good, bad = RunFolder(tmp_path / "good"), RunFolder(tmp_path / "bad")
    pairs = [(settings(epochs=3), good), (settings("binaryconnect", epochs=3), bad)]
    train_together(pairs, images, seconds=0)
    broken = bad.load("checkpoint.pt")
    broken["model"]["fc.bias"][0] = float("nan")
    bad.save("checkpoint.pt", {k: v for k, v in broken.items() if k != "version"})
    done, why = train_together(pairs, images)
    assert done is True
    assert (why.epoch, why.step) == (1, 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("name", CASES)
def test_graphs_on_a_gpu_train_as_the_cpu_does(images, tmp_path, name):
    here, there = RunFolder(tmp_path / "cpu"), RunFolder(tmp_path / "cuda")
    assert train(CASES[name], images, here)
    pairs = [(CASES[name], there), (replace(CASES[name], seed=9), RunFolder(tmp_path / "other"))]
    assert train_together(pairs, images, device="cuda") == [True, True]
    losses = [[m["loss"] for m in f.metrics()[1:]] for f in (here, there)]
    # sums in another order turn a sign now and then, and the paths part
    assert losses[1][0] == pytest.approx(losses[0][0], rel=0.03)
    assert losses[1][-1] == pytest.approx(losses[0][-1], rel=0.5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_run_goes_on_from_a_gpu_to_the_cpu_and_back(images, tmp_path):
    folder = RunFolder(tmp_path / "run")
    for device in ("cuda", "cpu", "cuda", "cpu", "cuda"):
        train(CASES["proxquant"], images, folder, device=device, resume=True, seconds=0)
    assert [m["epoch"] for m in folder.metrics()] == [0, 1, 2, 3, 4, 5]
