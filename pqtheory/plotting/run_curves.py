"""One training run at a glance: its errors and its sign changes against epochs, the freeze marked."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pqtheory.networks.metrics import PERPLEXITY, measure_in
from pqtheory.plotting.looks import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, Look
from pqtheory.plotting.parts import (
    begin_at_zero,
    describe,
    figure_title,
    grid_of_axes,
    legend_below,
    legend_label,
)
from pqtheory.plotting.parts import title as panel_title
from pqtheory.plotting.styles import picture, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = {
    "latent": (GREY, ""),
    "quantized": (BLUE, "s"),
    "quantized, reestimated": (GREEN, "^"),
}
_SETS = {"test": "-", "held_out": (0, (4, 2))}
_SIGNS = {
    "change_from_start": ("changed since start", Look(BLACK, "-", "o", 0, 3)),
    "flips": ("flips in the epoch", Look(VERMILION, (0, (5, 2)), "s", 1, 3)),
    "reversals": ("reversals in the epoch", Look(ORANGE, (0, (1.5, 1.5)), "^", 2, 3)),
}


@picture
def run_curves(
    metrics: Sequence[Mapping[str, Any]],
    freeze: int | None = None,
    title: str = "",
    *,
    style: str | None = None,
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
    style : str, optional
        One of ``STYLES``.

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
    seen: list[str] = []
    for where, dashes in _SETS.items():
        for kind in measured[0][measure.name].get(where, {}) if measured else ():
            values = [measure.scale * m[measure.name][where][kind] for m in measured]
            name = f"{where.replace('_', ' ')}, {kind}"
            colour, marker = _KINDS[kind]
            look = Look(colour, dashes, marker, len(seen), 6)
            look.draw(errors, epochs, values, label=legend_label(name))
            seen.append(f"{name} {measure.shown(values[-1] / measure.scale)}")
    tracked = [m for m in metrics if "signs" in m]
    changes = []
    for metric, (name, look) in _SIGNS.items():
        values = [100 * m["signs"]["all"][metric] for m in tracked]
        look.draw(signs, [m["epoch"] for m in tracked], values, label=name)
        changes += [f"{name} {values[-1]:.3g} %"] if values else []
    what_signs = f"signs: {changes[0]}" if changes else "signs"
    of_interest = [text for text in seen if text.startswith("test, quantized ")] or seen
    what_errors = f"{measure.name}: {of_interest[0]}" if seen else measure.name
    for axis, what in ((errors, what_errors), (signs, what_signs)):
        panel_title(axis, what)
        axis.set_xlabel("epoch")
        if axis is errors and measure is PERPLEXITY:
            axis.set_yscale("log")
        else:
            begin_at_zero(axis)
        mark_freeze(axis, freeze)
    # the freeze is in both panels
    drawn = [axis.get_legend_handles_labels() for axis in axes[0]]
    named = {name: line for lines, names in drawn for line, name in zip(lines, names, strict=True)}
    legend_below(figure, errors, list(named.values()))
    errors.set_ylabel(measure.axis)
    signs.set_ylabel("% of weights")
    figure_title(figure, title)
    return describe(
        figure,
        f"{title or 'A run'}: {measure.name} and sign changes of all weights against epochs. At last: "
        f"{', '.join([*seen, *changes]) or 'nothing measured'}.",
    )


def mark_freeze(axes: "Axes", freeze: int | None) -> None:
    """A thin line after ``freeze`` epochs, where it is within what is drawn."""
    if freeze is not None and freeze <= axes.get_xlim()[1]:
        axes.axvline(
            freeze, color=BLACK, linewidth=points(1), linestyle=(0, (1, 2)), label="freeze"
        )
