r"""Basins over a grid: B(v) = {theta_0 : the quantized iterates from theta_0 end at v}."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from pqtheory._arrays import Array, is_torch
from pqtheory._checks import check_count, check_float, python_number
from pqtheory._messages import brief
from pqtheory.methods.base import Method
from pqtheory.problems.base import Problem, require_problem
from pqtheory.simulate import simulate
from pqtheory.trajectory import Snapshot, Tracker

#: label of a start whose quantized point cycles or has not settled
UNSETTLED = -1
#: label of a start whose latent point did not stay finite
DIVERGED = -2
#: starts that run side by side: bounds the memory of a large map
BLOCK = 1 << 18


@final
@dataclass(frozen=True)
class BasinMap:
    """Where each start of a grid leads.

    Attributes
    ----------
    starts : array of shape (rows, columns, 2)
        First coordinate along the columns, second along the rows, both ascending.
    ends : array of shape (rows, columns, 2)
        The last quantized point; NaN for a start that diverged.
    labels : integer array of shape (rows, columns)
        Row of ``vertices`` where the start settled; ``UNSETTLED`` (-1) where it did not, ``DIVERGED`` (-2) where its
        latent point became infinite or NaN.
    vertices : array of shape (count, 2)
        The different points where starts settled, in lexicographic order.
    settled : boolean array of shape (rows, columns)
        Whether the quantized point did not change in the last part of the run.
    """

    starts: Array
    ends: Array
    labels: Array
    vertices: Array
    settled: Array

    def __repr__(self) -> str:
        rows, columns = self.labels.shape
        share, ends = float(self.settled.mean()), len(self.vertices)
        return f"<BasinMap of {rows} x {columns} starts: {share:.1%} settle, at {ends} points>"

    @property
    def diverged(self) -> Array:
        """Whether the latent point became infinite or NaN: boolean array of shape (rows, columns)."""
        return self.labels == DIVERGED


@final
class _LastChange(Tracker):
    """The quantized point, and the step at which it changed last."""

    fields: ClassVar[tuple[str, ...]] = ("quantized",)

    def update(self, snapshot: Snapshot) -> None:
        now = snapshot.quantized
        if snapshot.step == 0:
            self.step: Array = np.zeros(now.shape[:-1], dtype=np.int64)
        else:
            self.step[(now != self.point).any(axis=-1)] = snapshot.step
        self.point: Array = now


def basin_map(
    method: Method,
    problem: Problem,
    low: Any,
    high: Any,
    resolution: Any,
    steps: int,
    *,
    last: int | None = None,
    progress: bool | None = None,
) -> BasinMap:
    """Simulate all starts of a plane grid and label each by the vertex where it settles.

    Parameters
    ----------
    method : Method
        Update rule.
    problem : Problem
        Loss on R^2; its full gradient is used.
    low, high : number or pair of numbers
        Corners of the grid, both included.
    resolution : int or pair of int
        Number of starts along the first and the second coordinate, at least 2.
    steps : int
        Number of steps.
    last : int, optional
        A start has settled if its quantized point stays the same over the last ``last`` steps; a
        quarter of all ``steps`` if not given. A slower cycle goes unnoticed.
    progress : bool, optional
        As in :func:`~pqtheory.simulate`.

    Raises
    ------
    TypeError
        If an argument is not of the type above.
    ValueError
        If ``problem`` is not of dimension 2, ``low`` is not below ``high``, ``resolution`` < 2, or
        ``last`` is not between 1 and ``steps``.
    """
    require_problem(problem)
    if problem.dim != 2:
        raise ValueError(f"problem: expected dimension 2 for a basin map, got {problem.dim}")
    steps = check_count(steps, "steps")
    last = max(1, steps // 4) if last is None else check_count(last, "last")
    if last > steps:
        raise ValueError(f"last: expected at most steps = {steps}, got {brief(last)}")
    starts = _grid(low, high, resolution)
    ends, settled, diverged = _run(method, problem, starts.reshape(-1, 2), steps, last, progress)
    vertices, index = np.unique(ends[settled], axis=0, return_inverse=True)
    labels = np.where(diverged, DIVERGED, UNSETTLED)
    labels[settled] = index.reshape(-1)
    rows = starts.shape[:2]
    return BasinMap(
        starts, ends.reshape(starts.shape), labels.reshape(rows), vertices, settled.reshape(rows)
    )


def _grid(low: Any, high: Any, resolution: Any) -> Array:
    lows, highs = _pair(low, "low"), _pair(high, "high")
    axes = []
    for a, b, count in zip(lows, highs, _pair(resolution, "resolution"), strict=True):
        count = check_count(count, "resolution", 2)
        a, b = check_float(a, "low", finite=True), check_float(b, "high", finite=True)
        if not a < b:
            raise ValueError(f"low: expected numbers below high = {brief(high)}, got {brief(low)}")
        # halves, whose difference is no infinity
        axes.append(2 * np.linspace(a / 2, b / 2, count))
    return np.stack(np.meshgrid(*axes), axis=-1)


def _pair(value: Any, name: str) -> tuple[Any, Any]:
    number = python_number(value)
    is_array = isinstance(number, np.ndarray) or is_torch(number)
    if not (is_array or isinstance(number, tuple | list)):
        return number, number
    if len(number) != 2:
        raise ValueError(f"{name}: expected one number or two, got {brief(value)}")
    return number[0], number[1]


def _run(
    method: Method,
    problem: Problem,
    starts: Array,
    steps: int,
    last: int,
    progress: bool | None,
) -> tuple[Array, Array, Array]:
    """Last quantized point, whether it stayed so over the last steps, whether the latent one diverged."""
    ends, settled, diverged = [], [], []
    for begin in range(0, len(starts), BLOCK):
        part, change = starts[begin : begin + BLOCK], _LastChange()
        run = simulate(
            method,
            problem,
            part,
            steps,
            record=change,
            fields=(),
            progress=progress,
            on_nonfinite="mask",
        )
        gone = np.asarray(run.diverged) >= 0
        ends.append(change.point + 0.0)  # no -0.0
        settled.append((change.step <= steps - last) & ~gone)
        diverged.append(gone)
    return np.concatenate(ends), np.concatenate(settled), np.concatenate(diverged)
