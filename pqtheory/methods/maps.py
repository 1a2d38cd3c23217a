r"""Which map: projection, prox of a strength, relaxation.

A map is called as ``map(theta, step, factor)``: its weight is factor * lambda_step, where the factor is the step size
for an eager memory and 1 for a lazy one.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, is_symbolic, number_like
from pqtheory._checks import check_number
from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.distance_l2 import DistanceL2
from pqtheory.schedules import Schedule, as_schedule
from pqtheory.sets.base import Set, require_set


class Map(ABC):
    """A map of the latent weights, possibly changing with the step."""

    @property
    def separable(self) -> bool:
        """Whether each coordinate is mapped by itself."""
        return False

    @abstractmethod
    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The mapped point; written to ``out`` if that is given, which may be ``theta``."""

    @abstractmethod
    def quantize(self, theta: Array) -> Array:
        """The quantized point that the map pulls to."""


@final
@dataclass(frozen=True)
class Projection(Map):
    """theta -> P(theta)."""

    set: Set

    def __post_init__(self) -> None:
        require_set(self.set)

    @property
    def separable(self) -> bool:
        """As the set is."""
        return self.set.separable

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """P(theta), whatever the step."""
        return self.set.project(theta, out)

    def quantize(self, theta: Array) -> Array:
        """P(theta)."""
        return self.set.project(theta)


@final
class Prox(Map):
    """theta -> prox_{w R}(theta) with w = factor * lambda_step."""

    def __init__(self, regularizer: Regularizer, strength: Any) -> None:
        if not isinstance(regularizer, Regularizer):
            raise TypeError(f"regularizer: expected a regularizer, got {regularizer!r}")
        self.regularizer = regularizer
        self.strength = check_strength(strength)

    @property
    def separable(self) -> bool:
        """As the regularizer is."""
        return self.regularizer.separable

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """Prox of the regularizer."""
        return self.regularizer.prox(theta, factor * strength_at(self.strength, step, theta), out)

    def quantize(self, theta: Array) -> Array:
        """Nearest quantized point of the regularizer."""
        return self.regularizer.quantize(theta)

    def __repr__(self) -> str:
        return f"{self.regularizer!r}, strength={self.strength!r}"


@final
class Relaxation(Map):
    """theta -> (theta + w P(theta)) / (1 + w), the prox of half the squared distance; P from step ``harden_at`` on."""

    def __init__(self, quantization_set: Set, strength: Any, harden_at: int | None = None) -> None:
        self.set = quantization_set
        self.prox = Prox(DistanceL2(quantization_set), strength)
        self.harden_at = harden_at

    @property
    def separable(self) -> bool:
        """As the set is."""
        return self.set.separable

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The relaxed point."""
        if self.harden_at is not None and step >= self.harden_at:
            return self.set.project(theta, out)
        return self.prox(theta, step, factor, out)

    def quantize(self, theta: Array) -> Array:
        """P(theta)."""
        return self.set.project(theta)

    def __repr__(self) -> str:
        return f"{self.set!r}, strength={self.prox.strength!r}, harden_at={self.harden_at!r}"


def check_strength(strength: Any) -> Schedule:
    """``strength`` as a schedule; a number must be >= 0."""
    if not isinstance(strength, Schedule):
        check_number(strength, "strength", 0)
    return as_schedule(strength, "strength")


def strength_at(strength: Schedule, step: int, theta: Array) -> Any:
    """lambda_step.

    Raises
    ------
    ValueError
        If it is negative or NaN.
    """
    value = strength(step)
    if is_symbolic(value):
        # that it is >= 0 is for the proof to assume
        return value
    return number_like(check_number(value, f"strength at step {step}", 0), theta)
