r"""Binary with a free scale, {alpha b : alpha >= 0, b in {-1,+1}^d}: P(t) = mean|t| sign(t).

For fixed b, ||t - alpha b||^2 is least at alpha = <t, b> / d, and <t, b> is largest at b = sign(t).

References
----------
Rastegari et al., XNOR-Net, ECCV 2016, section 3.1.
"""

import math
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, accurate_sum, as_array, namespace, sign
from pqtheory._checks import check_count, store
from pqtheory._elementwise import Kernel, check_out, narrow, widen
from pqtheory._messages import brief
from pqtheory.sets.base import Set

#: no array library has more
MAX_AXES = 64


@final
@dataclass(frozen=True)
class ScaledBinary(Set):
    """All tensors whose entries share one absolute value.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes that share a scale. None: one scale for the whole tensor; -1: one for each row of a matrix.

    Notes
    -----
    The set couples the coordinates: NaN in one entry makes its whole group NaN.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` holds anything but integers; where it is used, if the array has no such axis.
    """

    axis: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.axis, tuple):
            store(self, axis=tuple(check_count(a, "axis", -MAX_AXES, MAX_AXES) for a in self.axis))
        elif self.axis is not None:
            store(self, axis=check_count(self.axis, "axis", -MAX_AXES, MAX_AXES))

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """One weight for each group: 1 along ``axis``."""
        axes = {a % len(shape) for a in self._axes(len(shape))}
        return tuple(1 if i in axes else n for i, n in enumerate(shape))

    def _axes(self, ndim: int) -> tuple[int, ...]:
        if self.axis is None:
            return tuple(range(ndim))
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        if not all(-ndim <= a < ndim for a in axes):
            raise ValueError(
                f"axis: expected axes of an array with ndim {ndim}, got {brief(self.axis)}"
            )
        return axes

    def scale(self, theta: Any, *, keepdims: bool = False) -> Array:
        """mean|theta| over ``axis``; 0 for an empty group.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        xp, t = as_array(theta)
        return narrow(xp, self._scale(xp, widen(xp, t), keepdims), t)

    def _scale(self, xp: Any, t: Array, keepdims: bool) -> Array:
        axes = self._axes(t.ndim)
        members = math.prod([t.shape[a] for a in axes])
        axis = None if self.axis is None else axes
        return accurate_sum(xp, xp.abs(t), axis, keepdims) / max(members, 1)

    def map(self, kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None) -> Array:
        """``kernel(xp, theta, P(theta), *arguments)`` on the whole array."""
        xp = namespace(theta)
        if out is not None:
            check_out(out, theta)
        wide = widen(xp, theta)
        nearest = self._scale(xp, wide, True) * sign(xp, wide)
        result = narrow(xp, kernel(xp, wide, nearest, *arguments), theta)
        if out is None:
            return result
        out[...] = result
        return out

    def levels(self, theta: Any) -> Array:
        """``(-scale, scale)`` for each group: shape (..., 2), the axes of ``axis`` removed."""
        xp, _ = as_array(theta)
        scale = self.scale(theta)
        return xp.stack([-scale, scale], axis=-1)
