r"""Latent weights and quantized weights over the steps, one column for each method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_count
from pqtheory.methods import BinaryConnect, DualAveraging, Method, ProxQuant
from pqtheory.methods.base import MappedMethod
from pqtheory.plotting.style import BLACK, SEQUENCE, describe, grid_of_axes, mark_levels, title
from pqtheory.problems import Problem, Quadratic
from pqtheory.regularizers import DistanceL1, LevelRegularizer
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, FiniteSet, Set
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAPTION = (
    "Three weights on a small convex quadratic; above the latent weights, below the level of each (up: +1, down: -1). "
    "BinaryConnect's latent weights cross 0 again and again, and its output flips each time. "
    "ProxQuant's latent weights are themselves drawn to -1 and +1, and its output comes to rest."
)
#: coordinates drawn at most: more could not be distinguished
MOST_COORDINATES = len(SEQUENCE)
#: height of a coordinate's strip that its levels fill
FILLED = 0.6
#: levels beyond which none is marked: fitted ones differ from step to step
MOST_LEVELS = 16


def trajectory(
    methods: Mapping[str, Method] | None = None,
    problem: Problem | None = None,
    theta0: Any = None,
    steps: int = 100,
) -> "Figure":
    """Draw full-gradient runs from one start.

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
    if not methods:
        raise ValueError("methods: expected at least one, got none")
    steps = check_count(steps, "steps")
    if theta0 is None:
        theta0 = 0.7 * (-1.0) ** np.arange(problem.dim)
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
    seen = [f"{shown} of {problem.dim} weights over {steps} steps."]
    for column, (name, method) in zip(axes.T, methods.items(), strict=True):
        run = simulate(
            method, problem, theta0, steps, fields=("latent", "quantized"), progress=False
        )
        levels = levels_of(method, run)
        _draw_latent(column[0], run, levels)
        _draw_quantized(column[1], run, levels)
        title(column[0], name)
        column[1].set_xlabel("step")
        seen.append(f"{name}: {_seen(run)}.")
    axes[0, 0].set_ylabel("latent weight")
    axes[1, 0].set_ylabel("quantized weight")
    axes[1, 0].set_yticks(range(shown), [f"{i + 1}" for i in range(shown)])
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
    return describe(figure, " ".join(seen))


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
        regularizer = method.map.regularizer
        return regularizer.set if isinstance(regularizer, LevelRegularizer) else None
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


def _draw_latent(axes: "Axes", run: Trajectory, levels: Array) -> None:
    for i in range(min(run.latent.shape[-1], MOST_COORDINATES)):
        axes.plot(run.steps, run.latent[:, i], color=SEQUENCE[i], label=f"weight {i + 1}")
    axes.axhline(0.0, color=BLACK, linewidth=0.8)
    if len(levels) <= MOST_LEVELS:
        mark_levels(axes, levels)


def _draw_quantized(axes: "Axes", run: Trajectory, levels: Array) -> None:
    drawn = strips(run.quantized, levels)
    shown = min(drawn.shape[-1], MOST_COORDINATES)
    for i in range(shown):
        axes.step(run.steps, drawn[:, i], color=SEQUENCE[i], where="post", linewidth=1.2)
    # room for every strip from bottom to top, whatever is visited
    axes.set_ylim(-0.5, shown - 0.5)
    axes.grid(visible=False, axis="y")


def _seen(run: Trajectory) -> str:
    """How often the levels change and when last, and where the weights end."""
    shown = run.quantized[:, :MOST_COORDINATES]
    moves = (shown[1:] != shown[:-1]).sum(axis=-1)
    last = run.steps[1:][moves > 0]
    times = (
        f"levels change {moves.sum()} times, last at step {last[-1]}"
        if len(last)
        else "no level changes"
    )
    ends = ", ".join(f"{float(x):.3g}" for x in run.latent[-1, :MOST_COORDINATES])
    levels = ", ".join(f"{float(q):.3g}" for q in shown[-1])
    return f"{times}; latent weights end at {ends}, levels at {levels}"
