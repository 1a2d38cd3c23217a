"""Distances of the weights to their levels just before the freeze: a panel for each layer, methods overlaid."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._messages import brief
from pqtheory.plotting.looks import BLACK, DASHES, Look, looks
from pqtheory.plotting.parts import (
    describe,
    figure_title,
    grid_of_axes,
    legend_below,
    legend_label,
    title,
)
from pqtheory.plotting.styles import picture, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: label -> one record for each run: "upper", and by "layers" their "counts" and "pinned"
Distances = Mapping[str, Sequence[Mapping[str, Any]]]
LARGEST = 4


@picture
def distances(
    found: Distances, layers: Sequence[str] = ("all",), *, style: str | None = None
) -> "Figure":
    """Draw shares of weights by distance, means over the runs of a label.

    Weights exactly on their level have a bar of their own and are not in the first bin; so have those beyond the last.

    Parameters
    ----------
    found : mapping
        Label -> what its runs recorded at their freeze.
    layers : sequence of str
        Panels, in this order; at most four.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If a layer is unknown, or there are none or too many.
    """
    if not 1 <= len(layers) <= LARGEST:
        raise ValueError(f"layers: expected 1 to {LARGEST}, got {len(layers)}")
    for records in found.values():
        for layer in layers:
            if layer not in records[0]["layers"]:
                raise ValueError(
                    f"layer: expected one of {brief(list(records[0]['layers']))}, got {brief(layer)}"
                )
    figure, axes = grid_of_axes(1, len(layers), 2.4 + 3.6 * len(layers), 3.8, sharey=True)
    lines = looks(list(found))
    seen: list[str] = []
    on_level: dict[str, float] = {}
    for axis, layer in zip(axes[0], layers, strict=True):
        by_label = {name: [r["layers"][layer] for r in rs] for name, rs in found.items()}
        _panel(axis, by_label, next(iter(found.values()))[0]["upper"], lines)
        title(axis, layer)
        for label, records in by_label.items():
            pinned, percent = _mean(records)
            on_level.setdefault(label, pinned)
            beyond = f", {percent[-1]:.3g} % beyond the last bin" if percent[-1] > 0 else ""
            seen.append(f"{layer}, {label}: {pinned:.3g} % on the level{beyond}.")
    axes[0, 0].set_ylabel("% of weights")
    legend_below(figure, axes[0, 0])
    most = max(on_level, key=lambda label: on_level[label])
    what = (
        f"Before the freeze up to {on_level[most]:.3g} % of the weights are on their level ({most})"
    )
    figure_title(figure, what)
    return describe(
        figure,
        f"{what}. Shares of weights by their distance to it, on a logarithmic scale; weights exactly on it have a bar "
        f"of their own at the left. {' '.join(seen)}",
    )


def shares(record: Mapping[str, Any]) -> tuple[float, np.ndarray]:
    """(pinned, by bin without the pinned ones, the last beyond the histogram), in percent; all together 100."""
    counts = np.array(record["counts"], dtype=float)
    percent = 100 * counts / max(counts.sum(), 1)
    pinned = 100 * record["pinned"]
    percent[0] = max(percent[0] - pinned, 0.0)
    return pinned, percent


def _panel(
    axis: "Axes",
    by_label: Mapping[str, Sequence[Mapping[str, Any]]],
    upper: float,
    lines: Sequence[Look],
) -> None:
    """Steps between 0 and the last bin that is not empty; bars left of them for the pinned, right for the rest."""
    means = {label: _mean(records) for label, records in by_label.items()}
    bins = len(next(iter(means.values()))[1]) - 1
    width = upper / bins
    filled = max(int(np.flatnonzero(p[:-1]).max(initial=3)) for _, p in means.values()) + 1
    beyond = any(percent[-1] > 0 for _, percent in means.values())
    end = upper if beyond else filled * width
    bar, edges = end / 12, np.linspace(0, upper, bins + 1)
    ticks = {-bar * (1 + len(means) / 2): "on the\nlevel"}
    for i, (look, (label, (pinned, percent))) in enumerate(zip(lines, means.items(), strict=True)):
        area: dict[str, Any] = {
            "facecolor": look.colour,
            "hatch": look.hatch,
            "edgecolor": "white",
            "linewidth": 0,
        }
        shown = percent[: bins if beyond else filled]
        name = f"{label} ({len(by_label[label])})"
        edge = edges[: len(shown) + 1]
        axis.stairs(
            shown,
            edge,
            color=look.colour,
            linestyle=DASHES[i % len(DASHES)],
            linewidth=points(1.6),
            label=legend_label(name),
        )
        axis.stairs(shown, edge, color=look.colour, fill=True, alpha=0.15)
        axis.bar(-bar * (len(means) - i + 0.5), pinned, bar, **area)
        if beyond:
            axis.bar(end + bar * (1 + i + 0.5), percent[-1], bar, **area)
    if beyond:
        ticks[end + bar * (1 + len(means) / 2)] = f"over\n{upper:g}"
    for i in range(5):
        ticks[round(i * end / 4, 2)] = f"{i * end / 4:.2g}"
    axis.set_xticks(list(ticks), list(ticks.values()))
    axis.axvline(0, color=BLACK, linewidth=points(0.8))
    axis.set_xlabel("distance to the level")
    axis.set_yscale("symlog", linthresh=0.1, linscale=0.5)
    axis.set_ylim(0, 130)
    axis.set_yticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])


def _mean(records: Sequence[Mapping[str, Any]]) -> tuple[float, np.ndarray]:
    parts = [shares(record) for record in records]
    pinned = float(np.mean([p for p, _ in parts]))
    return pinned, np.mean([percent for _, percent in parts], axis=0)
