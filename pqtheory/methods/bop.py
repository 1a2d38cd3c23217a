r"""Bop: m_t = (1 - gamma) m_{t-1} + gamma g_t; a weight is flipped iff w m_t > tau.

There are no latent weights: what is remembered is the binary weight and a moving average of its gradients. It is no
memory x prox, as a flip needs the average beyond tau, on either side: hysteresis in place of a threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, as_array, is_symbolic, number_like
from pqtheory._checks import check_number
from pqtheory._elementwise import narrow, widen
from pqtheory._messages import brief
from pqtheory.methods.base import Method, check_step_size
from pqtheory.methods.maps import Prox, as_strength
from pqtheory.regularizers import Indicator
from pqtheory.schedules import Schedule
from pqtheory.sets import Binary


@dataclass(frozen=True, slots=True)
class BopState:
    """The binary weights, the moving averages of their gradients, and the number of steps made."""

    latent: Array
    average: Array
    step: int


@final
class Bop(Method):
    """The binary optimizer.

    Parameters
    ----------
    step_size : float or Schedule
        gamma of (0, 1], the rate at which the average follows the gradients.
    threshold : float or Schedule
        tau >= 0: how far it must be beyond 0 for a flip.

    Raises
    ------
    TypeError, ValueError
        For a rate that is not of (0, 1], or a negative threshold.

    References
    ----------
    Helwegen et al., Latent weights do not exist, NeurIPS 2019.
    """

    threshold: Schedule

    def __init__(self, step_size: Any, threshold: Any = 0.0) -> None:
        self.step_size = check_step_size(step_size)
        if not isinstance(step_size, Schedule) and step_size > 1:
            raise ValueError(f"step_size: expected a number of (0, 1], got {brief(step_size)}")
        self.threshold = as_strength(threshold, "threshold")

    @staticmethod
    def describe(threshold: Any = 0.0) -> Prox:
        """The signs, with the threshold in the place of a strength, which no projection has."""
        return Prox(Indicator(Binary()), as_strength(threshold, "threshold"))

    def init(self, theta0: Any) -> BopState:
        """The signs of ``theta0``, and no gradients yet."""
        xp, theta = as_array(theta0, "theta0")
        return BopState(Binary().project(theta), xp.zeros_like(theta), 0)

    def query(self, state: BopState) -> Array:
        """The weights."""
        return state.latent

    def step(self, state: BopState, gradient: Array) -> BopState:
        """Average the gradient, and flip what it is against beyond tau."""
        gamma, tau = self.eta(state.step, state.latent), self._tau(state)
        average = self.averaged(state.average, gradient, gamma)
        flipped = self.flipped(state.latent, average, tau)
        return BopState(
            flipped, narrow(as_array(average)[0], average, state.average), state.step + 1
        )

    @staticmethod
    def averaged(average: Array, gradient: Array, gamma: Any) -> Array:
        """M + gamma (g - m); of half precision in float32."""
        xp, _ = as_array(average)
        before = widen(xp, average)
        return before + gamma * (widen(xp, gradient) - before)

    @staticmethod
    def flipped(weights: Array, average: Array, tau: Any) -> Array:
        """-w where w m > tau, else w."""
        xp, _ = as_array(weights)
        return xp.where(widen(xp, weights) * average > tau, -weights, weights)

    def output(self, state: BopState) -> Array:
        """The weights."""
        return state.latent

    def _tau(self, state: BopState) -> Any:
        value = self.threshold(state.step)
        if is_symbolic(value):
            # that it is >= 0 is for the proof to assume
            return value
        return number_like(check_number(value, f"threshold at step {state.step}", 0), state.latent)

    def _arguments(self) -> Mapping[str, Any]:
        return {"step_size": self.step_size, "threshold": self.threshold}
