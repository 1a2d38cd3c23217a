r"""Basins: the vertex that each start of a plane grid ends at, one panel for each method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_float
from pqtheory._messages import counted
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.plotting.looks import BLACK, BLUE, GREEN, ORANGE, PURPLE
from pqtheory.plotting.parts import check_methods, describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import letters, picture, points
from pqtheory.problems import Problem, Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.stability import DIVERGED, UNSETTLED, BasinMap, basin_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: the four vertices have the same colours in every panel
VERTEX_COLOURS = {
    (-1.0, -1.0): BLUE,
    (-1.0, 1.0): GREEN,
    (1.0, -1.0): ORANGE,
    (1.0, 1.0): PURPLE,
}
#: how much white is in the colour of the vertex's basin: in grey they are from dark to light
_WHITE = {BLUE: 0.1, GREEN: 0.3, ORANGE: 0.25, PURPLE: 0.6}
#: and what a print in grey has besides
VERTEX_HATCHES = {BLUE: "", GREEN: "...", ORANGE: "\\\\\\", PURPLE: ""}
_UNSETTLED, _HATCH, _DIVERGED = "#FFFFFF", "#8C8C8C", "#333333"


@picture
def basins(
    methods: Mapping[str, Method] | None = None,
    problem: Problem | None = None,
    *,
    extent: float = 1.5,
    resolution: int = 121,
    steps: int = 400,
    style: str | None = None,
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
    style : str, optional
        One of ``STYLES``.

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
    extent = check_float(extent, "extent", 0, open_low=True, finite=True)
    check_methods(methods)
    maps = {
        name: basin_map(method, problem, -extent, extent, resolution, steps, progress=False)
        for name, method in methods.items()
    }
    figure, axes = grid_of_axes(
        1, len(maps), 1.6 + 4.6 * len(maps), 5.0, square=True, sharex=True, sharey=True
    )
    for axis, (name, found) in zip(axes[0], maps.items(), strict=True):
        _draw(axis, name, found, problem, extent)
    axes[0, 0].set_ylabel("start of weight 2")
    kinds = {label for m in maps.values() for label in m.labels[m.labels < 0].tolist()}
    legend_below(figure, axes[0, 0], _handles(kinds))
    said = ", ".join(f"{found.settled.mean():.0%} with {name}" for name, found in maps.items())
    seen = (f"{name}: {_seen(found)}." for name, found in maps.items())
    return describe(
        figure,
        f"Of the starts on a problem with two weights there settle {said}. A colour is the vertex of "
        "{-1, +1}^2 at which a start ends; where the quantized weights go on changing it is white and hatched. The "
        f"contours are those of the loss. Starts from [-{extent:g}, {extent:g}]^2, {resolution} along each axis, "
        f"{counted(steps, 'step')}. {' '.join(seen)}",
    )


def _seen(found: BasinMap) -> str:
    """The share of the starts that ends at each vertex, keeps changing or diverges."""
    numbers = vertex_numbers(found)
    names = {i: f"ends at {_name(v)}" for i, v in enumerate(VERTEX_COLOURS)}
    names |= {UNSETTLED: "keeps changing", DIVERGED: "diverges"}
    shares = {name: (numbers == number).mean() for number, name in names.items()}
    return ", ".join(f"{share:.0%} {name}" for name, share in shares.items() if share > 0)


def vertex_numbers(found: BasinMap) -> Array:
    """For each start the number of its vertex in ``VERTEX_COLOURS``, or ``UNSETTLED`` or ``DIVERGED``."""
    order = {vertex: i for i, vertex in enumerate(VERTEX_COLOURS)}
    vertices = [(float(v[0]), float(v[1])) for v in found.vertices]
    for vertex in vertices:
        if vertex not in order:
            raise ValueError(
                f"methods: expected ones with the levels -1 and +1, got one that ends at {vertex}"
            )
    numbers = [order[vertex] for vertex in vertices]
    # labels below 0 count from the end
    return np.array([*numbers, DIVERGED, UNSETTLED])[found.labels]


def _mixed(colour: str) -> tuple[float, float, float]:
    """The colour of a vertex's basin."""
    from matplotlib.colors import to_rgb

    red, green, blue = (_WHITE[colour] + (1 - _WHITE[colour]) * part for part in to_rgb(colour))
    return red, green, blue


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
        cmap=ListedColormap([_DIVERGED, _UNSETTLED, *map(_mixed, VERTEX_COLOURS.values())]),
        norm=BoundaryNorm(np.arange(-2.5, 4.5), 6),
    )
    x, y = found.starts[..., 0], found.starts[..., 1]
    _hatch(axes, x, y, found.labels == UNSETTLED, "////", _HATCH)
    for number, colour in enumerate(VERTEX_COLOURS.values()):
        if VERTEX_HATCHES[colour]:
            _hatch(axes, x, y, numbers == number, VERTEX_HATCHES[colour], colour)
    axes.contour(
        x,
        y,
        problem.value(found.starts),
        levels=8,
        colors=BLACK,
        linewidths=points(0.5),
        alpha=0.6,
    )
    if problem.minimisers is not None:
        axes.plot(
            *problem.minimisers.T.astype(float),
            "*",
            color="white",
            markeredgecolor=BLACK,
            markersize=points(14),
        )
    for vertex, colour in VERTEX_COLOURS.items():
        _draw_vertex(axes, vertex, colour)
    axes.grid(visible=False)
    # the axes end where the starts do: of the outermost cells the inner half
    axes.set_xlim(-extent, extent)
    axes.set_ylim(-extent, extent)
    title(axes, f"{name}: {found.settled.mean():.0%} settle")
    axes.set_xlabel("start of weight 1")


def _hatch(axes: "Axes", x: Array, y: Array, where: Array, hatch: str, colour: str) -> None:
    if where.any():
        hatched = axes.contourf(
            x, y, where.astype(float), levels=[0.5, 1.5], colors="none", hatches=[hatch]
        )
        hatched.set(edgecolor=colour, linewidth=0)


def _draw_vertex(axes: "Axes", vertex: tuple[float, float], colour: str) -> None:
    """A dot with its name at its side, on the side of the middle."""
    axes.plot(
        *[[c] for c in vertex],
        "o",
        color=colour,
        markeredgecolor="white",
        markeredgewidth=points(1.2),
        markersize=points(10),
    )
    axes.annotate(
        _name(vertex),
        vertex,
        (0, -points(10) * np.sign(vertex[1])),
        textcoords="offset points",
        fontsize=letters(9),
        ha="center",
        va="top" if vertex[1] > 0 else "bottom",
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.85, "linewidth": 0},
        annotation_clip=True,
    )


def _name(vertex: tuple[float, float]) -> str:
    return f"({vertex[0]:+.0f}, {vertex[1]:+.0f})"


def _handles(not_settled: set[int]) -> list[Any]:
    from matplotlib.patches import Patch

    handles = [
        Patch(
            facecolor=_mixed(colour),
            edgecolor=colour,
            hatch=VERTEX_HATCHES[colour],
            label=f"ends at {_name(v)}",
        )
        for v, colour in VERTEX_COLOURS.items()
    ]
    if UNSETTLED in not_settled:
        handles.append(
            Patch(facecolor=_UNSETTLED, edgecolor=_HATCH, hatch="////", label="keeps changing")
        )
    if DIVERGED in not_settled:
        handles.append(Patch(facecolor=_DIVERGED, edgecolor=_DIVERGED, label="diverges"))
    return handles
