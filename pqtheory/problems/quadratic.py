r"""Quadratics: L(x) = 1/2 x^T A x + b^T x, gradient A x + b, smoothness ||A||_2."""

from functools import partial
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, constant_like
from pqtheory._checks import check_count, check_number
from pqtheory.problems._inputs import finite_number, real_array
from pqtheory.problems._sampling import add_normal_noise
from pqtheory.problems.base import Problem

#: asymmetry that a float matrix may have, relative to its largest entry
ROUNDING = 1e-12


@final
class Quadratic(Problem):
    """``x.A.x / 2 + b.x``.

    Parameters
    ----------
    A : array of shape (dim, dim)
        Symmetric; any signature. An object array of fractions makes the problem exact. Floats may be off by rounding,
        up to ``ROUNDING`` times the largest entry: then the mean with the transpose is taken.
    b : array of shape (dim,)
        Linear term.
    noise : float
        Standard deviation of the normal noise that the stochastic gradient adds to each coordinate.

    Raises
    ------
    TypeError
        If an entry or ``noise`` is no real number.
    ValueError
        If ``A`` is not square and symmetric, ``b`` does not match, an entry is not finite, or
        ``noise`` < 0.
    """

    def __init__(self, A: Any, b: Any, *, noise: float = 0.0) -> None:
        self.A = real_array(A, "A", 2)
        self.b = real_array(b, "b", 1)
        if self.A.shape[0] != self.A.shape[1]:
            raise ValueError(f"A: expected a square matrix, got shape {self.A.shape}")
        self.A = _symmetric(self.A)
        if self.b.shape != self.A.shape[:1]:
            raise ValueError(f"b: expected shape {self.A.shape[:1]}, got {self.b.shape}")
        self.noise = finite_number(noise, "noise", 0)
        self.dim = self.A.shape[0]
        curvature, basis = np.linalg.eigh(self.A.astype(np.float64))
        tolerance = 1e-12 * max(abs(curvature[0]), abs(curvature[-1]))
        self.smoothness = float(max(abs(curvature[0]), abs(curvature[-1])))
        self.is_convex = bool(curvature[0] >= -tolerance)
        self._find_minimiser(curvature, basis, tolerance)

    def _find_minimiser(self, curvature: Array, basis: Array, tolerance: float) -> None:
        slope = basis.T @ self.b.astype(np.float64)
        flat = np.abs(curvature) <= tolerance
        descends = flat & (np.abs(slope) > 1e-12 * np.abs(slope).max())
        if not self.is_convex or descends.any():
            self.lower_bound, self.minimisers = -np.inf, None
            return
        safe = np.where(flat, 1.0, curvature)
        centre = basis @ np.where(flat, 0.0, -slope / safe)
        self.minimisers = centre[None]
        self.lower_bound = float(0.5 * self.b.astype(np.float64) @ centre)

    @classmethod
    def random(
        cls,
        dim: int,
        *,
        condition: float = 10.0,
        seed: int = 0,
        indefinite: bool = False,
        noise: float = 0.0,
    ) -> Self:
        """Random eigenvectors, eigenvalues spaced geometrically from 1/condition to 1, normal b.

        With ``indefinite`` every other eigenvalue changes its sign.
        """
        dim = check_count(dim, "dim")
        check_number(condition, "condition", 1)
        rng = np.random.default_rng(seed)
        basis, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
        curvature = np.geomspace(1.0 / condition, 1.0, dim)
        if indefinite:
            curvature[::2] *= -1.0
        A = (basis * curvature) @ basis.T
        return cls((A + A.T) / 2, rng.standard_normal(dim), noise=noise)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[0]

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return theta @ constant_like(xp, self.A, theta) + constant_like(xp, self.b, theta)

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        # x.A.x / 2 + b.x = (x.(A x + b) + b.x) / 2
        b = constant_like(xp, self.b, theta)
        gradient = theta @ constant_like(xp, self.A, theta) + b
        # on short rows einsum is twice as fast as vecdot
        row_dot = partial(np.einsum, "...i,...i->...") if xp is np else xp.vecdot
        along = row_dot(theta, gradient)
        return (along + theta @ b) / 2, gradient

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return add_normal_noise(xp, self._gradient(xp, theta), self.noise, rng)


def _symmetric(A: Array) -> Array:
    """``A``, or the mean with its transpose where they differ by rounding alone."""
    with np.errstate(over="ignore"):
        asymmetry = abs(A - A.T).max()
    if asymmetry == 0:
        return A
    if A.dtype == EXACT or asymmetry > ROUNDING * abs(A).max():
        raise ValueError(
            f"A: expected a symmetric matrix, got one with max |A - A.T| = {float(asymmetry):g}"
        )
    return A / 2 + A.T / 2
