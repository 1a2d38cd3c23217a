"""Pictures of training runs, checked by their data."""

import numpy as np
import pytest

from pqtheory import methods
from pqtheory.methods.registry import TTQ
from pqtheory.networks.metrics import MEAN_LOSS
from pqtheory.networks.tables.curves import RunsOfALabel
from pqtheory.plotting import save
from pqtheory.plotting.distances import distances, shares
from pqtheory.plotting.looks import (
    BLACK,
    GREY,
    MUTED,
    SEQUENCE,
    VERMILION,
    looks,
    method_colour,
)
from pqtheory.plotting.run_curves import run_curves
from pqtheory.plotting.sweep_curves import sweep_curves


def record(counts, pinned, layer="all"):
    return {"upper": 2.0, "layers": {layer: {"counts": counts, "pinned": pinned}}}


def test_pinned_weights_stand_apart_from_the_first_bin():
    pinned, percent = shares({"counts": [5, 3, 0, 2], "pinned": 0.4})
    assert pinned == 40
    np.testing.assert_allclose(percent, [10, 30, 0, 20])
    assert pinned + percent.sum() == pytest.approx(100)


def test_distances_are_means_over_the_runs_with_bars_for_the_ends():
    found = {
        "proxquant": [record([8, 1, 1, 0, 0], 0.8), record([6, 2, 1, 1, 0], 0.4)],
        "binaryconnect": [record([0, 1, 2, 2, 5], 0.0)],
    }
    (axes,) = distances(found).axes
    drawn = {}
    for patch in axes.patches:
        if hasattr(patch, "get_data") and patch.get_label() in (
            "proxquant (2)",
            "binaryconnect (1)",
        ):
            values, edges, _ = patch.get_data()
            np.testing.assert_allclose(edges, [0, 0.5, 1, 1.5, 2])
            drawn[patch.get_label()] = list(values)
    assert drawn == {
        "proxquant (2)": pytest.approx([10, 15, 10, 5]),
        "binaryconnect (1)": pytest.approx([0, 10, 20, 20]),
    }
    bars = [p for p in axes.patches if hasattr(p, "get_height")]
    left = {p.get_facecolor(): p.get_height() for p in bars if p.get_x() < 0}
    right = {p.get_facecolor(): p.get_height() for p in bars if p.get_x() > 2}
    assert sorted(left.values()) == pytest.approx([0, 60])
    assert sorted(right.values()) == pytest.approx([0, 50])
    assert set(left) == set(right)
    labels = [t.get_text() for t in axes.get_xticklabels()]
    assert "on the\nlevel" in labels
    assert "over\n2" in labels


def test_bad_layers_are_refused():
    found = {"proxquant": [record([1, 0], 0.0)]}
    with pytest.raises(ValueError, match=r"layer: expected one of \['all'\], got 'fc'"):
        distances(found, ["fc"])
    for layers in ([], ["all"] * 5):
        with pytest.raises(ValueError, match="layers: expected 1 to 4"):
            distances(found, layers)


def test_every_method_has_its_own_colour_whatever_comes_first():
    labels = ["binaryconnect, lr = 1", "binaryconnect, lr = 2", "proxquant", "other"]
    colours = [look.colour for look in looks(labels)]
    assert colours[0] == method_colour("BinaryConnect")
    assert colours[2] == method_colour("ProxQuant")
    assert len(set(colours)) == 4
    assert set(colours) <= set(SEQUENCE)


def test_one_colour_for_a_method_whatever_its_spelling():
    for entry in (*methods.REGISTRY.values(), methods.FULL_PRECISION):
        spellings = (entry.label, entry.name, entry.label.upper(), entry.name.replace("-", " "))
        assert {method_colour(s) for s in spellings} == {entry.colour}
        (look,) = looks([f"{entry.name}, lr = 1"])
        assert (look.colour, look.marker) == (entry.colour, entry.marker)
        assert entry.colour in (*SEQUENCE, *MUTED, GREY, BLACK)
    assert method_colour("binary-connect") == method_colour("binaryconnect") == VERMILION
    drawn = (*methods.REGISTRY.values(), TTQ, methods.FULL_PRECISION)
    for kind in ({entry.colour for entry in drawn}, {entry.marker for entry in drawn}):
        assert len(kind) == len(drawn)
    with pytest.raises(ValueError, match=r"method: expected one of binaryconnect, .*got 'magic'"):
        method_colour("magic")


def line(epoch, latent, quantized, change):
    signs = {"change_from_start": change, "flips": change / 2, "reversals": change / 4}
    error = {"test": {"latent": latent, "quantized": quantized}}
    return {"epoch": epoch, "error": error, **({"signs": {"all": signs}} if epoch else {})}


def test_a_run_has_errors_signs_and_its_freeze():
    metrics = [line(0, 0.5, 0.9, 0), line(1, 0.4, 0.6, 0.1), line(2, 0.3, 0.3, 0.2)]
    del metrics[1]["error"]
    errors, signs = run_curves(metrics, 2, "mine").axes
    drawn = {artist.get_label(): artist for artist in errors.get_lines()}
    np.testing.assert_allclose(drawn["test, quantized"].get_data(), [[0, 2], [90, 30]])
    np.testing.assert_allclose(drawn["test, latent"].get_data(), [[0, 2], [50, 30]])
    assert set(drawn["freeze"].get_xdata()) == {2}
    of_signs = {artist.get_label(): artist for artist in signs.get_lines()}
    np.testing.assert_allclose(of_signs["changed since start"].get_data(), [[1, 2], [10, 20]])
    np.testing.assert_allclose(of_signs["reversals in the epoch"].get_ydata(), [2.5, 5])
    # no freeze is marked that has not come yet
    later = run_curves(metrics, 40).axes[0]
    assert "freeze" not in {artist.get_label() for artist in later.get_lines()}


def test_a_loss_below_0_is_in_the_picture():
    def shown(*losses):
        lines = [{"epoch": e, "mean loss": {"test": {"latent": v}}} for e, v in enumerate(losses)]
        signs, values = np.zeros((1, 1)), np.array([losses])
        found = {"a": RunsOfALabel([0, 1], values, signs, None, MEAN_LOSS)}
        return [figure.axes[0].get_ylim() for figure in (run_curves(lines), sweep_curves(found))]

    for losses in ((-2.5, -3.0), (1.0, -3.0)):
        for low, high in shown(*losses):
            assert low < min(losses) < max(losses) < high
    assert [low for low, _ in shown(3.0, 2.5)] == [0, 0]


@pytest.mark.parametrize(
    ("style", "count"), [("screen", 40), ("slides", 12), ("paper", 20), ("nature", 3)]
)
def test_panels_and_names_have_room_beside_each_other(style, count, tmp_path):
    values = np.full((1, 2), 0.5)
    # names that are longer than a column of a journal is wide
    more = ", freeze_epoch = 20, weight_decay = 0.0001, batch_size = 128" if count == 3 else ""
    names = [f"proxquant, lr = {i / 100}, rate = 0.1{more}" for i in range(count)]
    found = {name: RunsOfALabel([0, 1], values, values, None) for name in names}
    records = {name: [record([8, 1, 1, 0, 0], 0.8)] for name in names}
    for figure in (sweep_curves(found, style=style), distances(records, style=style)):
        # matplotlib warns where there is no room for the panels
        save(figure, tmp_path / "a.png")
        (legend,) = figure.legends
        shown = legend.get_window_extent()
        assert figure.bbox.x0 <= shown.x0 < shown.x1 <= figure.bbox.x1
        for axes in figure.axes:
            panel = axes.get_window_extent()
            assert panel.y0 > shown.y1
            assert panel.height > 0.2 * (figure.bbox.height - shown.height)
        texts = [" ".join(text.get_text().split()) for text in legend.get_texts()]
        assert texts == [f"{name} (1)" for name in names]


def test_a_sweep_has_means_and_spreads():
    errors = np.array([[0.5, 0.2], [0.7, 0.4]])
    signs = np.array([[0.1, 0.2, 0.2], [0.3, 0.2, 0.2]])
    figure = sweep_curves({"proxquant": RunsOfALabel([0, 3], errors, signs, 2)})
    left, right = figure.axes
    curve = next(a for a in left.get_lines() if a.get_label() == "proxquant (2)")
    np.testing.assert_allclose(curve.get_data(), [[0, 3], [60, 30]])
    corners = left.collections[0].get_paths()[0].vertices
    at_end = corners[corners[:, 0] == 3][:, 1]
    half = 100 * errors[:, 1].std(ddof=1)
    np.testing.assert_allclose([at_end.min(), at_end.max()], [30 - half, 30 + half])
    np.testing.assert_allclose(right.get_lines()[0].get_data(), [[1, 2, 3], [20, 20, 20]])
    assert [a.get_label() for a in right.get_lines()][1:] == ["freeze"]
