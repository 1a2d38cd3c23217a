"""Pictures of result files: what becomes a line, and that its numbers are those of the runs."""

import pytest

from pqtheory.plotting import result_curves


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
    ]
    mean = by_label["proxquant, corrected, rate = 0.1 (2)"]
    assert mean.get_xdata().tolist() == [1, 2, 3, 4]
    assert mean.get_ydata() == pytest.approx([15, 25, 35, 45])
    assert [line.get_ydata().tolist() for line in layer.lines] == [[0.0] * 4] * 3
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
