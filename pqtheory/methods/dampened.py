r"""Dampening: theta_{t+1} = theta_t - eta_t (grad L(P(theta_t)) + lambda_t (theta_t - P(theta_t))).

The straight-through step with an explicit pull toward the nearest level, lambda_t > 0 (Nagel et al.), or away from it,
lambda_t < 0: the slope of lambda_t / 2 dist(theta, Q)^2 beside the loss.
"""

from collections.abc import Mapping
from typing import Any, final

from pqtheory._arrays import Array
from pqtheory.methods.base import Lazy, State
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.corrections import Pull
from pqtheory.methods.maps import Prox
from pqtheory.quantizers import Quantizer
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
    set : Set or Quantizer
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
        self,
        step_size: Any,
        strength: Any,
        *,
        set: Set | Quantizer | None = None,
        clip: Any = None,
    ) -> None:
        pull = self.correct(strength)
        self.strength = pull.strength
        super().__init__(self.describe(set), step_size, clip, pull)

    @staticmethod
    def describe(set: Set | Quantizer | None = None) -> Prox:
        """The projection, or the fit; on {-1, +1} by default."""
        return BinaryConnect.describe(set)

    @staticmethod
    def correct(strength: Any) -> Pull:
        """The pull beside the gradient."""
        return Pull(strength)

    def observe(self, state: State) -> tuple[Array, Array]:
        """The quantized point, twice."""
        quantized = self.query(state)
        return quantized, quantized

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"strength": self.strength, "set": self.map.quantized_by}
