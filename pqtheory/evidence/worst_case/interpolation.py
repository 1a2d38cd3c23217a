r"""Functions through finitely many points: a 1-smooth loss, convex or not, and the prox of a piecewise affine penalty.

With c_j = g_j - p_j, smoothness puts the parabola |z|^2/2 + <c_j, z> + d_j above a convex L, and |z|^2 + <c_j, z> + d_j
above L + |z|^2/2 for any L. The convex hull of the least of them is, with spread = 1 or 1/2,

    L(x) = |x|^2 / 2 + min over a >= 0, sum a = 1 of  <x, C a> + spread |C a|^2 / 2 + <e, a>,
    grad L(x) = x + C a,      e_j = L_j - <g_j, p_j> + |p_j|^2 / 2 - spread |c_j|^2 / 2.

The penalty R = max_k R_k + <s_k, . - p_k> has prox_{wR}(theta) = theta - w sum_k a_k s_k, where a minimises
w |sum_k a_k s_k|^2 / 2 - sum_k a_k (R_k + <s_k, theta - p_k>) over the same a.
"""

from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory.evidence.worst_case.solver import load_cvxpy, solve
from pqtheory.problems.base import Problem
from pqtheory.regularizers import Regularizer


@final
class InterpolatedLoss(Problem):
    """A 1-smooth function through the values and gradients of an instance.

    Parameters
    ----------
    instance : Instance or LazyInstance
        Its points are where L is known beforehand; elsewhere a small quadratic program gives it.
    convex : bool
        Whether L shall be convex.
    """

    def __init__(self, instance: Any, *, convex: bool = False) -> None:
        points, gradients = instance.points, instance.gradients
        self.dim = points.shape[1]
        self.smoothness = 1.0
        self.is_convex = convex
        self.points = points
        self.spread = 1.0 if convex else 0.5
        self.slopes = gradients - points
        known = instance.losses - (gradients * points).sum(-1) + (points**2).sum(-1) / 2
        self.offsets = known - self.spread * (self.slopes**2).sum(-1) / 2

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        rows = np.reshape(theta, (-1, self.dim))
        found = [self._at(row) for row in rows]
        values = np.array([v for v, _ in found]).reshape(theta.shape[:-1])
        return values, np.array([g for _, g in found]).reshape(theta.shape)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[0]

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[1]

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return self._gradient(xp, theta)

    def _at(self, theta: Array) -> tuple[float, Array]:
        weights = least_mixture(self.slopes, self.slopes @ theta + self.offsets, self.spread)
        mixed = weights @ self.slopes
        value = theta @ (theta / 2 + mixed) + self.spread * mixed @ mixed / 2
        return float(value + weights @ self.offsets), theta + mixed


@final
class AffinePieces(Regularizer):
    """R = max_k ``values[k] + <slopes[k], . - points[k]>``, of every row.

    Parameters
    ----------
    points, slopes : arrays of shape (n, d)
        Where a piece is known, and its gradient.
    values : array of shape (n,)
        What it is there.
    """

    def __init__(self, points: Array, slopes: Array, values: Array) -> None:
        self.slopes = slopes
        self.offsets = values - (slopes * points).sum(-1)

    def _values(self, theta: Array) -> Array:
        """The largest piece at each row, its offset in equal shares of the coordinates."""
        best = (theta @ self.slopes.T + self.offsets).argmax(-1)
        return theta * self.slopes[best] + self.offsets[best][..., None] / theta.shape[-1]

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        rows = np.atleast_2d(theta)
        moved = np.array([row - weight * self._slope(row, weight) for row in rows])
        if out is None:
            return moved.reshape(theta.shape)
        out[...] = moved.reshape(theta.shape)
        return out

    def quantize(self, theta: Array) -> Array:
        """``theta``: this penalty has no levels."""
        return theta

    def _slope(self, theta: Array, weight: float) -> Array:
        heights = self.slopes @ theta + self.offsets
        return least_mixture(self.slopes, -heights, weight) @ self.slopes


def least_mixture(vectors: Array, linear: Array, spread: float) -> Array:
    """The a >= 0 with sum 1 that minimise spread |sum_j a_j vectors_j|^2 / 2 + <linear, a>; a single 1 where that does.

    Raises
    ------
    SolverError
        If no single 1 does, and the solver fails.
    """
    # row j: the gradient at a = e_j, which is optimal where none of its entries is less than that of j
    gradients = spread * (vectors @ vectors.T) + linear
    alone = np.flatnonzero(np.diag(gradients) <= gradients.min(-1))
    if alone.size:
        return np.eye(len(linear))[alone[0]]
    cp = load_cvxpy()
    a = cp.Variable(len(linear), nonneg=True)
    cost = linear @ a + spread / 2 * cp.sum_squares(vectors.T @ a)
    solve(cp.Problem(cp.Minimize(cost), [cp.sum(a) == 1]), "interpolation", 60.0)
    weights = np.clip(a.value, 0.0, None)
    return weights / weights.sum()
