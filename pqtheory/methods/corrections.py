r"""What a method descends along where that is not the gradient g alone: a pull beside it, a factor before it.

===========  ============================================
Pull         g + lambda_t (theta - P(theta)), either sign
Sloped       B(theta) g
===========  ============================================

P is what the method's map quantizes to. Arrays and torch optimizers have a correction from the same description.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, is_symbolic, namespace, number_like
from pqtheory._checks import check_number
from pqtheory._elementwise import narrow, widen
from pqtheory._messages import brief
from pqtheory.methods.backward import Backward
from pqtheory.schedules import Schedule, as_schedule


class Correction(ABC):
    """A gradient -> the direction that a step descends along, at a strength that may change with the step."""

    @abstractmethod
    def weight(self, step: int, theta: Array) -> Any:
        """Its strength in that step, a number that fits ``theta``.

        Raises
        ------
        ValueError
            If the schedule gives none that is allowed there.
        """

    @abstractmethod
    def apply(
        self, theta: Array, gradient: Array, weight: Any, quantize: Callable[[Array], Array]
    ) -> Array:
        """The direction at the latent weights ``theta``; ``quantize`` is P."""


@final
@dataclass(frozen=True, init=False)
class Pull(Correction):
    """g + lambda_t (theta - P(theta)): toward the levels for lambda_t > 0, away from them for lambda_t < 0.

    Parameters
    ----------
    strength : float or Schedule
        lambda_t, of either sign, finite.
    name : str
        What errors call it.

    Raises
    ------
    TypeError, ValueError
        If the strength is neither a schedule nor a number.
    """

    strength: Schedule
    name: str

    def __init__(self, strength: Any, name: str = "strength") -> None:
        object.__setattr__(self, "strength", as_schedule(strength, name))
        object.__setattr__(self, "name", name)

    def weight(self, step: int, theta: Array) -> Any:
        """lambda_step."""
        strength = self.strength(step)
        if is_symbolic(strength):
            return strength
        name = f"{self.name} at step {step}"
        return number_like(check_number(strength, name, finite=True), theta)

    def apply(
        self, theta: Array, gradient: Array, weight: Any, quantize: Callable[[Array], Array]
    ) -> Array:
        """The gradient and the pull."""
        xp = namespace(theta)
        away = widen(xp, theta) - widen(xp, quantize(theta))
        return narrow(xp, widen(xp, gradient) + weight * away, gradient)


@final
@dataclass(frozen=True)
class Sloped(Correction):
    """B(theta) g.

    Raises
    ------
    TypeError
        If ``backward`` is no backward quantizer.
    """

    backward: Backward

    def __post_init__(self) -> None:
        if not isinstance(self.backward, Backward):
            raise TypeError(f"backward: expected a backward quantizer, got {brief(self.backward)}")

    def weight(self, step: int, theta: Array) -> Any:
        """It has no strength."""
        return 1

    def apply(
        self, theta: Array, gradient: Array, weight: Any, quantize: Callable[[Array], Array]
    ) -> Array:
        """The gradient, multiplied."""
        xp = namespace(theta)
        return narrow(xp, self.backward.slope(widen(xp, theta)) * widen(xp, gradient), gradient)
