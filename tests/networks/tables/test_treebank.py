"""The treebank's table by hand: what is picked, which runs count, and what stands where there is none."""

import math

import pytest

from pqtheory.networks.tables import treebank
from pqtheory.networks.tables.published import READ, RECALLED


def run(name, seed, points, saturated=0.5, codes=None, epochs=None):
    """A run by (validation, test) perplexities from epoch 0 on."""
    curve = [
        {
            "epoch": epoch,
            "held_out": {"latent": 1.0, "quantized": valid},
            "test": {"latent": 1.0, "quantized": test},
        }
        for epoch, (valid, test) in enumerate(points)
    ]
    done = len(points) - 1
    last = {
        "watched": {
            "latent": {"gate saturation": 9.0, "other": 9.0},
            "quantized": {"gate saturation": saturated},
        }
    }
    if codes is not None:
        last["code_changes"] = {str(n): {"mean": mean, "most": 9.0} for n, mean in enumerate(codes)}
    return {
        "name": f"{name}-{seed}",
        "settings": {"epochs": epochs or done, "seed": seed},
        "epochs": done,
        "last": last,
        "curves": {"perplexity": curve},
    }


ONE = run("BC +-1", 3, [(1.0, 1.0), (8.0, 9.0), (7.0, 11.0), (7.5, 2.0)], 0.25, [0.5, 0.25])
TWO = run("BC +-1", 4, [(1.0, 1.0), (6.0, 10.0)], 0.75, [0.125, 0.125])


def test_what_is_picked_has_the_least_validation_perplexity_and_is_no_start():
    assert treebank.picked(ONE) is ONE["curves"]["perplexity"][2]
    assert treebank.picked(TWO) is TWO["curves"]["perplexity"][1]


def test_finished_runs_by_method_and_seed():
    begun = run("BC +-1", 5, [(1.0, 1.0), (2.0, 2.0)], epochs=2)
    dashed = run("ALT-PQ 1-bit", 3, [(1.0, 1.0), (2.0, 2.0)])
    assert treebank.finished([ONE, begun, dashed, TWO]) == {
        "BC +-1": {3: ONE, 4: TWO},
        "ALT-PQ 1-bit": {3: dashed},
    }


def test_rows_of_methods_with_and_without_runs():
    found = treebank.rows([ONE, TWO], ["BC +-1", "ALT 1-bit", "ours alone"])
    assert (
        *("method", "paper's perplexity", "that figure is", "ours, test", "ours, validation"),
        *("gates saturated, %", "codes changed in the last epoch, %", "runs"),
    ) == treebank.HEADS
    assert found == [
        (
            *("BC +-1", "372.2", RECALLED, "10.5 ± 0.7", "6.5 ± 0.7"),
            *("50.00 ± 35.36", "25.00 ± 17.68", "2"),
        ),
        ("ALT 1-bit", "116.7", READ, "-", "-", "-", "-", "0"),
        ("ours alone", "-", "-", "-", "-", "-", "-", "0"),
    ]
    (alone,) = treebank.rows([TWO], ["BC +-1"])
    assert alone[3:] == ("10.0", "6.0", "75.00", "12.50", "1")


def test_codes_are_shown_where_all_runs_have_them():
    none = run("BC +-1", 5, [(1.0, 1.0), (6.0, 10.0)])
    (mixed,) = treebank.rows([ONE, none], ["BC +-1"])
    assert mixed[6] == "-"


def test_the_ratio_of_perplexities_over_common_seeds():
    other = [
        run("PQ +-1", seed, [(1.0, 1.0), (1.0, test)])
        for seed, test in ((4, 5.0), (3, 22.0), (9, 1.0))
    ]
    mean, interval, p, pairs = treebank.log_ratio([ONE, TWO, *other], "BC +-1", "PQ +-1")
    # ln (11 / 22) and ln (10 / 5)
    assert mean == pytest.approx(0.0)
    assert interval == pytest.approx((-12.7062 * math.log(2), 12.7062 * math.log(2)), rel=1e-5)
    assert (p, pairs) == (pytest.approx(1.0), 2)
    mean, interval, p, pairs = treebank.log_ratio([TWO, *other], "BC +-1", "PQ +-1")
    assert (mean, interval, p, pairs) == (pytest.approx(math.log(2)), None, None, 1)
    assert treebank.log_ratio([ONE, *other[:1]], "BC +-1", "PQ +-1") is None
    assert treebank.log_ratio([ONE], "BC +-1", "PQ +-1") is None
    assert treebank.log_ratio([ONE], "PQ +-1", "BC +-1") is None
