"""What a quantization set Q offers: the exact projection, the distance to it, its levels."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pqtheory._arrays import Array, as_array
from pqtheory._elementwise import Between, Kernel


class Set(ABC):
    """A closed set Q with an exact projection P(theta) in argmin over s in Q of ||theta - s||.

    Attributes
    ----------
    separable : bool
        Whether each coordinate is projected by itself.
    """

    separable: ClassVar[bool] = False

    @abstractmethod
    def map(self, kernel: Kernel, theta: Any, *arguments: Any, out: Array | None = None) -> Array:
        """Entrywise ``kernel(xp, theta, P(theta), *arguments)``: how regularizers see the set."""

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """What an array of weights for a ``theta`` of that shape must broadcast to."""
        return shape

    @abstractmethod
    def levels(self, theta: Any) -> Array:
        """The levels that ``project(theta)`` takes its values from, ascending, like ``theta``."""

    def project(self, theta: Any, out: Array | None = None) -> Array:
        """Nearest point of the set, shape and dtype of ``theta``; a tie goes to the upper level.

        Parameters
        ----------
        theta : array
            Any shape; NaN stays NaN.
        out : array, optional
            Where the result goes; may be ``theta``.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        return self.map(_nearest, theta, out=out)

    def distance(self, theta: Any) -> Array:
        """Distance of each coordinate to its projection, |theta - P(theta)|: shape of ``theta``.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        as_array(theta)
        return self.map(_distance, theta)


def _nearest(xp: Any, t: Array, p: Array) -> Between:
    # p itself, but NaN where t is
    return Between(p, t, p)


def _distance(xp: Any, t: Array, p: Array) -> Array:
    return xp.abs(t - p)


def require_set(value: Any) -> None:
    """Raise unless ``value`` is a set."""
    if not isinstance(value, Set):
        raise TypeError(f"set: expected a quantization set, got {value!r}")
