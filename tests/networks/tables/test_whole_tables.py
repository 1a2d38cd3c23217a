"""Tables in whole: titles, heads, cells, captions; groups of runs, and which settings are named."""

import copy
import json
import math

import numpy as np
import pytest

from pqtheory.networks.tables import comparison, paired, results
from pqtheory.networks.tables.published import CIFAR10, PARQ, PROXQUANT, READ, RECALLED, SIGN_CHANGE
from pqtheory.networks.tables.results import grouped, is_finished, read_runs
from pqtheory.networks.tables.run_table import HEADS, paired_table, run_table

from ..messages import begins_with, exactly
from .result_files import made, write

OURS = (
    "Ours: test error of the quantized network (in full precision: of the network) after the last epoch, and after "
    "the epoch, of those after the freeze, with the least error on held-out training images; "
    "mean ± standard deviation over the runs."
)
BINARY = [
    made("proxquant", 0, [0.9] * 6 + [0.25]),
    made("proxquant", 1, [0.9] * 6 + [0.125]),
    made("parq", 0, [0.9] * 6 + [0.5]),
    made("full-precision", 0, [0.9] * 6 + [0.0625], warm=None),
    made("binaryconnect", 0, [0.9] * 6),
]
#: what stands where we have no run
NOT_OURS = ("-",) * 5


def test_cifar10_as_published_and_beside_it_what_we_have():
    found = comparison.cifar10(BINARY)
    assert found.title == "CIFAR-10, top-1 test error in %"
    assert found.caption == (
        f"{OURS} ProxQuant's paper trains a binary network for 300 epochs and a ternary one for 600, and its code "
        "picks the epoch on the test set; PARQ quantizes all weights. Left out: 1 run that is not finished."
    )
    assert comparison.cifar10(BINARY[:4]).caption.endswith("PARQ quantizes all weights. ")
    rows = {row[:4]: row[4:] for row in found.rows}
    assert len(rows) == len(found.rows) == len(CIFAR10) + 1
    start = ("resnet20", "binary")
    assert rows[*start, "proxquant", PROXQUANT] == (
        *("9.35 ± 0.13", "4", RECALLED),
        # mean and standard deviation of 25 and 12.5, after the epoch that was picked too
        *("18.75 ± 8.84", "18.75 ± 8.84", "6", "2", "corrected"),
    )
    assert rows[*start, "binaryconnect", PROXQUANT] == ("9.54 ± 0.03", "4", RECALLED, *NOT_OURS)
    assert rows["resnet20", "-", "full-precision", PROXQUANT] == (
        *("8.06", "-", RECALLED, "6.25", "6.25", "6", "1", "corrected"),
    )
    # another paper's, with other weights quantized, is beside none of ours
    assert rows[*start, "parq", PARQ] == ("9.52", "3", READ, *NOT_OURS)
    assert rows[*start, "parq", "-"] == (*("-", "-", "-", "50.00", "50.00", "6", "1", "corrected"),)
    assert rows["resnet44", "ternary", "ttq", PROXQUANT] == ("7.02", "-", RECALLED, *NOT_OURS)


def test_sign_changes_as_published_and_beside_them_what_we_have():
    runs = [*BINARY, made("proxquant", 2, [0.9] * 6 + [0.5], warm="resnet20-warm1")]
    found = comparison.sign_change(runs)
    assert found.title == (
        "Sign change against the warm start, ResNet-20 on CIFAR-10, and test error in %"
    )
    assert found.caption == (
        f"The paper's raw runs: frozen at epoch 400 of 600; read, some of their digits {RECALLED}. Sign change: share "
        "of the quantized weights whose sign is not that of the warm start, at the last epoch. Our warm starts are "
        f"other networks than the paper's of the same number. {OURS} Left out: 1 run that is not finished."
    )
    rows = {row[:2]: row[2:] for row in found.rows}
    assert len(rows) == len(found.rows) == len(SIGN_CHANGE)
    # warm starts in the order of their names; 0.2 and 0.3 of the signs have changed
    assert rows["1", "proxquant"] == (
        *("0.276", "9.146", "4", RECALLED, "0.250 ± 0.071"),
        *("18.75 ± 8.84", "18.75 ± 8.84", "6", "2", "corrected"),
    )
    assert rows["2", "proxquant"] == (
        *("0.288", "9.444", "4", RECALLED, "0.400", "50.00", "50.00", "6", "1", "corrected"),
    )
    assert rows["3", "proxquant"] == ("0.275", "9.084", "4", RECALLED, "-", *NOT_OURS)
    assert rows["2", "binaryconnect"] == ("0.381", "9.745", "4", RECALLED, "-", *NOT_OURS)


PAIRS = [
    *(made("binaryconnect", seed, [0.9] * 6 + [0.25]) for seed in range(3)),
    *(made("proxquant", seed, [0.9] * 6 + [0.125 + seed / 16]) for seed in range(2)),
]


def test_the_paired_table_as_a_whole():
    found = paired.paired(PAIRS)
    assert found.title == (
        "Against binaryconnect, same seeds and warm starts; differences in percentage points"
    )
    assert found.heads == (
        *("network", "levels", "epochs", "method", "its settings", "settings of binaryconnect"),
        *("pairs", "error", "error, interval", "error, p"),
        *("signs changed", "signs changed, interval", "signs changed, p"),
    )
    assert found.caption == (
        "Mean difference over the pairs, its 95% interval and p by Student's paired t-test; negative "
        "where the method has less. One pair has no interval, and the intervals of few are wide. Nothing is corrected "
        "for the number of rows."
    )
    # -12.5 and -6.25
    assert found.rows == (
        (
            *("resnet20", "binary", "6", "proxquant", "corrected", "corrected", "2"),
            *("-9.38", "-49.08 to +30.33", "0.2", "+0.00", "-", "-"),
        ),
    )


def test_pairs_share_network_levels_and_epochs():
    for changes in ({"levels": "ternary"}, {"model": "resnet32"}):
        other = copy.deepcopy(PAIRS)
        for run in other[:3]:
            run["settings"].update(changes)
        assert paired.paired(other).rows == ()


def test_differences_as_near_as_rounding_leaves_them_are_the_same():
    assert paired.difference([1.0, 1.0 + 1e-13]) == (pytest.approx(1.0), None, None)
    assert paired.difference([1.0, 1.0 + 1e-11])[1] is not None
    assert paired.difference(iter([-1.0, -1.0])) == (-1.0, None, None)


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    message = "the paired table needs scipy: pip install 'pqtheory[tables]'"
    with pytest.raises(ImportError, match=exactly(message)):
        paired.difference([1.0, 2.0])


def test_pairs_that_are_alone_have_no_row_in_markdown():
    heads = "| " + " | ".join(paired.paired([]).heads) + " |\n"
    marks = "| --- |" + " ---: |" * 12 + "\n"
    assert paired_table(PAIRS[:4]) == heads + marks
    (row,) = paired_table(PAIRS).splitlines()[2:]
    assert row == "| " + " | ".join(paired.paired(PAIRS).rows[0]) + " |"


def test_groups_are_of_one_setting_whatever_the_seed_and_the_warm_start():
    runs = [
        *BINARY[:2],
        made("proxquant", 2, [0.9] * 6 + [0.5], warm="resnet20-warm1", measure_every=2),
        made("proxquant", 0, [0.9] * 6 + [0.5], compile=True),
        made("proxquant", 3, [0.9] * 3),
        BINARY[3],
    ]
    prox, full = grouped(runs)
    assert (prox.model, prox.levels, prox.method, prox.warm_start, prox.epochs, prox.label) == (
        *("resnet20", "binary", "proxquant", None, 6, "corrected"),
    )
    assert prox.last.tolist() == [0.25, 0.125, 0.5, 0.5]
    assert prox.signs.tolist() == pytest.approx([0.2, 0.3, 0.4, 0.2])
    assert prox.runs == tuple(runs[:4])
    assert (full.levels, full.method) == ("-", "full-precision")
    assert math.isnan(full.signs[0])
    one, other, full = grouped(runs, by_warm_start=True)
    assert [group.warm_start for group in (one, other, full)] == [
        *("resnet20-warm", "resnet20-warm1", None),
    ]
    assert (one.last.tolist(), other.last.tolist()) == ([0.25, 0.125, 0.5], [0.5])


def test_what_is_picked_is_the_least_held_out_error_after_the_freeze():
    # frozen before epoch 4: what is measured after it counts
    held_out = [0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.3]
    (group,) = grouped([made("proxquant", 0, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], held_out)])
    assert group.runs[0]["settings"]["freeze_epoch"] == 4
    assert group.picked.tolist() == [0.6]
    # never frozen: from the first epoch on
    run = made("full-precision", 0, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [0.0, *[0.5] * 5, 0.4])
    assert grouped([run])[0].picked.tolist() == [0.7]
    for measured in run["curves"]["error"]:
        del measured["held_out"]
    assert math.isnan(grouped([run])[0].picked[0])


def test_a_group_is_named_by_its_preset_and_what_sets_it_apart_from_its_kind():
    runs = [
        made("proxquant", 0, [0.9] * 7),
        made("proxquant", 0, [0.9] * 7, lr=0.5, drops=(1,)),
        made("proxquant", 0, [0.9] * 7, preset="faithful"),
        # others of another kind name nothing
        made("proxquant", 0, [0.9] * 7, levels="ternary", lr=0.25),
        made("proxquant", 0, [0.9] * 8, epochs=7, lr=0.125),
        made("binaryconnect", 0, [0.9] * 7, lr=0.0625),
    ]
    assert [group.label for group in grouped(runs)] == [
        "corrected, lr = 0.01, drops = []",
        "corrected, lr = 0.5, drops = [1]",
        *("faithful", "corrected", "corrected", "corrected"),
    ]
    # a setting that older files do not have is another one
    older = copy.deepcopy(runs[0])
    del older["settings"]["track"]
    assert [group.label for group in grouped([older, runs[0]])] == [
        *("corrected", "corrected, track = epoch"),
    ]


def test_sign_changes_are_those_at_the_end():
    run = made("proxquant", 0, [0.9] * 7)
    run["curves"]["change_from_start, all"] = [0.5, 0.25]
    assert grouped([run])[0].signs.tolist() == [0.25]
    for nothing in ([], None):
        run["curves"]["change_from_start, all"] = nothing
        assert math.isnan(grouped([run])[0].signs[0])
    del run["curves"]["change_from_start, all"]
    assert math.isnan(grouped([run])[0].signs[0])


@pytest.mark.parametrize(("epochs", "finished"), [(5, False), (6, True), (7, True)])
def test_a_run_is_finished_when_all_its_epochs_are_done(epochs, finished):
    assert is_finished({"epochs": epochs, "settings": {"epochs": 6}}) is finished


def test_files_are_read_in_their_order_and_each_run_once(tmp_path):
    runs = [made("proxquant", seed, [0.9] * 7) for seed in range(3)]
    write(tmp_path, [runs[1]], "cifar10-b")
    write(tmp_path, [runs[0], made("proxquant", 9, [0.9], data="digits"), runs[2]], "cifar10-a")
    write(tmp_path, [made("proxquant", 8, [0.9])], "another")
    assert read_runs(str(tmp_path), "cifar10") == [runs[0], runs[2], runs[1]]
    assert read_runs(tmp_path / "cifar10-b.json", "whatever") == [runs[1]]
    # of one in two files the one that has come farther, and of as far the first
    short = made("proxquant", 1, [0.9] * 3)
    other = {**runs[1], "seconds": 9.0}
    write(tmp_path, [short], "cifar10-0")
    write(tmp_path, [other], "cifar10-c")
    assert read_runs(tmp_path, "cifar10") == [runs[1], runs[0], runs[2]]


def test_results_that_cannot_be_read(tmp_path):
    nowhere = tmp_path / "none"
    message = f"results: no file or folder '{nowhere}'"
    with pytest.raises(FileNotFoundError, match=exactly(message)):
        read_runs(nowhere, "cifar10")
    run = made("proxquant", 1, [0.9] * 3)
    file = write(tmp_path, [run, run])
    with pytest.raises(
        ValueError, match=exactly(f"{file}: expected each run once, got 'proxquant-1' twice")
    ):
        read_runs(file, "cifar10")
    file.write_text("{")
    with pytest.raises(ValueError, match=begins_with(f"{file}: not JSON: ")):
        read_runs(file, "cifar10")
    file.write_text(json.dumps({"runs": 3}))
    with pytest.raises(ValueError, match=exactly(f"{file}: field 'runs': expected a list, got 3")):
        read_runs(file, "cifar10")


def finished(**changes):
    settings = {"method": "proxquant", "epochs": 4, "freeze_epoch": 3, **changes}
    return {
        "name": "pq",
        "settings": settings,
        "epochs": 4,
        "last": {"error": {"test": {"latent": 0.5}}},
        "fixed_point_share": {"0": 0.5, "4": 1.0},
        "curves": {
            "quantization_error": [4.0, 3.0, 2.0, 1.0, 0.0],
            "change_from_start, all": [0.1, 0.2, 0.3, 0.25],
            "flips, all": [0.5, 0.25, 0.125, 0.0625],
            "reversals, all": [0.0, 0.25, 0.125, 0.0],
        },
    }


def rows_of(*runs):
    return [line.strip("| ").split(" | ") for line in run_table(runs).splitlines()[2:]]


def test_the_table_of_runs():
    assert (
        *("run", "test error, %", "re-estimated, %", "held-out error, %", "signs changed, %"),
        *("flips a weight", "flips at the freeze, %", "reversals at the freeze, %"),
        *("calm from epoch", "RMS at the freeze", "fixed-point share: start, freeze, end"),
    ) == HEADS
    plain = ["pq", "50.00", *["-"] * 9]
    assert rows_of(finished(method="full-precision")) == [plain]
    for never in (None, 0):
        assert rows_of(finished(freeze_epoch=never)) == [plain]
    assert rows_of(finished(), {**finished(), "epochs": 3}) == [
        ["pq", "50.00", "-", "-", "25.0", "0.94", "12.50", "12.50", "-", "1.000", "0.500, 1.000"]
    ]


@pytest.mark.parametrize(
    ("flips", "calm"),
    [
        ([0.0, 0.0, 0.0, 0.5], "1"),
        ([0.001, 0.0, 0.0, 0.5], "2"),
        ([0.5, 0.0009, 0.0, 0.0], "2"),
        ([0.0, 0.001, 0.0, 0.0], "3"),
        ([0.0, 0.0, 0.001, 0.0], "-"),
    ],
)
def test_a_network_is_calm_from_the_epoch_on_from_which_few_signs_flip(flips, calm):
    run = finished()
    run["curves"]["flips, all"] = flips
    assert rows_of(run)[0][8] == calm


def test_what_is_not_finite_is_not_shown():
    assert comparison._spread(np.array([0.5, math.nan]), 1, 2) == "-"
    assert comparison._spread(np.array([0.5]), 100, 1) == "50.0"
    assert comparison._spread(np.array([0.5, 0.75]), 100, 1) == "62.5 ± 17.7"


def test_results_of_ours_are_with_the_package_or_in_the_checkout():
    wheel, checkout = results.MEASURED
    assert wheel.parts[-3:] == ("networks", "tables", "measured")
    assert (checkout / "cifar10.json").is_file()
