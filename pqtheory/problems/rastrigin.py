r"""A Rastrigin-like sum: L(x) = sum_i a x_i^2 / 2 + b (1 - cos(c x_i))."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_float
from pqtheory._checks import check_count
from pqtheory.problems._inputs import finite_number
from pqtheory.problems._sampling import add_normal_noise
from pqtheory.problems.base import Problem


@final
class Rastrigin(Problem):
    """A bowl with ripples: many local minima, the global one at 0 with value 0.

    The second derivative ``a + b c^2 cos(c x)`` lies in ``[a - b c^2, a + b c^2]``; so the
    smoothness ``a + b c^2`` is attained at 0, and L is convex exactly if ``b c^2 <= a``.

    Parameters
    ----------
    dim : int
        Number of coordinates.
    a, b, c : float
        Bowl a > 0, height of the ripples b >= 0, their frequency c > 0.
    noise : float
        Standard deviation of the normal noise that the stochastic gradient adds to each coordinate.

    Raises
    ------
    TypeError, ValueError
        If a parameter is outside its range.

    References
    ----------
    Rastrigin, Systems of Extremal Control, Nauka, 1974 (with a = 2, b = 10, c = 2 pi).
    """

    lower_bound = 0.0
    transcendental = "sin"

    def __init__(
        self, dim: int, *, a: float = 1.0, b: float = 1.0, c: float = 4.0, noise: float = 0.0
    ) -> None:
        self.dim = check_count(dim, "dim")
        self.a = finite_number(a, "a", 0, open_low=True)
        self.b = finite_number(b, "b", 0)
        self.c = finite_number(c, "c", 0, open_low=True)
        self.noise = finite_number(noise, "noise", 0)
        ripple = Fraction(self.b) * Fraction(self.c) ** 2
        self.smoothness = as_float(Fraction(self.a) + ripple)
        self.is_convex = ripple <= self.a
        self.minimisers = np.zeros((1, self.dim))

    def _arguments(self) -> Mapping[str, Any]:
        return {"dim": self.dim, "a": self.a, "b": self.b, "c": self.c, "noise": self.noise}

    def _value(self, xp: Namespace, theta: Array) -> Array:
        a, b, c = self._parameters()
        wave = xp.sin(c * theta / 2)  # 1 - cos(2 u) = 2 sin(u)^2, without cancellation near 0
        return xp.sum(a * theta * theta / 2 + 2 * b * wave * wave, axis=-1)

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        a, b, c = self._parameters()
        return a * theta + b * c * xp.sin(c * theta)

    def _parameters(self) -> tuple[Any, Any, Any]:
        return as_float(self.a), as_float(self.b), as_float(self.c)

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return add_normal_noise(xp, self._gradient(xp, theta), self.noise, rng)
