r"""The two-function toy: f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2, and both methods on them.

References
----------
ProxQuant, arXiv 1810.00861, Figure 1(b).
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._checks import check_count, check_float
from pqtheory._messages import counted
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.plotting.looks import BLACK, BLUE, VERMILION, looks, method_colour
from pqtheory.plotting.motion import Trace, traced
from pqtheory.plotting.parts import describe, grid_of_axes, mark_levels, title
from pqtheory.plotting.styles import picture, points
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: room above and below the paths, as a share of their range
MARGIN = 0.12
#: starts beyond which nothing could be told apart
FARTHEST = 1e9
_NAMES = {1: "$f_1$", -1: "$f_{-1}$"}
_STYLES = {1: "-", -1: (0, (4, 3))}


@picture
def toy(
    theta0: Any = 0.3,
    step_size: Any = 0.05,
    rate: Any = 0.02,
    steps: int = 100,
    *,
    style: str | None = None,
) -> "Figure":
    """Draw the functions and the latent weights of BinaryConnect and ProxQuant on each; saved as a film it moves.

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
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    TypeError, ValueError
        For numbers out of range.
    """
    theta0 = check_float(theta0, "theta0", finite=True)
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
    functions = axes[0, 0]
    _draw_functions(functions, theta0)
    traces, said, seen = [], [], []
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
        traces += _draw_runs(axis, name, runs)
        traces += [_on_its_function(functions, name, side, run) for side, run in runs.items()]
        what = _what_to_see(runs)
        title(axis, f"{name}: {what}")
        said.append(f"{name} has {what}")
        seen.append(f"{name}: {_seen(runs)}.")
        lows += [float(run.latent.min()) for run in runs.values()]
        highs += [float(run.latent.max()) for run in runs.values()]
    # all of every path and both levels, in both panels alike
    margin = MARGIN * (max(highs) - min(lows))
    axes[0, 1].set_ylim(min(lows) - margin, max(highs) + margin)
    axes[0, 2].sharey(axes[0, 1])
    figure.motion = traced(traces)
    return describe(
        figure,
        f"Of two functions with the same slopes at -1 and +1 {', '.join(said)}. "
        "BinaryConnect takes gradients at -1 and +1 alone, where those of both are equal; ProxQuant takes them where "
        "it is. Left: f_1(x) = |x + 1/2| - 1/2, best vertex -1, and f_-1(x) = |x - 1/2| - 1/2, best vertex +1, both "
        f"ringed. All paths start at {theta0:g} and have {counted(steps, 'step')}. {' '.join(seen)}",
    )


def _what_to_see(runs: dict[int, Trajectory]) -> str:
    """Whether both runs are one path, and whether each ends at the best vertex of its function."""
    first, second = (run.latent for run in runs.values())
    if np.array_equal(first, second):
        return "the same path on both"
    if all(run.latent[-1, 0] == -side for side, run in runs.items()):
        return "a path for each, to its best vertex"
    return "a path for each"


def _seen(runs: dict[int, Trajectory]) -> str:
    """Between what numbers one path is, or where each goes."""
    first, second = (run.latent[:, 0] for run in runs.values())
    if np.array_equal(first, second):
        return f"between {first.min():.3g} and {first.max():.3g}"
    return " and ".join(f"to {run.latent[-1, 0]:.3g} on f_{side}" for side, run in runs.items())


def _draw_functions(axes: "Axes", theta0: float) -> None:
    reach = max(1.5, 1.1 * abs(theta0))
    x = np.linspace(-reach, reach, 301)
    for side, colour in ((1, BLACK), (-1, "#999999")):
        f = TwoFunctionToy(side)
        axes.plot(x, f.value(x[:, None]), linestyle=_STYLES[side], color=colour, label=_NAMES[side])
        # above its outer arm, which is above the other function
        at = 0.9 * side * reach
        axes.annotate(
            _NAMES[side],
            (at, float(f.value(np.array([at])))),
            (-4 * side, 0),
            textcoords="offset points",
            ha="right" if side > 0 else "left",
            va="bottom",
            # the lines at the levels end where the name is
            bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "linewidth": 0},
        )
        best = -float(side)
        axes.plot(
            [best],
            f.value(np.array([[best]])),
            "o",
            color=colour,
            markersize=points(11),
            markerfacecolor="none",
        )
    axes.axvline(theta0, color=BLACK, linewidth=points(0.8))
    # beside the line, on the side of the middle, where the functions are low
    axes.annotate(
        "start",
        (theta0, 0.98),
        (4, 0) if theta0 < 0 else (-4, 0),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        ha="left" if theta0 < 0 else "right",
        va="top",
    )
    mark_levels(axes, (-1.0, 1.0), horizontal=False)
    title(axes, "the same slopes, another best vertex (ringed)")
    axes.set_xlabel("weight $\\theta$")
    axes.set_ylabel("loss")


def _draw_runs(axes: "Axes", name: str, runs: dict[int, Trajectory]) -> list[Trace]:
    colours = {1: method_colour(name), -1: _lighter(method_colour(name))}
    traces = []
    for side, run in runs.items():
        (line,) = axes.plot(
            run.steps,
            run.latent[:, 0],
            linestyle=_STYLES[side],
            color=colours[side],
            linewidth=points(2.6 if side == 1 else 1.8),
            label=f"on {_NAMES[side]}",
        )
        traces.append(Trace(line, run.steps, run.latent[:, 0]))
    mark_levels(axes, (-1.0, 1.0))
    axes.set_xlabel("step")
    axes.set_ylabel("latent weight $\\theta$")
    axes.legend(loc="best", handlelength=3)
    return traces


def _on_its_function(axes: "Axes", name: str, side: int, run: Trajectory) -> Trace:
    """Where a run is on the graph of its function, seen in a film."""
    (look,) = looks([name])
    x = run.latent[:, 0]
    line = look.draw(
        axes, x, TwoFunctionToy(side).value(run.latent), linestyle="", markersize=points(9)
    )
    return Trace(line, x, line.get_ydata(), alone=True)


def _lighter(colour: str) -> str:
    return {VERMILION: "#F5B58A", BLUE: "#7FB8DA"}[colour]
