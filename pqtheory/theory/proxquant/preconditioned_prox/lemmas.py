"""Prox steps with a diagonal preconditioner, written for terms: prox_{eta weight R}(theta - eta D g)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any, final

from pqtheory._arrays import as_array
from pqtheory.regularizers import DistanceL1, DistanceL2, Regularizer
from pqtheory.sets import Binary

#: (lambda, d_i) -> the prox weight over eta, or the strength that the fixed points are claimed to belong to
Rule = Callable[[Any, Any], Any]


def unscaled(strength: Any, d: Any) -> Any:
    """Lambda, whatever D."""
    return strength


def scaled(strength: Any, d: Any) -> Any:
    """Lambda d_i."""
    return strength * d


def divided(strength: Any, d: Any) -> Any:
    """Lambda / d_i."""
    return strength / d


def two_thirds(strength: Any, d: Any) -> Any:
    """Lambda over the mean of diag(1, 2)."""
    return strength * Fraction(2, 3)


@final
@dataclass(frozen=True)
class Pull:
    """A regularizer on {-1, +1} and its Clarke subdifferential, written for terms."""

    regularizer: Regularizer
    slopes: Callable[[Any], tuple[Any, Any]]

    def step(self, theta: Any, gradient: Any, eta: Any, d: Any, weight: Any) -> Any:
        """prox_{eta weight R}(theta - eta d g)."""
        return self.regularizer.prox(theta - eta * d * gradient, eta * weight)

    def stationary(self, theta: Any, gradient: Any, strength: Any) -> Any:
        """Whether 0 is in g + strength dR(theta)."""
        low, high = self.slopes(theta)
        return (gradient + strength * low <= 0) & (gradient + strength * high >= 0)


def w_slopes(theta: Any) -> tuple[Any, Any]:
    """Ends of the Clarke subdifferential of min(|t - 1|, |t + 1|)."""
    xp, _ = as_array(theta)
    residual, one = theta - Binary().project(theta), 1 + 0 * theta
    slope = xp.where(residual > 0, one, -one)
    kink = (residual == 0) | (theta == 0)
    return xp.where(kink, -one, slope), xp.where(kink, one, slope)


def square_slopes(theta: Any) -> tuple[Any, Any]:
    """Ends of the Clarke subdifferential of half the squared distance."""
    xp, _ = as_array(theta)
    residual, one = theta - Binary().project(theta), 1 + 0 * theta
    return xp.where(theta == 0, -one, residual), xp.where(theta == 0, one, residual)


W = Pull(DistanceL1(Binary()), w_slopes)
SQUARE = Pull(DistanceL2(Binary()), square_slopes)


def same_side(theta: Any, moved: Any) -> Any:
    """Whether ``moved`` is in the half line of theta, where 0 belongs to the positive one."""
    return ((theta > 0) & (moved >= 0)) | ((theta < 0) & (moved < 0))


def any_side(theta: Any, moved: Any) -> Any:
    """No condition on the step size, but theta = 0 is left out."""
    return (theta > 0) | (theta < 0)


@final
@dataclass(frozen=True)
class Equivalence:
    """Both coordinates fixed <=> both stationary for the claimed strength, and on their side.

    Attributes
    ----------
    pull : Pull
        The regularizer.
    weight, claimed : callable
        The prox weight over eta, and the strength of the claim.
    metric : tuple or None
        (d_1, d_2); None for all d_1, d_2 > 0.
    side : callable
        The condition on theta and theta - eta d g.
    """

    pull: Pull
    weight: Rule
    claimed: Rule
    metric: tuple[int, int] | None = None
    side: Callable[[Any, Any], Any] = same_side

    @property
    def variables(self) -> str:
        """What the statement quantifies over."""
        return f"t1 t2 g1 g2 eta lambda{'' if self.metric else ' d1 d2'}"

    def __call__(self, *values: Any) -> tuple[list[Any], Any]:
        """The statement."""
        theta, gradient, (eta, strength) = values[:2], values[2:4], values[4:6]
        metric = self.metric or values[6:]
        fixed, stationary = [], []
        for t, g, d in zip(theta, gradient, metric, strict=True):
            after = self.pull.step(t, g, eta, d, self.weight(strength, d))
            fixed.append(after == t)
            claimed = self.pull.stationary(t, g, self.claimed(strength, d))
            stationary.append(claimed & self.side(t, t - eta * d * g))
        positive = [eta > 0, strength > 0, *([] if self.metric else [d > 0 for d in metric])]
        return positive, reduce(and_, fixed) == reduce(and_, stationary)
