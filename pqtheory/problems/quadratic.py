r"""Quadratics: L(x) = 1/2 x^T A x + b^T x, gradient A x + b, smoothness ||A||_2."""

import math
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, as_float, as_floats, constant_like
from pqtheory._checks import check_count, check_float, check_seed
from pqtheory.problems import _exact
from pqtheory.problems._inputs import finite_number, real_array, rounding
from pqtheory.problems._rows import dot, plus, times
from pqtheory.problems._sampling import add_normal_noise
from pqtheory.problems.base import Problem

#: asymmetry that a float matrix may have, relative to its largest entry; 64 roundings of its dtype if that is more
ASYMMETRY = 1e-12
#: eigenvalues of a float matrix this small, relative to the largest and per dimension, count as 0
ROUNDING = 16 * sys.float_info.epsilon


@final
class Quadratic(Problem):
    """``x.A.x / 2 + b.x``.

    Convexity, infimum and minimiser are decided exactly where ``A`` or ``b`` is an array of fractions. For floats the
    eigenvalues decide, with the rounding that they have: up to ``dim * ROUNDING`` times the largest counts as 0, and
    so does the slope along such a direction.

    Parameters
    ----------
    A : array of shape (dim, dim)
        Symmetric; any signature. An object array of fractions makes the problem exact. Floats may be off by the
        rounding of their dtype (float64: ``ASYMMETRY`` times the largest entry): then the mean with the transpose is
        taken.
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
        self.A = _symmetric(self.A, max(ASYMMETRY, 64 * rounding(A)))
        if self.b.shape != self.A.shape[:1]:
            raise ValueError(f"b: expected shape {self.A.shape[:1]}, got {self.b.shape}")
        self.noise = finite_number(noise, "noise", 0)
        self.dim = self.A.shape[0]

    @property
    def smoothness(self) -> float:  # type: ignore[override]
        """||A||_2."""
        curvature, _ = self._spectrum
        return float(max(abs(curvature[0]), abs(curvature[-1])))

    @property
    def is_convex(self) -> bool:  # type: ignore[override]
        """Whether no eigenvalue is negative."""
        return self._minimum.is_convex

    @property
    def lower_bound(self) -> Any:  # type: ignore[override]
        """The infimum; a fraction for exact data."""
        return self._minimum.lower_bound

    @property
    def minimisers(self) -> Array | None:  # type: ignore[override]
        """The shortest minimiser, shape (1, dim); fractions for exact data."""
        return self._minimum.minimisers

    @cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        A = as_floats(self.A)
        if not np.isfinite(A).all():
            return np.array([-np.inf, np.inf]), A
        return np.linalg.eigh(A)

    @cached_property
    def _minimum(self) -> _exact.Minimum:
        if EXACT in (self.A.dtype, self.b.dtype):
            return _exact.minimum(self.A, self.b)
        curvature, basis = self._spectrum
        tolerance = self.dim * ROUNDING
        if curvature[0] < -tolerance * self.smoothness:
            return _exact.Minimum(False, -math.inf, None)
        slope = basis.T @ self.b
        flat = np.abs(curvature) <= tolerance * self.smoothness
        if (flat & (np.abs(slope) > tolerance * np.abs(slope).max())).any():
            return _exact.Minimum(True, -math.inf, None)
        safe = np.where(flat, 1.0, curvature)
        centre = basis @ np.where(flat, 0.0, -slope / safe)
        return _exact.Minimum(True, float(0.5 * self.b @ centre), centre[None])

    def _arguments(self) -> Mapping[str, Any]:
        return {"A": self.A, "b": self.b, "noise": self.noise}

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
        condition = check_float(condition, "condition", 1, finite=True)
        rng = check_seed(seed)
        basis, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
        curvature = np.geomspace(1.0 / condition, 1.0, dim)
        if indefinite:
            curvature[::2] *= -1.0
        A = (basis * curvature) @ basis.T
        return cls((A + A.T) / 2, rng.standard_normal(dim), noise=noise)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        return self._value_and_gradient(xp, theta)[0]

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        A, b = constant_like(xp, self.A, theta), constant_like(xp, self.b, theta)
        return plus(xp, times(xp, theta, A), b, reuse=True)

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        # x.A.x / 2 + b.x = x.((A x + b) + b) / 2
        gradient = self._gradient(xp, theta)
        b = constant_like(xp, self.b, theta)
        return dot(xp, theta, plus(xp, gradient, b)) / 2, gradient

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return add_normal_noise(xp, self._gradient(xp, theta), self.noise, rng)


def _symmetric(A: Array, allowed: float) -> Array:
    """``A``, or the mean with its transpose where they differ by rounding alone."""
    with np.errstate(over="ignore"):
        asymmetry = abs(A - A.T).max()
    if asymmetry == 0:
        return A
    if A.dtype == EXACT or asymmetry > allowed * abs(A).max():
        raise ValueError(
            f"A: expected a symmetric matrix, got one with max |A - A.T| = {as_float(asymmetry):g}"
        )
    return A / 2 + A.T / 2
