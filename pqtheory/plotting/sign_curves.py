"""Sign changes of runs and of series of checkpoints: a panel for each layer, lines for each of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pqtheory.plotting.style import draw_band, grid_of_axes, legend_below, run_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: metric -> how it is named on the axis
METRICS = {
    "change_from_start": "changed since start, % of weights",
    "flips": "flips, % of weights",
    "reversals": "reversals, % of weights",
}
#: label -> layer -> one row for each run: (runs, points)
Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


def sign_curves(
    curves: Curves, layers: Sequence[str], metric: str = "change_from_start", unit: str = "epoch"
) -> "Figure":
    """Draw mean and standard deviation over the runs of each label, a panel for each layer.

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

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If a layer or the metric is unknown.
    """
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, got {metric!r}")
    figure, axes = grid_of_axes(1, len(layers), 1.5 + 3.6 * len(layers), 3.6, sharey=False)
    for axis, layer in zip(axes[0], layers, strict=True):
        for colour, (label, by_layer) in zip(
            run_colours(list(curves)), curves.items(), strict=True
        ):
            if layer not in by_layer:
                raise ValueError(f"layer: expected one of {list(by_layer)}, got {layer!r}")
            length = min(len(row) for row in by_layer[layer])
            values = 100 * np.array([row[:length] for row in by_layer[layer]])
            points = np.arange(1, length + 1)
            draw_band(axis, points, values.T, colour, f"{label} ({len(values)})")
        axis.set_title(layer)
        axis.set_xlabel(unit)
        axis.set_ylim(bottom=0)
    axes[0, 0].set_ylabel(METRICS[metric])
    legend_below(figure, axes[0, 0])
    return figure
