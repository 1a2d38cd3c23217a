r"""ProxConnect++: theta_{t+1} = theta_t - eta_t B(theta_t) grad L(prox_{mu_t R}(theta_t)), mu_t = lambda (eta_0 + ...).

Lazy x prox, with a backward quantizer B. To first order in the step z = T(theta), T' = 1 / B, makes the step of
ProxConnect, z - eta grad L(F(T^-1(z))); so it is one where F composed with the inverse of T is a proximal map.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

from pqtheory.methods.backward import Backward, inadmissible_pair
from pqtheory.methods.base import Lazy
from pqtheory.methods.corrections import Sloped
from pqtheory.methods.prox_connect import ProxConnect
from pqtheory.regularizers import Regularizer


@final
class ProxConnectPlus(Lazy):
    """ProxConnect whose gradient is multiplied by B(theta_t).

    Parameters
    ----------
    regularizer, step_size, strength, clip
        As for ProxConnect.
    backward : Backward
        B.

    Raises
    ------
    TypeError, ValueError
        As ProxConnect; also if ``backward`` is no backward quantizer.

    References
    ----------
    Lu et al., NeurIPS 2023, arXiv 2402.17710.
    """

    sums_steps: ClassVar[bool] = True
    strength: Any

    def __init__(
        self,
        regularizer: Regularizer,
        step_size: Any,
        strength: Any,
        backward: Backward,
        *,
        clip: Any = None,
    ) -> None:
        sloped = self.correct(backward)
        plain = ProxConnect(regularizer, step_size, strength)
        self.backward, self.strength = backward, plain.strength
        super().__init__(plain.map, plain.step_size, clip, sloped)

    @staticmethod
    def correct(backward: Backward) -> Sloped:
        """B(theta_t) before the gradient."""
        return Sloped(backward)

    def inadmissible_pair(self, points: Sequence[Any], step: int) -> tuple[Any, Any] | None:
        """Two of the points that show that the map of that step is not admissible with B; None if none do."""
        return inadmissible_pair(lambda theta: self.map(theta, step, 1), self.backward, points)

    def _map_arguments(self) -> Mapping[str, Any]:
        return {
            "regularizer": self.map.regularizer,
            "strength": self.strength,
            "backward": self.backward,
        }
