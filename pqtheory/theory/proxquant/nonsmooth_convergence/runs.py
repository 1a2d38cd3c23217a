r"""Runs of ProxQuant with the W itself that come close to the constants, in exact arithmetic.

Each coordinate has a loss of its own with slope g up to p, then curvature +1, -1, +1: the turns make it fall as little
as a 1-smooth function can between the slopes g at p and e at q. With g = p / x the prox has a tie at p, takes it, and
lands on q = x lambda, just before the level 1; there F has the slope e - lambda, and past the level it falls further.

One step is in ``first_run``. For T steps coordinate k is to cross in step k, so it waits near a point where it would
stay, p = -x lambda, which it approaches slowly (g = -lambda (1 + tau)).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, constant_like
from pqtheory.claims import ForAll, forall, real
from pqtheory.methods import ProxQuant
from pqtheory.problems.base import Problem
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import W
from pqtheory.theory.proxquant.proxquant_convergence.claim import GRADIENT, STEP
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.descent import Constant

#: how far before the level a crossing lands
BEFORE = Fraction(1, 1 << 20)
#: tau: so little that it waits between the levels; half of it makes the last crossing the shortest
SLOWLY = Fraction(1, 1 << 26)


@final
@dataclass(frozen=True, eq=False)
class BentLoss(Problem):
    """sum_i g_i (t_i - p_i) + r(t_i - p_i) - 2 r(t_i - m_i) + 2 r(t_i - q_i), r(z) = max(z, 0)^2 / 2.

    Attributes
    ----------
    slope, start, middle, end : arrays of shape (dim,)
        g and the turns p <= m <= q.
    """

    slope: Array
    start: Array
    middle: Array
    end: Array

    smoothness = 1.0
    is_convex = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", len(self.slope))

    def _value(self, xp: Namespace, theta: Array) -> Array:
        own = (self.slope, self.start, self.middle, self.end)
        numbers = (constant_like(xp, number, theta) for number in own)
        return xp.sum(curve(theta, *numbers), axis=-1)

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        own = (self.slope, self.start, self.middle, self.end)
        return bent_slope(theta, *(constant_like(xp, number, theta) for number in own))

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return self._gradient(xp, theta)


def curve(t: Any, slope: Any, start: Any, middle: Any, end: Any) -> Any:
    """The loss of one coordinate."""
    turns = past(t, start) ** 2 / 2 - past(t, middle) ** 2 + past(t, end) ** 2
    return slope * (t - start) + turns


def bent_slope(t: Any, slope: Any, start: Any, middle: Any, end: Any) -> Any:
    """Its slope."""
    return slope + past(t, start) - 2 * past(t, middle) + 2 * past(t, end)


def past(t: Any, turn: Any) -> Any:
    """max(t - turn, 0)."""
    xp, beyond = as_array(t - turn)
    return xp.where(beyond > 0, beyond, 0 * beyond)


def bent(slope: Array, start: Array, end: Array, final: Array) -> BentLoss:
    """The loss with the slopes ``slope`` at ``start`` and ``final`` at ``end`` that falls least between them."""
    return BentLoss(slope, start, middle_of(slope, start, end, final), end)


def middle_of(slope: Any, start: Any, end: Any, final: Any) -> Any:
    """Where the slope is largest."""
    return start + ((end - start) + (final - slope)) / 2


def many_steps(x: Fraction, steps: int, rule: str) -> Fraction:
    """The ratio of a run of T steps in T dimensions, one crossing a step."""
    strength = (1 - BEFORE) / x
    slowly = np.array([SLOWLY] * (steps - 1) + [SLOWLY / 2], dtype=object)
    waits = slowly * np.array([Fraction(k) for k in range(steps)], dtype=object)
    end = np.full(steps, x * strength, dtype=object)
    slope, start = -strength * (1 + slowly), -end * (1 + slowly)
    bends = np.full(steps, bend(x, steps, rule), dtype=object)
    if rule == STEP:
        bends[:-1] = Fraction(-1)
    loss = bent(slope, start, end, slope - bends * (end - start))
    return ratio(loss, strength, x, start - waits * end, steps, rule)


def bend(x: Any, steps: Any, rule: str) -> Any:
    """The best c = -(change of slope) / length for the rule, of a crossing whose gradient counts."""
    xp, _ = as_array(x)
    c = (1 - x) / (3 - x)
    return c if rule == GRADIENT else xp.minimum((2 * steps - 1) * c, 1 + 0 * x)


def many_steps_ratio(x: Any, steps: Any, rule: str) -> Any:
    """What ``many_steps`` comes close to: (2/x) (1 + x c)^2 / (sum of the falls, 1 - x/2 + x c + 3 x c^2 / 2 each).

    A crossing whose gradient does not count has c = -1 and falls by 1 - x, without a rest.
    """
    c = bend(x, steps, rule)
    fall = 1 - x / 2 + x * c + 3 * x * c * c / 2
    falls = fall * steps if rule == GRADIENT else (1 - x) * (steps - 1) + fall
    return 2 * (1 + x * c) ** 2 / (x * falls)


def stays_within(constant: Constant, rule: str) -> ForAll:
    """What these runs come close to is at most ``constant``."""

    @forall(x=UP_TO_ONE, T=real, given=lambda T: [T >= 1])
    def at_most(x: Any, T: Any) -> Any:
        return many_steps_ratio(x, T, rule) <= constant(x, T)

    return at_most


def ratio(
    loss: BentLoss, strength: Fraction, x: Fraction, start: Array, steps: int, rule: str
) -> Fraction:
    """Run ProxQuant with the W: dist(0, dF(theta_best))^2 / (F_0 - F_*)."""
    method = ProxQuant(W, x, strength)
    path = simulate(method, loss, start, steps, fields=("latent",), progress=False).latent
    low, high = (loss.gradient(path) + strength * slope for slope in W.subdifferential(path))
    apart = np.maximum(np.maximum(low, -high), 0 * low)
    squares = (apart**2).sum(axis=-1)[1:]
    lengths = ((path[1:] - path[:-1]) ** 2).sum(axis=-1)
    best = np.argmin(squares if rule == GRADIENT else lengths)
    fall = loss.value(path[0]) + strength * W.value(path[0]) - least(loss, strength)
    return squares[best] / fall


def least(loss: BentLoss, strength: Fraction) -> Fraction:
    """The infimum of F, by coordinate: at a level, or where a convex piece of L + lambda W is flat."""
    one = np.ones_like(loss.end)
    turns = loss.start - loss.slope, loss.end - loss.gradient(loss.end)
    flat = [turn + strength * side for turn in turns for side in (-1, 1)]
    candidates = [-one, one, *flat]
    return sum(
        min(_alone(loss, i, t[i]) + strength * W.value(t[i : i + 1]) for t in candidates)
        for i in range(loss.dim)
    )


def _alone(loss: BentLoss, i: int, t: Any) -> Any:
    part = slice(i, i + 1)
    single = BentLoss(loss.slope[part], loss.start[part], loss.middle[part], loss.end[part])
    return single.value(np.array([t], dtype=object))
