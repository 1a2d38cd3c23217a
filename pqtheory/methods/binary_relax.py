r"""BinaryRelax: theta_{t+1} = theta_t - eta_t grad L((theta_t + lambda_t P(theta_t)) / (1 + lambda_t)).

Lazy x prox of half the squared distance: the strength lambda_t grows, and from some step on it is infinite.
"""

from collections.abc import Mapping
from typing import Any, final

from pqtheory.methods.base import Lazy
from pqtheory.methods.maps import Prox, as_strength, pull_to
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers import DistanceL2
from pqtheory.schedules import Exponential, Hardened
from pqtheory.sets import Binary, Set


@final
class BinaryRelax(Lazy):
    """BinaryConnect approached through a growing relaxation; the weight that the map sees is lambda_t.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t >= 0; by default it grows by 1.02 a step from 1, as the authors let it per epoch.
    harden_at : int, optional
        From this step on the map is the projection (pure BinaryConnect).
    set : Set or Quantizer
        Quantization set, {-1, +1} by default, or what fits one.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength or ``harden_at``.

    References
    ----------
    Yin et al., BinaryRelax, SIAM J. Imaging Sci. 2018.
    """

    def __init__(
        self,
        step_size: Any,
        strength: Any = None,
        *,
        harden_at: int | None = None,
        set: Set | Quantizer | None = None,
        clip: Any = None,
    ) -> None:
        super().__init__(self.describe(set, strength, harden_at), step_size, clip)

    @staticmethod
    def describe(
        set: Set | Quantizer | None = None, strength: Any = None, harden_at: int | None = None
    ) -> Prox:
        """The relaxation; on {-1, +1}, growing and never hardened by default."""
        growing = as_strength(Exponential(1.0, 1.02) if strength is None else strength)
        if harden_at is not None:
            growing = Hardened(growing, harden_at)
        return Prox(pull_to(Binary() if set is None else set, DistanceL2), growing)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"strength": self.map.strength, "set": self.map.quantized_by}
