r"""ProxQuant: theta_{t+1} = prox_{eta_t lambda_t R}(theta_t - eta_t grad L(theta_t)).  Eager x prox."""

from typing import Any, final

from pqtheory.methods.base import Eager
from pqtheory.methods.maps import Prox, regularizer_on
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers import Regularizer
from pqtheory.sets import Set


@final
class ProxQuant(Eager):
    """Prox-gradient steps on a quantization regularizer; the weight that the prox sees is eta_t lambda_t.

    Parameters
    ----------
    regularizer : Regularizer, Set or Quantizer
        R, on a quantization set.
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t >= 0; ``Linear(rate)`` is the homotopy of the paper.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength, or a regularizer without a set.

    References
    ----------
    ProxQuant, arXiv 1810.00861, Algorithm 1.
    """

    def __init__(
        self,
        regularizer: Regularizer | Set | Quantizer,
        step_size: Any,
        strength: Any,
        *,
        clip: Any = None,
    ) -> None:
        super().__init__(self.describe(regularizer, strength), step_size, clip)

    @staticmethod
    def describe(regularizer: Regularizer | Set | Quantizer, strength: Any) -> Prox:
        """The prox of the regularizer, or of that of a set or a quantizer, at this strength."""
        return Prox(regularizer_on(regularizer), strength)
