r"""Which map: projection, prox of a strength, relaxation.

A map is called as ``map(theta, step, factor)``: its weight is factor * lambda_step, where the factor is the step size
for an eager memory and 1 for a lazy one.
"""

import math
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


class WeightedMap(Map):
    """A map that knows the step by one number, its weight: map(theta, step, factor) = apply(theta, weight)."""

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The point mapped with the weight of the step."""
        return self.apply(theta, self.weight(step, factor, theta), out)

    @abstractmethod
    def weight(self, step: int, factor: Any, theta: Array) -> Any:
        """The number that the map weighs its pull with at ``step``; infinite: the whole way."""

    @abstractmethod
    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """The point mapped with this weight, a number or an array of theta's library."""


@final
@dataclass(frozen=True)
class Projection(WeightedMap):
    """theta -> P(theta)."""

    set: Set

    def __post_init__(self) -> None:
        require_set(self.set)

    @property
    def separable(self) -> bool:
        """As the set is."""
        return self.set.separable

    def weight(self, step: int, factor: Any, theta: Array) -> Any:
        """Infinite."""
        return math.inf

    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """P(theta), whatever the weight."""
        return self.set.project(theta, out)

    def quantize(self, theta: Array) -> Array:
        """P(theta)."""
        return self.set.project(theta)


@final
class Prox(WeightedMap):
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

    def weight(self, step: int, factor: Any, theta: Array) -> Any:
        """The factor times lambda_step."""
        return factor * strength_at(self.strength, step, theta)

    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """Prox of the regularizer."""
        return self.regularizer.prox(theta, weight, out)

    def quantize(self, theta: Array) -> Array:
        """Nearest quantized point of the regularizer."""
        return self.regularizer.quantize(theta)

    def __repr__(self) -> str:
        return f"{self.regularizer!r}, strength={self.strength!r}"


@final
class Relaxation(WeightedMap):
    """theta -> (theta + w P(theta)) / (1 + w), the prox of half the squared distance; P from step ``harden_at`` on."""

    def __init__(self, quantization_set: Set, strength: Any, harden_at: int | None = None) -> None:
        self.set = quantization_set
        self.prox = Prox(DistanceL2(quantization_set), strength)
        self.harden_at = harden_at

    @property
    def separable(self) -> bool:
        """As the set is."""
        return self.set.separable

    def weight(self, step: int, factor: Any, theta: Array) -> Any:
        """The factor times lambda_step, infinite from ``harden_at`` on."""
        if self.harden_at is not None and step >= self.harden_at:
            return math.inf
        return self.prox.weight(step, factor, theta)

    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """The relaxed point."""
        return self.prox.apply(theta, weight, out)

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
