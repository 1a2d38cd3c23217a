r"""Projected gradient: theta_{t+1} = P(theta_t - eta_t grad L(theta_t)).  Eager x prox of the indicator."""

import math
from collections.abc import Mapping
from typing import Any, final

from pqtheory.methods.base import Eager
from pqtheory.methods.maps import Prox, pull_to
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers import Indicator
from pqtheory.sets import Set


@final
class ProjectedSGD(Eager):
    """Each step ends on the set; small steps never leave the cell of a level.

    Parameters
    ----------
    set : Set or Quantizer
        Where each step is projected, or what fits it.
    step_size : float or Schedule
        eta_t > 0.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, or a ``set`` that is none.

    References
    ----------
    ProxQuant, arXiv 1810.00861, section 3.1.
    """

    def __init__(self, set: Set | Quantizer, step_size: Any, *, clip: Any = None) -> None:
        super().__init__(self.describe(set), step_size, clip)

    @staticmethod
    def describe(set: Set | Quantizer) -> Prox:
        """The projection, or the fit."""
        return Prox(pull_to(set, Indicator), math.inf)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"set": self.map.quantized_by}
