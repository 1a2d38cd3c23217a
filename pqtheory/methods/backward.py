r"""Backward quantizers B, by which ProxConnect++ multiplies the gradient, with the T that T' = 1 / B.

A forward map F and B are admissible where F composed with the inverse of T is a proximal map, which for one coordinate
means nondecreasing: (T(u) - T(v)) (F(u) - F(v)) >= 0 for all u, v.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, constant_like, keep_nan, number_like
from pqtheory._checks import check_number, store
from pqtheory._elementwise import elementwise


class Backward(ABC):
    """B and T, coordinate by coordinate."""

    def slope(self, theta: Any) -> Array:
        """B(theta), shape of ``theta``.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        return elementwise(self._slope, as_array(theta)[1])

    def stretched(self, theta: Any) -> Array:
        """T(theta), with T(0) = 0 and T' = 1 / B; infinite where B is 0 on the way there.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        return elementwise(self._stretched, as_array(theta)[1])

    @abstractmethod
    def _slope(self, xp: Namespace, t: Array) -> Array: ...

    @abstractmethod
    def _stretched(self, xp: Namespace, t: Array) -> Array: ...


@final
@dataclass(frozen=True)
class Clipped(Backward):
    """B = 1 on [-bound, bound] and 0 outside: the straight-through estimator that forgets far weights' gradients.

    Raises
    ------
    TypeError, ValueError
        If ``bound`` is no number > 0.
    """

    bound: Any = 1

    def __post_init__(self) -> None:
        store(self, bound=check_number(self.bound, "bound", 0, open_low=True))

    def _slope(self, xp: Namespace, t: Array) -> Array:
        one = constant_like(xp, 1, t)
        return keep_nan(xp, xp.where(xp.abs(t) <= number_like(self.bound, t), one, 0 * one), t)

    def _stretched(self, xp: Namespace, t: Array) -> Array:
        bound, infinity = number_like(self.bound, t), constant_like(xp, math.inf, t)
        return xp.where(t > bound, infinity, xp.where(t < -bound, -infinity, t))


@final
@dataclass(frozen=True)
class Fading(Backward):
    """B = 1 / (1 + rate theta^2) and T = theta + rate theta^3 / 3.

    With a negative rate B has a pole, and is negative beyond it, as the slopes of some smooth signs are: then T turns
    back, and no map that separates what T brings together is admissible.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` is no finite number.
    """

    rate: Any

    def __post_init__(self) -> None:
        store(self, rate=check_number(self.rate, "rate", finite=True))

    def _slope(self, xp: Namespace, t: Array) -> Array:
        return 1 / (1 + number_like(self.rate, t) * t * t)

    def _stretched(self, xp: Namespace, t: Array) -> Array:
        return t + number_like(self.rate, t) * t * t * t / 3


def inadmissible_pair(
    forward: Callable[[Any], Any], backward: Backward, points: Sequence[Any]
) -> tuple[Any, Any] | None:
    """Two points with (T(u) - T(v)) (F(u) - F(v)) < 0; None if none, where F of the inverse of T is nondecreasing.

    Parameters
    ----------
    forward : callable
        F, of an array.
    backward : Backward
        B.
    points : sequence of numbers
        Where it is tried; all pairs are.
    """
    _, theta = as_array(points, "points")
    mapped, stretched = np.asarray(forward(theta)), np.asarray(backward.stretched(theta))
    # of equal T the least F before, so that what follows is compared with the greatest F of a smaller T
    order = sorted(range(len(theta)), key=lambda i: (stretched[i], mapped[i]))
    highest = None
    for i in order:
        if highest is not None and mapped[i] < mapped[highest]:
            return theta[highest], theta[i]
        highest = i
    return None
