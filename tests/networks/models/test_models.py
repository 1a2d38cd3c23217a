"""The networks: sizes as published, and what of them is quantized."""

import numpy as np
import pytest
import torch

from pqtheory.networks import models, optim
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.models.transformer import Transformer


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)])
def test_parameter_counts_are_those_of_the_paper(depth, millions):
    size = sum(p.numel() for p in models.resnet(depth).parameters())
    assert round(size / 1e6, 2) == pytest.approx(millions, abs=0.011)
    assert sum(isinstance(m, torch.nn.Conv2d) for m in models.resnet(depth).modules()) == depth + 1


@pytest.mark.parametrize("name", models.REGISTRY)
def test_shapes(name):
    net = models.REGISTRY[name](3, 7)
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 7)


def test_images_of_three_channels_and_ten_classes_unless_told():
    assert models.resnet(20)(torch.randn(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("made", "sizes"),
    [
        (lambda: models.resnet(20), {"conv": (16, 32), "stages.0": (16, 32), "stages.1": (32, 16)}),
        (lambda: models.SmallNet(3), {"conv": (16, 32), "conv2": (32, 16)}),
    ],
)
def test_images_keep_their_size_but_where_it_is_halved(made, sizes):
    net, seen = made(), {}
    for name in sizes:
        net.get_submodule(name).register_forward_hook(
            lambda module, given, out, name=name: seen.update({name: tuple(out.shape[1:])})
        )
    net(torch.randn(2, 3, 32, 32))
    assert seen == {name: (channels, side, side) for name, (channels, side) in sizes.items()}


def test_the_language_model_of_the_paper_unless_told():
    model = LanguageModel(7)
    shapes = [tuple(m.shape) for m in model.matrices()]
    assert shapes == [(7, 300), (1200, 300), (1200, 300), (7, 300)]
    assert (model.dropout.p, len(model.lengths)) == (0.5, 0)


def test_rows_that_act_are_at_first_the_rows():
    model = LanguageModel(7, 4, 3, normalised=True)
    assert [tuple(g.shape) for g in model.lengths] == [(7,), (12,), (12,), (7,)]
    for matrix, acting in zip(model.matrices(), model.effective(), strict=True):
        torch.testing.assert_close(acting, matrix)


@pytest.mark.parametrize("name", ["embedding", "hidden"])
def test_a_width_that_is_none(name):
    with pytest.raises(ValueError, match=f"^{name}: expected an integer >= 1, got 0$"):
        LanguageModel(7, **{name: 0})


def test_what_is_quantized():
    net = models.resnet(20)
    binary = optim.split_parameters(net, models.binary_weights)[0]["names"]
    assert len(binary) == 20
    assert {"conv.weight", "fc.weight"} <= set(binary)
    assert not any("shortcut" in name or "norm" in name for name in binary)
    ternary = optim.split_parameters(net, models.ternary_weights(3))[0]["names"]
    assert set(binary) - set(ternary) == {"conv.weight", "fc.weight"}


@pytest.mark.parametrize(
    ("make", "numbers"),
    [
        (models.resnet, {"depth": 8, "channels": 1, "classes": 2}),
        (models.SmallNet, {"channels": 1, "classes": 2, "width": 4}),
        (LanguageModel, {"vocabulary": 7, "embedding": 4, "hidden": 3}),
        (Transformer, {"vocabulary": 7, "window": 4, "width": 4, "layers": 1, "heads": 2}),
    ],
)
def test_numbers_of_any_library_make_a_network_and_others_are_named(make, numbers):
    shapes = [p.shape for p in make(**numbers).parameters()]
    of_numpy = {name: np.int64(number) for name, number in numbers.items()}
    assert [p.shape for p in make(**of_numpy).parameters()] == shapes
    for name in numbers:
        for wrong, error in ((0, ValueError), (-1, ValueError), (2.0, TypeError), ("2", TypeError)):
            with pytest.raises(error, match=f"{name}: expected an integer"):
                make(**{**numbers, name: wrong})


@pytest.mark.parametrize("depth", [2, 18, 21])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match="6 n"):
        models.resnet(depth)
