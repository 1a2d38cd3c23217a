"""Departures of the published code, one at a time: what each changes, and what the report says of numbers."""

from dataclasses import asdict
from pathlib import Path

import pytest

from experiments import departures as experiment
from experiments import error_and_flips

CHANGED = {
    "weights clipped to [-1, 1]": {"clip"},
    "a new optimizer every epoch": {"renew"},
    "lambda once an epoch": {"per_epoch"},
    "BinaryConnect's steps fall": set(),
    "all of these, as published": {"clip", "renew", "per_epoch"},
    "a pull a third as fast": {"rate"},
    "a pull three times as fast": {"rate"},
    "steps a third as large": {"lr"},
    "frozen at a third, not two": {"freeze_epoch", "drops", "rate"},
}


def run(error, flips):
    return {"measured": {"test": error / 100}, "flips_per_weight": flips}


def everything(**changed):
    """BinaryConnect ahead by a point and more; ``changed`` is by the first word of a departure and the method."""
    found = {}
    for data in experiment.EPOCHS:
        for name in experiment.plan(data, Path("x"), lambda: None):
            seed = int(name[-1])
            error, flips = (10.0, 2.0) if "binaryconnect" in name else (11.0, 1.0)
            error += 1.0 if "three times" in name else 0.0
            flips /= 3 if "steps fall" in name else 1
            for key, values in changed.items():
                word, method = key.split("_")
                if word in name and method in name:
                    error, flips = values
            found[name] = run(error + seed * (0.1 if "binaryconnect" in name else 0.2), flips)
    return found


@pytest.mark.parametrize("data", experiment.EPOCHS)
def test_each_departure_changes_what_it_says_of_proxquant(data):
    plain = error_and_flips.settings_of(data, "proxquant", 0, epochs=experiment.EPOCHS[data])
    assert plain.epochs == experiment.EPOCHS[data]
    for name, changes in CHANGED.items():
        new, old = asdict(experiment.DEPARTURES[name](plain)), asdict(plain)
        assert {key for key in new if new[key] != old[key]} == changes, name


@pytest.mark.parametrize("data", experiment.EPOCHS)
def test_the_steps_of_binaryconnect_fall_before_the_freeze(data):
    plain = error_and_flips.settings_of(data, "binaryconnect", 0, epochs=experiment.EPOCHS[data])
    fallen = experiment.DEPARTURES["BinaryConnect's steps fall"](plain)
    *before, freeze = fallen.drops
    assert len(before) == 2
    assert 0 < before[0] < before[1] < freeze == plain.freeze_epoch


def test_a_pull_to_an_earlier_freeze_adds_up_to_the_same():
    plain = error_and_flips.settings_of("digits", "proxquant", 0)
    sooner = experiment.DEPARTURES["frozen at a third, not two"](plain)
    assert sooner.rate * sooner.freeze_epoch**2 == pytest.approx(plain.rate * plain.freeze_epoch**2)


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, set()),
        ({"published_proxquant": (5.0, 1.0)}, {0}),
        ({"clipped_binaryconnect": (10.0, 1.9)}, {1}),
        ({"fall_binaryconnect": (10.0, 1.1)}, {2}),
        ({"third_proxquant": (13.0, 1.0)}, {3}),
    ],
)
def test_what_held(changed, fails):
    found = everything(**changed)
    held = [holds(found) for holds in experiment.PREDICTIONS.values()]
    assert {i for i, value in enumerate(held) if value is not True} == fails
    assert experiment.report(found).count("**did not hold**") == len(fails)


def test_what_is_no_departure_to_a_method_has_its_plain_runs():
    found = everything()
    plain = experiment.of_method(found, "digits", experiment.PLAIN, "proxquant")
    assert experiment.of_method(found, "digits", "BinaryConnect's steps fall", "proxquant") == plain
    assert experiment.gap(found, "digits", experiment.PLAIN) == pytest.approx(
        [1.0, 1.1, 1.2, 1.3, 1.4]
    )


def test_runs_of_one_data_set_decide_nothing_that_held():
    found = {name: run for name, run in everything().items() if name.startswith("digits")}
    assert [holds(found) for holds in experiment.PREDICTIONS.values()] == [None] * 4
    assert "**digits, 15 epochs**" in experiment.report(found)
    assert "CIFAR" not in experiment.report(found)
    assert experiment.draw(found).startswith(b"\x89PNG")
