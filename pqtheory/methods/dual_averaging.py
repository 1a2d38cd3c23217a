r"""Nesterov's dual averaging on a finite set, in its argmin form:

s_t = argmin_{s in Q} { < sum_{k<t} eta_k g_k , s > + 1/2 ||s - theta_0||^2 },  g_k = grad L(s_k).

Of two levels a < b of a coordinate the objective is at b less than at a by

    (b - a) (G - theta_0 + (a + b)/2),  G the coordinate's sum:

a difference that keeps its sign in floating point, where the two values of a start far away would be equal. What G -
theta_0 and the midpoint lose by rounding is added in the end.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, final

import numpy as np

from pqtheory._arrays import EXACT, Array, as_array, dtype_name
from pqtheory._elementwise import narrow, widen
from pqtheory.methods.base import Method, check_step_size, descend
from pqtheory.sets import FiniteSet
from pqtheory.sets.finite import Cells, require_levels


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
        self.step_size = check_step_size(step_size)

    def init(self, theta0: Any) -> DualState:
        """No gradients yet."""
        _, anchor = as_array(theta0, "theta0")
        return DualState(anchor, descend(anchor, 1, anchor), 0)

    def query(self, state: DualState) -> Array:
        """s_t; of several minimisers the largest."""
        xp, anchor = as_array(state.anchor)
        _, gradient_sum = as_array(state.gradient_sum)
        start, total = widen(xp, anchor), widen(xp, gradient_sum)
        cells = self.set.cells(anchor)
        rests = itertools.repeat(0) if dtype_name(anchor) == EXACT else _rests(cells)
        # Knuth's two-sum: away + lost is G - theta_0 exactly; of an infinite one nothing is lost
        away = total - start
        with np.errstate(invalid="ignore"):
            part = away - total
            lost = (total - (away - part)) - (start + part)
        lost = xp.where(lost == lost, lost, xp.zeros_like(lost))
        # the objective is convex in the level: the levels that gain on the one below come first
        best = xp.zeros_like(start) + cells.levels[0]
        for level, threshold, rest in zip(cells.levels[1:], cells.thresholds, rests, strict=False):
            gain = (away + threshold) + (lost + rest)
            best = xp.where(gain <= 0, level, best)
        return narrow(xp, xp.where(away == away, best, away), anchor)

    def step(self, state: DualState, gradient: Array) -> DualState:
        """One more gradient in the sum."""
        eta = self.eta(state.step, state.anchor)
        gradient_sum = descend(state.gradient_sum, -eta, gradient)
        return DualState(state.anchor, gradient_sum, state.step + 1)

    def output(self, state: DualState) -> Array:
        """s_t."""
        return self.query(state)

    def observe(self, state: DualState) -> tuple[Array, Array]:
        """s_t, twice."""
        quantized = self.query(state)
        return quantized, quantized

    def _arguments(self) -> Mapping[str, Any]:
        return {"set": self.set, "step_size": self.step_size}


@lru_cache(maxsize=64)
def _rests(cells: Cells) -> list[float]:
    """What is left of each midpoint of floats when its threshold is taken away."""
    pairs = itertools.pairwise(map(Fraction, cells.levels))
    return [
        float((a + b) / 2 - Fraction(threshold))
        for threshold, (a, b) in zip(cells.thresholds, pairs, strict=True)
    ]
