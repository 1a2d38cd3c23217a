r"""Sign changes while a network trains: the three metrics of ``pqtheory.signs`` by layer, and the test error.

References
----------
ProxQuant, arXiv 1810.00861, section 4.3 and Figure 3 (sign change against epochs).
"""

from typing import TYPE_CHECKING

import numpy as np

from pqtheory._arrays import Array
from pqtheory.digits import DigitsResult, run_digits
from pqtheory.methods import FULL_PRECISION
from pqtheory.plotting.style import describe, grid_of_axes, method_colour, show_names, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAPTION = (
    "Handwritten digits, all methods from one warm start at the same step size; lines are means over the seeds, "
    "bands one standard deviation. BinaryConnect's signs never stop flipping, and nearly every flip is a reversal, "
    "back to where the weight came from. ProxQuant changes fewer signs and then stops. Right: the test error. "
    "Fewer flips need not mean fewer errors."
)
FULL = FULL_PRECISION.label
_LABELS = {FULL: f"{FULL}, not quantized (test error only)"}
_TITLES = {
    "change_from_start": "changed since start",
    "flips": "flips per step",
    "reversals": "reversals per step",
}


def sign_flips(result: DigitsResult | None = None) -> "Figure":
    """Draw the metrics of every layer, BinaryConnect and ProxQuant, with bands over the seeds.

    Parameters
    ----------
    result : DigitsResult, optional
        What to draw; by default the digits are trained first (some 10 s).

    Raises
    ------
    ImportError
        If matplotlib, or for training scikit-learn, is missing.
    """
    result = run_digits() if result is None else result
    layers = [layer for layer in next(iter(result.curves.values())).signs if layer != "all"]
    figure, axes = grid_of_axes(len(layers), 4, 14.0, 0.4 + 3.1 * len(layers), sharex=True)
    quantizing = {n: c for n, c in result.curves.items() if n != FULL}
    for row, layer in enumerate(layers):
        for column, (metric, what) in enumerate(_TITLES.items()):
            axis = axes[row, column]
            for name, curves in quantizing.items():
                # before the first epoch nothing can have flipped
                first = 0 if metric == "change_from_start" else 1
                values = 100 * curves.signs[layer][metric]
                draw_band(axis, result.epochs[first:], values[first:], name)
            title(axis, f"{layer}: {what}")
            axis.set_ylabel("% of weights")
            axis.set_ylim(bottom=0)
    error = _draw_error(figure, axes[:, 3], result)
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    handles, labels = error.get_legend_handles_labels()
    show_names(figure.legend(handles, labels, loc="outside lower center", ncols=len(labels)))
    return describe(figure, _seen(result))


def _seen(result: DigitsResult) -> str:
    """Where the curves end, in the summary's figures."""
    said = [f"{result.settings.seeds} seeds, {result.settings.epochs} epochs."]
    for name, figures in result.summary().items():
        percent = {what: f"{100 * mean:.3g} %" for what, (mean, _) in figures.items()}
        if name == FULL:
            said.append(f"{name}: test error {percent['latent_error']}.")
            continue
        said.append(
            f"{name}: {percent['change_from_start']} of the signs changed since the start, at the end "
            f"{percent['flips']} flip at a step and {percent['reversals']} go back; test error "
            f"{percent['quantized_error']}."
        )
    return " ".join(said)


def draw_band(
    axes: "Axes", epochs: Array, values: Array, name: str, *, label: str | None = None
) -> None:
    """Mean over the last axis (seeds) as a line, one standard deviation as a band."""
    mean = values.mean(axis=-1)
    spread = values.std(axis=-1, ddof=1) if values.shape[-1] > 1 else np.zeros_like(mean)
    colour = method_colour(name)
    axes.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.25, linewidth=0)
    axes.plot(epochs, mean, color=colour, label=label or name)


def _draw_error(figure: "Figure", column: Array, result: DigitsResult) -> "Axes":
    """One tall panel in place of the last column."""
    place = column[0].get_gridspec()[:, 3]
    for axis in column:
        axis.set_visible(False)
    axes = figure.add_subplot(place)
    axes.grid(color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    for name, curves in result.curves.items():
        values = curves.latent_error if name == FULL else curves.quantized_error
        draw_band(axes, result.epochs, 100 * values, name, label=_LABELS.get(name, name))
    axes.set_title("test error")
    axes.set_ylabel("% of test digits")
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=0)
    return axes
