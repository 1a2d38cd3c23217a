"""The treebank's plan, and what its report says of runs: tables, paired differences, which predictions held."""

import math

import pytest

from experiments import ptb
from experiments.queue import read
from pqtheory.networks.tables import treebank


def run(name, seed, test, saturated=0.1, epochs=10):
    point = {"quantized": test, "latent": test / 2}
    worse = {"quantized": 2 * test, "latent": test / 3}
    curve = [
        {"epoch": 0, "test": worse, "held_out": worse},
        {"epoch": 1, "test": point, "held_out": point},
        {"epoch": 2, "test": {"quantized": 1.0}, "held_out": worse},
    ]
    return {
        "name": f"{name}-{seed}",
        "settings": {"seed": seed, "epochs": 10, "method": "proxquant"},
        "epochs": epochs,
        "curves": {"perplexity": curve},
        "last": {
            "watched": {
                "quantized": {"gate saturation": saturated},
                "latent": {"gate saturation": 0.0},
            },
            "code_changes": {"a": {"mean": 0.25}, "b": {"mean": 0.75}},
        },
    }


def everything(**changed):
    found = {
        **{"FP": 80.0, "BC +-1": 400.0, "PQ +-1": 300.0, "BC scaled": 120.0, "PQ scaled": 121.0},
        **{"BC +-1 normalised": 130.0, "ALT 2-bit": 95.0, "ALT-PQ 2-bit": 94.0},
    } | {name.replace("_", " "): value for name, value in changed.items()}
    return [
        run(
            name,
            seed,
            value + seed * (1 + value / 300),
            0.5 if "+-1" in name and "norm" not in name else 0.1,
        )
        for name, value in found.items()
        for seed in range(3)
    ]


def test_the_plans_are_the_papers_and_what_two_cores_carry():
    small, full = ptb.plan("small", 3), ptb.plan("full", 1)
    assert [p.settings.seed for p in small] == [0] * 10 + [1] * 10 + [2] * 10
    rates = {p.name.removesuffix("-0"): p.settings.rate for p in small[:10]}
    assert (rates["PQ scaled"], rates["PQ scaled, slower"]) == (5e-4, 5e-5)
    assert (rates["ALT-PQ 2-bit"], rates["ALT-PQ 2-bit, slower"]) == (5e-4, 5e-6)
    assert {(p.settings.epochs, p.settings.options["tokens"]) for p in small} == {(10, 300_000)}
    assert {p.settings.epochs for p in full} == {80}
    assert {p.settings.options["hidden"] for p in full} == {300}
    assert {p.settings.gradient_factor for p in full} == {1.0, 0.3}
    assert {p.settings.levels for p in full} >= {
        "1-bit",
        "2-bit",
        "3-bit",
        "binary",
        "scaled-binary",
    }
    assert set(treebank.PUBLISHED) <= set(ptb.FULL)
    queued = dict(read())["table 2, the LSTM on the Penn Treebank"]
    assert [p.name for p in queued] == [p.name for p in ptb.plan("full", 3)]
    assert len({p.name for p in queued}) == len(queued)
    dry = ptb.plan(data="digits", model="small", epochs=3, warm_epochs=1, held_out=100, amp=False)
    assert {(p.settings.data, p.settings.epochs) for p in dry} == {("sentences", 3)}


def test_the_epoch_is_picked_on_the_validation_part():
    assert treebank.picked(run("FP", 0, 50.0))["epoch"] == 1


def test_the_table_marks_what_is_recalled_and_what_was_not_run():
    rows = treebank.rows([*everything(), run("FP", 7, 1.0, epochs=9)], ptb.FULL)
    by_name = {row[0]: row for row in rows}
    assert by_name["BC +-1"][1:4] == ("372.2", "recalled, unverified", "402.3 ± 2.3")
    assert by_name["ALT 2-bit"][2] == "read in the source"
    assert by_name["PQ scaled"][1:3] == ("-", "-")
    assert by_name["ALT 3-bit"][3:] == ("-", "-", "-", "-", "0")
    # an unfinished run does not count
    assert by_name["FP"][-1] == "3"
    assert by_name["FP"][6] == "50.00 ± 0.00"


def test_differences_are_paired_over_seeds():
    found = treebank.log_ratio(everything(), "PQ scaled", "BC scaled")
    mean, interval, p, pairs = found
    assert mean == pytest.approx(math.log(121 / 120), abs=1e-3)
    assert interval[0] < mean < interval[1]
    assert p < 0.05
    assert pairs == 3
    assert treebank.log_ratio([run("FP", 0, 3.0)], "FP", "BC +-1") is None


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, None),
        ({"PQ_+-1": 150.0}, 0),
        ({"PQ_+-1": 450.0}, 2),
        ({"PQ_scaled": 100.0}, 2),
        ({"BC_+-1_normalised": 300.0}, 3),
    ],
)
def test_what_held_and_what_did_not(changed, fails):
    found = everything(**changed)
    held = [says(found) for says in ptb.PREDICTIONS.values()]
    assert [i for i, value in enumerate(held) if value is not True] == (
        [] if fails is None else [fails]
    )
    assert ptb.report(found, "small").count("**did not hold**") == (fails is not None)


@pytest.mark.parametrize(("scaled", "held"), [(100.0, True), (150.0, False)])
def test_slower_rates_have_predictions_of_their_own(scaled: float, held: bool) -> None:
    found = [*everything(), *(run("PQ scaled, slower", s, scaled + s) for s in range(3))]
    assert [says(found) for says in ptb.TUNED_PREDICTIONS.values()] == [held, None]
    assert "slower" not in ptb.report(found, "full").partition("Predictions")[2]


def test_saturation_is_a_prediction_of_its_own():
    found = everything()
    for one in found:
        one["last"]["watched"]["quantized"]["gate saturation"] = 0.3
    assert [says(found) for says in ptb.PREDICTIONS.values()] == [True, False, True, True]


def test_a_partial_table_says_so():
    assert ptb.draw([run("FP", 0, 90.0)]).startswith(b"\x89PNG")
    text = ptb.report([run("FP", 0, 90.0)], "small")
    assert "1 finished runs" in text
    assert text.count("**not decided by these runs**") == 6
