"""What a run is built of: strengths from the first step on, renewal between epochs."""

from dataclasses import replace

import pytest
import torch

from pqtheory.networks.models import ternary_weights
from pqtheory.networks.optim import split_parameters
from pqtheory.networks.tasks.find import find_task
from pqtheory.networks.training import RunFolder, train
from pqtheory.networks.training.build import make_model, make_optimizer
from pqtheory.networks.training.wrapped import strength_of
from pqtheory.quantizers import AdaptiveTernary
from pqtheory.regularizers import AlternatingDistance

from .small_runs import small, tiny_images

STEPS = 8


@pytest.mark.parametrize("levels", ["binary", "ternary"])
@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_relaxation_begins_at_strength_1_and_grows_by_its_rate_an_epoch(levels, preset):
    settings = small("binaryrelax", preset, levels=levels, rate=1.5)
    strength = strength_of(settings, STEPS)
    assert strength(0) == 1.0
    assert strength(STEPS) == pytest.approx(1.5)
    assert strength(3 * STEPS) == pytest.approx(1.5**3)
    within = 1.0 if settings.per_epoch else 1.5 ** (1 / STEPS)
    assert strength(1) == pytest.approx(within)


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_the_homotopy_begins_at_0_and_gains_its_rate_an_epoch(preset):
    settings = small("proxquant", preset, rate=0.25)
    strength = strength_of(settings, STEPS)
    assert strength(0) == 0
    assert strength(STEPS) == pytest.approx(0.25)
    assert strength(2 * STEPS) == pytest.approx(0.5)
    assert strength(1) == pytest.approx(0 if settings.per_epoch else 0.25 / STEPS)


def test_ternary_relaxation_first_sees_the_fit_at_strength_1():
    images = tiny_images()
    settings = small("binaryrelax", levels="ternary", data="digits")
    model = make_model(settings, images)
    picked = split_parameters(model, ternary_weights(images.train.shape[1]))[0]["params"]
    before = [p.detach().clone() for p in picked]
    optimizer = make_optimizer(settings, find_task("images"), images, model, STEPS)
    fitted = AlternatingDistance(AdaptiveTernary(), rounds=1)
    # a gradient of 0 moves nothing: what the network holds is the map at the first strength
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.0
    optimizer.zero_grad(set_to_none=False)
    for p, latent in zip(picked, before, strict=True):
        expected = fitted.prox(latent, 1.0)
        assert torch.allclose(p, expected)
        assert not torch.allclose(expected, fitted.prox(latent, 2.0))


def test_renewal_forgets_the_moments_from_the_second_epoch_on(tmp_path):
    images = tiny_images()
    renewed = small("proxquant", "faithful", epochs=2, batch_size=20, held_out=0, augment=False)
    assert renewed.renew
    weights = {}
    for name, settings in (("renewed", renewed), ("kept", replace(renewed, renew=False))):
        folder = RunFolder(tmp_path / name)
        assert train(settings, images, folder)
        weights[name] = folder.load("checkpoint.pt")["model"]
        losses = [line["loss"] for line in folder.metrics()[1:]]
        weights[f"{name} first loss"] = losses[0]
    # one epoch alike, the next not
    assert weights["renewed first loss"] == weights["kept first loss"]
    pairs = zip(weights["renewed"].values(), weights["kept"].values(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_trained_ternary_levels_train_and_go_on_where_they_were(tmp_path):
    images = tiny_images()
    settings = small("ttq", levels="ternary", epochs=2, held_out=0, augment=False)
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    assert train(settings, images, whole)
    while not train(settings, images, pieces, resume=True, seconds=0):
        torch.rand(3)
    lines = whole.metrics()
    assert pieces.metrics() == lines
    # of this network the paper's ternary rule picks the second convolution alone
    assert set(lines[-1]["levels"]) == {"conv2.weight"} == set(lines[-1]["signs"]) - {"all"}
    assert lines[-1]["levels"] != lines[0]["levels"]
    test = lines[-1]["error"]["test"]
    assert set(test) == {"latent", "quantized", "quantized, reestimated"}
    assert lines[-1]["quantization_error"]["all"] > 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"levels": "binary"}, "levels: expected ternary for TTQ, got 'binary'"),
        ({"levels": "ternary", "per": "row"}, "per: expected tensor for TTQ, got 'row'"),
        ({"levels": "ternary", "freeze_epoch": 1}, "freeze_epoch: expected None for TTQ, got 1"),
    ],
)
def test_trained_levels_are_three_of_each_tensor_and_not_frozen(wrong, message):
    with pytest.raises(ValueError, match=message):
        small("ttq", **wrong)
