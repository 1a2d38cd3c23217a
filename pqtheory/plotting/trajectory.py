r"""Latent weights and quantized weights over the steps, one column for each method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._checks import check_count
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.plotting.style import BLACK, SEQUENCE, grid_of_axes, mark_levels, title
from pqtheory.problems import Problem, Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
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
    for column, (name, method) in zip(axes.T, methods.items(), strict=True):
        run = simulate(
            method, problem, theta0, steps, fields=("latent", "quantized"), progress=False
        )
        _draw_latent(column[0], run)
        _draw_quantized(column[1], run)
        title(column[0], name)
        column[1].set_xlabel("step")
    shown = min(problem.dim, MOST_COORDINATES)
    axes[0, 0].set_ylabel("latent weight")
    axes[1, 0].set_ylabel("quantized weight")
    axes[1, 0].set_yticks(range(shown), [f"{i + 1}" for i in range(shown)])
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
    return figure


def strips(quantized: Any) -> Any:
    """Levels of shape (n, dim) scaled into strips of height ``FILLED`` centred at 0, 1, ..., dim - 1."""
    lowest, highest = quantized.min(), quantized.max()
    span = highest - lowest if highest > lowest else 1.0
    return FILLED * ((quantized - lowest) / span - 0.5) + np.arange(quantized.shape[-1])


def _draw_latent(axes: "Axes", run: Trajectory) -> None:
    for i in range(min(run.latent.shape[-1], MOST_COORDINATES)):
        axes.plot(run.steps, run.latent[:, i], color=SEQUENCE[i], label=f"weight {i + 1}")
    axes.axhline(0.0, color=BLACK, linewidth=0.8)
    mark_levels(axes, np.unique(run.quantized))


def _draw_quantized(axes: "Axes", run: Trajectory) -> None:
    drawn = strips(run.quantized)
    for i in range(min(drawn.shape[-1], MOST_COORDINATES)):
        axes.step(run.steps, drawn[:, i], color=SEQUENCE[i], where="post", linewidth=1.2)
    axes.grid(visible=False, axis="y")
