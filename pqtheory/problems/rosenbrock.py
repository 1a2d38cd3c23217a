r"""Rosenbrock's valley: L(x) = sum_{i < dim} s (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, s = 100."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, number_like
from pqtheory._checks import check_count
from pqtheory.problems._inputs import finite_number
from pqtheory.problems._sampling import add_normal_noise
from pqtheory.problems.base import Problem


@final
class Rosenbrock(Problem):
    """A curved valley with the global minimiser (1, ..., 1).

    A polynomial of degree four, so not globally smooth; exact on fractions.

    Parameters
    ----------
    dim : int
        At least 2.
    steepness : float
        The factor s > 0.
    noise : float
        Standard deviation of the normal noise that the stochastic gradient adds to each coordinate.

    Raises
    ------
    TypeError, ValueError
        If ``dim`` < 2, ``steepness`` <= 0 or ``noise`` < 0.

    References
    ----------
    Rosenbrock, An automatic method for finding the greatest or least value of a function, The Computer Journal 3(3),
    1960 (two coordinates).
    """

    smoothness = None
    lower_bound = 0.0
    is_convex = False

    def __init__(self, dim: int = 2, *, steepness: Any = 100, noise: Any = 0) -> None:
        self.dim = check_count(dim, "dim", 2)
        self.steepness = finite_number(steepness, "steepness", 0, open_low=True)
        self.noise = finite_number(noise, "noise", 0)
        self.minimisers = np.ones((1, self.dim))

    def _arguments(self) -> Mapping[str, Any]:
        return {"dim": self.dim, "steepness": self.steepness, "noise": self.noise}

    def _value(self, xp: Namespace, theta: Array) -> Array:
        x, following = theta[..., :-1], theta[..., 1:]
        bend = following - x * x
        return xp.sum(number_like(self.steepness, theta) * bend * bend + (1 - x) ** 2, axis=-1)

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        x, following = theta[..., :-1], theta[..., 1:]
        pull = 2 * number_like(self.steepness, theta) * (following - x * x)
        own = -2 * x * pull - 2 * (1 - x)
        inner = own[..., 1:] + pull[..., :-1]
        return xp.concat([own[..., :1], inner, pull[..., -1:]], axis=-1)

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return add_normal_noise(xp, self._gradient(xp, theta), self.noise, rng)
