r"""Low-rank matrix factorisation: L(U, V) = 1/2 ||U V^T - M||_F^2."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_floats, constant_like, number_like
from pqtheory._checks import check_count, check_seed
from pqtheory._messages import brief
from pqtheory.problems._inputs import real_array
from pqtheory.problems.base import Problem


@final
class MatrixFactorisation(Problem):
    r"""theta holds U (rows x rank) and then V (columns x rank), each row by row.

    Not globally smooth, nonconvex. With the singular values s_1 >= s_2 >= ... of M the minimum is
    ``1/2 sum_{i > rank} s_i^2`` (Eckart and Young), attained where U V^T is the truncated
    decomposition; of the many such (U, V) the balanced one is given. Of fractions beyond the floats
    the bound is 0, and no minimiser is known. The stochastic gradient is that of ``batch_size``
    entries of M, drawn with replacement and scaled up. Value and gradient are exact on fractions.

    Parameters
    ----------
    M : array of shape (rows, columns)
        The matrix.
    rank : int
        Number of columns of U and V, from 1 to min(rows, columns).
    batch_size : int
        Entries of M per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If ``M`` is not a finite real matrix, ``rank`` is out of range or ``batch_size`` < 1.

    References
    ----------
    Eckart and Young, The approximation of one matrix by another of lower rank, Psychometrika 1, 1936.
    """

    smoothness = None
    lower_bound = 0.0
    is_convex = False

    def __init__(self, M: Any, rank: int, *, batch_size: int = 16) -> None:
        self.M = real_array(M, "M", 2)
        self.rank = check_count(rank, "rank")
        if self.rank > min(self.M.shape):
            raise ValueError(f"rank: expected at most {min(self.M.shape)}, got {brief(self.rank)}")
        self.batch_size = check_count(batch_size, "batch_size")
        rows, columns = self.M.shape
        self.dim = (rows + columns) * self.rank
        floats = as_floats(self.M)
        if not np.isfinite(floats).all():
            # fractions beyond the floats have no such decomposition
            return
        left, size, right = np.linalg.svd(floats, full_matrices=False)
        self.lower_bound = float(0.5 * np.sum(size[self.rank :] ** 2))
        root = np.sqrt(size[: self.rank])
        U, V = left[:, : self.rank] * root, right[: self.rank].T * root
        self.minimisers = np.concatenate([U.ravel(), V.ravel()])[None]

    @classmethod
    def random(
        cls, rows: int, columns: int, rank: int, seed: int = 0, *, batch_size: int = 16
    ) -> Self:
        """Draw a matrix of standard normal entries."""
        shape = check_count(rows, "rows"), check_count(columns, "columns")
        return cls(check_seed(seed).standard_normal(shape), rank, batch_size=batch_size)

    def _arguments(self) -> Mapping[str, Any]:
        return {"M": self.M, "rank": self.rank, "batch_size": self.batch_size}

    def _factors(self, xp: Namespace, theta: Array) -> tuple[Array, Array, Array]:
        """Unpack U and V, with the residual U V^T - M."""
        rows, columns = self.M.shape
        lead = tuple(theta.shape[:-1])
        U = xp.reshape(theta[..., : rows * self.rank], (*lead, rows, self.rank))
        V = xp.reshape(theta[..., rows * self.rank :], (*lead, columns, self.rank))
        return U, V, U @ xp.matrix_transpose(V) - constant_like(xp, self.M, theta)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        residual = self._factors(xp, theta)[2]
        return xp.sum(residual * residual, axis=(-2, -1)) / 2

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return self._pull_back(xp, *self._factors(xp, theta))

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        U, V, residual = self._factors(xp, theta)
        chance = np.full(self.M.size, 1 / self.M.size)
        counts = rng.multinomial(self.batch_size, chance, size=tuple(theta.shape[:-1]))
        scale = number_like(Fraction(self.M.size, self.batch_size), theta)
        weights = constant_like(xp, counts.reshape(residual.shape), theta) * scale
        return self._pull_back(xp, U, V, residual * weights)

    def _pull_back(self, xp: Namespace, U: Array, V: Array, residual: Array) -> Array:
        of_U, of_V = residual @ V, xp.matrix_transpose(residual) @ U
        lead, rows = tuple(U.shape[:-2]), self.M.shape[0] * self.rank
        flat = xp.reshape(of_U, (*lead, rows)), xp.reshape(of_V, (*lead, self.dim - rows))
        return xp.concat(flat, axis=-1)
