"""Runs counted step by step: what is counted, that what is there is not run again, and predictions in words."""

import json

import pytest
import torch
from torch import nn

from experiments import counted
from pqtheory.networks.training import preset
from tests.networks.training.small_runs import tiny_images


def settings(method="binaryconnect", **changes):
    chosen = {"epochs": 2, "held_out": 0, "batch_size": 30, "freeze_epoch": None, **changes}
    return preset("corrected", method, **chosen)


def test_an_epoch_that_is_counted_to_its_last_step_ends():
    run = counted.new_run(settings(), tiny_images())
    assert len(run.batches) == 2
    assert list(counted.steps_of(run, 2)) == [1, 2]
    assert run.epoch == 1
    assert list(counted.steps_of(run)) == [1, 2]
    assert run.epoch == 2
    assert list(counted.steps_of(run)) == []


def test_a_stop_within_an_epoch():
    run = counted.new_run(settings(), tiny_images())
    assert list(counted.steps_of(run, 1)) == [1]
    assert run.epoch == 0


def test_flips_are_those_of_the_latent_weights():
    found = counted.counted(settings(lr=0.5), tiny_images())
    run = counted.new_run(settings(lr=0.5), tiny_images())
    (before, flips) = ([v.clone() for _, v in run.optimizer.latent_parameters()], 0)
    for _ in counted.steps_of(run):
        now = [v.clone() for _, v in run.optimizer.latent_parameters()]
        flips += sum(int(((a < 0) != (b < 0)).sum()) for a, b in zip(before, now, strict=True))
        before = now
    assert flips > 100
    assert found["flips_per_weight"] * found["weights"] == pytest.approx(flips)
    assert sum(found["flips_by_epoch"]) == pytest.approx(found["flips_per_weight"], abs=1e-5)
    assert found["steps"] == 4
    assert set(found["measured"]) == {"test"}


def test_a_frozen_network_flips_no_more():
    found = counted.counted(settings(lr=0.5, freeze_epoch=1), tiny_images())
    assert found["flips_by_epoch"][0] > 0
    assert found["flips_by_epoch"][1] == 0


def test_a_run_starts_from_the_network_that_was_trained(tmp_path):
    file = tmp_path / "warm.pt"
    found = counted.trained(settings("full-precision"), tiny_images(), file)
    assert found["settings"]["warm_start"] is None
    run = counted.new_run(settings(warm_start=str(file)), tiny_images())
    kept = torch.load(file, weights_only=True)
    assert torch.equal(dict(run.model.named_parameters())["norm.weight"], kept["norm.weight"])
    told = counted.told(settings(warm_start=str(file)), tiny_images())
    assert told["settings"]["warm_start"] == "warm"


def test_what_is_there_is_not_run_again(tmp_path):
    ran = []

    def run(name):
        return lambda: ran.append(name) or {"value": name}

    runs = {name: run(name) for name in "ab"}
    assert counted.carry_out(runs, tmp_path / "runs", 0.0) == {}
    found = counted.carry_out(runs, tmp_path / "runs", 1.0)
    assert [found[name]["value"] for name in "ab"] == ["a", "b"]
    assert found["a"]["seconds"] >= 0
    (tmp_path / "runs" / "a.json").unlink()
    counted.carry_out(runs, tmp_path / "runs", 1.0)
    assert ran == ["a", "b", "a"]


def test_the_first_so_many_images():
    some = counted.subset(tiny_images(), 10, 5)
    assert (len(some.train), len(some.train_labels), len(some.test), len(some.test_labels)) == (
        10,
        10,
        5,
        5,
    )
    assert some.sha256 != tiny_images().sha256
    assert len(counted.subset(tiny_images(), None).train) == 60


def test_results_are_written_with_where_they_come_from(tmp_path, monkeypatch):
    monkeypatch.setattr(counted, "RESULTS", tmp_path / "results")
    found = {"a": {"name": "a", "value": 1}}
    counted.write("some", found, lambda f: f"{len(f)} runs\n", lambda f: b"picture", planned=2)
    content = json.loads((tmp_path / "results" / "some.json").read_text())
    assert content["runs"] == [found["a"]]
    assert {"command", "versions", "hardware", "time"} <= set(content["provenance"])
    assert (tmp_path / "results" / "some.md").read_text() == "1 runs\n"
    with pytest.raises(ValueError, match="no run is done"):
        counted.write("none", {}, lambda f: "", lambda f: b"", planned=2)


def test_predictions_in_words():
    text = counted.said({"a": lambda f: True, "b": lambda f: False, "c": lambda f: None}, {})
    assert "a: **held**" in text
    assert "b: **did not hold**" in text
    assert "c: **not decided by these runs**" in text


def test_nothing_is_quantized_in_a_full_precision_run():
    run = counted.new_run(settings("full-precision"), tiny_images())
    assert isinstance(run.model, nn.Module)
    assert 0 <= counted.measured(run)["test"] <= 1
