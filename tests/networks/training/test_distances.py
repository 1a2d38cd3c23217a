"""Distances to the levels at the freeze: by hand, at the right moment, in the results, and drawn."""

import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from pqtheory.networks import optim
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import Plan, Planned
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tasks import find_task
from pqtheory.networks.training import FarFromLevelsWarning, RunFolder, preset, train
from pqtheory.networks.training.build import make_model, make_optimizer
from pqtheory.networks.training.distances import (
    BINS,
    UPPER,
    advice,
    advice_from,
    distances,
    off_the_levels,
)
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary


def test_the_histogram_by_hand():
    model = nn.Sequential(nn.Linear(4, 1, bias=False), nn.Linear(2, 1, bias=False))
    model[0].weight.data = torch.tensor([[1.0, -1.03, 0.37, 9.0]])
    model[1].weight.data = torch.tensor([[-1.0, -3.0]])
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
    found = distances({id(p): n for n, p in model.named_parameters()}, opt)
    assert found["upper"] == UPPER
    width = UPPER / BINS

    def counts(*distances):
        binned = [min(int(d / width + 1e-9), BINS) for d in distances]
        return [binned.count(i) for i in range(BINS + 1)]

    # -3 is exactly UPPER from its level: beyond the last bin, as its end is open
    expected = {
        "0.weight": {"counts": counts(0.0, 0.03, 0.63, 8.0), "pinned": 0.25},
        "1.weight": {"counts": counts(0.0, 2.0), "pinned": 0.5},
        "all": {"counts": counts(0.0, 0.03, 0.63, 8.0, 0.0, 2.0), "pinned": pytest.approx(1 / 3)},
    }
    assert found["layers"] == expected
    assert expected["all"]["counts"][BINS] == 2


@pytest.mark.parametrize(("levels", "rate"), [("binary", 1.0), ("ternary", 1.0)])
def test_it_is_recorded_before_the_freeze_and_reaches_the_results(tmp_path, levels, rate):
    images = load("digits")
    chosen = preset(
        "corrected",
        "proxquant",
        levels=levels,
        epochs=4,
        freeze_epoch=2,
        rate=rate,
        batch_size=256,
        measure_every=4,
    )
    folder = RunFolder(tmp_path / "pq")
    train(chosen, images, folder, seconds=0)
    train(chosen, images, folder, seconds=0, resume=True)
    state = folder.load("checkpoint.pt")
    assert state["epoch"] == 2
    train(chosen, images, folder, resume=True)
    lines = folder.metrics()
    assert [m["epoch"] for m in lines if "distance" in m] == [2]
    found = lines[2]["distance"]

    model = make_model(chosen, images)
    opt = make_optimizer(chosen, find_task("images"), images, model, 6)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["optimizer"])
    names = {id(p): n for n, p in model.named_parameters()}
    assert found == distances(names, opt)
    assert found["layers"]["all"]["pinned"] < 1.0
    opt.freeze()
    assert distances(names, opt)["layers"]["all"]["pinned"] == 1.0

    (kept,) = collected(Plan(tmp_path, (Planned("pq", chosen),)), ("conv2.weight", "all"))
    assert kept["distance_at_freeze"] == {
        "epoch": 2,
        "upper": UPPER,
        "layers": {name: found["layers"][name] for name in ("conv2.weight", "all")},
    }


def test_a_run_that_is_never_frozen_has_none(tmp_path):
    chosen = preset("corrected", "full-precision", epochs=1, batch_size=512)
    train(chosen, load("digits"), RunFolder(tmp_path / "fp"))
    (kept,) = collected(Plan(tmp_path, (Planned("fp", chosen),)))
    assert kept["distance_at_freeze"] is None


def run_of(tmp_path, images, **changes):
    chosen = preset(
        "corrected", epochs=3, freeze_epoch=2, batch_size=256, measure_every=3, **changes
    )
    folder = RunFolder(tmp_path / "run")
    train(chosen, images, folder)
    return chosen, folder.metrics()


@pytest.mark.parametrize(
    ("method", "changes", "far"),
    [
        ("proxquant", {"rate": 0.0}, True),
        ("proxquant", {"rate": 0.0, "levels": "ternary"}, True),
        ("binaryrelax", {"rate": 1.0}, True),
        ("proxquant", {}, False),
        ("proxquant", {"levels": "ternary"}, False),
        ("binaryrelax", {"rate": 30.0}, False),
        # what the network computes with is on the levels at every step
        ("binaryconnect", {}, False),
        ("binaryconnect", {"levels": "ternary"}, False),
    ],
)
def test_a_freeze_far_from_the_levels_is_told_with_what_to_raise(tmp_path, method, changes, far):
    images = load("digits")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FarFromLevelsWarning)
        chosen, lines = run_of(tmp_path, images, method=method, **changes)
    said = [str(w.message) for w in caught if w.category is FarFromLevelsWarning]
    assert len(said) == far
    if far:
        assert said[0].startswith("at the freeze before epoch 2 the weights are ")
        assert f"raise rate (--rate), now {chosen.rate:g}, or freeze_epoch or epochs" in said[0]
    if chosen.levels == "binary":
        # the metrics say the same, for those who were not there
        assert bool(advice_from(chosen, lines)) == far
    assert advice_from(replace(chosen, freeze_epoch=None), lines) == ""


def test_advice_names_the_rate_where_there_is_one():
    start = (
        "at the freeze before epoch 2 the weights are 0.5 of a level from their levels, so that it makes another "
        "network: raise "
    )
    pulled = preset("corrected", "proxquant", epochs=3, freeze_epoch=2, rate=0.25)
    rate = "rate (--rate), now 0.25, or "
    assert advice(0.5, pulled) == f"{start}{rate}freeze_epoch or epochs (--epochs)"
    connected = preset("corrected", "binaryconnect", epochs=3, freeze_epoch=2)
    assert advice(0.5, connected) == f"{start}freeze_epoch or epochs (--epochs)"
    assert advice(0.0, pulled) == ""


def test_how_far_the_weights_are_by_hand():
    model = nn.Sequential(nn.Linear(2, 1, bias=False))
    model[0].weight.data = torch.tensor([[0.7, -1.4]])
    base = torch.optim.SGD(optim.split_parameters(model), lr=0.1)
    opt = optim.ProxQuant(base, DistanceL1(Binary()), 0.0)
    assert off_the_levels(opt) == pytest.approx(((0.3**2 + 0.4**2) / 2) ** 0.5)
    assert model[0].weight.tolist() == torch.tensor([[0.7, -1.4]]).tolist()
    opt.freeze()
    assert off_the_levels(opt) == 0.0
