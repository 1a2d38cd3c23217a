"""What training measures: when, by straight computations, and which epoch is the best."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from pqtheory.networks import models, optim
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.image_batches import ImageBatches
from pqtheory.networks.tasks.images import share_wrong
from pqtheory.networks.training import RunFolder, measure, train
from pqtheory.networks.training.build import make_model
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

from .small_runs import small, tiny_images

IMAGES = find_task("images")


def test_errors_may_be_measured_at_landmarks_and_every_so_many_epochs(images, tmp_path):
    often, seldom = RunFolder(tmp_path / "often"), RunFolder(tmp_path / "seldom")
    chosen = small(epochs=6, freeze_epoch=5, measure_every=4, rate=1.0)
    assert train(replace(chosen, measure_every=1), images, often)
    assert train(chosen, images, seldom)
    assert [m["epoch"] for m in seldom.metrics() if "error" in m] == [0, 4, 5, 6]
    for a, b in zip(often.metrics(), seldom.metrics(), strict=True):
        assert a == {"error": a["error"], **b}
    assert seldom.load("best.pt")["epoch"] in (4, 5, 6)


def test_a_small_error_before_the_freeze_is_not_the_best(images, tmp_path, monkeypatch):
    script = iter([0.9, 0.1, 0.0, 0.8, 0.5, 0.6])

    def scripted(task, model, optimizer, sets, trained):
        found = {"latent": 0.0, "quantized": next(script), "quantized, reestimated": 0.0}
        return dict.fromkeys(sets, found)

    monkeypatch.setattr(measure, "errors", scripted)
    folder = RunFolder(tmp_path / "run")
    assert train(small(epochs=5, freeze_epoch=2), images, folder)
    assert folder.load("best.pt")["epoch"] == 4


def test_the_best_epoch_is_after_the_freeze_and_is_the_network_that_is_kept(images, tmp_path):
    chosen = small(epochs=8, freeze_epoch=4, rate=1.0)
    folder = RunFolder(tmp_path / "run")
    assert train(chosen, images, folder)
    after = {m["epoch"]: m["error"]["held_out"]["quantized"] for m in folder.metrics()[5:]}
    best = folder.load("best.pt")
    assert best["epoch"] == min(after, key=after.get)
    model = make_model(chosen, images)
    model.load_state_dict(best["model"])
    held_out = ImageBatches(images.held_out(200), torch.device("cpu"), 256, False, 0)
    assert share_wrong(model, held_out) == min(after.values())


def test_metrics_of_a_run(images, tmp_path):
    settings = small("proxquant", freeze_epoch=2, rate=5.0)
    folder = RunFolder(tmp_path / "run")
    train(settings, images, folder)
    lines = folder.metrics()
    assert [m["epoch"] for m in lines] == [0, 1, 2, 3, 4]
    layers = {"conv.weight", "conv2.weight", "fc.weight", "all"}
    for m in lines:
        assert set(m["quantization_error"]) == layers
        assert set(m["error"]) == {"test", "held_out"}
        assert set(m["error"]["test"]) == {"latent", "quantized", "quantized, reestimated"}
    assert set(lines[1]["signs"]) == layers
    assert ["fixed_point_share" in m for m in lines] == [True, False, True, False, True]
    assert lines[3]["quantization_error"]["all"] == 0
    assert lines[2]["quantization_error"]["all"] > 0
    # frozen: no sign moves
    assert lines[4]["signs"]["all"]["flips"] == 0
    about = json.loads((folder.path / "settings.json").read_text())
    assert about["provenance"]["data_sha256"] == images.sha256
    assert {"command", "versions", "hardware", "time", "seed"} <= set(about["provenance"])
    best = min(range(1, 5), key=lambda e: lines[e]["error"]["held_out"]["quantized, reestimated"])
    assert folder.load("best.pt")["epoch"] == best


def test_fixed_point_share_is_that_of_the_full_gradient():
    images = tiny_images()
    torch.manual_seed(0)
    model = models.SmallNet(width=4)
    groups = optim.split_parameters(model, models.binary_weights)
    opt = optim.ProxQuant(torch.optim.SGD(groups, lr=0.1), DistanceL1(Binary()), 0.1)
    names = {id(p): n for n, p in model.named_parameters()}
    batches = ImageBatches(images, "cpu", 32, False, 0)
    found = measure.fixed_point_share(IMAGES, model, opt, names, batches)
    state = {k: v.clone() for k, v in model.state_dict().items()}
    again = models.SmallNet(width=4)
    again.load_state_dict(state)
    for name in groups[0]["names"]:
        weight = again.get_parameter(name)
        weight.data = torch.where(weight.data >= 0, 1.0, -1.0)
    with measure.reestimated(IMAGES, again, batches):
        again.eval()
        x, y = (torch.cat(part) for part in zip(*batches.plain("train"), strict=True))
        nn.functional.cross_entropy(again(x), y).backward()
        counts = []
        for name in groups[0]["names"]:
            weight = again.get_parameter(name)
            counts.append((weight.detach() * weight.grad <= 0).double())
            assert found[name] == pytest.approx(float(counts[-1].mean()), abs=0.02)
    every = float(torch.cat([c.flatten() for c in counts]).mean())
    assert found["all"] == pytest.approx(every, abs=0.02)
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name])


def test_quantization_error_by_hand():
    model = nn.Sequential(nn.Linear(2, 1, bias=False))
    model[0].weight.data = torch.tensor([[0.5, -2.0]])
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
    names = {id(p): n for n, p in model.named_parameters()}
    expected = ((0.25 + 1) / 2) ** 0.5
    found = measure.quantization_error(names, opt)
    assert found == {"0.weight": pytest.approx(expected), "all": pytest.approx(expected)}


def test_reestimated_statistics_are_those_of_the_batches_and_come_back():
    batches = ImageBatches(tiny_images(), "cpu", 60, False, 0)
    model = models.SmallNet(width=4)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    x, _ = next(batches.plain("train"))
    with measure.reestimated(IMAGES, model, batches):
        inner = model.conv(x)
        torch.testing.assert_close(model.norm.running_mean, inner.mean((0, 2, 3)))
        torch.testing.assert_close(model.norm.running_var, inner.var((0, 2, 3)))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert model.norm.momentum == 0.1
