r"""PARQ as it ships: theta_{t+1} = theta_t - eta_t grad L(prox_{lambda_t R}(theta_t)), R the bump between levels.

Lazy x prox of the bump: with lambda_t = 1 - s_t the inverse slope s_t falls from 1, where the map is the identity on
the hull of the levels, to 0, where it is the projection.
"""

from collections.abc import Mapping
from typing import Any, final

from pqtheory.methods.base import Lazy
from pqtheory.methods.maps import Prox
from pqtheory.regularizers import Bump
from pqtheory.sets import Binary, FiniteSet


@final
class PARQ(Lazy):
    """BinaryConnect approached through maps of ever steeper pieces.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t = 1 - s_t >= 0, s_t the inverse slope of the map; from 1 on the map is the projection.
    set : FiniteSet
        Quantization set, {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength, or a ``set`` without fixed levels.

    References
    ----------
    Jin et al., arXiv 2503.15748, and the code of torchao.prototype.parq.
    """

    def __init__(
        self, step_size: Any, strength: Any, *, set: FiniteSet | None = None, clip: Any = None
    ) -> None:
        super().__init__(self.describe(strength, set), step_size, clip)

    @staticmethod
    def describe(strength: Any, set: FiniteSet | None = None) -> Prox:
        """The prox of the bump; on {-1, +1} by default."""
        return Prox(Bump(Binary() if set is None else set), strength)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"strength": self.map.strength, "set": self.map.quantized_by}
