"""What a test problem offers: value, gradient, a stochastic gradient, and the constants that theorems need."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory._checks import check_vectors


class Problem(ABC):
    """A loss L on R^dim. The batch is the leading axes: theta has shape (..., dim).

    Attributes
    ----------
    dim : int
        Number of coordinates.
    smoothness : float or None
        A Lipschitz constant of the gradient on all of R^dim; None where there is none, or none is known.
    lower_bound : float
        A number that L never goes below (-inf where L is unbounded).
    minimisers : array of shape (count, dim) or None
        Global minimisers over R^dim, where known.
    is_convex : bool
        Whether L is convex.
    """

    dim: int
    smoothness: float | None = None
    lower_bound: float = -np.inf
    minimisers: Array | None = None
    is_convex: bool = False

    def value(self, theta: Any) -> Array:
        """L(theta): shape (...,) for ``theta`` of shape (..., dim).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = check_vectors(theta, self.dim)
        return self._value(xp, t)

    def gradient(self, theta: Any) -> Array:
        """Gradient of L at ``theta``: shape (..., dim); a subgradient at kinks.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = check_vectors(theta, self.dim)
        return self._gradient(xp, t)

    def stochastic_gradient(self, theta: Any, rng: np.random.Generator) -> Array:
        """An unbiased estimate of the gradient, independent along the leading axes: shape (..., dim).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = check_vectors(theta, self.dim)
        return self._stochastic_gradient(xp, t, rng)

    def value_and_gradient(self, theta: Any) -> tuple[Array, Array]:
        """``(value(theta), gradient(theta))``, at less than the cost of both where they share work.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = check_vectors(theta, self.dim)
        return self._value_and_gradient(xp, t)

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        return self._value(xp, theta), self._gradient(xp, theta)

    @abstractmethod
    def _value(self, xp: Namespace, theta: Array) -> Array: ...

    @abstractmethod
    def _gradient(self, xp: Namespace, theta: Array) -> Array: ...

    @abstractmethod
    def _stochastic_gradient(
        self, xp: Namespace, theta: Array, rng: np.random.Generator
    ) -> Array: ...
