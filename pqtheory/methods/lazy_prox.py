r"""Lazy prox-gradient: theta_{t+1} = theta_t - eta_t grad L(prox_{lambda_t R}(theta_t)).  Lazy x prox."""

from typing import Any, final

from pqtheory.methods.base import Lazy
from pqtheory.regularizers import Regularizer


@final
class LazyProx(Lazy):
    """Gradients at the mapped point, steps from the unmapped one; the weight that the prox sees is lambda_t.

    Parameters
    ----------
    regularizer : Regularizer
        R, on a quantization set.
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t >= 0.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength, or a regularizer without a set.

    References
    ----------
    ProxQuant, arXiv 1810.00861, section 5.1 and Theorem 5.2.
    """

    def __init__(
        self, regularizer: Regularizer, step_size: Any, strength: Any, *, clip: Any = None
    ) -> None:
        super().__init__(self.describe(regularizer, strength), step_size, clip)
