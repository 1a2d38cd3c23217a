"""Many runs at a glance: test error and sign changes against epochs, mean and spread over the seeds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pqtheory.networks.metrics import ERROR, PERPLEXITY
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import (
    begin_at_zero,
    describe,
    draw_band,
    figure_title,
    grid_of_axes,
    legend_below,
    title,
)
from pqtheory.plotting.run_curves import mark_freeze
from pqtheory.plotting.sign_curves import at_the_end
from pqtheory.plotting.styles import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pqtheory.networks.tables.curves import RunsOfALabel


@picture
def sweep_curves(found: Mapping[str, "RunsOfALabel"], *, style: str | None = None) -> "Figure":
    """Draw the error on the left, the sign changes on the right; where all share one freeze, it is marked.

    Parameters
    ----------
    found : mapping
        Label -> its runs.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    figure, axes = grid_of_axes(1, 2, 11.0, 4.8)
    errors, signs = axes[0]
    seen = []
    for look, (label, runs) in zip(looks(list(found)), found.items(), strict=True):
        name = f"{label} ({len(runs.errors)})"
        draw_band(errors, runs.epochs, runs.measure.scale * runs.errors.T, look, name)
        points = np.arange(1, runs.signs.shape[1] + 1)
        draw_band(signs, points, 100 * runs.signs.T, look, name)
        last = runs.measure.shown(float(runs.errors[:, -1].mean())) if runs.errors.size else "none"
        seen.append(f"{name}: {runs.measure.name} {last}.")
    freezes = {runs.freeze for runs in found.values()} - {None}
    measures = list(dict.fromkeys(runs.measure for runs in found.values())) or [ERROR]
    names = " or ".join(m.name for m in measures)
    changed = at_the_end("change_from_start", {n: runs.signs.T for n, runs in found.items()})
    for axis, what, unit in (
        (errors, f"test {names} of the quantized network", measures[0].axis),
        (signs, "signs changed since the start", "% of weights"),
    ):
        title(axis, what)
        axis.set_xlabel("epoch")
        axis.set_ylabel(unit)
        if axis is errors and measures == [PERPLEXITY]:
            axis.set_yscale("log")
        else:
            begin_at_zero(axis)
        if len(freezes) == 1:
            mark_freeze(axis, next(iter(freezes)))
    legend_below(figure, errors)
    figure_title(figure, changed)
    return describe(
        figure,
        f"{changed}. Left: test {names} of the quantized network against epochs (means over runs, whose number stands "
        f"in brackets, and bands of one standard deviation), at last: {' '.join(seen)}",
    )
