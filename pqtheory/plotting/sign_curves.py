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
from pqtheory.plotting.styles import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: metric -> how it is named on the axis
METRICS = {
    "change_from_start": "changed since start,\n% of weights",
    "flips": "flips,\n% of weights",
    "reversals": "reversals,\n% of weights",
}
#: and in a sentence
_IN_WORDS = {
    "change_from_start": "signs changed since the start",
    "flips": "flips",
    "reversals": "reversals",
}
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
        Which of ``METRICS`` it is.
    unit : str
        What the points count.
    errors : mapping, optional
        Of the quantized networks; drawn on the right, from 0.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If a layer or the metric is unknown.
    """
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, got {brief(metric)}")
    panels = len(layers) + (errors is not None)
    figure, axes = grid_of_axes(1, panels, 1.5 + 3.6 * panels, 4.2, sharey=False)
    lines = dict(zip(curves, looks(list(curves)), strict=True))
    seen, ends = [], {}
    # what the title tells of
    told = "all" if "all" in layers else layers[0]
    for axis, layer in zip(axes[0], layers, strict=False):
        for label, by_layer in curves.items():
            if layer not in by_layer:
                raise ValueError(
                    f"layer: expected one of {brief(list(by_layer))}, got {brief(layer)}"
                )
            length = min(len(row) for row in by_layer[layer])
            values = np.array([row[:length] for row in by_layer[layer]]).T
            points = np.arange(1, length + 1)
            draw_band(axis, points, 100 * values, lines[label], f"{label} ({values.shape[1]})")
            seen.append(f"{layer}, {label}: {_percent(late(values))} of the weights.")
            if layer == told:
                ends[label] = values
        title(axis, layer)
        axis.set_xlabel(unit, parse_math=False)
        axis.set_ylim(bottom=0)
    axes[0, 0].set_ylabel(METRICS[metric])
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
    legend_below(figure, axes[0, 0])
    what = at_the_end(metric, ends)
    where = "" if told == "all" else f"; {told}"
    figure_title(figure, f"{what}{where}")
    return describe(
        figure,
        f"{what}{where} (means over runs, whose number stands in brackets, and bands of one standard deviation). "
        f"In the last tenth of the {unit}s: {' '.join(seen)}",
    )


def late(fractions: Array) -> float:
    """The mean of (points, runs) in the last tenth of the points."""
    return float(fractions[-max(1, len(fractions) // 10) :].mean())


def at_the_end(metric: str, curves: Mapping[str, Array]) -> str:
    """Between what the curves, of shape (points, runs), end, in a sentence."""
    ends = {name: late(fractions) for name, fractions in curves.items() if len(fractions)}
    words = _IN_WORDS[metric]
    words = words[0].upper() + words[1:]
    if not ends:
        return words
    low, high = min(ends, key=lambda name: ends[name]), max(ends, key=lambda name: ends[name])
    shown = [f"{_percent(ends[name])} ({name})" for name in dict.fromkeys((low, high))]
    return f"{words} at the end: {' to '.join(shown)}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.3g} %"
