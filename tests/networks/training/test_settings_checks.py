"""Each setting that cannot be, and each pair that does not go together, word for word; what follows from a setting."""

import math
from dataclasses import fields

import numpy as np
import pytest

from pqtheory.networks.levels import LEVELS
from pqtheory.networks.tasks.find import template
from pqtheory.networks.training import Settings
from pqtheory.networks.training.device import check_device
from pqtheory.networks.training.settings import METHODS, MOST, check_task

from ..messages import begins_with, exactly

WITH_THEM = {"method": "parq", "levels": "2-bit"}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"task": 3}, TypeError, "task: expected a name, got 3"),
        ({"data": None}, TypeError, "data: expected a name, got None"),
        ({"model": []}, TypeError, "model: expected a name, got []"),
        (
            {"method": "proxqant"},
            ValueError,
            f"method: expected one of {', '.join(METHODS)}, got 'proxqant'; did you mean 'proxquant'?",
        ),
        (
            {"levels": 3},
            ValueError,
            f"levels: expected one of {', '.join(LEVELS)}, got 3",
        ),
        (
            {"optimizer": "adams"},
            ValueError,
            "optimizer: expected one of sgd, adam, got 'adams'; did you mean 'adam'?",
        ),
        ({"track": 0}, ValueError, "track: expected one of epoch, step, got 0"),
        (
            {"select_on": "train"},
            ValueError,
            "select_on: expected one of held_out, test, got 'train'",
        ),
        ({"epochs": -1}, ValueError, "epochs: expected an integer >= 0, got -1"),
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer >= 1, got 0"),
        ({"measure_every": 0}, ValueError, "measure_every: expected an integer >= 1, got 0"),
        ({"held_out": -1}, ValueError, "held_out: expected an integer >= 0, got -1"),
        (
            {"seed": MOST + 1},
            ValueError,
            f"seed: expected an integer from 0 to {2**64 - 1}, got {2**64}",
        ),
        ({"seed": -1}, ValueError, f"seed: expected an integer from 0 to {2**64 - 1}, got -1"),
        ({"freeze_epoch": -1}, ValueError, "freeze_epoch: expected an integer >= 0, got -1"),
        (
            {"freeze_epoch": 30},
            ValueError,
            "freeze_epoch: expected an epoch from 0 to 29, got 30",
        ),
        (
            {"freeze_epoch": 1, "epochs": 1},
            ValueError,
            "freeze_epoch: expected an epoch from 0 to 0, got 1",
        ),
        ({"lr": 0}, ValueError, "lr: expected a finite number > 0, got 0"),
        (
            {"gradient_factor": 0},
            ValueError,
            "gradient_factor: expected a finite number > 0, got 0",
        ),
        (
            {"stall_divisor": 0.5},
            ValueError,
            "stall_divisor: expected a finite number >= 1, got 0.5",
        ),
        ({"rate": -1}, ValueError, "rate: expected a finite number >= 0, got -1"),
        ({"momentum": -1}, ValueError, "momentum: expected a finite number >= 0, got -1"),
        ({"weight_decay": -1}, ValueError, "weight_decay: expected a finite number >= 0, got -1"),
        ({"drop_factor": -1}, ValueError, "drop_factor: expected a finite number >= 0, got -1"),
        (
            {"method": "dampened", "rate": -math.inf},
            ValueError,
            "rate: expected a finite number, got -inf",
        ),
        (
            {"method": "dampened", "momentum": -1},
            ValueError,
            "momentum: expected a finite number >= 0, got -1",
        ),
        ({"dampening": math.inf}, ValueError, "dampening: expected a finite number, got inf"),
        (
            {"oscillation_threshold": -0.5},
            ValueError,
            "oscillation_threshold: expected a finite number >= 0, got -0.5",
        ),
        (
            {"refit_every": 0, **WITH_THEM},
            ValueError,
            "refit_every: expected an integer >= 1, got 0",
        ),
        ({"clip": 0}, ValueError, "clip: expected a finite number > 0, got 0"),
        ({"clip_norm": 0}, ValueError, "clip_norm: expected a finite number > 0, got 0"),
        ({"amp": 1}, TypeError, "amp: expected true or false, got 1"),
        ({"drops": 3}, TypeError, "drops: expected epochs, got 3"),
        ({"drops": [-1]}, ValueError, "drops: expected an integer >= 0, got -1"),
        ({"warm_start": 3}, TypeError, "warm_start: expected a path or None, got 3"),
        (
            {"select_on": "held_out"},
            ValueError,
            "select_on: 'held_out' needs held_out examples, got 0",
        ),
        (
            {"method": "full-precision", "metrics": ("flips",)},
            ValueError,
            "metrics: expected a method that quantizes, got 'full-precision'",
        ),
        (
            {"method": "full-precision", "dampening": -0.5},
            ValueError,
            "dampening: expected a method that quantizes, got 'full-precision'",
        ),
        (
            {"method": "full-precision", "oscillation_threshold": 0},
            ValueError,
            "oscillation_threshold: expected a method that quantizes, got 'full-precision'",
        ),
        (
            {"method": "full-precision", "refit_every": 2},
            ValueError,
            "refit_every: expected a method that quantizes, got 'full-precision'",
        ),
        (
            {"method": "full-precision", "gradient_factor": 0.5},
            ValueError,
            "gradient_factor: expected a method that quantizes, got 'full-precision'",
        ),
        (
            {"levels": "ternary", "metrics": ("near_threshold",)},
            ValueError,
            "metrics: expected levels with thresholds midway between them for near_threshold, got ternary",
        ),
        (
            {"method": "bop", "levels": "2-bit"},
            ValueError,
            "levels: expected binary, whose levels are fixed, for bop, got '2-bit'",
        ),
        (
            {"method": "bop", "dampening": 0.5},
            ValueError,
            "dampening: expected 0, as bop has no latent weights, got 0.5",
        ),
        (
            {"method": "parq", "refit_every": 2},
            ValueError,
            "refit_every: expected parq with fitted levels, got 'parq' with binary",
        ),
        (
            {"method": "proxquant", "levels": "2-bit", "refit_every": 2},
            ValueError,
            "refit_every: expected parq with fitted levels, got 'proxquant' with 2-bit",
        ),
    ],
)
def test_what_cannot_be(changes, error, message):
    with pytest.raises(error) as caught:
        Settings(**changes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("levels", "binary", "levels: expected ternary for TTQ, got 'binary'"),
        ("per", "row", "per: expected tensor for TTQ, got 'row'"),
        ("freeze_epoch", 2, "freeze_epoch: expected None for TTQ, got 2"),
        ("metrics", ("flips",), "metrics: expected none for TTQ, got ('flips',)"),
        ("dampening", 0.5, "dampening: expected 0 for TTQ, got 0.5"),
        (
            "oscillation_threshold",
            0.5,
            "oscillation_threshold: expected None for TTQ, got 0.5",
        ),
        ("gradient_factor", 0.5, "gradient_factor: expected 1 for TTQ, got 0.5"),
    ],
)
def test_trained_levels_go_with_nothing_else(name, value, message):
    with pytest.raises(ValueError, match=exactly(message)):
        Settings(**{"method": "ttq", "levels": "ternary", name: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": MOST},
        {"freeze_epoch": 0},
        {"freeze_epoch": 29},
        # of no epochs nothing is asked
        {"freeze_epoch": 3, "epochs": 0},
        {"stall_divisor": 1.0},
        {"rate": 0.0, "momentum": 0.0, "drop_factor": 0.0, "drops": (0,)},
        {"method": "dampened", "rate": -3.0},
        {"dampening": -0.5, "oscillation_threshold": 0.0},
        {"levels": "2-bit", "metrics": ("near_threshold",)},
        {"method": "bop", "oscillation_threshold": 0.5},
        {"refit_every": 1, **WITH_THEM},
        {"method": "ttq", "levels": "ternary"},
        {"select_on": "held_out", "held_out": 1},
        {"select_on": "held_out", "task": "language", "data": "ptb", "model": "lstm"},
        # a file is looked at where it is trained
        {"select_on": "held_out", "task": "nowhere.py", "data": "x", "model": "y"},
        {"warm_start": "somewhere"},
    ],
)
def test_what_can_be_is_kept(changes):
    made = Settings(**changes)
    assert {name: getattr(made, name) for name in changes} == changes
    assert Settings.from_dict(made.to_dict()) == made


def test_a_run_by_default():
    assert Settings().to_dict() == {
        "task": "images",
        "data": "digits",
        "model": "small",
        "method": "proxquant",
        "levels": "binary",
        "per": "tensor",
        "epochs": 30,
        "freeze_epoch": None,
        "batch_size": 128,
        "optimizer": "adam",
        "lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "drops": [],
        "drop_factor": 0.1,
        "stall_divisor": 1.0,
        "clip_norm": None,
        "gradient_factor": 1.0,
        "rate": 0.0,
        "per_epoch": False,
        "renew": False,
        "clip": None,
        "held_out": 0,
        "select_on": "test",
        "measure_every": 1,
        "augment": False,
        "amp": False,
        "compile": False,
        "warm_start": None,
        "seed": 0,
        "metrics": [],
        "track": "epoch",
        "dampening": 0.0,
        "oscillation_threshold": None,
        "refit_every": None,
        "options": {},
    }


def test_plain_data_have_lists_and_a_mapping_of_their_own():
    made = Settings(drops=(1, 2), metrics=("flips",))
    found = made.to_dict()
    assert (found["drops"], found["metrics"]) == ([1, 2], ["flips"])
    assert type(found["options"]) is dict


def test_names_that_are_no_settings():
    names = sorted(f.name for f in fields(Settings))
    message = f"settings: expected names out of {names}, got 'haste'"
    with pytest.raises(ValueError, match=exactly(message)):
        Settings.from_dict({"speed": 3, "lr": 0.5, "haste": 1})


def test_the_step_size_of_an_epoch():
    made = Settings(lr=8.0, drops=(2, 4), drop_factor=0.5, stall_divisor=2.0)
    assert [made.lr_at(epoch) for epoch in range(6)] == [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]
    assert [made.lr_at(epoch, 1) for epoch in (1, 2)] == [4.0, 2.0]
    assert [made.lr_at(1, stalls) for stalls in range(4)] == [8.0, 4.0, 2.0, 1.0]


def test_everything_is_measured_at_the_start_the_freeze_and_the_end():
    made = Settings(epochs=5, freeze_epoch=3)
    assert [made.is_landmark(epoch) for epoch in range(7)] == [
        *(True, False, False, True, False, True, False),
    ]


@pytest.mark.parametrize("value", [True, False, np.bool_(True)])
@pytest.mark.parametrize("name", ["per_epoch", "renew", "augment", "amp", "compile"])
def test_flags_are_pythons(name, value):
    kept = getattr(Settings(**{name: value}), name)
    assert (type(kept), kept) == (bool, bool(value))


def on_language(**changes):
    return {"task": "language", "data": "ptb", "model": "lstm", **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "digit"}, "data: expected one of digits, cifar10, got 'digit'"),
        ({"model": "smal"}, "model: expected one of small, resnet20"),
        (on_language(data="pbt"), "data: expected one of sentences, ptb, FOLDER/, got 'pbt'"),
        (
            on_language(held_out=3),
            "held_out: expected 0, as these data have a validation set, got 3",
        ),
        (
            on_language(options={"layers": 3}),
            "options: expected embedding, hidden, dropout, window",
        ),
        ({"task": "image"}, "task: expected images, language or a file that ends in .py, got "),
    ],
)
def test_what_a_task_does_not_know(changes, message):
    with pytest.raises(ValueError, match=begins_with(message)):
        Settings(**changes)


def test_the_file_of_a_task_is_asked_when_it_is_trained(tmp_path):
    file = tmp_path / "my_task.py"
    file.write_text(template())

    def chosen(**changes):
        return Settings(**{"task": str(file), "data": "sine", "model": "mlp", **changes})

    check_task(chosen(select_on="held_out", held_out=1))
    check_task(chosen(options={"width": 3}))
    for changes, message in [
        ({"select_on": "held_out"}, "select_on: 'held_out' needs held_out examples, got 0"),
        ({"data": "x"}, "data: expected one of sine, got 'x'"),
        ({"model": "x"}, "model: expected one of mlp, got 'x'"),
        ({"options": {"depth": 3}}, "options: expected width, noise, got 'depth'"),
    ]:
        with pytest.raises(ValueError, match=begins_with(message)):
            check_task(chosen(**changes))
    file.write_text(
        template().replace('models = ("mlp",)', 'models = ("mlp",)\n    validates = True')
    )
    check_task(chosen(select_on="held_out"))
    with pytest.raises(ValueError, match=r"^held_out: expected 0, as these data"):
        check_task(chosen(held_out=1))


@pytest.mark.parametrize(
    ("device", "count", "message"),
    [
        ("gpu", 0, "x: no device 'gpu'; expected cpu, cuda or cuda:N"),
        ("meta", 0, "x: expected cpu, cuda or cuda:N, got 'meta'"),
        ("cuda", 0, "x: there are 0 CUDA devices, no 'cuda'"),
        ("cuda:1", 1, "x: there are 1 CUDA devices, no 'cuda:1'"),
        ("cuda:2", 2, "x: there are 2 CUDA devices, no 'cuda:2'"),
    ],
)
def test_devices_that_there_are_not(monkeypatch, device, count, message):
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    with pytest.raises(ValueError, match=exactly(message)):
        check_device(device, "x")
    with pytest.raises(ValueError, match=r"^device: "):
        check_device(device)


@pytest.mark.parametrize(
    ("device", "count"), [("cpu", 0), ("cuda", 1), ("cuda:0", 1), ("cuda:1", 2)]
)
def test_devices_that_there_are(monkeypatch, device, count):
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    assert str(check_device(device)) == device
