"""Many runs at a glance: test error and sign changes against epochs, mean and spread over the seeds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pqtheory.networks.metrics import ERROR, PERPLEXITY
from pqtheory.plotting.run_curves import mark_freeze
from pqtheory.plotting.style import draw_band, grid_of_axes, legend_below, run_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pqtheory.networks.tables.curves import RunsOfALabel


def sweep_curves(found: Mapping[str, "RunsOfALabel"]) -> "Figure":
    """Draw the error on the left, the sign changes on the right; where all share one freeze, it is marked.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    figure, axes = grid_of_axes(1, 2, 11.0, 4.4)
    errors, signs = axes[0]
    for colour, (label, runs) in zip(run_colours(list(found)), found.items(), strict=True):
        name = f"{label} ({len(runs.errors)})"
        draw_band(errors, runs.epochs, runs.measure.scale * runs.errors.T, colour, name)
        points = np.arange(1, runs.signs.shape[1] + 1)
        draw_band(signs, points, 100 * runs.signs.T, colour, name)
    freezes = {runs.freeze for runs in found.values()} - {None}
    measures = list(dict.fromkeys(runs.measure for runs in found.values())) or [ERROR]
    names = " or ".join(m.name for m in measures)
    for axis, what, unit in (
        (errors, f"test {names} of the quantized network", measures[0].axis),
        (signs, "signs changed since the start", "% of weights"),
    ):
        axis.set_title(what)
        axis.set_xlabel("epoch")
        axis.set_ylabel(unit)
        if axis is errors and measures == [PERPLEXITY]:
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        if len(freezes) == 1:
            mark_freeze(axis, next(iter(freezes)))
    legend_below(figure, errors)
    return figure
