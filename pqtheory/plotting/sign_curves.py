"""Sign changes of runs and of series of checkpoints: a panel for each layer, lines for each of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import (
    describe,
    draw_band,
    figure_title,
    grid_of_axes,
    legend_below,
    title,
)
from pqtheory.plotting.run_curves import mark_freeze
from pqtheory.plotting.styles import picture
from pqtheory.signs import CODE_METRICS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: those of signs, which every path and series of checkpoints has
METRICS = ("change_from_start", "flips", "reversals")
#: how some are named in a sentence
_IN_WORDS = {
    "change_from_start": "signs changed since the start",
    "flips": "flips",
    "reversals": "reversals",
}
#: where the end is that of training, and not of the epochs after it
BEFORE = "before the freeze"
#: label -> (epochs, one row for each run of test errors at them), as fractions
Errors = Mapping[str, tuple[Sequence[int], Sequence[Sequence[float]]]]
#: label -> layer -> one row for each run: (runs, points)
Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


@picture
def sign_curves(
    curves: Curves,
    layers: Sequence[str],
    metric: str = "change_from_start",
    unit: str = "epoch",
    errors: Errors | None = None,
    freezes: Mapping[str, int] | None = None,
    *,
    style: str | None = None,
) -> "Figure":
    """Draw mean and standard deviation over the runs of each label, a panel for each layer, and one for the errors.

    Parameters
    ----------
    curves : mapping
        Label -> layer -> rows, one for each run, with a point for each epoch from 1.
    layers : sequence of str
        Panels, in this order; at most four.
    metric : str
        Which of ``pqtheory.signs.CODE_METRICS`` it is.
    unit : str
        What the points count.
    errors : mapping, optional
        Of the quantized networks; drawn on the right, from 0.
    freezes : mapping of str to int, optional
        Label -> point after which its weights are frozen. Where they end is said of what comes before, since nothing
        flips after it whatever the method; where all share one it is marked.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If a layer or the metric is unknown.
    """
    _check_metric(metric)
    panels = len(layers) + (errors is not None)
    figure, axes = grid_of_axes(1, panels, 1.5 + 3.6 * panels, 4.2, sharey=False)
    lines = dict(zip(curves, looks(list(curves)), strict=True))
    # what the title tells of
    told = "all" if "all" in layers else layers[0]
    freezes = freezes or {}
    seen, ends = _draw_row(axes[0], curves, layers, metric, unit, freezes)
    if errors is not None:
        axis = axes[0, -1]
        for label, (epochs, rows) in errors.items():
            values = np.array(rows).T
            draw_band(axis, epochs, 100 * values, lines[label], label)
            if len(values):
                seen.append(f"{label}: at last {_percent(values[-1].mean())} of the images wrong.")
        title(axis, "quantized network")
        axis.set_xlabel(unit, parse_math=False)
        axis.set_ylabel("test error,\n% of images")
        axis.set_ylim(bottom=0)
        _mark(axis, curves, freezes)
    legend_below(figure, axes[0, 0])
    what = at_the_end(metric, ends.get(told, {}), bool(freezes))
    where = "" if told == "all" else f"; {told}"
    figure_title(figure, f"{what}{where}")
    return describe(
        figure,
        f"{what}{where} (means over runs, whose number stands in brackets, and bands of one standard deviation). "
        f"In the last tenth of the {unit}s{f' {BEFORE}' if freezes else ''}: {' '.join(seen)}",
    )


@picture
def metric_curves(
    curves: Mapping[str, Curves],
    layers: Sequence[str],
    unit: str = "epoch",
    freezes: Mapping[str, int] | None = None,
    *,
    style: str | None = None,
) -> "Figure":
    """Draw several metrics of runs, one below the other, each as ``sign_curves``.

    Parameters
    ----------
    curves : mapping
        Metric -> what ``sign_curves`` takes of it.
    layers : sequence of str
        Panels of each row; at most four.
    unit : str
        What the points count.
    freezes : mapping of str to int, optional
        As ``sign_curves``.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError, ValueError
        As ``sign_curves``.
    """
    for metric in curves:
        _check_metric(metric)
    size = (1.5 + 3.6 * len(layers), 1.0 + 3.2 * len(curves))
    figure, axes = grid_of_axes(len(curves), len(layers), *size, sharey=False)
    told = "all" if "all" in layers else layers[0]
    said, first = [], list(next(iter(curves.values())))
    freezes = freezes or {}
    for row, (metric, of_metric) in zip(axes, curves.items(), strict=True):
        seen, ends = _draw_row(row, of_metric, layers, metric, unit, freezes)
        what = at_the_end(metric, ends.get(told, {}), bool(freezes))
        said.append(f"{what}: {' '.join(seen)}")
        if list(of_metric) != first:
            # levels are lines of their own
            row[0].legend(fontsize="small")
    legend_below(figure, axes[0, 0])
    words = ", ".join(_words(metric) for metric in curves)
    what = words[0].upper() + words[1:]
    figure_title(figure, what)
    return describe(figure, f"{what} (means over runs, and bands). {' '.join(said)}")


def _check_metric(metric: str) -> None:
    if metric not in CODE_METRICS:
        raise ValueError(f"metric: expected one of {', '.join(CODE_METRICS)}, got {brief(metric)}")


def _draw_row(
    axes: Sequence["Axes"],
    curves: Curves,
    layers: Sequence[str],
    metric: str,
    unit: str,
    freezes: Mapping[str, int],
) -> tuple[list[str], dict[str, dict[str, Array]]]:
    """A panel for each layer; where the curves end, in words, and the curves up to the freeze, by layer and label."""
    known = CODE_METRICS[metric]
    lines = dict(zip(curves, looks(list(curves)), strict=True))
    seen: list[str] = []
    drawn: dict[str, dict[str, Array]] = {}
    for axis, layer in zip(axes, layers, strict=False):
        for label, by_layer in curves.items():
            if layer not in by_layer:
                raise ValueError(
                    f"layer: expected one of {brief(list(by_layer))}, got {brief(layer)}"
                )
            length = min(len(row) for row in by_layer[layer])
            values = np.array([row[:length] for row in by_layer[layer]], dtype=float).T
            points = np.arange(1, length + 1)
            shown = 100 * values if known.share else values
            draw_band(axis, points, shown, lines[label], f"{label} ({values.shape[1]})")
            values = values[: freezes.get(label)]
            of = " of the weights" if known.share else ""
            seen.append(f"{layer}, {label}: {_number(metric, late(values))}{of}.")
            drawn.setdefault(layer, {})[label] = values
        title(axis, layer)
        axis.set_xlabel(unit, parse_math=False)
        if metric != "pi":
            axis.set_ylim(bottom=0)
        _mark(axis, curves, freezes)
    axes[0].set_ylabel(known.axis)
    return seen, drawn


def _mark(axis: "Axes", curves: Curves, freezes: Mapping[str, int]) -> None:
    shared = {freezes.get(label) for label in curves}
    if len(shared) == 1:
        mark_freeze(axis, shared.pop())


def late(fractions: Array) -> float:
    """The mean of (points, runs) in the last tenth of the points."""
    return float(fractions[-max(1, len(fractions) // 10) :].mean())


def at_the_end(metric: str, curves: Mapping[str, Array], freeze: bool = False) -> str:
    """Between what the curves, of shape (points, runs), end, in a sentence; up to a freeze where there is one."""
    ends = {name: late(fractions) for name, fractions in curves.items() if len(fractions)}
    words = _words(metric)
    words = words[0].upper() + words[1:]
    if not ends:
        return words
    low, high = min(ends, key=lambda name: ends[name]), max(ends, key=lambda name: ends[name])
    shown = [f"{_number(metric, ends[name])} ({name})" for name in dict.fromkeys((low, high))]
    return f"{words} {BEFORE if freeze else 'at the end'}: {' to '.join(shown)}"


def _words(metric: str) -> str:
    return _IN_WORDS.get(metric, CODE_METRICS[metric].label)


def _number(metric: str, value: float) -> str:
    return _percent(value) if CODE_METRICS[metric].share else f"{value:.3g}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g} %"
