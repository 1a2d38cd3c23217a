r"""Smoothed W: the L1 distance with both its kinks rounded over a width epsilon.

With d the distance to the nearest level and h half the gap to the next one (u = h - d is the distance to the midpoint),

    S(x) = d^2 / (2 eps)          for d <= eps            (a parabola at the level)
         = d - eps / 2            between
         = h - eps - u^2 / (2 eps) for u <= eps           (a cap at the midpoint)

0 <= R - S <= eps for the L1 distance R, S = 0 at levels, and S' is Lipschitz with constant 1 / eps.
The prox moves t toward its nearest level; with a = |t - p| its distance becomes
max(a eps / (eps + w), a - w), and for w < eps and inside the gaps also at least (a eps - w h) / (eps - w).
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, final

from pqtheory._arrays import (
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    is_symbolic,
    namespace,
    number_like,
)
from pqtheory._checks import check_number, store
from pqtheory._messages import brief
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets.base import nearest
from pqtheory.sets.finite import FiniteSet, levels_of, require_levels


@final
@dataclass(frozen=True)
class SmoothedL1(LevelRegularizer):
    """A differentiable function within ``epsilon`` of the L1 distance to the levels.

    Parameters
    ----------
    set : FiniteSet
        A set with fixed levels.
    epsilon : float
        Width of the rounding and bound of the error; at most a quarter of the smallest gap between levels.

    Raises
    ------
    TypeError, ValueError
        If ``set`` has no fixed levels or ``epsilon`` is out of range.

    References
    ----------
    ProxQuant, arXiv 1810.00861, Theorem 5.1 (asks for a differentiable regularizer).
    """

    latex: ClassVar[str] = r"R(x) = \sum_j S(x_j),\ 0 \le \min_l |x_j - l| - S(x_j) \le \varepsilon"
    set: FiniteSet
    epsilon: Any

    def __post_init__(self) -> None:
        require_levels(self.set, "SmoothedL1")
        if is_symbolic(self.epsilon):
            # that it is in range is for the proof to assume
            return
        store(self, epsilon=check_number(self.epsilon, "epsilon", 0, open_low=True, finite=True))
        levels = [Fraction(v) for v in levels_of(self.set)]
        gaps = [b - a for a, b in itertools.pairwise(levels)]
        if gaps and 4 * Fraction(self.epsilon) > min(gaps):
            raise ValueError(
                f"epsilon: expected at most a quarter of the smallest gap, {float(min(gaps) / 4):g}, "
                f"got {brief(self.epsilon)}"
            )

    @property
    def smoothness(self) -> Any:
        """The Lipschitz constant of the gradient, 1 / epsilon."""
        return 1 / self.epsilon

    def gradient(self, theta: Any) -> Array:
        """S'(theta), shape of ``theta``.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, t = as_array(theta)
        return as_given(self.set.map_with_gap(_slope, t, number_like(self.epsilon, t)), theta)

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """(low, high): the gradient twice.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        slope = self.gradient(theta)
        return slope, slope

    def _values(self, theta: Array) -> Array:
        return self.set.map_with_gap(_smoothed, theta, number_like(self.epsilon, theta))

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        if isinstance(weight, float) and weight == float("inf"):
            return self.set.map(nearest, theta, out=out)
        epsilon = number_like(self.epsilon, theta)
        capped = weight < epsilon
        # where the cap takes no part its line is evaluated all the same, and any divisor but 0 will do
        if isinstance(capped, bool):
            divisor = epsilon - weight if capped else epsilon
        else:
            divisor = namespace(theta).where(capped, epsilon - weight, epsilon)
        return self.set.map_with_gap(
            _toward, theta, epsilon, weight, capped, epsilon / divisor, out=out
        )

    def _exact_value(self, x: Fraction, levels: tuple[Fraction, ...]) -> Fraction:
        eps = Fraction(self.epsilon)
        d = min(abs(x - level) for level in levels)
        value = d * d / (2 * eps) if d <= eps else d - eps / 2
        for a, b in itertools.pairwise(levels):
            u = abs(x - (a + b) / 2)
            if u < eps:
                value = (b - a) / 2 - eps - u * u / (2 * eps)
        return value

    def _candidates(
        self, theta: Fraction, weight: Fraction, levels: tuple[Fraction, ...]
    ) -> Iterable[Fraction]:
        # stationary points of every piece, and the ends of the caps, where an interval of minimisers can end
        eps, w = Fraction(self.epsilon), weight
        for level in levels:
            yield (theta + w * level / eps) / (1 + w / eps)
            yield theta - w
            yield theta + w
        for a, b in itertools.pairwise(levels):
            middle = (a + b) / 2
            if w != eps:
                yield (theta - w * middle / eps) / (1 - w / eps)
            yield from (middle - eps, middle + eps)


def _smoothed(xp: Namespace, t: Array, p: Array, h: Array, eps: Any) -> Array:
    d = xp.abs(t - p)
    near = xp.minimum(d, constant_like(xp, eps, t))
    into_cap = xp.where(h > 0, xp.maximum(eps - (h - d), 0 * h), 0 * h)
    return (d - near) + near * near / (2 * eps) - into_cap * into_cap / (2 * eps)


def _slope(xp: Namespace, t: Array, p: Array, h: Array, eps: Any) -> Array:
    r = t - p
    d = xp.abs(r)
    steepness = xp.minimum(d / eps, xp.ones_like(d))
    in_cap = (h > 0) & (h - d < eps)
    steepness = xp.where(in_cap, (h - d) / eps, steepness)
    return xp.where(r >= 0, steepness, -steepness)


def _toward(
    xp: Namespace, t: Array, p: Array, h: Array, eps: Any, w: Any, capped: Any, slope: Any
) -> Array:
    r = t - p
    a = xp.abs(r)
    d = xp.maximum(a * (eps / (eps + w)), a - w)
    # (a eps - w h) / (eps - w), written so that rounding never carries it across the midpoint
    cap = h - slope * xp.maximum(h - a, 0 * h)
    d = xp.where((h > 0) & capped, xp.maximum(d, cap), d)
    return xp.where(r >= 0, p + d, p - d)
