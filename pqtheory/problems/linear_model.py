r"""Linear models: L(theta) = 1/n sum_i phi((X theta - y)_i) + l2/2 ||theta||^2, phi scalar."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, as_float, constant_like, number_like
from pqtheory._checks import check_count, check_float, check_seed
from pqtheory.problems import _exact
from pqtheory.problems._inputs import finite_number, real_array, squared_norm
from pqtheory.problems._rows import times
from pqtheory.problems._sampling import draw_rows
from pqtheory.problems.base import Problem


class LinearModel(Problem):
    """Mean loss of linear predictions; subclasses give a convex ``phi >= 0`` and its slope.

    The smoothness is ``curvature ||X||_2^2 / n + l2`` with ``curvature = max phi''``. It is tight
    if some theta has curvature there in every row at once. The stochastic gradient is that of
    ``batch_size`` rows drawn with replacement.

    Parameters
    ----------
    X : array of shape (n, dim)
        Features, one row per sample. Object arrays of fractions stay exact.
    y : array of shape (n,)
        Targets.
    l2 : float
        Strength of the squared penalty.
    batch_size : int
        Rows per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, an entry is not finite, ``l2`` < 0 or ``batch_size`` < 1.
    """

    #: largest value of phi''
    curvature: float = 1.0
    lower_bound = 0.0
    is_convex = True

    def __init__(self, X: Any, y: Any, *, l2: Any = 0, batch_size: int = 16) -> None:
        self.X, self.y = real_array(X, "X", 2), real_array(y, "y", 1)
        self.samples, self.dim = self.X.shape
        if len(self.y) != self.samples:
            raise ValueError(
                f"y: expected shape ({self.samples},) like the rows of X, got {self.y.shape}"
            )
        self.l2 = finite_number(l2, "l2", 0)
        self.batch_size = check_count(batch_size, "batch_size")
        self.smoothness = self.curvature * squared_norm(self.X) / self.samples + as_float(self.l2)

    def _arguments(self) -> Mapping[str, Any]:
        return {"X": self.X, "y": self.y, "batch_size": self.batch_size}

    @abstractmethod
    def _loss(self, xp: Namespace, u: Array) -> Array:
        """``phi``, entry by entry."""

    @abstractmethod
    def _slope(self, xp: Namespace, u: Array) -> Array:
        """``phi'``, entry by entry."""

    def _value(self, xp: Namespace, theta: Array) -> Array:
        X, y = constant_like(xp, self.X, theta), constant_like(xp, self.y, theta)
        mean = xp.sum(self._loss(xp, times(xp, theta, X.T) - y), axis=-1) / self.samples
        if self.l2 == 0:
            return mean
        return mean + number_like(self.l2, theta) * xp.sum(theta * theta, axis=-1) / 2

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        X, y = constant_like(xp, self.X, theta), constant_like(xp, self.y, theta)
        slope = self._slope(xp, times(xp, theta, X.T) - y)
        return self._penalised(theta, times(xp, slope, X) / self.samples)

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        rows = draw_rows(theta, self.samples, self.batch_size, rng)
        X = constant_like(xp, np.take(self.X, rows, axis=0), theta)
        y = constant_like(xp, np.take(self.y, rows), theta)
        slope = self._slope(xp, (X @ theta[..., None])[..., 0] - y)
        return self._penalised(theta, (slope[..., None, :] @ X)[..., 0, :] / self.batch_size)

    def _penalised(self, theta: Array, gradient: Array) -> Array:
        return gradient if self.l2 == 0 else gradient + number_like(self.l2, theta) * theta


def interpolant(X: Array, y: Array) -> Array | None:
    """Solve ``X theta = y``: an array of shape (1, dim), or None where there is no solution. Exact on fractions."""
    if EXACT in (X.dtype, y.dtype):
        return _exact.solution(X, y)
    theta = np.linalg.lstsq(X, y)[0]
    scale = float(np.abs(y).max())
    return theta[None] if float(np.abs(X @ theta - y).max()) <= 1e-12 * scale else None


def random_regression(dim: int, samples: int, seed: int, noise: Any) -> tuple[Array, Array]:
    """Draw normal X and ``y = X theta + noise * t``, t of Student's law with 2 degrees."""
    dim, samples = check_count(dim, "dim"), check_count(samples, "samples")
    scale = check_float(noise, "noise", 0, finite=True)
    rng = check_seed(seed)
    X = rng.standard_normal((samples, dim))
    return X, X @ rng.standard_normal(dim) + scale * rng.standard_t(2, samples)
