"""Which optimizer a run has: method, map, lambda and options as its settings say, and the base under it."""

import math

import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.tasks import find_task
from pqtheory.networks.training import Settings, build, wrapped
from pqtheory.networks.training.build import load_data, make_model, make_optimizer
from pqtheory.quantizers import AbsMeanTernary, AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, Bump, DistanceL1, DistanceL2, FittedBump
from pqtheory.schedules import Exponential, Linear, Staircase
from pqtheory.sets import Binary, ScaledBinary

from .small_runs import tiny_images

STEPS = 8
#: what the sweep of levels below is quantized by
LEVELS = {
    "binary": lambda per: Binary(),
    "scaled-binary": lambda per: ScaledBinary(per=per),
    "ternary": lambda per: AdaptiveTernary(per=per),
    "absmean-ternary": lambda per: AbsMeanTernary(per=per),
    "1-bit": lambda per: AlternatingMultiBit(1, per=per),
    "2-bit": lambda per: AlternatingMultiBit(2, per=per),
    "4-bit": lambda per: AlternatingMultiBit(4, per=per),
}


@pytest.mark.parametrize("per", ["tensor", "row", 4])
@pytest.mark.parametrize("levels", LEVELS)
def test_levels_by_name(levels, per):
    assert wrapped.levels_of(Settings(levels=levels, per=per)) == LEVELS[levels](per)


def test_the_distance_to_levels():
    assert wrapped.distance(Binary()) == DistanceL1(Binary())
    # one round a step
    fitted = AlternatingMultiBit(2, per="row")
    assert wrapped.distance(fitted) == AlternatingDistance(fitted, rounds=1)
    one_bit = AlternatingMultiBit(1, per="row")
    assert wrapped.distance(ScaledBinary(per="row")) == AlternatingDistance(one_bit, rounds=1)


@pytest.mark.parametrize("method", ["proxquant", "parq", "dampened", "eagerpull"])
def test_lambda_gains_its_rate_an_epoch(method):
    smooth = Settings(method=method, rate=0.5)
    assert wrapped.strength_of(smooth, STEPS) == Linear(0.5 / STEPS)
    stepped = Settings(method=method, rate=0.5, per_epoch=True)
    assert wrapped.strength_of(stepped, STEPS) == Staircase(Linear(0.5), STEPS)


@pytest.mark.parametrize("method", ["binaryrelax", "mirrordescent"])
def test_lambda_grows_by_its_rate_an_epoch(method):
    smooth = Settings(method=method, rate=1.5)
    assert wrapped.strength_of(smooth, STEPS) == Exponential(1.0, 1.5 ** (1 / STEPS))
    stepped = Settings(method=method, rate=1.5, per_epoch=True)
    assert wrapped.strength_of(stepped, STEPS) == Staircase(Exponential(1.0, 1.5), STEPS)


def made(monkeypatch, **changes):
    """Class and arguments of the optimizer of such a run."""
    calls = []
    for owner, name in (
        *((optim, n) for n in ("ProxQuant", "LazyProx", "BinaryConnect", "BinaryRelax")),
        (optim, "QuantizingOptimizer"),
    ):
        monkeypatch.setattr(
            owner, name, lambda *given, name=name, **how: calls.append((name, given, how))
        )
    settings = Settings(**{"rate": 0.5, "lr": 0.25, **changes})
    wrapped.wrapped(settings, "the base", STEPS)
    ((name, (base, *given), how),) = calls
    assert base == "the base"
    return name, given, how


ROWS = AlternatingMultiBit(2, per="row")
FITTED = AlternatingDistance(ROWS, rounds=1)
TWO_BITS = {"levels": "2-bit", "per": "row"}
SCALED = {"levels": "scaled-binary", "per": "row"}


@pytest.mark.parametrize(
    ("changes", "name", "given", "own"),
    [
        ({"method": "binaryconnect"}, "BinaryConnect", [Binary()], {}),
        ({"method": "binaryconnect", **SCALED}, "BinaryConnect", [ScaledBinary(per="row")], {}),
        ({"method": "binaryconnect", **TWO_BITS}, "LazyProx", [FITTED, math.inf], {}),
        (
            {"method": "binaryrelax", "rate": 1.5},
            "BinaryRelax",
            [Exponential(1.0, 1.5 ** (1 / STEPS))],
            {"set": Binary()},
        ),
        (
            {"method": "binaryrelax", "rate": 1.5, **TWO_BITS},
            "LazyProx",
            [FITTED, Exponential(1.0, 1.5 ** (1 / STEPS))],
            {},
        ),
        ({"method": "proxquant"}, "ProxQuant", [DistanceL1(Binary()), Linear(0.5 / STEPS)], {}),
        ({"method": "proxquant", **TWO_BITS}, "ProxQuant", [FITTED, Linear(0.5 / STEPS)], {}),
    ],
)
@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({}, {"clip": None}),
        ({"clip": 2.0}, {"clip": 2.0}),
        ({"dampening": -0.5}, {"clip": None, "dampening": -0.5}),
        (
            {"oscillation_threshold": 0.0},
            {"clip": None, "freezing": optim.Freezing(0.0)},
        ),
    ],
)
def test_the_methods_of_the_paper(monkeypatch, changes, name, given, own, options, shared):
    assert made(monkeypatch, **changes, **options) == (name, given, {**own, **shared})


#: so that the steps of an epoch, at the first step size, add up to the rate
EACH = 0.5 / (0.25 * STEPS)


@pytest.mark.parametrize(
    ("changes", "method", "own"),
    [
        (
            {"method": "proxconnect"},
            methods.ProxConnect,
            {"regularizer": DistanceL1(Binary()), "strength": EACH},
        ),
        (
            {"method": "proxconnect", **TWO_BITS},
            methods.ProxConnect,
            {"regularizer": FITTED, "strength": EACH},
        ),
        (
            {"method": "proxconnectplus"},
            methods.ProxConnectPlus,
            {
                "regularizer": DistanceL1(Binary()),
                "strength": EACH,
                "backward": methods.Clipped(1.25),
            },
        ),
        (
            {"method": "parq"},
            methods.LazyProx,
            {
                "regularizer": Bump(Binary()),
                "strength": Linear(0.5 / STEPS),
                "refit_every": None,
            },
        ),
        (
            {"method": "parq", "refit_every": 3, **TWO_BITS},
            methods.LazyProx,
            {
                "regularizer": FittedBump(ROWS),
                "strength": Linear(0.5 / STEPS),
                "refit_every": 3,
            },
        ),
        (
            {"method": "parq", **SCALED},
            methods.LazyProx,
            {
                "regularizer": FittedBump(AlternatingMultiBit(1, per="row")),
                "strength": Linear(0.5 / STEPS),
                "refit_every": None,
            },
        ),
        (
            {"method": "dampened"},
            methods.Dampened,
            {"set": Binary(), "strength": Linear(0.5 / STEPS)},
        ),
        (
            {"method": "dampened", **TWO_BITS},
            methods.Dampened,
            {"set": ROWS, "strength": Linear(0.5 / STEPS)},
        ),
        (
            {"method": "eagerpull"},
            methods.EagerPull,
            {"regularizer": DistanceL2(Binary()), "strength": Linear(0.5 / STEPS)},
        ),
        (
            {"method": "eagerpull", **TWO_BITS},
            methods.EagerPull,
            {"regularizer": FITTED, "strength": Linear(0.5 / STEPS)},
        ),
        (
            {"method": "mirrordescent", "rate": 1.5},
            methods.MirrorDescent,
            {"strength": Exponential(1.0, 1.5 ** (1 / STEPS))},
        ),
        ({"method": "bop"}, methods.Bop, {"threshold": 0.5}),
    ],
)
def test_their_successors(monkeypatch, changes, method, own):
    assert made(monkeypatch, clip=2.0, **changes) == (
        *("QuantizingOptimizer", [method], {"clip": 2.0, **own}),
    )


IMAGES = find_task("images")


def optimizer_of(**changes):
    images, settings = tiny_images(), Settings(**changes)
    model = make_model(settings, images)
    return model, make_optimizer(settings, IMAGES, images, model, STEPS)


SGD = {"optimizer": "sgd", "lr": 0.5, "momentum": 0.25, "weight_decay": 0.125}


def test_the_base_optimizer_has_step_size_momentum_and_decay():
    for method in ("full-precision", "proxquant"):
        _, made = optimizer_of(method=method, **SGD)
        base = made if method == "full-precision" else made.base
        assert type(base) is torch.optim.SGD
        for group in base.param_groups:
            assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.5, 0.25, 0.125)
        _, made = optimizer_of(method=method, lr=0.5, weight_decay=0.125)
        base = made if method == "full-precision" else made.base
        assert type(base) is torch.optim.Adam
        for group in base.param_groups:
            assert (group["lr"], group["weight_decay"]) == (0.5, 0.125)


@pytest.mark.parametrize("changes", [{"method": "full-precision"}, {"method": "ttq"}])
def test_without_levels_that_are_put_in_place_all_is_the_base_optimizers(changes):
    levels = "ternary" if changes["method"] == "ttq" else "binary"
    model, made = optimizer_of(levels=levels, **changes)
    ((group),) = made.param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]


def test_what_the_task_picks_is_quantized_and_bop_has_a_rate_of_its_own():
    model, made = optimizer_of(method="bop", lr=0.5)
    quantized, rest = made.param_groups
    assert quantized["names"] == ["conv.weight", "conv2.weight", "fc.weight"]
    assert quantized["quantize"] is True
    assert quantized["lr_factor"] == pytest.approx(1e-3 / 0.5)
    assert quantized["lr"] == pytest.approx(1e-3)
    assert rest["lr"] == 0.5
    assert "lr_factor" not in rest
    model, made = optimizer_of(method="proxquant", levels="ternary", lr=0.5)
    quantized, rest = made.param_groups
    assert quantized["names"] == ["conv2.weight"]
    assert "lr_factor" not in quantized
    assert len(rest["params"]) == len(list(model.parameters())) - 1


def test_lambda_counts_the_steps_of_an_epoch():
    _, made = optimizer_of(method="proxquant", rate=0.5)
    assert made.quantized_groups[0].map.strength == Linear(0.5 / STEPS)


def test_a_network_follows_from_its_seed_and_lies_with_channels_last():
    images = tiny_images()
    one, same, other = (make_model(Settings(seed=seed), images) for seed in (3, 3, 4))
    pairs = list(zip(one.parameters(), same.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(one.conv.weight, other.conv.weight)
    assert one.conv2.weight.is_contiguous(memory_format=torch.channels_last)


def test_data_and_networks_are_asked_of_the_task_with_its_options(monkeypatch):
    asked = []
    for name in ("load", "make_model"):
        monkeypatch.setattr(
            build.answers,
            name,
            lambda *given, name=name: asked.append((name, *given)) or nn.Linear(2, 2),
        )
    chosen = Settings(task="language", data="ptb", model="lstm", options={"hidden": 8})
    task = find_task("language")
    load_data(chosen, "here")
    load_data(chosen)
    make_model(chosen, "the data")
    options = chosen.options
    assert asked == [
        ("load", task, "ptb", "here", options),
        ("load", task, "ptb", None, options),
        ("make_model", task, "lstm", "the data", options),
    ]


def test_trained_levels_are_in_the_network_where_the_task_picks_them():
    model = make_model(Settings(method="ttq", levels="ternary"), tiny_images())
    assert [n for n, _ in model.named_parameters() if n.endswith("above")] == [
        "conv2.parametrizations.weight.0.above"
    ]
