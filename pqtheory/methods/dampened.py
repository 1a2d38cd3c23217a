r"""Dampening: theta_{t+1} = theta_t - eta_t (grad L(P(theta_t)) + lambda_t (theta_t - P(theta_t))).

The straight-through step with an explicit pull toward the nearest level, lambda_t > 0 (Nagel et al.), or away from it,
lambda_t < 0: the slope of lambda_t / 2 dist(theta, Q)^2 beside the loss.
"""

from collections.abc import Mapping
from typing import Any, final

from pqtheory._arrays import Array, is_symbolic, number_like
from pqtheory._checks import check_number
from pqtheory.methods.base import Lazy, State
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.maps import set_of
from pqtheory.schedules import as_schedule
from pqtheory.sets import Set


@final
class Dampened(Lazy):
    """BinaryConnect with a pull of either sign on the latent weights.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t, of either sign, finite.
    set : Set
        {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a strength that is no number, or a ``set`` that is none.

    References
    ----------
    Nagel et al., ICML 2022 (toward the levels).
    """

    def __init__(
        self, step_size: Any, strength: Any, *, set: Set | None = None, clip: Any = None
    ) -> None:
        self.strength = as_schedule(strength, "strength")
        super().__init__(BinaryConnect.describe(set), step_size, clip)

    def step(self, state: State, gradient: Array) -> State:
        """The step of ``Lazy`` with the pull beside the gradient."""
        latent = state.latent
        pull = self._pull(state.step, latent) * (latent - self.output(state))
        return super().step(state, gradient + pull)

    def _pull(self, step: int, latent: Array) -> Any:
        strength = self.strength(step)
        if is_symbolic(strength):
            return strength
        name = f"strength at step {step}"
        return number_like(check_number(strength, name, finite=True), latent)

    def observe(self, state: State) -> tuple[Array, Array]:
        """The quantized point, twice."""
        quantized = self.query(state)
        return quantized, quantized

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"strength": self.strength, "set": set_of(self.map)}
