r"""The map: theta -> prox_{w R}(theta), which regularizer R at which strength.

===================  ========================  ==============================
map                  regularizer               strength
===================  ========================  ==============================
projection           indicator of the set      any; infinite by convention
prox                 any                       lambda_t
relaxation           half the squared          growing: (t + w P(t)) / (1 + w)
                     distance to the set
hardening            any                       infinite from some step on
===================  ========================  ==============================

It is called as ``map(theta, step, factor)``: its weight is factor * lambda_step, where the factor is the step size for
an eager memory and 1 for a lazy one. A map that is the prox of another function for every strength, and no multiple of
one regularizer, is a ``Map`` of its own: ``SoftLevels``.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, is_symbolic, number_like
from pqtheory._checks import check_number
from pqtheory._elementwise import Writer
from pqtheory._messages import brief
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers.alternating_distance import AlternatingDistance
from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.distance_l1 import DistanceL1
from pqtheory.regularizers.distance_l2 import DistanceL2
from pqtheory.schedules import Schedule, as_schedule
from pqtheory.sets.base import Set
from pqtheory.sets.finite import FiniteSet


class Map(ABC):
    """A map of the latent weights at a strength that may change with the step.

    Attributes
    ----------
    strength : Schedule
        By step; >= 0, and infinite: the whole way to the quantized point.
    """

    strength: Schedule

    @property
    @abstractmethod
    def separable(self) -> bool:
        """Whether each coordinate is mapped by itself."""

    @property
    def quantized_by(self) -> Set | Quantizer:
        """The set or the quantizer whose levels it leads to.

        Raises
        ------
        TypeError
            If it does not say.
        """
        raise TypeError(f"map: expected one that says its levels, got {brief(self)}")

    @abstractmethod
    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """The point mapped with this weight, a number or an array of theta's library."""

    def writer(self, like: Array, weight: Any) -> Writer | None:
        """``apply`` into given memory, made ready once for many arrays like this one; None where there is none."""
        return None

    @abstractmethod
    def quantize(self, theta: Array) -> Array:
        """The quantized point."""

    def __call__(self, theta: Array, step: int, factor: Any, out: Array | None = None) -> Array:
        """The point mapped with the weight of the step; written to ``out`` if given, which may be ``theta``."""
        return self.apply(theta, self.weight(step, factor, theta), out)

    def weight(self, step: int, factor: Any, theta: Array) -> Any:
        """Factor * lambda_step, infinite where lambda_step is, whatever the factor (> 0).

        Raises
        ------
        ValueError
            If the schedule gives a negative value or NaN there.
        """
        strength = self.strength(step)
        if type(strength) is float and strength == math.inf:
            return strength
        if type(strength) is float and strength >= 0:
            return factor * number_like(strength, theta)
        if is_symbolic(strength):
            # that it is >= 0 is for the proof to assume
            return factor * strength
        return factor * number_like(check_number(strength, f"strength at step {step}", 0), theta)


@final
@dataclass(frozen=True, init=False)
class Prox(Map):
    """The prox of a regularizer at a strength that may change with the step; a map of the latent weights.

    Parameters
    ----------
    regularizer : Regularizer
        R.
    strength : float or Schedule
        lambda_t >= 0 by step; infinite: the whole way to the quantized point.

    Raises
    ------
    TypeError, ValueError
        If one of them is none, or the strength is negative or NaN.
    """

    regularizer: Regularizer
    strength: Schedule

    def __init__(self, regularizer: Regularizer, strength: Any) -> None:
        if not isinstance(regularizer, Regularizer):
            raise TypeError(f"regularizer: expected a regularizer, got {brief(regularizer)}")
        object.__setattr__(self, "regularizer", regularizer)
        object.__setattr__(self, "strength", as_strength(strength))

    @property
    def separable(self) -> bool:
        """Whether each coordinate is mapped by itself."""
        return self.regularizer.separable

    @property
    def quantized_by(self) -> Set | Quantizer:
        """Those of the regularizer."""
        return self.regularizer.quantized_by

    def apply(self, theta: Array, weight: Any, out: Array | None = None) -> Array:
        """The point mapped with this weight, a number or an array of theta's library."""
        return self.regularizer.prox(theta, weight, out)

    def writer(self, like: Array, weight: Any) -> Writer | None:
        """``apply`` into given memory, made ready once for many arrays like this one; None where there is none."""
        checked = type(weight) is float and weight >= 0
        return self.regularizer.writer(like, weight) if checked else None

    def quantize(self, theta: Array) -> Array:
        """The quantized point that R pulls to."""
        return self.regularizer.quantize(theta)

    def __repr__(self) -> str:
        return f"{self.regularizer!r}, strength={self.strength!r}"


def pull_to(levels: Any, on_set: Callable[[Set], Regularizer], rounds: int = 1) -> Regularizer:
    """The regularizer that pulls to these levels: ``on_set`` of a set, half the squared distance to what is fitted.

    Parameters
    ----------
    levels : Set or Quantizer
        Where the levels are, or what fits them.
    on_set : callable
        Set -> regularizer; what it says of a set that does not fit is the error.
    rounds : int
        Of the alternation of a fitted one.

    Raises
    ------
    TypeError
        If it is neither a set nor a quantizer.
    """
    if isinstance(levels, Quantizer):
        return AlternatingDistance(levels, rounds=rounds)
    if not isinstance(levels, Set):
        raise TypeError(f"set: expected a quantization set or a quantizer, got {brief(levels)}")
    return on_set(levels)


def regularizer_on(levels: Any) -> Regularizer:
    """A regularizer as it is; of a set the distance to it, where its levels are fixed in L1; the same of fitted levels.

    Raises
    ------
    TypeError
        If it is none of the three.
    """
    if isinstance(levels, Regularizer):
        return levels
    if not isinstance(levels, Set | Quantizer):
        raise TypeError(
            f"regularizer: expected a regularizer, a quantization set or a quantizer, got {brief(levels)}"
        )
    return pull_to(
        levels, lambda s: DistanceL1(s) if isinstance(s, FiniteSet) else DistanceL2(s), 2
    )


def as_strength(strength: Any, name: str = "strength") -> Schedule:
    """``strength`` as a schedule.

    Raises
    ------
    TypeError, ValueError
        If it is neither a schedule nor a number >= 0.
    """
    if not isinstance(strength, Schedule):
        check_number(strength, name, 0)
    return as_schedule(strength, name)
