r"""One step of methods in the plane of two weights: where the gradient is taken, where it leads, what is kept.

References
----------
ProxQuant, arXiv 1810.00861, Figure 1(a).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory._checks import check_float
from pqtheory._messages import brief
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.plotting.looks import BLACK, BLUE, GREY
from pqtheory.plotting.parts import check_methods, describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import letters, picture, points
from pqtheory.problems import Problem, Quadratic
from pqtheory.problems.base import require_problem
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: room round what is drawn, and how far apart points are that are told apart
MARGIN, APART = 0.3, 1e-9
#: starts beyond which nothing could be told apart
FARTHEST = 1e6
#: dashes of lines
KEPT, FOR_GRADIENT = (0, (3, 2)), (0, (1, 2))


@final
class OneStep(NamedTuple):
    """The points of a step: theta_t, where the gradient is taken, theta_t - eta g, and theta_{t+1}."""

    start: Array
    asked: Array
    moved: Array
    end: Array

    @property
    def what(self) -> str:
        """What to see."""
        if _apart(self.start, self.asked):
            return "its gradient is taken elsewhere"
        return "its gradient is taken where it is"


@picture
def one_step(
    methods: Mapping[str, Method] | None = None,
    problem: Problem | None = None,
    theta0: Any = (-0.5, 0.6),
    *,
    style: str | None = None,
) -> "Figure":
    """Draw one step of each method on a problem in two coordinates: gradient, map, and what is kept.

    Parameters
    ----------
    methods : mapping of str to Method, optional
        By name; BinaryConnect and ProxQuant by default.
    problem : Problem, optional
        A convex quadratic by default.
    theta0 : array of shape (2,)
        The latent weights before the step.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    TypeError, ValueError
        If there is no method, the problem is not of dimension 2, or ``theta0`` is no pair of numbers within reach.
    """
    if problem is None:
        problem = Quadratic([[1.0, 0.2], [0.2, 0.6]], [-0.7, 0.14])
    require_problem(problem)
    if problem.dim != 2:
        raise ValueError(f"problem: expected dimension 2, got {problem.dim}")
    if methods is None:
        pull = ProxQuant(DistanceL1(Binary()), 0.6, 0.6)
        methods = {"BinaryConnect": BinaryConnect(0.6), "ProxQuant": pull}
    check_methods(methods)
    start = _start(theta0)
    steps = {name: step_of(method, problem, start) for name, method in methods.items()}
    figure, axes = grid_of_axes(
        1, len(steps), 1.6 + 4.6 * len(steps), 5.2, square=True, sharex=True, sharey=True
    )
    drawn = np.concatenate([np.stack(step) for step in steps.values()])
    size = MARGIN + max(1.0, float(np.abs(drawn).max()))
    for axis, (name, step) in zip(axes[0], steps.items(), strict=True):
        _draw(axis, name, step, problem, size)
    axes[0, 0].set_ylabel("weight 2")
    legend_below(figure, axes[0, 0], _keys(), formulas=True)
    said = "; ".join(f"with {name} {step.what}" for name, step in steps.items())
    seen = " ".join(
        f"{name}: from {_at(s.start)}, gradient at {_at(s.asked)}, which leads to {_at(s.moved)}; kept is {_at(s.end)}."
        for name, s in steps.items()
    )
    return describe(
        figure,
        f"One step in the plane of two weights: {said}. The contours are those of the loss, the "
        f"squares the vertices. {seen}",
    )


def _start(theta0: Any) -> Array:
    """Two numbers, which are not so large that nothing could be told apart."""
    shape = tuple(as_array(theta0, "theta0")[1].shape)
    if shape != (2,):
        raise ValueError(f"theta0: expected shape (2,), got {brief(shape)}")
    start = [check_float(x, "theta0", finite=True) for x in theta0]
    for x in start:
        if abs(x) > FARTHEST:
            raise ValueError(
                f"theta0: expected numbers from {-FARTHEST:g} to {FARTHEST:g}, got {x:g}"
            )
    return np.array(start)


def step_of(method: Method, problem: Problem, theta0: Array) -> OneStep:
    """The points of the first step from ``theta0``."""
    state = method.init(theta0)
    asked = method.query(state)
    gradient = problem.gradient(asked)
    moved = state.latent - method.eta(0, state.latent) * gradient
    return OneStep(state.latent, asked, moved, method.step(state, gradient).latent)


def _apart(one: Array, other: Array) -> bool:
    return bool(np.abs(one - other).max() > APART)


def _at(point: Array) -> str:
    return f"({point[0]:.3g}, {point[1]:.3g})"


def _draw(axes: "Axes", name: str, step: OneStep, problem: Problem, size: float) -> None:
    side = np.linspace(-size, size, 61)
    x, y = np.meshgrid(side, side)
    value = problem.value(np.stack([x, y], axis=-1))
    axes.contour(x, y, value, levels=10, colors=GREY, linewidths=points(0.5), linestyles="solid")
    for vertex in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        axes.plot(*vertex, "s", color=BLACK, markersize=points(6))
    if _apart(step.start, step.asked):
        axes.plot(*zip(step.start, step.asked, strict=True), color=GREY, linestyle=FOR_GRADIENT)
        # the gradient's step, as it would be where it is taken
        _arrow(axes, step.asked, step.asked + step.moved - step.start, GREY)
    _arrow(axes, step.start, step.moved, BLACK)
    if _apart(step.moved, step.end):
        _arrow(axes, step.moved, step.end, BLUE, dashed=True)
    axes.plot(*step.asked, "o", color=BLACK, markerfacecolor="none", markersize=points(13))
    axes.plot(*step.start, "o", color=BLACK, markersize=points(6))
    axes.plot(*step.end, "*", color=BLACK, markersize=points(13))
    tail = step.moved if _apart(step.moved, step.end) else step.start
    # where no arrow is: behind the first, before the last
    names = (("$\\theta_t$", step.start, step.moved), ("$\\theta_{t+1}$", step.end, tail))
    for text, point, other in names:
        over = 1 if point[1] >= other[1] else -1
        axes.annotate(
            text,
            point,
            (0, over * points(11)),
            textcoords="offset points",
            fontsize=letters(10),
            ha="center",
            va="bottom" if over > 0 else "top",
        )
    axes.grid(visible=False)
    axes.set_xlim(-size, size)
    axes.set_ylim(-size, size)
    axes.set_aspect("equal")
    title(axes, f"{name}: {step.what}")
    axes.set_xlabel("weight 1")


def _arrow(axes: "Axes", tail: Array, head: Array, colour: str, *, dashed: bool = False) -> None:
    shape = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": points(2),
        "shrinkA": 0,
        "shrinkB": points(4),
    }
    shape |= {"linestyle": KEPT} if dashed else {}
    axes.annotate("", tuple(head), tuple(tail), arrowprops=shape)


def _keys() -> list[Any]:
    from matplotlib.lines import Line2D

    dot: dict[str, Any] = {"color": BLACK, "linestyle": ""}
    ring = {**dot, "marker": "o", "markerfacecolor": "none", "markersize": points(11)}
    return [
        Line2D([], [], label="gradient taken here", **ring),
        Line2D([], [], color=BLACK, label="$-\\eta\\,\\nabla L$"),
        Line2D([], [], color=BLUE, linestyle=KEPT, label="mapped and kept"),
        Line2D([], [], color=GREY, linestyle=FOR_GRADIENT, label="mapped for the gradient alone"),
        Line2D([], [], label="vertices", **dot, marker="s", markersize=points(6)),
    ]
