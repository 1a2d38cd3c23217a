r"""Run an instance: an explicit 1-smooth L and an explicit R, a method, ``simulate``.

L(x) + |x|^2 / 2 is the convex hull of the least of the parabolas |z|^2 + <c_j, z> + d_j that smoothness puts above it:

    L(x) = |x|^2 / 2 + min over a >= 0, sum a = 1 of  <x, C a> + |C a|^2 / 4 + <e, a>,    c_j = g_j - theta_j,
    grad L(x) = x + C a,      e_j = L_j - <g_j, theta_j> + |theta_j|^2 / 2 - |c_j|^2 / 4.

lambda R is the instance's table: finite on theta_0 .. theta_T only, so its prox compares T + 1 numbers.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory.evidence.worst_case.instance import Instance
from pqtheory.evidence.worst_case.solver import load_cvxpy, solve
from pqtheory.methods.base import Eager
from pqtheory.methods.maps import Map
from pqtheory.problems.base import Problem
from pqtheory.schedules import Schedule
from pqtheory.simulate import simulate


@final
class InterpolatedLoss(Problem):
    """A 1-smooth function through the values and gradients of an instance.

    Parameters
    ----------
    instance : Instance
        Its points are where L is known beforehand; elsewhere a small quadratic program gives it.
    """

    def __init__(self, instance: Instance) -> None:
        points, gradients = instance.points, instance.gradients
        self.dim = points.shape[1]
        self.smoothness = 1.0
        self.points = points
        self.slopes = gradients - points
        products = (gradients * points).sum(-1)
        self.offsets = instance.losses - products + (points**2).sum(-1) / 2
        self.offsets = self.offsets - (self.slopes**2).sum(-1) / 4

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        rows = np.reshape(theta, (-1, self.dim))
        found = [self._at(row) for row in rows]
        values = np.array([v for v, _ in found]).reshape(theta.shape[:-1])
        return values, np.array([g for _, g in found]).reshape(theta.shape)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[0]

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[1]

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return self._gradient(xp, theta)

    def _at(self, theta: Array) -> tuple[float, Array]:
        weights = self._weights(theta)
        mixed = weights @ self.slopes
        value = theta @ theta / 2 + theta @ mixed + mixed @ mixed / 4 + weights @ self.offsets
        return float(value), theta + mixed

    def _weights(self, theta: Array) -> Array:
        """The minimising a: one parabola alone where that is optimal, as it is at every point of the instance."""
        known = np.flatnonzero((self.points == theta).all(-1))
        for j in known:
            slope = self.slopes @ (theta + self.slopes[j] / 2) + self.offsets
            if slope[j] <= slope.min():
                return np.eye(len(self.points))[j]
        cp = load_cvxpy()
        a = cp.Variable(len(self.points), nonneg=True)
        mixed = self.slopes.T @ a
        cost = (self.slopes @ theta + self.offsets) @ a + cp.sum_squares(mixed) / 4
        solve(cp.Problem(cp.Minimize(cost), [cp.sum(a) == 1]), "interpolated loss", 60.0)
        weights = np.clip(a.value, 0.0, None)
        return weights / weights.sum()


@final
class TableProx(Map):
    """theta -> argmin over the points p_j of ``values[j] + |p_j - theta|^2 / (2 factor)``."""

    def __init__(self, points: Array, values: Array) -> None:
        self.points = points
        self.values = values

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The minimising point; the first of them at a tie."""
        distances = ((self.points - theta[..., None, :]) ** 2).sum(-1)
        return self.points.take(np.argmin(self.values + distances / (2 * factor), -1), 0, out)

    def quantize(self, theta: Array) -> Array:
        """The nearest point of the table."""
        return self.points[np.argmin(((self.points - theta[..., None, :]) ** 2).sum(-1), -1)]


@final
class TableProxGradient(Eager):
    """Prox-gradient steps on a table: theta_{t+1} = prox(theta_t - eta_t grad L(theta_t))."""


@final
@dataclass(frozen=True)
class _Listed(Schedule):
    """The t-th of some numbers; the last one from there on."""

    numbers: tuple[float, ...]

    def __call__(self, step: int) -> float:
        """``numbers[step]``."""
        return self.numbers[min(step, len(self.numbers) - 1)]


@final
@dataclass(frozen=True)
class Replay:
    """What a replay found.

    Attributes
    ----------
    margin : float
        Least slack of the inequalities that make the numbers an instance; it exists if >= 0.
    deviation : float
        Largest distance of a simulated iterate from the instance's.
    ratio : float
        ||grad F(theta_best)||^2 / (F_0 - F_*) of the simulated run.
    best : int
        The step that the rule picks in it.
    """

    margin: float
    deviation: float
    ratio: float
    best: int

    @property
    def holds(self) -> bool:
        """Whether the instance exists and the run is the instance's."""
        return self.margin >= 0 and self.deviation == 0


def replay(instance: Instance) -> Replay:
    """Re-evaluate every inequality of an instance, then run it from theta_0 through ``simulate``.

    Raises
    ------
    TypeError
        If ``instance`` is no instance.
    """
    if not isinstance(instance, Instance):
        raise TypeError(f"instance: expected an Instance, got {instance!r}")
    eta = instance.x
    method = TableProxGradient(
        TableProx(instance.points, instance.penalties), _Listed(tuple(eta.tolist()))
    )
    path = simulate(
        method, InterpolatedLoss(instance), instance.points[0], len(eta), progress=False
    )
    moves = path.latent[1:] - path.latent[:-1]
    slopes = path.gradients[1:] - path.gradients[:-1] - moves / eta[:, None]
    squares, lengths = (slopes**2).sum(-1), (moves**2).sum(-1)
    best = int(np.argmin(squares if instance.rule == "smallest-gradient" else lengths))
    where = ((path.latent[:, None] - instance.points) ** 2).sum(-1).argmin(-1)
    objectives = path.values + instance.penalties[where]
    # F is infinite off the table, so this is its infimum
    spread = objectives[0] - instance.objectives.min()
    return Replay(
        instance.margin(),
        float(np.abs(path.latent - instance.points).max()),
        float(squares[best] / spread),
        best + 1,
    )
