r"""The mean of the levels, the shares falling with the distance: sum_i p_i l_i, p_i ~ exp(-beta (t - l_i)^2 / 2).

On {-1, +1} it is tanh(beta t). It is nondecreasing in t, hence a prox, but for each beta of another function,

    beta R_beta(x) = beta/2 Var(p) - H(p), the least over all p with mean x,

the bump smoothed by an entropy: for beta to infinity it is the projection.
"""

import math
import numbers
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import (
    EXACT,
    Array,
    Namespace,
    as_array,
    as_given,
    constant_like,
    dtype_name,
    keep_nan,
)
from pqtheory._elementwise import elementwise
from pqtheory.methods.maps import Map, as_strength
from pqtheory.regularizers.weights import finite_part, weight_like
from pqtheory.schedules import Schedule
from pqtheory.sets.finite import FiniteSet, require_levels

#: beyond it the outermost level has the whole share, and products stay finite in float32
FAR = 1e15


@final
@dataclass(frozen=True, init=False)
class SoftLevels(Map):
    """The soft assignment of latent weights to levels; the map of mirror descent.

    Parameters
    ----------
    set : FiniteSet
        The levels.
    strength : float or Schedule
        beta_t >= 0: 0 gives the plain mean of the levels, infinity the projection.

    Raises
    ------
    TypeError, ValueError
        If ``set`` has no fixed levels, or the strength is negative or NaN.
    """

    set: FiniteSet
    strength: Schedule

    def __init__(self, set: FiniteSet, strength: Any) -> None:
        object.__setattr__(self, "set", require_levels(set, "SoftLevels"))
        object.__setattr__(self, "strength", as_strength(strength))

    @property
    def separable(self) -> bool:
        """Each coordinate is mapped by itself."""
        return True

    @property
    def quantized_by(self) -> FiniteSet:
        """The set."""
        return self.set

    def apply(self, theta: Any, weight: Any, out: Array | None = None) -> Array:
        """The mean of the levels at beta = ``weight``.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` holds fractions, on which exp is not exact, or ``weight`` is no number >= 0.
        """
        _, t = as_array(theta)
        weight = weight_like(weight, t, tuple(t.shape))
        if isinstance(weight, float) and weight == math.inf:
            return self.set.project(theta, out)
        if dtype_name(t) == EXACT:
            raise TypeError(
                "theta: expected floats, got fractions: SoftLevels needs exp, which is not exact on them"
            )
        moved = elementwise(self._mean, t, weight, out=out)
        return as_given(moved, theta) if out is None else moved

    def quantize(self, theta: Array) -> Array:
        """Nearest level."""
        return self.set.project(theta)

    def _mean(self, xp: Namespace, t: Array, beta: Any) -> Array:
        cells = self.set.cells(t)
        near = xp.clip(t, -FAR, FAR)
        p, finite = self.set.nearest(xp, t, cells), finite_part(xp, beta)
        shares = total = xp.zeros_like(t)
        for value in cells.levels:
            level = constant_like(xp, value, t)
            # -((t - l)^2 - (t - p)^2) / 2 <= 0, without the squares
            share = xp.exp(finite * ((level - p) * (near - (level + p) / 2)))
            shares, total = shares + share, total + share * level
        mean = total / shares
        if isinstance(beta, numbers.Real):
            return mean
        return xp.where(beta < math.inf, mean, keep_nan(xp, p, t))

    def __repr__(self) -> str:
        return f"{self.set!r}, strength={self.strength!r}"
