r"""The two-function toy: f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2, and both methods on them.

References
----------
ProxQuant, arXiv 1810.00861, Figure 1(b).
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._checks import check_count, check_number
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.plotting.style import (
    BLACK,
    BLUE,
    VERMILION,
    describe,
    grid_of_axes,
    mark_levels,
    method_colour,
)
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAPTION = (
    "Two functions with the same slopes at -1 and +1 but different best vertices (left, ringed). "
    "BinaryConnect sees gradients only at the vertices, so its path is the same on both and says nothing about "
    "which is which (middle: the dashed line lies on the solid one). ProxQuant takes gradients where it is, "
    "follows each function to its own minimiser and is then drawn to its best vertex (right)."
)
#: room above and below the paths, as a share of their range
MARGIN = 0.12
#: starts beyond which nothing could be told apart
FARTHEST = 1e9
_NAMES = {1: "$f_1$", -1: "$f_{-1}$"}
_STYLES = {1: "-", -1: (0, (4, 3))}


def toy(theta0: Any = 0.3, step_size: Any = 0.05, rate: Any = 0.02, steps: int = 100) -> "Figure":
    """Draw the functions and the latent weights of BinaryConnect and ProxQuant on each.

    Parameters
    ----------
    theta0 : float
        Where all four runs start.
    step_size : float
        The constant step size of both methods.
    rate : float
        ProxQuant's regularization rate: lambda_t = rate * t.
    steps : int
        How many steps.

    Raises
    ------
    TypeError, ValueError
        For numbers out of range.
    """
    theta0 = float(check_number(theta0, "theta0", finite=True))
    if abs(theta0) > FARTHEST:
        raise ValueError(
            f"theta0: expected a number from {-FARTHEST:g} to {FARTHEST:g}, got {theta0:g}"
        )
    steps = check_count(steps, "steps")
    W = DistanceL1(Binary())
    methods = {
        "BinaryConnect": BinaryConnect(step_size),
        "ProxQuant": ProxQuant(W, step_size, Linear(rate)),
    }
    figure, axes = grid_of_axes(1, 3, 13.0, 4.2)
    _draw_functions(axes[0, 0], theta0)
    seen = [
        "Left: f_1(x) = |x + 1/2| - 1/2, best vertex -1, and f_-1(x) = |x - 1/2| - 1/2, best vertex +1; "
        f"all paths start at {theta0:g} and have {steps} steps."
    ]
    lows, highs = [-1.0], [1.0]
    for axis, (name, method) in zip(axes[0, 1:], methods.items(), strict=True):
        runs = {
            side: simulate(
                method,
                TwoFunctionToy(side),
                np.array([theta0]),
                steps,
                fields=("latent",),
                progress=False,
            )
            for side in (1, -1)
        }
        _draw_runs(axis, name, runs)
        seen.append(f"{name}: {_seen(runs)}.")
        lows += [float(run.latent.min()) for run in runs.values()]
        highs += [float(run.latent.max()) for run in runs.values()]
    # all of every path and both levels, in both panels alike
    margin = MARGIN * (max(highs) - min(lows))
    axes[0, 1].set_ylim(min(lows) - margin, max(highs) + margin)
    axes[0, 2].sharey(axes[0, 1])
    return describe(figure, " ".join(seen))


def _seen(runs: dict[int, Trajectory]) -> str:
    """Whether both runs are one path, and where they go."""
    first, second = (run.latent[:, 0] for run in runs.values())
    if np.array_equal(first, second):
        return f"one path for both functions, between {first.min():.3g} and {first.max():.3g}"
    ends = (f"to {run.latent[-1, 0]:.3g} on f_{side}" for side, run in runs.items())
    return f"a path for each, {' and '.join(ends)}"


def _draw_functions(axes: "Axes", theta0: float) -> None:
    reach = max(1.5, 1.1 * abs(theta0))
    x = np.linspace(-reach, reach, 301)
    for side, colour in ((1, BLACK), (-1, "#999999")):
        f = TwoFunctionToy(side)
        axes.plot(x, f.value(x[:, None]), linestyle=_STYLES[side], color=colour, label=_NAMES[side])
        best = -float(side)
        axes.plot(
            [best],
            f.value(np.array([[best]])),
            "o",
            color=colour,
            markersize=11,
            markerfacecolor="none",
        )
    axes.axvline(theta0, color=BLACK, linewidth=0.8)
    # beside the line, on the side where there is room for the word
    axes.annotate(
        "start",
        (theta0, 0.98),
        (4, 0) if theta0 <= 0.75 * reach else (-4, 0),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        ha="left" if theta0 <= 0.75 * reach else "right",
        va="top",
    )
    mark_levels(axes, (-1.0, 1.0), horizontal=False)
    axes.set_title("the functions (ringed: best vertex)")
    axes.set_xlabel("weight $\\theta$")
    axes.set_ylabel("loss")
    axes.legend(loc="lower right")


def _draw_runs(axes: "Axes", name: str, runs: dict[int, Trajectory]) -> None:
    colours = {1: method_colour(name), -1: _lighter(method_colour(name))}
    for side, run in runs.items():
        axes.plot(
            run.steps,
            run.latent[:, 0],
            linestyle=_STYLES[side],
            color=colours[side],
            linewidth=2.6 if side == 1 else 1.8,
            label=f"on {_NAMES[side]}",
        )
    same = np.array_equal(runs[1].latent, runs[-1].latent)
    mark_levels(axes, (-1.0, 1.0))
    axes.set_title(f"{name}: {'the same path on both' if same else 'a path for each'}")
    axes.set_xlabel("step")
    axes.set_ylabel("latent weight $\\theta$")
    axes.legend(loc="best")


def _lighter(colour: str) -> str:
    return {VERMILION: "#F5B58A", BLUE: "#7FB8DA"}[colour]
