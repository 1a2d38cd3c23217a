r"""The two-function toy: f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, sign
from pqtheory._checks import python_number
from pqtheory._messages import brief
from pqtheory.problems._inputs import finite_number
from pqtheory.problems._sampling import add_normal_noise
from pqtheory.problems.base import Problem


@final
class TwoFunctionToy(Problem):
    """``|x + side/2| - 1/2`` on the line; subgradient ``sign(x + side/2)`` with sign(0) = +1.

    On {-1, +1} both functions have the same derivatives (-1 and +1), so a method that sees
    gradients only there cannot tell them apart; yet the best vertex of f_1 is -1 and that of
    f_{-1} is +1.

    Parameters
    ----------
    side : {1, -1}
        Which of the two functions; its minimiser on the line is ``-side / 2``.
    noise : float
        Standard deviation of the normal noise that the stochastic gradient adds.

    Raises
    ------
    TypeError, ValueError
        If ``side`` is neither 1 nor -1, or ``noise`` is not a finite number >= 0.

    References
    ----------
    ProxQuant, arXiv 1810.00861, Figure 1(b).
    """

    dim = 1
    smoothness = None
    lower_bound = -0.5
    is_convex = True

    def __init__(self, side: int = 1, *, noise: Any = 0) -> None:
        number = python_number(side)
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"side: expected 1 or -1, got {brief(side)}")
        if number not in (-1, 1):
            raise ValueError(f"side: expected 1 or -1, got {brief(side)}")
        self.side = number
        self.noise = finite_number(noise, "noise", 0)
        self.minimisers = np.asarray([[-0.5 * self.side]])

    def _arguments(self) -> Mapping[str, Any]:
        return {"side": self.side, "noise": self.noise}

    def _value(self, xp: Namespace, theta: Array) -> Array:
        # integers only: fractions stay fractions, float32 stays float32
        return ((xp.abs(2 * theta + self.side) - 1) / 2)[..., 0]

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        slope = sign(xp, 2 * theta + self.side)
        return xp.where(theta == theta, slope, theta)  # NaN stays NaN

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return add_normal_noise(xp, self._gradient(xp, theta), self.noise, rng)
