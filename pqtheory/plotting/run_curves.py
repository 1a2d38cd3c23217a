"""One training run at a glance: its errors and its sign changes against epochs, the freeze marked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pqtheory._messages import visible
from pqtheory.networks.metrics import PERPLEXITY, measure_in
from pqtheory.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    grid_of_axes,
    legend_label,
    show_names,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {"latent": GREY, "quantized": BLUE, "quantized, reestimated": GREEN}
_SETS = {"test": "-", "held_out": (0, (4, 2))}
_SIGNS = {
    "change_from_start": ("changed since start", BLUE),
    "flips": ("flips in the epoch", VERMILION),
    "reversals": ("reversals in the epoch", ORANGE),
}


def run_curves(
    metrics: Sequence[Mapping[str, Any]], freeze: int | None = None, title: str = ""
) -> "Figure":
    """Draw what the task measures on the left, sign changes of all weights in percent on the right.

    Parameters
    ----------
    metrics : sequence of mapping
        The lines of a run's ``metrics.jsonl``.
    freeze : int, optional
        Epochs after which it is frozen.
    title : str
        Above both panels.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    figure, axes = grid_of_axes(1, 2, 12.0, 4.8)
    errors, signs = axes[0]
    measure = measure_in(metrics)
    measured = [m for m in metrics if measure.name in m]
    epochs = [m["epoch"] for m in measured]
    for where, dashes in _SETS.items():
        for kind in measured[0][measure.name].get(where, {}) if measured else ():
            values = [measure.scale * m[measure.name][where][kind] for m in measured]
            name = f"{where.replace('_', ' ')}, {kind}"
            errors.plot(
                epochs, values, color=_KINDS[kind], linestyle=dashes, label=legend_label(name)
            )
    tracked = [m for m in metrics if "signs" in m]
    for metric, (name, colour) in _SIGNS.items():
        values = [100 * m["signs"]["all"][metric] for m in tracked]
        signs.plot([m["epoch"] for m in tracked], values, color=colour, label=name)
    for axis, what in ((errors, measure.name), (signs, "signs")):
        axis.set_title(what)
        axis.set_xlabel("epoch")
        if axis is errors and measure is PERPLEXITY:
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        mark_freeze(axis, freeze)
        show_names(axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2))
    errors.set_ylabel(measure.axis)
    signs.set_ylabel("% of weights")
    figure.suptitle(visible(title), parse_math=False)
    return figure


def mark_freeze(axes: "Axes", freeze: int | None) -> None:
    """A thin line after ``freeze`` epochs, where it is within what is drawn."""
    if freeze is not None and freeze <= axes.get_xlim()[1]:
        axes.axvline(freeze, color=BLACK, linewidth=1, linestyle=(0, (1, 2)), label="freeze")
