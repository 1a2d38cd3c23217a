r"""Run an instance: an explicit 1-smooth L and an explicit R, a method, ``simulate``.

The loss is interpolated (:mod:`interpolation`). For the eager method lambda R is the instance's table: finite on
theta_0 .. theta_T only, so its prox compares T + 1 numbers. For the lazy one it is the largest of the affine pieces
that the instance's subgradients give: convex, and finite everywhere. Straight-through takes its gradients at w_t + r_t,
with the errors r_t that the instance lists.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.evidence.worst_case.instance import Instance
from pqtheory.evidence.worst_case.interpolation import AffinePieces, InterpolatedLoss
from pqtheory.evidence.worst_case.lazy_certificate import LAST
from pqtheory.evidence.worst_case.lazy_instance import LazyInstance, lazy_ratio
from pqtheory.evidence.worst_case.lazy_model import FIXED
from pqtheory.evidence.worst_case.straight_through_instance import StraightThroughInstance
from pqtheory.methods.base import Eager, Lazy
from pqtheory.methods.maps import Map, Prox
from pqtheory.regularizers import Regularizer
from pqtheory.schedules import Constant, Schedule
from pqtheory.simulate import simulate

#: how far rounding may take a simulated iterate from the instance's
ROUNDING = 1e-9


@final
class Table(Regularizer):
    """R = ``values[j]`` at the j-th of the points, a row, and infinite elsewhere."""

    def __init__(self, points: Array, values: Array) -> None:
        self.points = points
        self.values = values

    def _values(self, theta: Array) -> Array:
        """In equal shares of the coordinates."""
        here = (self.points == theta[..., None, :]).all(-1)
        heights = np.where(here, self.values, np.inf).min(-1)
        return np.broadcast_to(heights[..., None] / theta.shape[-1], theta.shape)

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        """The minimising point; the first of them at a tie."""
        distances = ((self.points - theta[..., None, :]) ** 2).sum(-1)
        return self.points.take(np.argmin(self.values + distances / (2 * weight), -1), 0, out)

    def quantize(self, theta: Array) -> Array:
        """The nearest point of the table, for every row."""
        return self.points[np.argmin(((self.points - theta[..., None, :]) ** 2).sum(-1), -1)]


@final
class TableProxGradient(Eager):
    """Prox-gradient steps on a table: theta_{t+1} = prox(theta_t - eta_t grad L(theta_t))."""


@final
class AffinePiecesLazy(Lazy):
    """Lazy steps on affine pieces: theta_{t+1} = theta_t - eta_t grad L(prox(theta_t))."""


@final
@dataclass(frozen=True)
class _Listed(Schedule):
    """The t-th of some numbers; the last one from there on."""

    numbers: tuple[float, ...]

    def __call__(self, step: int) -> float:
        """``numbers[step]``."""
        return self.numbers[min(step, len(self.numbers) - 1)]


@final
class WithErrors(Map):
    """theta + ``errors[step]``, whatever the strength; the last of them from there on."""

    separable = False

    def __init__(self, errors: Array) -> None:
        self.errors = errors
        self.strength = Constant(1.0)

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The point of this step."""
        return self.apply(theta, step, out)

    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """Theta and the error that is listed at ``weight``."""
        return np.add(theta, self.errors[min(weight, len(self.errors) - 1)], out=out)

    def quantize(self, theta: Array) -> Array:
        """``theta``: there are no levels."""
        return theta


@final
class StraightThroughWithErrors(Lazy):
    """Lazy steps whose gradients are taken at theta_t + r_t: theta_{t+1} = theta_t - eta_t grad L(theta_t + r_t)."""


@final
@dataclass(frozen=True)
class Rerun:
    """What a rerun found.

    Attributes
    ----------
    margin : float
        Least slack of the inequalities that make the numbers an instance; it exists if >= 0.
    deviation : float
        Largest distance of a simulated iterate from the instance's; of a lazy one also that of grad L(u) from 0.
    ratio : float
        What the simulated run reaches: ||grad F(theta_best)||^2 / (F_0 - F_*), (f of the output - f_*) / D, or the mean
        of L(q_t) - L_*.
    best : int
        The step that the rule picks in it; the last, or that of the least value, of a lazy run; of straight-through the
        one with the least value.
    """

    margin: float
    deviation: float
    ratio: float
    best: int

    @property
    def holds(self) -> bool:
        """Whether the instance exists and the run is the instance's."""
        return self.margin >= 0 and self.deviation <= ROUNDING


def rerun(instance: Instance | LazyInstance | StraightThroughInstance) -> Rerun:
    """Re-evaluate every inequality of an instance, then run it from theta_0 through ``simulate``.

    Raises
    ------
    TypeError
        If ``instance`` is no instance.
    """
    if isinstance(instance, LazyInstance):
        return _rerun_lazy(instance)
    if isinstance(instance, StraightThroughInstance):
        return _rerun_straight_through(instance)
    if not isinstance(instance, Instance):
        raise TypeError(f"instance: expected an Instance, got {brief(instance)}")
    eta = instance.x
    method = TableProxGradient(
        Prox(Table(instance.points, instance.penalties), 1), _Listed(tuple(eta.tolist()))
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
    return Rerun(
        instance.margin(),
        float(np.abs(path.latent - instance.points).max()),
        float(squares[best] / spread),
        best + 1,
    )


def _rerun_lazy(instance: LazyInstance) -> Rerun:
    pieces, eta = instance.pieces, instance.x
    penalty = AffinePieces(
        instance.points[pieces], instance.subgradients, instance.penalties[pieces]
    )
    prox = Prox(penalty, _Listed(tuple(float(w) for w in instance.model.weights)))
    loss = InterpolatedLoss(instance, convex=True)
    method = AffinePiecesLazy(prox, _Listed(tuple(eta.tolist())))
    path = simulate(method, loss, instance.latent[0], len(eta), progress=False)
    mapped = np.stack([prox(theta, step, 1) for step, theta in enumerate(path.latent)])
    least, slope = loss.value_and_gradient(instance.points[-1])
    losses = np.append(path.values, least)
    penalties = np.append(penalty.value(mapped, -1), penalty.value(instance.points[-1]))
    fixed = instance.model.strength == FIXED
    reached = losses if fixed else losses + penalties
    last = instance.measure == LAST
    return Rerun(
        instance.margin(),
        float(max(np.abs(mapped - instance.points[:-1]).max(), np.abs(slope).max())),
        lazy_ratio(instance, losses, penalties),
        len(eta) if last else int(reached[1:-1].argmin()) + 1,
    )


def _rerun_straight_through(instance: StraightThroughInstance) -> Rerun:
    loss, eta = InterpolatedLoss(instance, convex=True), instance.x
    method = StraightThroughWithErrors(WithErrors(instance.errors), _Listed(tuple(eta.tolist())))
    path = simulate(method, loss, instance.start, len(eta), progress=False)
    points = path.latent[:-1] + instance.errors
    least, slope = loss.value_and_gradient(instance.points[-1])
    off = max(np.abs(points - instance.points[:-1]).max(), np.abs(slope).max())
    excess = path.values[:-1] - least
    return Rerun(instance.margin(), float(off), float(excess.mean()), int(excess.argmin()) + 1)
