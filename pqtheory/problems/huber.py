r"""Huber regression: L(theta) = 1/n sum_i h((X theta - y)_i).

h(u) = u^2 / 2 for |u| <= delta, and delta (|u| - delta / 2) beyond.
"""

from collections.abc import Mapping
from typing import Any, Self, final

from pqtheory._arrays import Array, Namespace, number_like
from pqtheory.problems._inputs import finite_number
from pqtheory.problems.linear_model import LinearModel, interpolant, random_regression


@final
class Huber(LinearModel):
    """Robust regression with ``phi(u) = c (|u| - c/2)``, ``c = min(|u|, delta)``.

    Its slope is ``clip(u, -delta, delta)``, its curvature 1 up to delta.

    The smoothness ``||X||_2^2 / n`` is attained where every residual is below ``delta``; where no
    theta achieves that it is an upper bound. The minimiser is known only where ``X theta = y``
    has a solution. Exact on fractions.

    Parameters
    ----------
    X, y : arrays of shape (n, dim) and (n,)
        Features and targets.
    delta : float
        Where the loss turns from quadratic to linear; > 0.
    batch_size : int
        Rows, drawn with replacement, per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, an entry is not finite, ``delta`` <= 0 or ``batch_size`` < 1.
    """

    def __init__(self, X: Any, y: Any, *, delta: Any = 1, batch_size: int = 16) -> None:
        super().__init__(X, y, batch_size=batch_size)
        self.delta = finite_number(delta, "delta", 0, open_low=True)
        self.minimisers = interpolant(self.X, self.y)

    @classmethod
    def random(
        cls,
        dim: int,
        samples: int,
        seed: int = 0,
        *,
        delta: float = 1.0,
        noise: float = 0.5,
        batch_size: int = 16,
    ) -> Self:
        """Draw normal features and targets with heavy-tailed noise; ``noise=0``: an exact fit."""
        X, y = random_regression(dim, samples, seed, noise)
        return cls(X, y, delta=delta, batch_size=batch_size)

    def _arguments(self) -> Mapping[str, Any]:
        return {**super()._arguments(), "delta": self.delta}

    def _loss(self, xp: Namespace, u: Array) -> Array:
        size = xp.abs(u)
        c = xp.clip(size, None, number_like(self.delta, u))
        return c * (size - c / 2)

    def _slope(self, xp: Namespace, u: Array) -> Array:
        delta = number_like(self.delta, u)
        return xp.clip(u, -delta, delta)
