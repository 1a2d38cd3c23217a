"""The network of a run without its training: which one, and what has none."""

import pytest
import torch

from pqtheory.networks.training import RunFolder, Settings, train
from pqtheory.networks.training.exported import exported
from pqtheory.networks.training.last_epoch import train_and_watch, watched

from ..messages import begins_with
from .small_runs import tiny_images

IMAGES = tiny_images()
CHOSEN = {"epochs": 2, "batch_size": 20, "rate": 0.5}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose first epoch is said to be the best."""
    folder = RunFolder(tmp_path_factory.mktemp("exported") / "run")
    settings = Settings(**CHOSEN)
    assert not train(settings, IMAGES, folder, seconds=0)
    first = folder.load("checkpoint.pt")
    assert train(settings, IMAGES, folder, resume=True)
    folder.save("best.pt", first)
    return folder


def signs(state):
    return {n: torch.where(state[n] >= 0, 1.0, -1.0) for n in ("conv.weight", "fc.weight")}


@pytest.mark.parametrize(
    ("last", "file"),
    [({}, "best.pt"), ({"last": False}, "best.pt"), ({"last": True}, "checkpoint.pt")],
)
def test_it_is_the_best_network_unless_the_last_is_asked_for(run, last, file):
    before = {f.name: f.read_bytes() for f in run.path.iterdir()}
    state, names = exported(run, IMAGES, **last)
    assert names == ["conv.weight", "conv2.weight", "fc.weight"]
    kept = run.load(file)
    for name, value in kept["model"].items():
        if name not in names:
            assert torch.equal(state[name], value)
    # theta is what the model holds, of ProxQuant
    for name, expected in signs(kept["model"]).items():
        assert torch.equal(state[name], expected)
    assert {f.name: f.read_bytes() for f in run.path.iterdir()} == before


def test_where_no_best_was_picked_it_is_the_last(run, tmp_path):
    folder = RunFolder(tmp_path / "run")
    train(Settings(**CHOSEN), IMAGES, folder, seconds=0)
    (folder.path / "best.pt").unlink()
    state, _ = exported(folder, IMAGES)
    assert torch.equal(state["fc.bias"], folder.load("checkpoint.pt")["model"]["fc.bias"])


def said(folder, data=IMAGES):
    with pytest.raises(ValueError, match=begins_with(str(folder.path))) as caught:
        exported(folder, data)
    return str(caught.value)


def test_what_has_no_network_to_pack(run, tmp_path):
    assert said(run, IMAGES.held_out(5)) == f"{run.path}: was started with other data"
    folder = RunFolder(tmp_path / "begun")
    folder.path.mkdir()
    folder.start(Settings(**CHOSEN), IMAGES.sha256)
    assert said(folder) == f"{folder.path}: no network there yet"
    full = RunFolder(tmp_path / "full")
    train(Settings(method="full-precision", epochs=1), IMAGES, full)
    assert said(full) == (
        f"{full.path}: expected a run of a method whose levels can be packed, got 'full-precision'"
    )


def test_a_network_that_does_not_fit(run, tmp_path):
    folder = RunFolder(tmp_path / "run")
    train(Settings(**CHOSEN), IMAGES, folder, seconds=0)
    kept = folder.load("checkpoint.pt")
    folder.save("best.pt", {**kept, "model": {}})
    assert said(folder).startswith(
        f"{folder.path}: not the state of this run: Error(s) in loading state_dict for SmallNet: "
    )


def test_the_last_epoch_is_watched_and_nothing_else_is_other(tmp_path):
    settings = Settings(method="binaryconnect", epochs=3, batch_size=20, lr=0.1)
    plain, seen = RunFolder(tmp_path / "plain"), RunFolder(tmp_path / "seen")
    assert train(settings, IMAGES, plain)
    # one that is begun already is gone on with
    assert not train(settings, IMAGES, seen, seconds=0)
    assert watched(seen) == {}
    train_and_watch(settings, IMAGES, seen)
    assert seen.is_done()
    assert (plain.path / "metrics.jsonl").read_bytes() == (seen.path / "metrics.jsonl").read_bytes()
    found = watched(seen)
    assert list(found) == ["conv.weight", "conv2.weight", "fc.weight", "all"]
    names = ["size", "change_from_start", "flips_per_step", "reversals_per_step"]
    for numbers in found.values():
        assert list(numbers) == names
    sizes = [numbers["size"] for numbers in found.values()]
    assert sum(sizes[:-1]) == sizes[-1]
    whole = found["all"]
    assert whole["flips_per_step"] > 0
    # of three steps: what is elsewhere now has moved in one of them at least
    assert whole["change_from_start"] <= 3 * whole["flips_per_step"] + 1e-12
    # watched again it is done already, and what was seen stays
    train_and_watch(settings, IMAGES, seen)
    assert watched(seen) == found


def test_what_has_no_levels_has_nothing_to_be_watched(tmp_path):
    folder = RunFolder(tmp_path / "full")
    train_and_watch(Settings(method="full-precision", epochs=1), IMAGES, folder)
    assert folder.is_done()
    assert (folder.path / "last_epoch.json").read_bytes() == b"{}"
    assert watched(folder) == {}
