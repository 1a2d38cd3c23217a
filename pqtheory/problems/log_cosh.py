r"""Log-cosh regression: L(theta) = 1/n sum_i log cosh((X theta - y)_i)."""

from typing import Any, Self, final

from pqtheory._arrays import Array, Namespace
from pqtheory.problems.linear_model import LinearModel, interpolant, random_regression


@final
class LogCosh(LinearModel):
    """Robust regression with ``phi(u) = log cosh u``, slope ``tanh u``, curvature ``1 / cosh^2 u``.

    The smoothness ``||X||_2^2 / n`` is attained where ``X theta = y``; where that has no solution
    it is an upper bound. The minimiser is known only in the first case.

    Parameters
    ----------
    X, y : arrays of shape (n, dim) and (n,)
        Features and targets.
    batch_size : int
        Rows, drawn with replacement, per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, an entry is not finite, or ``batch_size`` < 1.
    """

    transcendental = "exp"

    def __init__(self, X: Any, y: Any, *, batch_size: int = 16) -> None:
        super().__init__(X, y, batch_size=batch_size)
        self.minimisers = interpolant(self.X, self.y)

    @classmethod
    def random(
        cls, dim: int, samples: int, seed: int = 0, *, noise: float = 0.5, batch_size: int = 16
    ) -> Self:
        """Draw normal features and targets with heavy-tailed noise; ``noise=0``: an exact fit."""
        return cls(*random_regression(dim, samples, seed, noise), batch_size=batch_size)

    def _loss(self, xp: Namespace, u: Array) -> Array:
        # log(1 + 2 sinh(u/2)^2) cancels nothing near 0; log cosh u = |u| + log(1 + exp(-2|u|)) - log 2 cannot overflow
        size = xp.abs(u)
        near = xp.clip(size, None, 1)
        beyond = (size - near) + (xp.log1p(xp.exp(-2 * size)) - xp.log1p(xp.exp(-2 * near)))
        return xp.log1p(2 * xp.sinh(near / 2) ** 2) + beyond

    def _slope(self, xp: Namespace, u: Array) -> Array:
        return xp.tanh(u)
