r"""A regularizer and its prox, side by side: R(theta), and theta -> prox_{lambda R}(theta) for a few lambda.

Where two points minimise, the prox jumps: both are marked, the one that the library returns is filled, and no line
joins them. Jumps can only be where the nearest level changes.

References
----------
ProxQuant, arXiv 1810.00861, Figure 2.
"""

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_float, check_number
from pqtheory._messages import brief
from pqtheory.plotting.looks import BLACK, GREY, SEQUENCE
from pqtheory.plotting.motion import Motion, taken_out
from pqtheory.plotting.parts import (
    describe,
    figure_title,
    grid_of_axes,
    legend_below,
    mark_levels,
    title,
)
from pqtheory.plotting.styles import picture, points
from pqtheory.regularizers import DistanceL1, Indicator, LevelRegularizer, PiecewiseAffine
from pqtheory.sets import Binary
from pqtheory.sets.finite import require_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: samples between two neighbouring places where the nearest level changes
SAMPLES = 201
#: lambdas of the film
MOMENTS = 60
#: heights and jumps that the description names
NAMED = 4
OnLevels = LevelRegularizer | PiecewiseAffine
_STYLES = ("-", "--", "-.", ":")


@picture
def regularizer(
    regularizer: Any = None,
    weights: Sequence[Any] = (0.25, 0.5, 1.0),
    low: float | None = None,
    high: float | None = None,
    *,
    name: str | None = None,
    style: str | None = None,
) -> "Figure":
    """Draw value and prox of one coordinate; saved as a film, lambda grows from 0 to the largest.

    Parameters
    ----------
    regularizer : LevelRegularizer or PiecewiseAffine, optional
        On a set with fixed levels; the W by default.
    weights : sequence of number
        The lambdas, each >= 0.
    low, high : float, optional
        Ends of the theta axis; by default a little beyond the outermost levels.
    name : str, optional
        For the title; by default the constructor call.
    style : str, optional
        One of ``STYLES``.

    Raises
    ------
    TypeError
        If the regularizer has no fixed levels.
    ValueError
        If there is no weight, one is negative, or ``low`` is not below ``high``.
    """
    R = DistanceL1(Binary()) if regularizer is None else regularizer
    if not isinstance(R, OnLevels):
        raise TypeError(f"regularizer: expected one on a set with fixed levels, got {brief(R)}")
    exact = require_levels(R.set, "picture of a regularizer").level_values
    levels = [Fraction(v) for v in exact]
    weights = _weights(weights)
    reach = max(0.5 * float(levels[-1] - levels[0]), 0.5)
    low = float(levels[0]) - reach if low is None else check_float(low, "low", finite=True)
    high = float(levels[-1]) + reach if high is None else check_float(high, "high", finite=True)
    if not low < high:
        raise ValueError(f"low: expected a number below high = {brief(high)}, got {brief(low)}")
    figure, axes = grid_of_axes(1, 2, 10.0, 4.4)
    shown = ("W: " if regularizer is None else "") + (name or repr(R))
    figure_title(figure, shown)
    what = _what_to_see(R, levels, weights, low, high)
    _draw_value(axes[0, 0], R, levels, low, high)
    lines = _draw_prox(axes[0, 1], R, levels, weights, low, high)
    title(axes[0, 1], f"prox: {what}")
    still = [*lines, legend_below(figure, axes[0, 1], formulas=True)]
    figure.motion = _motion(axes[0, 1], R, levels, weights, low, high, still)
    return describe(
        figure,
        f"{shown}: a regularizer and its prox, which {what}. Of two points that minimise the library returns the "
        f"filled one. {_seen(R, levels, weights, low, high)}",
    )


def _weights(weights: Any) -> list[Any]:
    """As numbers, of which there is one at least."""
    found = [*weights] if isinstance(weights, Iterable) else []
    if not found:
        raise ValueError(f"weights: expected at least one number >= 0, got {brief(weights)}")
    return [check_number(weight, "weights", 0) for weight in found]


def _what_to_see(
    R: OnLevels, levels: Sequence[Fraction], weights: Sequence[Any], low: float, high: float
) -> str:
    """Where the prox jumps, whatever lambda is."""
    found = {t for weight in weights for t, _, _ in ties(R, levels, weight, low, high)}
    if not found:
        return "does not jump"
    where = f"at {min(found):g}" if len(found) == 1 else "halfway between levels"
    return f"jumps {where}"


def _motion(
    axes: "Axes",
    R: OnLevels,
    levels: Sequence[Fraction],
    weights: Sequence[Any],
    low: float,
    high: float,
    still: Sequence[Any],
) -> Motion:
    """One prox whose lambda grows."""
    largest = max((float(weight) for weight in weights if np.isfinite(float(weight))), default=1.0)
    (line,) = axes.plot([], [], color=SEQUENCE[0], linewidth=points(2.4))
    (lower,) = axes.plot([], [], "o", color=SEQUENCE[0], markerfacecolor="white")
    (upper,) = axes.plot([], [], "o", color=SEQUENCE[0])
    text = axes.text(0.03, 0.97, "", transform=axes.transAxes, va="top")
    moves = (line, lower, upper, text)
    added = [taken_out(artist) for artist in moves]

    def show(moment: int) -> None:
        weight = largest * moment / MOMENTS
        line.set_data(*_one_line(R, levels, weight, low, high))
        found = ties(R, levels, weight, low, high)
        lower.set_data([t for t, _, _ in found], [x for _, x, _ in found])
        upper.set_data([t for t, _, _ in found], [x for _, _, x in found])
        text.set_text(f"$\\lambda = {weight:.2f}$")

    return Motion(MOMENTS, show, moves, added, still)


def _seen(
    R: OnLevels, levels: Sequence[Fraction], weights: Sequence[Any], low: float, high: float
) -> str:
    """The value's least and greatest points, and the jumps of each prox."""
    at = ", ".join(f"{float(v):g}" for v in levels)
    if isinstance(R, Indicator):
        value = f"The value is 0 at the levels {at} and infinite everywhere else."
    elif isinstance(R, PiecewiseAffine):
        heights = [f"{float(R.value([float(v)])):.3g} at {float(v):g}" for v in levels[:NAMED]]
        more = ", ..." if len(levels) > NAMED else ""
        value = f"The value is affine between the levels, {', '.join(heights)}{more}."
    else:
        inside = [float(b) for _, b in cells(levels, low, high)[:-1]]
        heights = [f"{float(R.value([m])):.3g} at {m:g}" for m in inside[:NAMED]]
        between = f", between them {', '.join(heights)}" if heights else ""
        more = ", ..." if len(inside) > NAMED else ""
        value = f"The value is 0 at the levels {at}{between}{more}."
    said = []
    for weight in weights:
        jumps = [
            f"at {t:g} from {a:.3g} to {b:.3g}" for t, a, b in ties(R, levels, weight, low, high)
        ]
        what = f"jumps {', '.join(jumps[:NAMED])}" if jumps else "does not jump"
        more = ", ..." if len(jumps) > NAMED else ""
        said.append(f"for lambda = {float(weight):g} it {what}{more}")
    return f"{value} The prox from {low:g} to {high:g}: {'; '.join(said)}."


def cells(levels: Sequence[Fraction], low: float, high: float) -> list[tuple[Fraction, Fraction]]:
    """[low, high] cut at the midpoints of neighbouring levels, exactly."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    edges = [Fraction(low), *(m for m in middles if low < m < high), Fraction(high)]
    return list(itertools.pairwise(edges))


def prox_branches(
    R: OnLevels, levels: Sequence[Fraction], weight: Any, low: float, high: float
) -> list[tuple[Array, Array]]:
    """The graph of the prox as (theta, x) pieces, one for each cell; each ends in its own one-sided limits."""
    pieces = []
    for left, right in cells(levels, low, high):
        theta = np.linspace(float(left), float(right), SAMPLES)
        x = np.asarray(R.prox(theta, weight))
        # the lower minimiser at the right end: there the library's own tie rule shows the next piece
        x[0], x[-1] = R.prox_set(left, weight)[-1], R.prox_set(right, weight)[0]
        pieces.append((theta, x))
    return pieces


def ties(
    R: OnLevels, levels: Sequence[Fraction], weight: Any, low: float, high: float
) -> list[tuple[float, float, float]]:
    """(theta, lowest minimiser, highest minimiser) wherever there are several between ``low`` and ``high``."""
    found = []
    for theta, _ in cells(levels, low, high)[1:]:
        minimisers = R.prox_set(theta, weight)
        if len(minimisers) > 1:
            found.append((float(theta), float(minimisers[0]), float(minimisers[-1])))
    return found


def _draw_value(
    axes: "Axes", R: OnLevels, levels: Sequence[Fraction], low: float, high: float
) -> None:
    if isinstance(R, Indicator):
        axes.plot(
            [float(v) for v in levels],
            [0.0] * len(levels),
            "o",
            color=BLACK,
            label="0 at the levels",
        )
        axes.set_ylim(-0.05, 1.0)
        axes.text(
            0.5, 0.6, "infinite everywhere else", transform=axes.transAxes, ha="center", color=GREY
        )
    else:
        between = [np.linspace(float(a), float(b), SAMPLES) for a, b in cells(levels, low, high)]
        theta = np.unique(
            [*np.concatenate(between), *(float(v) for v in levels if low <= v <= high)]
        )
        axes.plot(theta, R.value(theta[:, None], axis=-1), color=BLACK, label="R")
    mark_levels(axes, levels, horizontal=False)
    axes.set_xlim(low, high)
    title(axes, "value: 0 at each level" if isinstance(R, LevelRegularizer) else "value")
    axes.set_xlabel("weight $\\theta$")
    axes.set_ylabel("$R(\\theta)$")


def _draw_prox(
    axes: "Axes",
    R: OnLevels,
    levels: Sequence[Fraction],
    weights: Sequence[Any],
    low: float,
    high: float,
) -> list[Any]:
    """Of each lambda; returns what is drawn for them."""
    axes.plot(
        [low, high],
        [low, high],
        color=GREY,
        linewidth=points(1.0),
        label="identity ($\\lambda = 0$)",
    )
    before = len(axes.lines)
    size = points(5.5 if len(levels) < 6 else 3.0)
    for i, weight in enumerate(weights):
        colour, style = SEQUENCE[i % len(SEQUENCE)], _STYLES[i % len(_STYLES)]
        theta, x = _one_line(R, levels, weight, low, high)
        axes.plot(theta, x, style, color=colour, label=f"$\\lambda = {float(weight):g}$")
        for at, lowest, highest in ties(R, levels, weight, low, high):
            axes.plot([at, at], [lowest, highest], ":", color=colour, linewidth=points(0.9))
            axes.plot([at], [lowest], "o", color=colour, markerfacecolor="white", markersize=size)
            axes.plot([at], [highest], "o", color=colour, markersize=size)
    drawn = list(axes.lines[before:])
    mark_levels(axes, levels)
    axes.set_xlim(low, high)
    axes.set_xlabel("weight $\\theta$")
    axes.set_ylabel("$\\mathrm{prox}_{\\lambda R}(\\theta)$")
    return drawn


def _one_line(
    R: OnLevels, levels: Sequence[Fraction], weight: Any, low: float, high: float
) -> tuple[Array, Array]:
    """All pieces in one array each, with NaN between them where the prox jumps."""
    xs: list[Array] = []
    ys: list[Array] = []
    for theta, x in prox_branches(R, levels, weight, low, high):
        if ys and ys[-1][-1] != x[0]:
            xs.append(np.array([theta[0]]))
            ys.append(np.array([np.nan]))
        xs.append(theta)
        ys.append(x)
    return np.concatenate(xs), np.concatenate(ys)
