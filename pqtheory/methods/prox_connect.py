r"""ProxConnect: theta_{t+1} = theta_t - eta_t grad L(prox_{mu_t R}(theta_t)), mu_t = lambda (eta_0 + ... + eta_{t-1}).

Lazy x prox at a strength that grows with the sum of the step sizes: for convex R the aggregated form of composite dual
averaging, and with R of the set at infinite strength BinaryConnect.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, final

from pqtheory._messages import brief
from pqtheory.methods.base import Lazy, check_step_size
from pqtheory.methods.maps import as_strength
from pqtheory.regularizers import Regularizer
from pqtheory.schedules import Constant, Summed


@final
class ProxConnect(Lazy):
    """Gradients at the mapped point, steps from the unmapped one; the prox sees lambda times the sum of the steps.

    With a torch optimizer the step sizes are the ``lr`` of its groups, whatever a scheduler makes of them.

    Parameters
    ----------
    regularizer : Regularizer
        R; ``PiecewiseAffine`` for the method that PARQ's theory is about (AProx).
    step_size : float or Schedule
        eta_t > 0.
    strength : float
        lambda >= 0, finite.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a strength that is no number >= 0, or a regularizer that is none.

    References
    ----------
    Dockhorn et al., NeurIPS 2021, arXiv 2110.13220; Jin et al., arXiv 2503.15748.
    """

    sums_steps: ClassVar[bool] = True
    strength: Any

    def __init__(
        self, regularizer: Regularizer, step_size: Any, strength: Any, *, clip: Any = None
    ) -> None:
        steps, constant = check_step_size(step_size), as_strength(strength)
        if not isinstance(constant, Constant):
            raise TypeError(f"strength: expected a number, got {brief(strength)}")
        self.strength = constant.value
        super().__init__(self.describe(regularizer, Summed(steps, self.strength)), steps, clip)

    def _map_arguments(self) -> Mapping[str, Any]:
        # the strength stands behind the step size in the constructor; both are given by name
        return {"regularizer": self.map.regularizer, "strength": self.strength}
