"""The table of runs: its figures by hand, and that the pages quote what it prints."""

from pathlib import Path

import pytest

from experiments import RESULTS
from pqtheory.networks.tables.results import read_runs
from pqtheory.networks.tables.run_table import HEADS, paired_table, run_table

PAGES = Path(__file__).parents[2] / "docs"


def run(**changes):
    settings = {"method": "proxquant", "epochs": 4, "freeze_epoch": 3, **changes}
    return {
        "name": "pq",
        "settings": settings,
        "epochs": 4,
        "last": {
            "error": {
                "test": {"latent": 0.9, "quantized": 0.25, "quantized, reestimated": 0.5},
                "held_out": {"latent": 0.9, "quantized": 0.125},
            }
        },
        "fixed_point_share": {"0": 0.5, "3": 0.25, "4": 1.0},
        "curves": {
            "quantization_error": [4.0, 3.0, 2.0, 1.0, 0.0],
            "change_from_start, all": [0.1, 0.2, 0.3, 0.25],
            "flips, all": [0.5, 0.002, 0.0005, 0.0],
            "reversals, all": [0.0, 0.25, 0.0001, 0.0],
        },
    }


def cells(runs):
    heads, _, *rows = (line.strip("| ").split(" | ") for line in run_table(runs).splitlines())
    assert tuple(heads) == HEADS
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_figures_by_hand():
    (row,) = cells([run(), {**run(), "epochs": 3}])
    assert list(row.values()) == [
        *("pq", "25.00", "50.00", "12.50", "25.0", "0.50", "0.05", "0.01", "3", "1.000"),
        "0.500, 0.250, 1.000",
    ]
    restless = run()
    restless["curves"]["flips, all"][2] = 0.001
    assert cells([restless])[0]["calm from epoch"] == "-"
    (plain,) = cells([run(method="full-precision", freeze_epoch=None)])
    assert plain["signs changed, %"] == plain["RMS at the freeze"] == "-"


@pytest.mark.parametrize(
    ("name", "make"), [("cifar10", run_table), ("cifar10", paired_table), ("cifar10-60", run_table)]
)
def test_the_page_quotes_what_it_prints(name, make):
    printed = make(read_runs(RESULTS / f"{name}.json", name))
    assert printed.count("\n") > 2
    assert printed in (PAGES / "cifar10.md").read_text()
