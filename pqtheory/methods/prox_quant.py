r"""ProxQuant: theta_{t+1} = prox_{eta_t lambda_t R}(theta_t - eta_t grad L(theta_t)).  Eager x prox."""

from typing import Any, final

from pqtheory.methods.base import Eager
from pqtheory.regularizers import Regularizer


@final
class ProxQuant(Eager):
    """Prox-gradient steps on a quantization regularizer; the weight that the prox sees is eta_t lambda_t.

    Parameters
    ----------
    regularizer : Regularizer
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
        self, regularizer: Regularizer, step_size: Any, strength: Any, *, clip: Any = None
    ) -> None:
        super().__init__(self.describe(regularizer, strength), step_size, clip)
