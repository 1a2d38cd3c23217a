"""The rates on the treebank: what is run, which is best, and what held."""

import pytest

from experiments import ptb, ptb_rates
from tests.experiments.test_ptb import run

RATES = ("5e-06", "5e-05", "0.0005")


def runs(straight=70.0, **by_rate):
    found = dict(zip(RATES, (75.0, 71.0, 85.0), strict=True)) | by_rate
    return [
        one
        for levels in ptb_rates.LEVELS
        for one in (
            run(f"{levels} straight-through", 9, straight),
            *(run(f"{levels} rate {rate}", 9, value) for rate, value in found.items()),
        )
    ]


def test_the_runs_are_those_of_the_table_at_other_rates_and_another_seed():
    plan = ptb_rates.plan()
    assert [planned.name for planned in plan] == [one["name"] for one in runs()]
    table = {planned.name: planned.settings for planned in ptb.plan("small")}
    last = plan[-1].settings.to_dict()
    assert last | {"seed": 0} == table["ALT-PQ 2-bit-0"].to_dict()
    assert 9 not in {settings.seed for settings in table.values()}


def test_the_best_rate_has_the_least_validation_perplexity():
    assert ptb_rates.best(runs(), "2-bit") == "2-bit rate 5e-05"
    assert ptb_rates.best(runs()[:-1], "2-bit") is None


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        ({}, [True, True]),
        ({"straight": 60.0}, [True, False]),
        ({"0.0005": 70.0}, [False, True]),
    ],
)
def test_what_held_and_what_did_not(changed, held):
    found = runs(**changed)
    assert [decide(found) for decide in ptb_rates.PREDICTIONS.values()] == held
    assert "| 2-bit rate 5e-05 | 71.00 | 71.00 |" in ptb_rates.report(found)


def test_what_is_not_there_is_not_decided():
    assert [decide([]) for decide in ptb_rates.PREDICTIONS.values()] == [None, None]
    assert "| 2-bit straight-through | - | - |" in ptb_rates.report([])
