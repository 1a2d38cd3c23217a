r"""BinaryConnect: theta_{t+1} = theta_t - eta_t grad L(sign theta_t).  Lazy x prox of the indicator."""

import math
from collections.abc import Mapping
from typing import Any, final

from pqtheory._arrays import Array
from pqtheory.methods.base import Lazy, State
from pqtheory.methods.maps import Prox, pull_to
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers import Indicator
from pqtheory.sets import Binary, Set


@final
class BinaryConnect(Lazy):
    """The straight-through method.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    set : Set or Quantizer
        Where the gradient is taken; {-1, +1} for BinaryConnect proper, any other set for its kin, or levels that are
        fitted to the latent weights at every step.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, or a ``set`` that is none.

    References
    ----------
    Courbariaux et al., NeurIPS 2015; ProxQuant, arXiv 1810.00861, section 3.1.
    """

    def __init__(
        self, step_size: Any, *, set: Set | Quantizer | None = None, clip: Any = None
    ) -> None:
        super().__init__(self.describe(set), step_size, clip)

    @staticmethod
    def describe(set: Set | Quantizer | None = None) -> Prox:
        """The projection, or the fit; on {-1, +1} by default."""
        return Prox(pull_to(Binary() if set is None else set, Indicator), math.inf)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {"set": self.map.quantized_by}

    def observe(self, state: State) -> tuple[Array, Array]:
        """The quantized point, twice."""
        quantized = self.query(state)
        return quantized, quantized
