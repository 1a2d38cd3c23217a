"""What a preset comes to, setting by setting; how schedules scale; what is asked of a task and what of the user."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.find import template
from pqtheory.networks.training import Settings, preset, presets
from pqtheory.networks.training.options import check_options, plain_options
from pqtheory.networks.training.successors import AT_FREEZE, rate_of, scaled_rate

from ..messages import exactly

PROXQUANT = Settings(
    data="cifar10",
    epochs=300,
    freeze_epoch=200,
    rate=1e-4,
    held_out=5000,
    select_on="held_out",
    augment=True,
)


def test_of_cifar10_the_published_settings_are_all_there_is():
    found = preset("corrected", "proxquant", data="cifar10")
    assert found == PROXQUANT
    published = replace(PROXQUANT, per_epoch=True, renew=True, clip=1.0, select_on="test")
    assert preset("faithful", "proxquant", data="cifar10") == published
    full = Settings(
        data="cifar10",
        method="full-precision",
        epochs=200,
        optimizer="sgd",
        lr=0.1,
        weight_decay=1e-4,
        drops=(100, 150),
        held_out=5000,
        select_on="held_out",
        augment=True,
    )
    assert preset("corrected", "full-precision", data="cifar10") == full
    # which has no lambda, no moments and no levels
    assert preset("faithful", "full-precision", data="cifar10") == replace(full, select_on="test")


@pytest.mark.parametrize(
    ("method", "levels", "published"),
    [
        ("proxquant", "binary", {"freeze_epoch": 100, "rate": 4e-4}),
        ("binaryconnect", "binary", {"freeze_epoch": 100, "drops": (40, 61)}),
        ("binaryrelax", "binary", {"freeze_epoch": 100, "rate": 1.02**2}),
        ("proxquant", "ternary", {"freeze_epoch": 100, "rate": 2e-4 * 16}),
        ("ttq", "ternary", {"freeze_epoch": None, "drops": (40, 61)}),
        ("parq", "binary", {"freeze_epoch": 100, "drops": (40, 61), "rate": 1 / 100}),
    ],
)
def test_a_run_of_half_or_a_quarter_of_the_epochs(method, levels, published):
    found = preset("corrected", method, data="cifar10", levels=levels, epochs=150)
    rate = pytest.approx(published.pop("rate", 0.0))
    expected = replace(PROXQUANT, method=method, levels=levels, epochs=150, **published)
    assert found == replace(expected, rate=found.rate)
    assert found.rate == rate


@pytest.mark.parametrize(
    ("epochs", "freeze", "drops"),
    [
        (300, 200, (81, 122)),
        (4, 3, (1, 2)),
        (3, 2, (1, 2)),
        # an epoch before the freeze and one after; drops at epochs of their own
        (2, 1, (1, 2)),
        (1, None, (1, 2)),
    ],
)
def test_schedules_scale_with_the_epochs(epochs, freeze, drops):
    found = preset("corrected", "binaryconnect", data="cifar10", epochs=epochs)
    assert (found.epochs, found.freeze_epoch, found.drops) == (epochs, freeze, drops)


def test_what_is_scaled_of_what_a_task_gives():
    given = {"epochs": 10, "lr": 0.5}
    assert presets._scaled(given, 20, "binaryconnect") == {"epochs": 20, "lr": 0.5}
    assert given == {"epochs": 10, "lr": 0.5}
    whole = {"epochs": 10, "freeze_epoch": None, "drops": (1, 2, 9), "rate": 0.5}
    assert presets._scaled(whole, 5, "parq") == {
        **{"epochs": 5, "freeze_epoch": None, "drops": (1, 2, 4), "rate": 1.0},
    }
    assert presets._scaled({"epochs": 10, "freeze_epoch": 4}, 20, "parq") == {
        **{"epochs": 20, "freeze_epoch": 8},
    }


@pytest.mark.parametrize(
    ("method", "rate", "doubled"),
    [
        ("binaryrelax", 1.21, 1.1),
        ("mirrordescent", 1.21, 1.1),
        ("bop", 1e-5, 1e-5),
        ("parq", 0.5, 0.25),
        ("dampened", 0.5, 0.25),
        ("proxquant", 0.5, 0.125),
    ],
)
def test_the_rate_of_a_run_that_is_twice_as_long(method, rate, doubled):
    assert scaled_rate(method, rate, 2.0) == pytest.approx(doubled, rel=1e-12)
    assert scaled_rate(method, rate, 1.0) == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize("method", AT_FREEZE)
@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ({"freeze_epoch": 4, "epochs": 9}, 4),
        ({"freeze_epoch": None, "epochs": 9}, 9),
        ({"epochs": 9}, 9),
        ({"freeze_epoch": 0, "epochs": 9}, 9),
        ({"epochs": 0}, 1),
        ({}, 1),
    ],
)
def test_lambda_of_a_successor_is_there_at_the_freeze_or_the_end(method, settings, epochs):
    end = AT_FREEZE[method]
    rate = rate_of(method, settings)
    assert type(rate) is float
    by_then = {"bop": rate, "mirrordescent": rate**epochs}.get(method, rate * epochs)
    assert by_then == pytest.approx(end)


def test_what_the_user_says_counts_before_the_preset():
    own = {"lr": 0.5, "held_out": 7, "select_on": "test", "clip": 2.0, "renew": False, "seed": 3}
    found = preset("faithful", "proxquant", data="cifar10", rate=0.125, drops=[2], **own)
    assert found == replace(
        PROXQUANT, per_epoch=True, rate=0.125, drops=(2,), **{**own, "select_on": "test"}
    )
    # the best epoch is picked where there is something held out
    assert preset("corrected", "proxquant", data="cifar10", held_out=0) == replace(
        PROXQUANT, held_out=0, select_on="test"
    )
    assert preset("corrected", "proxquant", data="cifar10", select_on="test") == replace(
        PROXQUANT, select_on="test"
    )
    rated = preset("corrected", "parq", epochs=10, rate=0.125)
    assert rated.rate == 0.125


def test_options_come_from_the_task_the_preset_and_the_user_in_turn():
    whole = dict(find_task("language").options_of("lstm"))
    found = preset("corrected", "binaryconnect", task="language", data="sentences")
    small = {"embedding": 64, "hidden": 64, "dropout": 0.2}
    assert found.options == {**whole, **small}
    assert list(found.options) == sorted(whole)
    own = preset(
        *("corrected", "binaryconnect"),
        task="language",
        data="sentences",
        options={"hidden": 8, "window": 9},
        window=7,
    )
    assert own.options == {**whole, **small, "hidden": 8, "window": 7}
    # those that the preset has for the other network are not for this one
    transformer = preset("corrected", "binaryconnect", task="language", model="transformer")
    assert transformer.options == {
        **find_task("language").options_of("transformer"),
        **{"hidden": 144, "dropout": 0.1, "window": 32},
    }


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"name": "best"},
            ValueError,
            "preset: expected one of corrected, faithful, got 'best'",
        ),
        ({"task": 3}, TypeError, "task: expected a name, got 3"),
        ({"epochs": 0}, ValueError, "epochs: expected an integer >= 1, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs: expected an integer, got 1.5"),
        (
            {"lrr": 1.0},
            ValueError,
            "settings: no setting 'lrr'; did you mean 'lr'?",
        ),
        (
            {"task": "language", "windw": 1},
            ValueError,
            "settings: no setting 'windw'; did you mean 'window'?",
        ),
        (
            {"per": "channel"},
            ValueError,
            "per: expected levels that are fitted for it, got 'channel' with binary",
        ),
        ({"per": 8}, ValueError, "per: expected levels that are fitted for it, got 8 with binary"),
        ({"freeze_epoch": -1}, ValueError, "freeze_epoch: expected an integer >= 0, got -1"),
        (
            {"task": "language", "hidden": "wide"},
            TypeError,
            "options: hidden: expected an integer, as 300 is, got 'wide'",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(given, error, message):
    name = given.pop("name", "corrected")
    with pytest.raises(error) as caught:
        preset(name, "proxquant", **given)
    assert str(caught.value) == message


def test_changes_of_codes_may_be_counted_by_rows_of_binary_weights_too():
    assert preset("corrected", "proxquant", per="row").per == "row"
    assert preset("corrected", "proxquant", levels="2-bit", per=8).per == 8


def of_task(tmp_path, old, new):
    file = tmp_path / "my_task.py"
    text = template()
    assert old in text
    file.write_text(text.replace(old, new))
    return str(file)


def test_what_a_task_of_ones_own_prefers_is_taken(tmp_path):
    file = of_task(tmp_path, '"lr": 0.01', '"lr": 0.5, "options": {"width": 8}')
    found = preset("corrected", "binaryconnect", task=file)
    assert found == Settings(
        task=file,
        data="sine",
        model="mlp",
        method="binaryconnect",
        lr=0.5,
        held_out=200,
        select_on="held_out",
        options={"noise": 0.1, "width": 8},
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"noise": 0.1',
            '"noise": 0.1, "seed": 1',
            "options: expected names that no setting has, got 'seed'",
        ),
        (
            '"lr": 0.01',
            '"lrr": 1',
            "preset: expected names of settings, other than task, data, model, method, levels, got 'lrr'",
        ),
        (
            '"lr": 0.01',
            '"data": "x"',
            "preset: expected names of settings, other than task, data, model, method, levels, got 'data'",
        ),
        (
            '"lr": 0.01',
            '"options": {"depth": 1}',
            "preset: options: expected width, noise, got 'depth'; did you mean 'width'?",
        ),
        (
            '"lr": 0.01',
            '"options": {"width": 1.5}',
            "preset: options: width: expected an integer, as 64 is, got 1.5",
        ),
        (
            "    def preset",
            "    def suited(self, settings):\n        return {'model': 'x'}\n\n    def preset",
            "suited: expected names of settings, other than task, data, model, method, levels, got 'model'",
        ),
    ],
)
def test_what_a_task_of_ones_own_may_not_prefer(tmp_path, old, new, message):
    file = of_task(tmp_path, old, new)
    with pytest.raises(ValueError, match=rf": {re.escape(message)}$") as caught:
        preset("corrected", "binaryconnect", task=file)
    assert str(caught.value).startswith(f"task: {file}: line ")


def test_what_is_suited_sees_the_scaled_settings_and_the_users_and_gives_way_to_them(tmp_path):
    file = of_task(
        tmp_path,
        "    def preset",
        "    def suited(self, settings):\n"
        "        return {'momentum': settings.epochs / 64, 'weight_decay': settings.lr}\n\n"
        "    def preset",
    )
    found = preset("corrected", "binaryconnect", task=file, epochs=16, lr=0.5)
    assert (found.momentum, found.weight_decay, found.lr) == (0.25, 0.5, 0.5)
    own = preset("corrected", "binaryconnect", task=file, epochs=16, momentum=0.125)
    assert (own.momentum, own.weight_decay) == (0.125, 0.01)


KNOWN = {"flag": True, "size": 3, "share": 0.5, "word": "a"}


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"sizes": 1}, ValueError, "options: expected flag, size, share, word, got 'sizes'; did"),
        ({"flag": 1}, TypeError, "options: flag: expected true or false, as True is, got 1"),
        ({"size": 1.5}, TypeError, "options: size: expected an integer, as 3 is, got 1.5"),
        ({"size": True}, TypeError, "options: size: expected an integer, as 3 is, got True"),
        ({"share": "b"}, TypeError, "options: share: expected a number, as 0.5 is, got 'b'"),
        ({"share": True}, TypeError, "options: share: expected a number, as 0.5 is, got True"),
        ({"word": 1}, TypeError, "options: word: expected a word, as 'a' is, got 1"),
    ],
)
def test_an_option_is_of_the_kind_of_its_default(given, error, message):
    with pytest.raises(error) as caught:
        check_options(given, KNOWN)
    assert str(caught.value).startswith(message)


def test_a_whole_number_is_a_number_and_some_tasks_have_no_options():
    check_options({"share": 1, "size": 2, "flag": False, "word": ""}, KNOWN)
    check_options({}, {})
    with pytest.raises(
        ValueError, match=exactly("options: expected none, this task has no options, got 'a'")
    ):
        check_options({"a": 1}, {})


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([1], TypeError, "options: expected names with values, got [1]"),
        (
            {"a": None},
            TypeError,
            "options: expected numbers, words or true and false, got 'a': None",
        ),
        ({1: 2}, TypeError, "options: expected numbers, words or true and false, got 1: 2"),
        (
            {"a": float("inf")},
            ValueError,
            "a: expected a number that is finite, got inf",
        ),
    ],
)
def test_options_are_names_with_plain_values(given, error, message):
    with pytest.raises(error) as caught:
        plain_options(given)
    assert str(caught.value) == message


def test_numbers_of_numpy_and_torch_are_as_good_as_python_s():
    chosen = {"hidden": np.int64(8), "dropout": np.float64(0.25), "embedding": torch.tensor(4)}
    found = preset("corrected", "proxquant", task="language", **chosen)
    assert found == preset("corrected", "proxquant", task="language", options=chosen)
    assert json.loads(json.dumps(found.to_dict()))["options"] == found.options
    assert {name: found.options[name] for name in chosen} == {
        **{"hidden": 8, "dropout": 0.25, "embedding": 4},
    }
    kinds = {"a": np.bool_(True), "b": np.float32(0.5), "c": np.str_("x"), "d": np.array(2)}
    plain = plain_options(kinds)
    assert plain == {"a": True, "b": 0.5, "c": "x", "d": 2}
    assert [type(value) for value in plain.values()] == [bool, float, str, int]


def test_options_are_in_the_order_of_their_names():
    assert list(plain_options({"b": 1, "a": "x", "c": True}).items()) == [
        *(("a", "x"), ("b", 1), ("c", True)),
    ]
