r"""Sign changes while a network trains: the three metrics of ``pqtheory.signs`` by layer, and the test error.

References
----------
ProxQuant, arXiv 1810.00861, section 4.3 and Figure 3 (sign change against epochs).
"""

from typing import TYPE_CHECKING

from pqtheory._arrays import Array
from pqtheory._messages import counted
from pqtheory.digits import DigitsResult, run_digits
from pqtheory.methods import FULL_PRECISION
from pqtheory.plotting.looks import Look, looks
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
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FULL = FULL_PRECISION.label
#: percent of the weights that flip at a step, below which a method counts as at rest
REST = 0.05
_LABELS = {FULL: f"{FULL} (test error only)"}
_TITLES = {
    "change_from_start": "changed since start",
    "flips": "flips per step",
    "reversals": "reversals per step",
}


@picture
def sign_flips(result: DigitsResult | None = None, *, style: str | None = None) -> "Figure":
    """Draw the metrics of every layer, BinaryConnect and ProxQuant, with bands over the seeds.

    Parameters
    ----------
    result : DigitsResult, optional
        What to draw; by default the digits are trained first (some 10 s).
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError
        If matplotlib, or for training scikit-learn, is missing.
    """
    result = run_digits() if result is None else result
    layers = [layer for layer in next(iter(result.curves.values())).signs if layer != "all"]
    figure, axes = grid_of_axes(len(layers), 4, 14.0, 0.4 + 3.1 * len(layers), sharex=True)
    lines = dict(zip(result.curves, looks(list(result.curves)), strict=True))
    quantizing = {n: c for n, c in result.curves.items() if n != FULL}
    for row, layer in enumerate(layers):
        for column, (metric, what) in enumerate(_TITLES.items()):
            axis = axes[row, column]
            for name, curves in quantizing.items():
                # before the first epoch nothing can have flipped
                first = 0 if metric == "change_from_start" else 1
                values = 100 * curves.signs[layer][metric]
                draw_band(axis, result.epochs[first:], values[first:], lines[name], name)
            if row == 0:
                title(axis, what)
            axis.set_ylim(bottom=0)
        axes[row, 0].set_ylabel(f"{layer} layer,\n% of weights", parse_math=False)
    error = _draw_error(figure, axes[:, 3], result, lines)
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
    legend_below(figure, error)
    what = _what_to_see(result)
    figure_title(figure, what)
    return describe(figure, f"{what}. {_seen(result)}")


def _what_to_see(result: DigitsResult) -> str:
    """Which methods flip on at the end."""
    flips = {n: 100 * f["flips"][0] for n, f in result.summary().items() if n != FULL}
    said = [
        f"{name} comes to rest"
        if value < REST
        else f"{name} still flips {value:.2g} % of the signs at a step"
        for name, value in flips.items()
    ]
    return "; ".join(said)


def _seen(result: DigitsResult) -> str:
    """What is drawn, and where the curves end, in the summary's figures."""
    said = [
        "Handwritten digits, all methods from one warm start at the same step size, by layer: signs changed since the "
        "start, flips and reversals (flips back to where the weight came from), and at the right the test error. "
        f"Lines are means over {counted(result.settings.seeds, 'seed')}, bands one standard deviation, over "
        f"{counted(result.settings.epochs, 'epoch')}."
    ]
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


def _draw_error(
    figure: "Figure", column: Array, result: DigitsResult, lines: dict[str, Look]
) -> "Axes":
    """One tall panel in place of the last column."""
    place = column[0].get_gridspec()[:, 3]
    for axis in column:
        axis.set_visible(False)
    axes = figure.add_subplot(place)
    for name, curves in result.curves.items():
        values = curves.latent_error if name == FULL else curves.quantized_error
        draw_band(axes, result.epochs, 100 * values, lines[name], _LABELS.get(name, name))
    title(axes, "test error")
    axes.set_ylabel("% of test digits")
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=0)
    return axes
