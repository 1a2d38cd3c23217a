r"""Lazy gradient, eager pull: theta_{t+1} = prox_{eta_t lambda_t R}(theta_t - eta_t grad L(P(theta_t))).

The gradient is taken at the quantized point, as in BinaryConnect, and the mapped point is kept, as in ProxQuant. With
half the squared distance the pull is the implicit form of dampening; strength 0 is BinaryConnect.
"""

from typing import Any, final

from pqtheory._arrays import Array
from pqtheory.methods.base import Eager, State
from pqtheory.regularizers import Regularizer


@final
class EagerPull(Eager):
    """ProxQuant's step with BinaryConnect's gradient.

    Parameters
    ----------
    regularizer : Regularizer
        R, on a quantization set: it says where the gradient is taken and what pulls.
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t >= 0.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength, or a regularizer that is none.

    References
    ----------
    The kind of CAGE and WinQ, which correct the straight-through step by a pull on the latent weights.
    """

    def __init__(
        self, regularizer: Regularizer, step_size: Any, strength: Any, *, clip: Any = None
    ) -> None:
        super().__init__(self.describe(regularizer, strength), step_size, clip)

    def query(self, state: State) -> Array:
        """P(theta_t)."""
        return self.output(state)

    def observe(self, state: State) -> tuple[Array, Array]:
        """The quantized point, twice."""
        quantized = self.query(state)
        return quantized, quantized
