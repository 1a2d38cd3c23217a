r"""Latent weights and quantized weights over the steps, one column for each method."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory._checks import check_count
from pqtheory._messages import counted
from pqtheory._notebook import floats
from pqtheory.methods import BinaryConnect, DualAveraging, Method, ProxQuant
from pqtheory.methods.base import MappedMethod
from pqtheory.plotting.looks import BLACK, MARKERS, SEQUENCE, Look
from pqtheory.plotting.motion import Trace, traced
from pqtheory.plotting.parts import (
    check_methods,
    describe,
    grid_of_axes,
    legend_below,
    mark_levels,
    title,
)
from pqtheory.plotting.styles import picture, points
from pqtheory.problems import Problem, Quadratic
from pqtheory.problems.base import require_problem
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, FiniteSet, Set
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: coordinates drawn at most: more could not be distinguished
MOST_COORDINATES = len(SEQUENCE)
#: height of a coordinate's strip that its levels fill
FILLED = 0.6
#: the share of the steps at whose end a level must change for it not to be at rest
LATE = 0.1
#: levels beyond which none is marked: fitted ones differ from step to step
MOST_LEVELS = 16


@picture
def trajectory(
    methods: Mapping[str, Method] | None = None,
    problem: Problem | None = None,
    theta0: Any = None,
    steps: int = 100,
    *,
    style: str | None = None,
) -> "Figure":
    """Draw full-gradient runs from one start; saved as a film they move.

    Parameters
    ----------
    methods : mapping of str to Method, optional
        By name; BinaryConnect and ProxQuant by default.
    problem : Problem, optional
        A quadratic in three coordinates by default, with its minimiser inside the box.
    theta0 : array of shape (dim,), optional
        The start; 0.7, -0.7, 0.7, ... by default.
    steps : int
        How many steps.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    TypeError, ValueError
        If there is no method, or the start does not fit the problem.
    """
    if problem is None:
        problem = Quadratic([[1.0, 0.4, 0.0], [0.4, 0.8, 0.2], [0.0, 0.2, 0.6]], [-0.2, 0.1, 0.25])
    if methods is None:
        methods = {
            "BinaryConnect": BinaryConnect(0.1),
            "ProxQuant": ProxQuant(DistanceL1(Binary()), 0.1, Linear(0.01)),
        }
    check_methods(methods)
    require_problem(problem)
    steps = check_count(steps, "steps")
    if theta0 is None:
        theta0 = 0.7 * (-1.0) ** np.arange(problem.dim)
    _, start = as_array(theta0, "theta0")
    if start.ndim != 1:
        raise ValueError(f"theta0: expected shape ({problem.dim},), got {tuple(start.shape)}")
    figure, axes = grid_of_axes(
        2,
        len(methods),
        1.8 + 4.5 * len(methods),
        6.0,
        sharex=True,
        sharey="row",
        height_ratios=(3, 2),
    )
    shown = min(problem.dim, MOST_COORDINATES)
    looks = [Look(SEQUENCE[i], "-", MARKERS[i], i, shown) for i in range(shown)]
    traces: list[Trace] = []
    said, seen = [], []
    for column, (name, method) in zip(axes.T, methods.items(), strict=True):
        run = simulate(
            method, problem, start, steps, fields=("latent", "quantized"), progress=False
        )
        run = Trajectory(
            run.steps, {k: floats(v) for k, v in run.recorded.items() if v is not None}
        )
        levels = levels_of(method, run)
        traces += _draw_latent(column[0], run, levels, looks)
        traces += _draw_quantized(column[1], run, levels, looks)
        what = _what_to_see(run)
        title(column[0], f"{name}: {what}")
        column[1].set_xlabel("step")
        said.append(f"{name}: {what}")
        seen.append(f"{name}: {_seen(run)}.")
    axes[0, 0].set_ylabel("latent weight")
    axes[1, 0].set_ylabel("quantized weight")
    axes[1, 0].set_yticks(range(shown), [f"{i + 1}" for i in range(shown)])
    legend_below(figure, axes[0, 0])
    figure.motion = traced(traces)
    return describe(
        figure,
        f"{'; '.join(said)}. {shown} of {problem.dim} weights of {type(problem).__name__} over "
        f"{counted(steps, 'step')}: above the latent weights, below the level of each, the highest at the top of its "
        f"strip and the lowest at the bottom. {' '.join(seen)}",
    )


def levels_of(method: Method, run: Trajectory) -> Array:
    """The levels that the method quantizes to, visited or not, ascending.

    Where they are fitted to the weights, those of every record; of a method that does not say, what its output visits,
    and as far on the other side of 0.
    """
    found = _set_of(method)
    if isinstance(found, FiniteSet):
        return np.array([float(level) for level in found.level_values])
    if found is not None:
        return np.unique([found.levels(point) for point in run.latent]).astype(float)
    farthest = float(abs(run.quantized).max())
    return np.unique([-farthest, *run.quantized.astype(float).ravel(), farthest])


def _set_of(method: Method) -> Set | None:
    if isinstance(method, DualAveraging):
        return method.set
    if isinstance(method, MappedMethod):
        try:
            found = method.map.quantized_by
        except TypeError:
            return None
        return found if isinstance(found, Set) else None
    return None


def strips(quantized: Any, levels: Any) -> Any:
    """Quantized weights of shape (n, dim) in strips of height ``FILLED`` centred at 0, 1, ..., dim - 1.

    The lowest of the method's levels is the bottom of a strip and the highest its top, whichever are visited; the level
    of a method that has one alone is the middle.
    """
    lowest, highest = min(levels), max(levels)
    middle, span = (lowest + highest) / 2, highest - lowest
    places = (quantized - middle) / (span if span > 0 else 1.0)
    return FILLED * places.astype(float) + np.arange(quantized.shape[-1])


def _draw_latent(
    axes: "Axes", run: Trajectory, levels: Array, looks: Sequence[Look]
) -> list[Trace]:
    traces = []
    for i, look in enumerate(looks):
        line = look.draw(axes, run.steps, run.latent[:, i], label=f"weight {i + 1}")
        traces.append(Trace(line, run.steps, run.latent[:, i]))
    axes.axhline(0.0, color=BLACK, linewidth=points(0.8))
    if len(levels) <= MOST_LEVELS:
        mark_levels(axes, levels)
    return traces


def _draw_quantized(
    axes: "Axes", run: Trajectory, levels: Array, looks: Sequence[Look]
) -> list[Trace]:
    drawn = strips(run.quantized, levels)
    traces = []
    for i, look in enumerate(looks):
        (line,) = axes.step(
            run.steps, drawn[:, i], color=look.colour, where="post", linewidth=points(1.2)
        )
        traces.append(Trace(line, run.steps, drawn[:, i]))
    # room for every strip from bottom to top, whatever is visited
    axes.set_ylim(-0.5, len(looks) - 0.5)
    axes.grid(visible=False, axis="y")
    return traces


def _moves(run: Trajectory) -> tuple[int, int]:
    """How often levels of the weights that are drawn change, and at which step last, 0 for never."""
    shown = run.quantized[:, :MOST_COORDINATES]
    moves = (shown[1:] != shown[:-1]).sum(axis=-1)
    last = run.steps[1:][moves > 0]
    return int(moves.sum()), int(last[-1]) if len(last) else 0


def _what_to_see(run: Trajectory) -> str:
    """Whether the output comes to rest."""
    _, last = _moves(run)
    steps = int(run.steps[-1])
    if not last:
        return "no level changes"
    if last > (1 - LATE) * steps:
        return f"levels still change at step {last}"
    return f"at rest from step {last} on"


def _seen(run: Trajectory) -> str:
    """How often the levels change, and where the weights end."""
    count, _ = _moves(run)
    times = f"levels change {counted(count, 'time')}" if count else "no level changes"
    ends = ", ".join(f"{float(x):.3g}" for x in run.latent[-1, :MOST_COORDINATES])
    levels = ", ".join(f"{float(q):.3g}" for q in run.quantized[-1, :MOST_COORDINATES])
    return f"{times}; latent weights end at {ends}, levels at {levels}"
