r"""Nesterov's dual averaging on a finite set, in its argmin form:

s_t = argmin_{s in Q} { < sum_{k<t} eta_k g_k , s > + 1/2 ||s - theta_0||^2 },  g_k = grad L(s_k).
"""

from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, as_array
from pqtheory.methods.base import Method
from pqtheory.regularizers.base import require_levels
from pqtheory.schedules import Schedule, as_schedule
from pqtheory.sets import FiniteSet


@dataclass(frozen=True, slots=True)
class DualState:
    """The start and the weighted sum of the gradients so far; nothing else is remembered."""

    anchor: Array
    gradient_sum: Array
    step: int

    @property
    def latent(self) -> Array:
        """theta_0 - sum_{k<t} eta_k g_k: where the lazy form keeps its weights."""
        return self.anchor - self.gradient_sum


@final
class DualAveraging(Method):
    """The argmin over the levels is evaluated as such, level by level, and never as a projection.

    Parameters
    ----------
    set : FiniteSet
        Quantization set with fixed levels.
    step_size : float or Schedule
        eta_t > 0.

    Raises
    ------
    TypeError, ValueError
        For a step size that is not > 0, or a ``set`` without fixed levels.

    References
    ----------
    Nesterov 2009; Xiao 2010; ProxQuant, arXiv 1810.00861, section 3.1.
    """

    def __init__(self, set: FiniteSet, step_size: Any) -> None:
        self.set = require_levels(set, "DualAveraging")
        self.step_size = as_schedule(step_size, "step_size")
        if not isinstance(step_size, Schedule):
            self.eta(0, None)

    def init(self, theta0: Any) -> DualState:
        """No gradients yet."""
        _, anchor = as_array(theta0, "theta0")
        return DualState(anchor, 0 * anchor, 0)

    def query(self, state: DualState) -> Array:
        """s_t; of several minimisers the largest."""
        xp, anchor = as_array(state.anchor)
        best, least = None, None
        for level in self.set.levels(anchor):
            score = state.gradient_sum * level + (level - anchor) ** 2 / 2
            if best is None:
                best, least = xp.zeros_like(anchor) + level, score
            else:
                best = xp.where(score <= least, level, best)
                least = xp.minimum(score, least)
        return xp.where(least == least, best, least)

    def step(self, state: DualState, gradient: Array) -> DualState:
        """One more gradient in the sum."""
        eta = self.eta(state.step, state.anchor)
        return DualState(state.anchor, state.gradient_sum + eta * gradient, state.step + 1)

    def output(self, state: DualState) -> Array:
        """s_t."""
        return self.query(state)

    def observe(self, state: DualState) -> tuple[Array, Array]:
        """s_t, twice."""
        quantized = self.query(state)
        return quantized, quantized

    def __repr__(self) -> str:
        return f"DualAveraging({self.set!r}, step_size={self.step_size!r})"
