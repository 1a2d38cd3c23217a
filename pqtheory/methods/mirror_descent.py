r"""Mirror descent: theta_{t+1} = theta_t - eta_t grad L(x_t), x_t the mean of the levels softly assigned to theta_t.

Lazy x soft levels: the latent weights are the dual variables. On {-1, +1} x_t = tanh(beta_t theta_t); for more levels
the softmax over them. The gradients of a softmax's own dual variables are l_i times that of x, so that those variables
stay on one line, which theta_t parametrises.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, final

from pqtheory.methods.base import Lazy
from pqtheory.methods.soft_levels import SoftLevels
from pqtheory.sets import Binary, FiniteSet


@final
class MirrorDescent(Lazy):
    """MD-tanh on two levels, MD-softmax on more.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        beta_t >= 0; ``Exponential`` anneals it, ``Hardened`` ends in BinaryConnect.
    set : FiniteSet
        {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength, or a ``set`` without fixed levels.

    References
    ----------
    Ajanthan et al., AISTATS 2021.
    """

    transcendental: ClassVar[str] = "exp"

    def __init__(
        self, step_size: Any, strength: Any, *, set: FiniteSet | None = None, clip: Any = None
    ) -> None:
        super().__init__(self.describe(strength, set), step_size, clip)

    @staticmethod
    def describe(strength: Any, set: FiniteSet | None = None) -> SoftLevels:
        """The soft assignment; to {-1, +1} by default."""
        return SoftLevels(Binary() if set is None else set, strength)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"strength": self.map.strength, "set": self.map.set}
