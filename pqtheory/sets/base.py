"""What a quantization set Q offers: the exact projection, the distance to it, its levels."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, as_given, keep_nan
from pqtheory._elementwise import InPlace, Kernel, Writer
from pqtheory._messages import brief


class Set(ABC):
    """A closed set Q with an exact projection P(theta) in argmin over s in Q of ||theta - s||.

    Attributes
    ----------
    separable : bool
        Whether each coordinate is projected by itself.
    """

    separable: ClassVar[bool] = False

    @abstractmethod
    def map(self, kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None) -> Array:
        """Entrywise ``kernel(xp, theta, P(theta), *arguments)`` for an array: how regularizers see the set."""

    def writer(self, kernel: InPlace, like: Array, *arguments: float) -> Writer | None:
        """``map`` into given memory, made ready once for many arrays like this one; None where there is none."""
        return None

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
        _, t = as_array(theta)
        projected = self.map(nearest, t, out=out)
        return as_given(projected, theta) if out is None else projected

    def distance(self, theta: Any) -> Array:
        """Distance of each coordinate to its projection, |theta - P(theta)|: shape of ``theta``.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        _, t = as_array(theta)
        return as_given(self.map(distance, t), theta)


def _nearest(xp: Namespace, t: Array, p: Array) -> Array:
    return keep_nan(xp, p, t)


def _write_nearest(xp: Namespace, out: Array, t: Array, p: Array) -> None:
    """The same; ``out`` may be ``t`` or ``p``. To look for a NaN takes NumPy less than to compare twice."""
    if xp is np:
        largest = t.max(initial=-np.inf)
        if largest != largest:
            np.minimum(np.maximum(p, t), p, out=out)
        elif p is not out:
            np.copyto(out, p)
    else:
        xp.clamp(p, t, p, out=out)


#: P(t) as a kernel: p itself, but NaN where t is
nearest = InPlace(_nearest, _write_nearest)


def distance(xp: Namespace, t: Array, p: Array) -> Array:
    """|t - P(t)| as a kernel."""
    return xp.abs(t - p)


def require_set(value: Any) -> None:
    """Raise unless ``value`` is a set."""
    if not isinstance(value, Set):
        raise TypeError(f"set: expected a quantization set, got {brief(value)}")
