"""All methods in one picture: settings that are the same for all, and what the report says of numbers."""

import pytest

from experiments import error_and_flips as experiment
from pqtheory import methods
from pqtheory.networks.training.settings import METHODS


def run(error, flips):
    measured = {"test": error / 100}
    moved = {"flips_per_weight": flips, "reversals_per_weight": flips / 2, "change_from_start": 0.1}
    return {"measured": measured, **moved}


def everything(**changed):
    """Errors that fall with flips, but for one method each way."""
    found = {}
    for data in experiment.DATA:
        for seed in experiment.SEEDS:
            found[f"{data} warm {seed}"] = {"measured": {"test": 0.05}}
            for place, method in enumerate(experiment.METHODS):
                error, flips = 20.0 - place / 2, 1.0 + place
                if method == "proxquant":
                    error, flips = 19.0, 0.1
                if method == "mirrordescent":
                    error = 30.0
                if method in changed:
                    error, flips = changed[method]
                found[f"{data} {method} {seed}"] = run(error + seed / 10, flips)
    return found


def test_all_methods_that_train_networks_are_there_but_what_is_not_binary():
    assert set(experiment.METHODS) == set(METHODS) - {"full-precision", "ttq"}
    assert set(experiment.METHODS) <= set(methods.REGISTRY)


@pytest.mark.parametrize("data", experiment.DATA)
def test_all_methods_have_the_same_steps(data):
    chosen = [experiment.settings_of(data, method, 0) for method in experiment.METHODS]
    shared = {(s.lr, s.drops, s.epochs, s.freeze_epoch, s.batch_size, s.optimizer) for s in chosen}
    assert len(shared) == 1
    assert all(s.freeze_epoch in s.drops for s in chosen)
    assert experiment.warm_settings(data, 0).method == "full-precision"


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, set()),
        # as calm as ProxQuant
        ({"parq": (18.0, 0.05)}, {0}),
        # worse than BinaryConnect
        ({"proxquant": (25.0, 0.1)}, {3}),
    ],
)
def test_what_held(changed, fails):
    found = everything(**changed)
    held = [holds(found) for holds in experiment.PREDICTIONS.values()]
    assert {i for i, value in enumerate(held) if value is not True} == fails
    assert experiment.report(found).count("**did not hold**") == len(fails)


def test_ranks_that_go_together_are_no_correlation_below_0():
    found = everything()
    for data in experiment.DATA:
        for place, method in enumerate(experiment.METHODS):
            for seed in experiment.SEEDS:
                found[f"{data} {method} {seed}"] = run(10.0 + place, 1.0 + place)
    assert experiment.correlation(found, "digits") == pytest.approx(1)
    held = [holds(found) for holds in experiment.PREDICTIONS.values()]
    assert held[1:3] == [False, False]


def test_a_part_of_the_runs_decides_nothing():
    found = {name: one for name, one in everything().items() if name.startswith("digits")}
    assert [holds(found) for holds in experiment.PREDICTIONS.values()] == [None] * 4
    calm = {name: one for name, one in everything(parq=(18.0, 0.05)).items() if "digits" in name}
    # one that is done refutes what is said of both
    assert [holds(calm) for holds in experiment.PREDICTIONS.values()] == [False, None, None, None]
    text = experiment.report(found)
    assert "**digits**" in text
    assert "CIFAR-10" not in text
    assert "| BinaryConnect | 20.10 ± 0.10 | 1.000 ± 0.000 | 50 ± 0 |" in text
    assert experiment.draw(found).startswith(b"\x89PNG")


def test_methods_with_equal_figures_share_a_rank(monkeypatch):
    found = everything(parq=(12.0, 3.0), bop=(12.0, 3.0), binaryrelax=(12.0, 3.0))
    forward = experiment.correlation(found, "digits")
    monkeypatch.setattr(experiment, "METHODS", experiment.METHODS[::-1])
    assert experiment.correlation(found, "digits") == pytest.approx(forward)
