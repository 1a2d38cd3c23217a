r"""BinaryRelax: theta_{t+1} = theta_t - eta_t grad L((theta_t + lambda_t P(theta_t)) / (1 + lambda_t)).

Lazy x relaxation: the strength lambda_t grows, and from some step on the map is the projection itself.
"""

from typing import Any, final

from pqtheory._checks import check_count
from pqtheory.methods.base import Lazy
from pqtheory.methods.maps import Relaxation
from pqtheory.schedules import Exponential
from pqtheory.sets import Binary, Set


@final
class BinaryRelax(Lazy):
    """BinaryConnect approached through a growing relaxation; the weight that the map sees is lambda_t.

    Parameters
    ----------
    step_size : float or Schedule
        eta_t > 0.
    strength : float or Schedule
        lambda_t >= 0; by default it grows by 1.02 a step from 1, as the authors let it per epoch.
    harden_at : int, optional
        From this step on the map is the projection (pure BinaryConnect).
    set : Set
        Quantization set, {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        For a step size or clip that is not > 0, a negative strength or ``harden_at``.

    References
    ----------
    Yin et al., BinaryRelax, SIAM J. Imaging Sci. 2018.
    """

    def __init__(
        self,
        step_size: Any,
        strength: Any = None,
        *,
        harden_at: int | None = None,
        set: Set | None = None,
        clip: Any = None,
    ) -> None:
        if harden_at is not None:
            check_count(harden_at, "harden_at", 0)
        growing = Exponential(1.0, 1.02) if strength is None else strength
        relaxation = Relaxation(Binary() if set is None else set, growing, harden_at)
        super().__init__(relaxation, step_size, clip)
