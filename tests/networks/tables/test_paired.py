"""Two methods on the same seeds and warm starts: which runs make pairs, and the test of their differences."""

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from pqtheory import cli
from pqtheory.networks.tables.paired import difference, paired

from .result_files import made, rows_of, write


def runs(method, errors, **changes):
    return [made(method, seed, [0.9] * 6 + [error], **changes) for seed, error in enumerate(errors)]


CONNECT = runs("binaryconnect", [0.20, 0.22, 0.21])
PROX = runs("proxquant", [0.17, 0.18, 0.20])


def test_differences_of_the_pairs_and_their_test():
    (row,) = rows_of(paired(PROX + CONNECT))
    assert (row["method"], row["pairs"], row["error"]) == ("proxquant", "3", "-2.67")
    test = stats.ttest_rel([17, 18, 20], [20, 22, 21])
    low, high = test.confidence_interval()
    assert row["error, interval"] == f"{low:+.2f} to {high:+.2f}"
    assert row["error, p"] == f"{test.pvalue:.2g}"


def test_runs_are_matched_by_seed_and_warm_start_whatever_their_order():
    other = made("proxquant", 0, [0.9] * 6 + [0.9], warm="another start")
    late = made("proxquant", 7, [0.9] * 6 + [0.9])
    (row,) = rows_of(paired([other, late, *reversed(PROX), *CONNECT]))
    (plain,) = rows_of(paired(PROX + CONNECT))
    assert row == plain


def test_sign_changes_are_compared_too():
    few = runs("proxquant", [0.1, 0.1])
    for run, share in zip(few, (0.1, 0.15), strict=True):
        run["curves"]["change_from_start, all"] = [share]
    (row,) = rows_of(paired(few + CONNECT))  # of BinaryConnect 0.2 and 0.3
    assert row["signs changed"] == "-12.50"
    assert row["signs changed, interval"] == "-44.27 to +19.27"
    assert row["signs changed, p"] == "0.13"


@pytest.mark.parametrize(
    "others",
    [
        [],
        [made("proxquant", 0, [0.9] * 5)],  # not finished
        [made("proxquant", 0, [0.9] * 7, levels="ternary")],
        [made("proxquant", 0, [0.9] * 10, epochs=9)],
        [made("proxquant", 9, [0.9] * 7)],
        [made("full-precision", 0, [0.9] * 7)],
    ],
    ids=["none", "unfinished", "ternary", "longer", "another seed", "full precision"],
)
def test_what_makes_no_pair_makes_no_row(others):
    assert paired([*others, *CONNECT]).rows == ()


def test_one_pair_and_equal_differences_have_no_interval():
    assert difference([0.3]) == (0.3, None, None)
    assert difference([2.0, 2.0, 2.0]) == (2.0, None, None)
    # the same but for rounding
    assert difference([0.3 - 0.2, 0.2 - 0.1, 0.1])[1:] == (None, None)
    assert difference([0.0, 0.0]) == (0.0, None, None)
    mean, interval, p = difference([1.0, 2.0])
    assert mean == 1.5
    assert interval == pytest.approx((1.5 - 12.7062 / 2, 1.5 + 12.7062 / 2), abs=1e-4)
    assert p == pytest.approx(1 - 2 * np.arctan(3) / np.pi)  # Student's t of one degree is Cauchy's


def test_the_command_shows_them(tmp_path):
    file = write(tmp_path, PROX + CONNECT)
    found = CliRunner(env={"COLUMNS": "250"}).invoke(
        cli.main, ["table", "cifar10", "--paired", "--results", str(file)]
    )
    assert found.exit_code == 0, found.output
    assert "-2.67" in found.output
    assert "same seeds and warm starts" in found.output


def test_paired_is_for_result_files(tmp_path):
    bad = CliRunner().invoke(cli.main, ["table", str(tmp_path), "--paired"])
    assert bad.exit_code == 2
    assert "--paired: only with cifar10 or sign-change alone" in bad.output
