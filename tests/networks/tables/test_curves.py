"""Curves of runs, those of a label together; what a plan's runs found; rows of a table and how they are named."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pqtheory.networks.metrics import ERROR, PERPLEXITY
from pqtheory.networks.sweeps import Plan, Planned
from pqtheory.networks.tables import collected as module
from pqtheory.networks.tables import summary
from pqtheory.networks.tables.collected import collected, layers_of
from pqtheory.networks.tables.curves import (
    SIGN_METRICS,
    curve_rows,
    distance_rows,
    freezes,
    metric_rows,
    sign_rows,
)
from pqtheory.networks.tables.summary import NUMBER, Row, cells_of, rows, spread
from pqtheory.networks.training import RunFolder, Settings
from pqtheory.signs import CODE_METRICS

from ..messages import exactly


class Folder:
    """What a table sees of a run."""

    def __init__(self, lines, path="runs/a", **settings):
        self.lines, self.path, self.settings = lines, Path(path), Settings(**settings)

    def metrics(self):
        return self.lines


def row(*runs, label="a", measure=ERROR):
    return Row(label, 3, {}, runs, measure)


def signed(epoch, change, **more):
    return {"epoch": epoch, "signs": {"all": {"change_from_start": change, "flips": 9.0}}, **more}


def test_a_metric_of_signs_by_layer_and_run():
    lines = [
        {"epoch": 0},
        {"epoch": 1, "signs": {"a": {"flips": 0.5}, "all": {"flips": 0.25}}},
        {"epoch": 2, "signs": {"a": {"flips": 0.75}, "all": {"flips": 1.0}}},
    ]
    found = sign_rows(row(Folder(lines), Folder(lines[:2]), Folder(lines[:1])), "flips")
    assert found == {"a": [[0.5, 0.75], [0.5]], "all": [[0.25, 1.0], [0.25]]}


def test_a_metric_of_codes_is_that_of_the_codes():
    lines = [
        {"epoch": 0},
        {
            "epoch": 1,
            "signs": {"all": {"flips": 9.0}},
            "codes": {"all": {"flips": 0.5, "c2i": None}},
        },
    ]
    run = Folder(lines, metrics=("flips", "c2i"))
    assert sign_rows(row(run), "flips") == {"all": [[0.5]]}
    ((value,),) = sign_rows(row(run), "c2i")["all"]
    assert math.isnan(value)
    message = "runs/a: dwell is not recorded; train with --metrics dwell"
    with pytest.raises(ValueError, match=exactly(message)):
        sign_rows(row(run), "dwell")
    assert set(SIGN_METRICS) <= {
        *("change_from_start", "flips", "reversals", "flips_per_weight", "reversals_per_weight"),
    }


def test_flips_of_a_step_stand_beside_none_of_an_epoch():
    found = {"all": {"flips": 0.5, "c2i": 0.5}}
    line = {"epoch": 1, "signs": found, "codes": found}
    told = {"metrics": ("flips", "c2i")}
    step, epoch = (Folder([line], f"runs/{t}", track=t, **told) for t in ("step", "epoch"))
    signs = Folder([line], "runs/signs", track="step")
    for of_an_epoch in (epoch, signs):
        with pytest.raises(ValueError, match=r"flips: expected runs of one --track, got step \("):
            metric_rows([row(step), row(of_an_epoch, label="b")], "flips")
    assert len(metric_rows([row(epoch), row(signs, label="b")], "flips")) == 2
    assert len(metric_rows([row(step), row(epoch, label="b")], "c2i")) == 2


def test_a_metric_with_a_number_for_each_level_has_a_label_for_each():
    def line(epoch, inner, outer):
        return {
            "epoch": epoch,
            "codes": {"a": {"occupation": inner}, "b": {"occupation": outer}},
        }

    lines = [
        {"epoch": 0},
        line(1, [0.25, 0.75], [0.5, 0.25, 0.25]),
        line(2, None, [1.0, 0.0, 0.0]),
    ]
    run = Folder(lines, metrics=("occupation",))
    found = metric_rows([row(run)], "occupation")
    shown = {
        label: {layer: [[str(v) for v in one] for one in runs] for layer, runs in layers.items()}
        for label, layers in found.items()
    }
    assert shown == {
        "a, level 0": {"a": [["0.25", "nan"]], "b": [["0.5", "1.0"]]},
        "a, level 1": {"a": [["0.75", "nan"]], "b": [["0.25", "0.0"]]},
        "a, level 2": {"b": [["0.25", "0.0"]]},
    }
    flips = [{"epoch": 1, "signs": {"all": {"flips": 0.5}}}]
    two = [row(Folder(flips), label="x"), row(Folder(flips), label="y")]
    assert metric_rows(two, "flips") == {"x": {"all": [[0.5]]}, "y": {"all": [[0.5]]}}


def test_freezes_of_labels_and_of_their_levels():
    chosen = [
        row(Folder([], freeze_epoch=freeze), label=label)
        for label, freeze in (("a", 4), ("b", None), ("c", 0))
    ]
    labels = ["a", "a, level 0", "b", "b, level 1", "c", "d", "a, rate = 1"]
    assert freezes(chosen, labels) == {"a": 4, "a, level 0": 4, "c": 0}


def test_curves_go_as_far_as_all_runs_of_a_label_have_come():
    def lines(*errors):
        return [
            signed(epoch, epoch / 8, error={"test": {"latent": 9.0, "quantized": e}})
            if epoch
            else {"epoch": 0, "error": {"test": {"latent": 9.0, "quantized": e}}}
            for epoch, e in enumerate(errors)
        ]

    long = lines(0.5, 0.25, 0.125, 0.0625)
    # between two measurements there are signs alone
    del long[1]["error"]
    one, other = Folder(long, freeze_epoch=2), Folder(lines(0.75, 0.5), freeze_epoch=2)
    found = curve_rows([row(one, other), row(other, label="b", measure=ERROR)])
    assert list(found) == ["a", "b"]
    assert found["a"].epochs == [0, 1]
    assert found["a"].errors.tolist() == [[0.5, 0.125], [0.75, 0.5]]
    assert found["a"].signs.tolist() == [[0.125], [0.125]]
    assert (found["a"].freeze, found["a"].measure) == (2, ERROR)
    alone = curve_rows([row(one, measure=ERROR)])["a"]
    assert alone.epochs == [0, 2, 3]
    assert alone.errors.tolist() == [[0.5, 0.125, 0.0625]]
    assert alone.signs.tolist() == [[0.125, 0.25, 0.375]]


def test_curves_are_of_what_is_measured():
    lines = [{"epoch": 0, "perplexity": {"test": {"latent": 8.0}}}]
    found = curve_rows([row(Folder(lines), measure=PERPLEXITY)])["a"]
    assert (found.errors.tolist(), found.freeze, found.measure) == ([[8.0]], None, PERPLEXITY)


def test_distances_are_those_that_were_recorded_last():
    one = Folder([{"distance": "first"}, {}, {"distance": "last"}])
    other, none = Folder([{"distance": "other"}]), Folder([{}])
    found = distance_rows([row(one, none, other), row(none, label="b"), row(other, label="c")])
    assert found == {"a": ["last", "other"], "c": ["other"]}
    message = "runs: none of them has been frozen with its distances recorded"
    with pytest.raises(ValueError, match=exactly(message)):
        distance_rows([row(none)])


def test_layers_that_are_kept_of_a_network():
    assert layers_of("resnet20") == (
        *("conv.weight", "stages.2.2.conv2.weight", "fc.weight", "all"),
    )


ONE = {"a": 0.1234567, "b": 0.25, "all": 0.5}
LINES = [
    {
        "epoch": 0,
        "loss": None,
        "error": {"test": {"latent": 0.9}},
        "quantization_error": {"a": 9.0, "all": 2.0},
        "fixed_point_share": {"a": 9.0, "all": 0.75},
    },
    {
        "epoch": 1,
        "loss": 0.5,
        "signs": {
            layer: {"change_from_start": v, "flips": v / 2, "reversals": v / 4}
            for layer, v in ONE.items()
        },
        "quantization_error": {"a": 9.0, "all": 1.0},
        "distance": {"upper": 2.0, "layers": {"a": "of a", "b": "of b", "all": "of all"}},
    },
    {
        "epoch": 2,
        "loss": 0.25,
        "error": {"test": {"latent": 0.5}},
        "signs": {
            layer: {"change_from_start": v, "flips": 0.0, "reversals": 0.0}
            for layer, v in ONE.items()
        },
        "quantization_error": {"a": 9.0, "all": 0.0},
        "fixed_point_share": {"a": 9.0, "all": 1.0},
        "distance": "not the first",
    },
]


@pytest.fixture
def plan(monkeypatch):
    """A run that has begun, from a warm start, and one that has not."""
    plan = Plan(Path("runs"), (Planned("a", Settings(), "warm"), Planned("b", Settings())))
    own = Settings(lr=0.5, warm_start="runs/warm")

    def folder_of(self, run):
        made = Folder(LINES if run.name == "a" else [])
        made.settings, made.provenance, made.seconds = own, {"seed": 3}, lambda: 7.5
        return made

    monkeypatch.setattr(Plan, "folder_of", folder_of)
    return plan


def test_what_the_runs_of_a_plan_found(plan, monkeypatch):
    (found,) = collected(plan, ("a", "all", "elsewhere"))
    assert found == {
        "name": "a",
        # those that it was started with, and of which run
        "settings": {**Settings(lr=0.5).to_dict(), "warm_start": "warm"},
        "epochs": 2,
        "last": {
            "epoch": 2,
            "loss": 0.25,
            "error": {"test": {"latent": 0.5}},
            "quantization_error": {"a": 9.0, "all": 0.0},
            "fixed_point_share": {"a": 9.0, "all": 1.0},
        },
        "fixed_point_share": {"0": 0.75, "2": 1.0},
        "distance_at_freeze": {
            "epoch": 1,
            "upper": 2.0,
            "layers": {"a": "of a", "all": "of all"},
        },
        "curves": {
            "error": [{"epoch": 0, "test": {"latent": 0.9}}, {"epoch": 2, "test": {"latent": 0.5}}],
            "quantization_error": [2.0, 1.0, 0.0],
            "change_from_start, a": [0.123457, 0.123457],
            "flips, a": [0.061728, 0.0],
            "reversals, a": [0.030864, 0.0],
            "change_from_start, all": [0.5, 0.5],
            "flips, all": [0.25, 0.0],
            "reversals, all": [0.125, 0.0],
        },
        "seconds": 7.5,
        "provenance": {"seed": 3},
    }
    asked = []
    monkeypatch.setattr(module, "layers_of", lambda model: asked.append(model) or ("all",))
    (found,) = collected(plan)
    assert asked == ["small"]
    assert list(found["curves"])[2:] == [
        *("change_from_start, all", "flips, all", "reversals, all"),
    ]


def labels(*settings):
    return summary._labels([Settings(**s) for s in settings], [{}] * len(settings))


def test_rows_are_named_by_their_method_and_what_else_differs_among_its_runs():
    assert labels({}) == ["proxquant"]
    assert labels({"seed": 1}, {"seed": 2}) == ["proxquant", "proxquant"]
    assert labels({"lr": 0.123456}, {"lr": 2.0}, {"method": "binaryconnect", "lr": 0.5}) == [
        *("proxquant, lr = 0.1235", "proxquant, lr = 2", "binaryconnect"),
    ]
    assert labels({"drops": (1,), "freeze_epoch": 3}, {}) == [
        *("proxquant, freeze_epoch = 3, drops = [1]", "proxquant, freeze_epoch = None, drops = []"),
    ]
    # what differs is seen to differ
    assert labels({"lr": 0.01}, {"lr": 0.010001}, {"lr": 1 / 3}) == [
        *("proxquant, lr = 0.01", "proxquant, lr = 0.010001", "proxquant, lr = 0.33333"),
    ]
    assert labels({"lr": 0.1 + 0.2}, {"lr": 0.3}) == [
        *("proxquant, lr = 0.30000000000000004", "proxquant, lr = 0.3"),
    ]
    # options have names of their own, and one that a run has not is none
    language = {"task": "language", "data": "ptb", "model": "lstm"}
    assert labels({**language, "options": {"hidden": 8}}, language) == [
        *("proxquant, hidden = 8", "proxquant, hidden = None"),
    ]
    whole, point = ({**language, "options": {"dropout": value}} for value in (1, 1.0))
    assert labels(whole, point) == ["proxquant, dropout = 1", "proxquant, dropout = 1.0"]


def measured(folder, *lines, data="hash", **settings):
    """The folder of a run that says so."""
    made = RunFolder(folder)
    made.path.mkdir()
    made.start(Settings(epochs=4, **settings), data)
    for line in lines:
        made.add_metrics(line)
    made.save("checkpoint.pt", {"epoch": lines[-1]["epoch"]})
    return made.path


FLIPS = {"change_from_start": 0.5, "flips": 0.0, "reversals": 0.0}
SIGNS = {"size": 4, **FLIPS, "flips_per_weight": 0.0, "reversals_per_weight": 0.0}


def line(epoch, error=None, change=0.5, codes=None):
    return {
        "epoch": epoch,
        "loss": None,
        **({} if error is None else {"error": {"test": {"latent": error}}}),
        **({"signs": {"all": {**SIGNS, "change_from_start": change}}} if epoch else {}),
        **({} if codes is None else {"codes": {"all": codes}}),
    }


def test_runs_that_differ_in_their_seed_alone_are_one_row(tmp_path):
    one = measured(tmp_path / "1", line(0, 0.9), line(1, 0.25), line(2), seed=1)
    two = measured(tmp_path / "2", line(0, 0.9), line(1, 0.75, 0.25), line(2, 0.5, 0.75), seed=2)
    other = measured(tmp_path / "3", line(0, 0.125), lr=0.5)
    first, second = rows([str(one), two, other])
    assert (first.label, second.label) == ("proxquant, lr = 0.01", "proxquant, lr = 0.5")
    # each at the last epoch that was measured
    assert {k: v.tolist() for k, v in first.figures.items()} == {
        "test error, latent": [0.25, 0.5],
        "signs changed": [0.5, 0.75],
    }
    assert (first.least, first.epochs, first.measure) == (1, 2, ERROR)
    assert [run.path for run in first.runs] == [one, two]
    # at the start no sign has changed
    assert {k: v.tolist() for k, v in second.figures.items()} == {"test error, latent": [0.125]}
    assert (second.least, second.epochs) == (None, 0)
    heads, cells = cells_of([first, second])
    assert heads == ["runs", "seeds", "epochs", "test error, latent", "signs changed"]
    assert cells == [
        ["proxquant, lr = 0.01", "2", "1 to 2", "37.50 ± 17.68 %", "62.50 ± 17.68 %"],
        ["proxquant, lr = 0.5", "1", "0", "12.50 %", "–"],
    ]


def test_a_run_that_is_named_twice_counts_once(tmp_path, monkeypatch):
    one = measured(tmp_path / "1", line(0, 0.25), seed=1)
    two = measured(tmp_path / "2", line(0, 0.75), seed=2)
    (tmp_path / "link").symlink_to(one)
    monkeypatch.chdir(tmp_path)
    (found,) = rows([one, "1", two, "./1/", tmp_path / "link"])
    assert [run.path for run in found.runs] == [one, two]
    assert found.figures["test error, latent"].tolist() == [0.25, 0.75]


def test_a_copy_of_a_run_is_no_second_seed(tmp_path):
    lines = [line(0, 0.9), line(1, 0.25)]
    one = measured(tmp_path / "1", *lines, seed=1)
    two = measured(tmp_path / "2", line(0, 0.75), seed=2)
    copied = measured(tmp_path / "copied", *lines, seed=1)
    (found,) = rows([one, two, copied])
    assert [run.path for run in found.runs] == [one, two]
    # of the same seed, but another setting or data
    assert len(rows([one, measured(tmp_path / "3", *lines, seed=1, lr=0.5)])) == 2
    assert len(rows([one, measured(tmp_path / "4", *lines, seed=1, data="other")])) == 2
    # a copy that went on from there on its own
    on = measured(tmp_path / "on", *lines, line(2, 0.5), seed=1)
    message = f"{on}: expected a seed of its own, got 1 with the settings of {one}"
    with pytest.raises(ValueError, match=exactly(message)):
        rows([one, on])


def test_runs_on_other_data_are_no_seeds_of_one_setting(tmp_path):
    start = line(0, 0.25)
    one = measured(tmp_path / "1", start, seed=1, data="0123456789")
    two = measured(tmp_path / "2", start, seed=2, data="0123456789")
    new = measured(tmp_path / "3", start, seed=3, data="abcdefghij")
    other = measured(tmp_path / "4", start, lr=0.5, data="abcdefghij")
    found = rows([one, two, new, other])
    assert [[run.path for run in row.runs] for row in found] == [[one, two], [new], [other]]
    assert [row.label for row in found] == [
        "proxquant, lr = 0.01, data_sha256 = 01234567",
        "proxquant, lr = 0.01, data_sha256 = abcdefgh",
        "proxquant, lr = 0.5",
    ]


def test_figures_of_codes_are_those_that_all_runs_of_a_row_have(tmp_path):
    names = ("flips", "occupation", "path_ratio")
    codes = [
        {"flips": 0.25, "occupation": [0.25, 0.75], "path_ratio": None},
        {"flips": 0.5, "occupation": [0.5, 0.5], "path_ratio": 2.0},
    ]
    paths = [
        measured(
            tmp_path / str(seed), line(0, 0.9), line(1, 0.25, codes=of), seed=seed, metrics=names
        )
        for seed, of in enumerate(codes)
    ]
    (found,) = rows(paths)
    level = CODE_METRICS["occupation"].label
    shown = {
        CODE_METRICS["flips"].label: [0.25, 0.5],
        f"{level} 0": [0.25, 0.5],
        f"{level} 1": [0.75, 0.5],
    }
    plain = {"test error, latent": [0.25, 0.25], "signs changed": [0.5, 0.5]}
    assert {k: v.tolist() for k, v in found.figures.items()} == plain | shown
    (found,) = rows(paths, ["flips"])
    assert {k: v.tolist() for k, v in found.figures.items()} == plain | {
        CODE_METRICS["flips"].label: [0.25, 0.5]
    }
    (found,) = rows(paths, [])
    assert {k: v.tolist() for k, v in found.figures.items()} == plain


def test_a_run_without_what_is_asked_for(tmp_path):
    path = measured(tmp_path / "a", line(0), line(1))
    with pytest.raises(ValueError, match=exactly(f"{path}: nothing is measured yet")):
        rows([path])
    path = measured(tmp_path / "b", line(0, 0.5), metrics=("flips",))
    message = f"{path}: dwell is not recorded; train with --metrics dwell"
    with pytest.raises(ValueError, match=exactly(message)):
        rows([path], ["flips", "dwell", "c2i"])


def test_how_a_figure_is_shown():
    shares = {n: m for n, m in CODE_METRICS.items() if not m.per_level}
    of = row(measure=PERPLEXITY)
    for metric in shares.values():
        assert summary._measure(metric.label, of) == (ERROR if metric.share else NUMBER)
    occupation, dwell = CODE_METRICS["occupation"], CODE_METRICS["dwell"]
    assert summary._measure(f"{occupation.label} 12", of) == ERROR
    assert summary._measure(f"{dwell.label} 0", of) == NUMBER
    assert summary._measure("signs changed", of) == ERROR
    assert summary._measure("test perplexity, latent", of) == PERPLEXITY
    # of a share there is no level
    flips = CODE_METRICS["flips"]
    assert summary._measure(f"{flips.label} 1", of) == PERPLEXITY


def test_mean_and_deviation_have_the_unit_once():
    assert spread(np.array([2.0, 4.0]), PERPLEXITY) == "3.00 ± 1.41"
    assert spread(np.array([2.0]), PERPLEXITY) == "2.00"
    percent = replace(ERROR, digits=0)
    assert spread(np.array([0.1, 0.3]), percent) == "20 ± 14 %"
    assert spread(np.array([0.25])) == "25.00 %"
