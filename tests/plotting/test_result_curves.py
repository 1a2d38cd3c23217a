"""Pictures of result files: what becomes a line, and that its numbers are those of the runs."""

from types import SimpleNamespace

import pytest

from pqtheory.networks.tables.curves import freezes
from pqtheory.plotting import result_curves
from pqtheory.plotting.sign_curves import metric_curves, sign_curves


def run(method, seed, model="resnet20", epochs=4, **changes):
    """As ``collected`` gives it; the error was measured after every second epoch."""
    settings = {"model": model, "levels": "binary", "method": method, "epochs": 4, "seed": seed}
    settings |= {"warm_start": "w", "renew": False, "freeze_epoch": 2, "rate": 0.1, **changes}
    kinds = {"latent": 0.5, "quantized": 0.1 + seed / 10}
    return {
        "settings": settings,
        "epochs": epochs,
        "last": {"error": {"test": kinds}},
        "curves": {
            "error": [{"epoch": e, "test": kinds} for e in range(0, epochs + 1, 2)],
            "change_from_start, all": [0.1 * e + seed / 10 for e in range(1, epochs + 1)],
            "change_from_start, fc.weight": [0.0] * epochs,
        },
    }


@pytest.fixture
def figures(monkeypatch):
    """What is drawn, by the name of the file."""
    seen = {}
    monkeypatch.setattr(
        result_curves, "save", lambda figure, file: seen.update({file.name: figure})
    )
    return seen


RUNS = [
    run("full-precision", 0),
    run("proxquant", 0),
    run("proxquant", 1),
    run("proxquant", 0, rate=0.2),
    run("binaryconnect", 0),
    run("binaryconnect", 1, epochs=2),
]


def test_lines_are_means_over_the_seeds_of_finished_runs(figures, tmp_path):
    assert result_curves.draw({"runs": RUNS}, tmp_path / "found.png") == [tmp_path / "found.png"]
    (figure,) = figures.values()
    signs, layer, errors = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["all", "fc.weight", "quantized network"]
    by_label = {line.get_label(): line for line in signs.lines}
    assert list(by_label) == [
        "proxquant, corrected, rate = 0.1 (2)",
        "proxquant, corrected, rate = 0.2 (1)",
        "binaryconnect, corrected (1)",
        "freeze",
    ]
    mean = by_label["proxquant, corrected, rate = 0.1 (2)"]
    assert mean.get_xdata().tolist() == [1, 2, 3, 4]
    assert mean.get_ydata() == pytest.approx([15, 25, 35, 45])
    assert [line.get_ydata().tolist() for line in layer.lines[:3]] == [[0.0] * 4] * 3
    first = errors.lines[0]
    assert first.get_xdata().tolist() == [0, 2, 4]
    assert first.get_ydata() == pytest.approx([15.0] * 3)
    assert first.get_color() == mean.get_color()


def test_every_network_has_a_picture_of_its_own(figures, tmp_path):
    runs = [*RUNS, run("proxquant", 0, model="resnet32")]
    drawn = result_curves.draw({"runs": runs}, tmp_path / "found.png")
    assert [p.name for p in drawn] == list(figures)
    assert list(figures) == ["found-resnet20-binary.png", "found-resnet32-binary.png"]


def test_panels_are_the_layers_that_all_runs_of_a_picture_recorded(figures, tmp_path):
    inner = [run("proxquant", seed, levels="ternary") for seed in (0, 1)]
    del inner[1]["curves"]["change_from_start, fc.weight"]
    result_curves.draw({"runs": [*inner, run("proxquant", 0)]}, tmp_path / "found.png")
    ternary, binary = figures.values()
    assert [axis.get_title() for axis in ternary.axes] == ["all", "quantized network"]
    assert [axis.get_title() for axis in binary.axes] == ["all", "fc.weight", "quantized network"]


def test_nothing_finished_is_no_picture(figures, tmp_path):
    assert result_curves.draw({"runs": [RUNS[0], RUNS[-1]]}, tmp_path / "found.png") == []
    assert not figures


def test_where_curves_end_is_said_of_what_comes_before_the_freeze():
    """After it nothing flips, whatever the method."""
    curves = {"BC": {"all": [[0.3, 0.2, 0.0, 0.0]]}, "PQ": {"all": [[0.2, 0.1, 0.0, 0.0]]}}
    frozen = sign_curves(curves, ["all"], "flips", freezes={"BC": 2, "PQ": 2})
    assert frozen.get_suptitle() == "Flips before the freeze: 10 % (PQ) to 20 % (BC)"
    assert "before the freeze: all, BC (1): 20 %" in frozen.get_label().replace("BC:", "BC (1):")
    (axis,) = frozen.axes
    assert axis.lines[-1].get_xdata() == [2, 2]
    assert axis.lines[0].get_ydata().tolist() == [30, 20, 0, 0]
    one = metric_curves({"flips": curves}, ["all"], freezes={"BC": 2})
    assert "0 % (PQ) to 20 % (BC)" in one.get_label()
    assert all(line.get_label() != "freeze" for line in one.axes[0].lines)
    never = sign_curves(curves, ["all"], "flips")
    assert never.get_suptitle() == "Flips at the end: 0 % (BC)"


def test_freezes_are_found_for_labels_and_their_levels():
    frozen, never = (
        SimpleNamespace(
            label=name, runs=[SimpleNamespace(settings=SimpleNamespace(freeze_epoch=f))]
        )
        for name, f in (("a", 3), ("ab", None))
    )
    labels = ["a", "ab", "a, level 0", "ab, level 0"]
    assert freezes([frozen, never], labels) == {"a": 3, "a, level 0": 3}
