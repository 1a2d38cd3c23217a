r"""A sum of cosines: L(x) = sum_k a_k cos(w_k . x + p_k)."""

from collections.abc import Mapping
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import Array, Namespace, constant_like
from pqtheory._checks import check_count, check_seed
from pqtheory.problems._inputs import float_array, squared_norm
from pqtheory.problems._rows import times
from pqtheory.problems._sampling import draw_rows
from pqtheory.problems.base import Problem


@final
class TrigonometricSum(Problem):
    r"""A bounded nonconvex landscape; the Hessian is ``- sum_k a_k cos(w_k . x + p_k) w_k w_k^T``.

    The smoothness is ``|| sum_k |a_k| w_k w_k^T ||_2`` (between ``sum_k |a_k| ||w_k||^2``
    and 1/dim of that) and the lower bound ``- sum_k |a_k|``. Both are attained if
    the w_k are linearly independent, and approached as closely as one likes if no nonzero integer
    combination of them vanishes (Kronecker's theorem), which holds with probability one for
    random w_k; otherwise they are only bounds. A minimiser is known in the first case. The
    stochastic gradient takes ``batch_size`` terms, drawn with replacement.

    Parameters
    ----------
    amplitudes : array of shape (terms,)
        The a_k, none 0.
    frequencies : array of shape (terms, dim)
        The rows w_k, none 0.
    phases : array of shape (terms,)
        The p_k.
    batch_size : int
        Terms per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, an entry is not finite, an amplitude or a row of frequencies is 0,
        or ``batch_size`` < 1.
    """

    is_convex = False
    transcendental = "cos"

    def __init__(
        self, amplitudes: Any, frequencies: Any, phases: Any, *, batch_size: int = 4
    ) -> None:
        self.frequencies = float_array(frequencies, "frequencies", 2)
        self.amplitudes = float_array(amplitudes, "amplitudes", 1)
        self.phases = float_array(phases, "phases", 1)
        self.terms, self.dim = self.frequencies.shape
        for name, array in (("amplitudes", self.amplitudes), ("phases", self.phases)):
            if len(array) != self.terms:
                raise ValueError(f"{name}: expected shape ({self.terms},), got {array.shape}")
        if not self.amplitudes.all() or not self.frequencies.any(axis=1).all():
            raise ValueError(
                "amplitudes, frequencies: expected no amplitude 0, no row of zeros, got one"
            )
        self.batch_size = check_count(batch_size, "batch_size")
        size = np.abs(self.amplitudes)
        self.smoothness = squared_norm(np.sqrt(size)[:, None] * self.frequencies)
        self.lower_bound = -float(size.sum())
        self.minimisers = self._find_minimiser()

    def _find_minimiser(self) -> Array | None:
        if np.linalg.matrix_rank(self.frequencies) < self.terms:
            return None
        angle = np.where(self.amplitudes > 0, np.pi, 0.0) - self.phases
        return np.linalg.lstsq(self.frequencies, angle)[0][None]

    @classmethod
    def random(cls, dim: int, terms: int, seed: int = 0, *, batch_size: int = 4) -> Self:
        """Draw normal amplitudes and frequencies, and uniform phases."""
        dim, terms = check_count(dim, "dim"), check_count(terms, "terms")
        rng = check_seed(seed)
        amplitudes, frequencies = rng.standard_normal(terms), rng.standard_normal((terms, dim))
        return cls(amplitudes, frequencies, rng.uniform(0, 2 * np.pi, terms), batch_size=batch_size)

    def _arguments(self) -> Mapping[str, Any]:
        given = {"amplitudes": self.amplitudes, "frequencies": self.frequencies}
        return {**given, "phases": self.phases, "batch_size": self.batch_size}

    def _value(self, xp: Namespace, theta: Array) -> Array:
        a, W, p = (constant_like(xp, v, theta) for v in self._terms())
        return xp.sum(a * xp.cos(times(xp, theta, W.T) + p), axis=-1)

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        a, W, p = (constant_like(xp, v, theta) for v in self._terms())
        return times(xp, -a * xp.sin(times(xp, theta, W.T) + p), W)

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        rows = draw_rows(theta, self.terms, self.batch_size, rng)
        a, W, p = (constant_like(xp, np.take(v, rows, axis=0), theta) for v in self._terms())
        slope = -a * xp.sin((W @ theta[..., None])[..., 0] + p)
        return (slope[..., None, :] @ W)[..., 0, :] * (self.terms / self.batch_size)

    def _terms(self) -> tuple[Array, Array, Array]:
        return self.amplitudes, self.frequencies, self.phases
