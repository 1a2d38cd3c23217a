"""Sign changes of runs and of series of checkpoints: a panel for each layer, lines for each of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pqtheory._messages import brief
from pqtheory.plotting.style import draw_band, grid_of_axes, legend_below, run_colours, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: metric -> how it is named on the axis
METRICS = {
    "change_from_start": "changed since start, % of weights",
    "flips": "flips, % of weights",
    "reversals": "reversals, % of weights",
}
#: label -> (epochs, one row for each run of test errors at them), as fractions
Errors = Mapping[str, tuple[Sequence[int], Sequence[Sequence[float]]]]
#: label -> layer -> one row for each run: (runs, points)
Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


def sign_curves(
    curves: Curves,
    layers: Sequence[str],
    metric: str = "change_from_start",
    unit: str = "epoch",
    errors: Errors | None = None,
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
    figure, axes = grid_of_axes(1, panels, 1.5 + 3.6 * panels, 3.6, sharey=False)
    colours = dict(zip(curves, run_colours(list(curves)), strict=True))
    for axis, layer in zip(axes[0], layers, strict=False):
        for label, by_layer in curves.items():
            if layer not in by_layer:
                raise ValueError(
                    f"layer: expected one of {brief(list(by_layer))}, got {brief(layer)}"
                )
            length = min(len(row) for row in by_layer[layer])
            values = 100 * np.array([row[:length] for row in by_layer[layer]])
            points = np.arange(1, length + 1)
            draw_band(axis, points, values.T, colours[label], f"{label} ({len(values)})")
        title(axis, layer)
        axis.set_xlabel(unit, parse_math=False)
        axis.set_ylim(bottom=0)
    axes[0, 0].set_ylabel(METRICS[metric])
    if errors is not None:
        axis = axes[0, -1]
        for label, (epochs, rows) in errors.items():
            draw_band(axis, epochs, 100 * np.array(rows).T, colours[label], label)
        axis.set_title("quantized network")
        axis.set_xlabel(unit, parse_math=False)
        axis.set_ylabel("test error, % of images")
        axis.set_ylim(bottom=0)
    legend_below(figure, axes[0, 0])
    return figure
