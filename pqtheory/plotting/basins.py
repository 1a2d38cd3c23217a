r"""Basins: the vertex that each start of a plane grid ends at, one panel for each method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_number
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    describe,
    grid_of_axes,
    title,
)
from pqtheory.problems import Problem, Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.stability import DIVERGED, UNSETTLED, BasinMap, basin_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAPTION = (
    "Where each start (a point of the plane) leads on an indefinite quadratic, whose contours are drawn. "
    "A colour is a vertex of {-1, +1}^2, hatched grey is a start from which the quantized weights go on changing. "
    "BinaryConnect settles only at a vertex that is its fixed point. "
    "ProxQuant always ends at a vertex here, and the start decides at which."
)
#: the four vertices have the same colours in every panel
VERTEX_COLOURS = {
    (-1.0, -1.0): BLUE,
    (-1.0, 1.0): GREEN,
    (1.0, -1.0): ORANGE,
    (1.0, 1.0): PURPLE,
}
_UNSETTLED, _HATCH, _DIVERGED = "#DDDDDD", "#A8A8A8", "#555555"


def basins(
    methods: Mapping[str, Method] | None = None,
    problem: Problem | None = None,
    *,
    extent: float = 1.5,
    resolution: int = 121,
    steps: int = 400,
) -> "Figure":
    """Draw the basins of binary methods on a problem in two coordinates.

    Parameters
    ----------
    methods : mapping of str to Method, optional
        By name; BinaryConnect and ProxQuant by default. Their levels are -1 and +1.
    problem : Problem, optional
        An indefinite quadratic by default.
    extent : float
        Starts come from [-extent, extent]^2.
    resolution : int
        Starts along each axis.
    steps : int
        Steps from each start.

    Raises
    ------
    TypeError, ValueError
        If there is no method, the problem is not of dimension 2, or a number is out of range.
    """
    problem = (
        Quadratic.random(dim=2, condition=4.0, seed=10, indefinite=True)
        if problem is None
        else problem
    )
    if methods is None:
        methods = {
            "BinaryConnect": BinaryConnect(0.1),
            "ProxQuant": ProxQuant(DistanceL1(Binary()), 0.1, Linear(0.01)),
        }
    extent = float(check_number(extent, "extent", 0, open_low=True, finite=True))
    if not methods:
        raise ValueError("methods: expected at least one, got none")
    maps = {
        name: basin_map(method, problem, -extent, extent, resolution, steps, progress=False)
        for name, method in methods.items()
    }
    figure, axes = grid_of_axes(1, len(maps), 1.6 + 4.6 * len(maps), 5.0, sharex=True, sharey=True)
    for axis, (name, found) in zip(axes[0], maps.items(), strict=True):
        _draw(axis, name, found, problem, extent)
    axes[0, 0].set_ylabel("start of weight 2")
    _legend(
        axes[0, -1], {label for m in maps.values() for label in m.labels[m.labels < 0].tolist()}
    )
    seen = (f"{name}: {_seen(found)}." for name, found in maps.items())
    return describe(
        figure,
        f"Starts from [-{extent:g}, {extent:g}]^2, {resolution} along each axis, {steps} steps. "
        + " ".join(seen),
    )


def _seen(found: BasinMap) -> str:
    """The share of the starts that ends at each vertex, keeps changing or diverges."""
    numbers = vertex_numbers(found)
    names = {i: f"ends at ({v[0]:+.0f}, {v[1]:+.0f})" for i, v in enumerate(VERTEX_COLOURS)}
    names |= {UNSETTLED: "keeps changing", DIVERGED: "diverges"}
    shares = {name: (numbers == number).mean() for number, name in names.items()}
    return ", ".join(f"{share:.0%} {name}" for name, share in shares.items() if share > 0)


def vertex_numbers(found: BasinMap) -> Array:
    """For each start the number of its vertex in ``VERTEX_COLOURS``, or ``UNSETTLED`` or ``DIVERGED``."""
    order = {vertex: i for i, vertex in enumerate(VERTEX_COLOURS)}
    numbers = [order[float(v[0]), float(v[1])] for v in found.vertices]
    # labels below 0 count from the end
    return np.array([*numbers, DIVERGED, UNSETTLED])[found.labels]


def _draw(axes: "Axes", name: str, found: BasinMap, problem: Problem, extent: float) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    numbers = vertex_numbers(found)
    half = extent / (numbers.shape[1] - 1)
    edges = (-extent - half, extent + half, -extent - half, extent + half)
    axes.imshow(
        numbers,
        origin="lower",
        extent=edges,
        interpolation="nearest",
        cmap=ListedColormap([_DIVERGED, _UNSETTLED, *VERTEX_COLOURS.values()]),
        norm=BoundaryNorm(np.arange(-2.5, 4.5), 6),
        alpha=0.75,
    )
    x, y = found.starts[..., 0], found.starts[..., 1]
    if (found.labels == UNSETTLED).any():
        unsettled = (found.labels == UNSETTLED).astype(float)
        hatched = axes.contourf(x, y, unsettled, levels=[0.5, 1.5], colors="none", hatches=["////"])
        hatched.set(edgecolor=_HATCH, linewidth=0)
    axes.contour(
        x, y, problem.value(found.starts), levels=8, colors=BLACK, linewidths=0.5, alpha=0.6
    )
    if problem.minimisers is not None:
        axes.plot(
            *problem.minimisers.T.astype(float),
            "*",
            color="white",
            markeredgecolor=BLACK,
            markersize=14,
        )
    for vertex, colour in VERTEX_COLOURS.items():
        axes.plot(*[[c] for c in vertex], "o", color=colour, markeredgecolor="white", markersize=10)
    axes.grid(visible=False)
    # the axes end where the starts do: of the outermost cells the inner half
    axes.set_xlim(-extent, extent)
    axes.set_ylim(-extent, extent)
    title(axes, f"{name}: {found.settled.mean():.0%} of the starts settle")
    axes.set_xlabel("start of weight 1")


def _legend(axes: "Axes", not_settled: set[int]) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=colour, alpha=0.75, label=f"ends at ({v[0]:+.0f}, {v[1]:+.0f})")
        for v, colour in VERTEX_COLOURS.items()
    ]
    if UNSETTLED in not_settled:
        handles.append(
            Patch(facecolor=_UNSETTLED, edgecolor=_HATCH, hatch="////", label="keeps changing")
        )
    if DIVERGED in not_settled:
        handles.append(Patch(facecolor=_DIVERGED, alpha=0.75, label="diverges"))
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5))
