r"""Binary with a free scale, {alpha b : alpha >= 0, b in {-1,+1}^d}: P(t) = mean|t| sign(t).

For fixed b, ||t - alpha b||^2 is least at alpha = <t, b> / d, and <t, b> is largest at b = sign(t).

References
----------
Rastegari et al., XNOR-Net, ECCV 2016, section 3.1.
"""

from dataclasses import dataclass, field
from typing import Any, final

from pqtheory._arrays import EXACT, Array, accurate_sum, as_array, dtype_name, namespace, sign
from pqtheory._checks import store
from pqtheory._elementwise import Kernel, check_out, narrow, widen
from pqtheory._groups import Axis, Groups, Per, check_groups, find_groups
from pqtheory.sets.base import Set


@final
@dataclass(frozen=True)
class ScaledBinary(Set):
    """All tensors whose entries share one absolute value.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes that share a scale. None: one scale for the whole tensor; -1: one for each row of a matrix.
    per : {"tensor", "channel", "row"} or int, optional
        The same by name: one scale per tensor, per output channel (the first axis), per row of the matrix
        (outputs, inputs x ...), or per so many consecutive weights of such a row. Instead of ``axis``.

    Notes
    -----
    The set couples the coordinates: NaN in one entry makes its whole group NaN.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` and ``per`` name no groups; where it is used, if the array has no such groups.
    """

    axis: Axis = None
    per: Per = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        axis, per = check_groups(self.axis, self.per)
        store(self, axis=axis, per=per)

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """One weight for each group: 1 along the axes of a group; one in all where groups are parts of an axis."""
        groups = self._groups(shape)
        if groups.view != groups.shape:
            return (1,) * len(shape)
        return tuple(1 if i in groups.axes else n for i, n in enumerate(shape))

    def _groups(self, shape: tuple[int, ...]) -> Groups:
        return find_groups(tuple(shape), self.axis, self.per)

    def scale(self, theta: Any, *, keepdims: bool = False) -> Array:
        """mean|theta| over each group; 0 for an empty one.

        Parameters
        ----------
        theta : array
            Any shape.
        keepdims : bool
            Keep the axes within a group, of length 1.

        Raises
        ------
        TypeError
            If ``theta`` is not real floating-point.
        """
        xp, t = as_array(theta)
        groups = self._groups(t.shape)
        return narrow(xp, _mean(xp, widen(xp, t), groups, keepdims), t)

    def map(self, kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None) -> Array:
        """``kernel(xp, theta, P(theta), *arguments)`` on the whole array."""
        xp = namespace(theta)
        if out is not None:
            check_out(out, theta)
        wide = widen(xp, theta)
        groups = self._groups(theta.shape)
        signs = xp.reshape(sign(xp, wide), groups.view)
        nearest = xp.reshape(_mean(xp, wide, groups, True) * signs, groups.shape)
        result = narrow(xp, kernel(xp, wide, nearest, *arguments), theta)
        if out is None:
            return result
        out[...] = result
        return out

    def levels(self, theta: Any) -> Array:
        """``(-scale, scale)`` for each group: shape (..., 2), the axes within a group removed."""
        xp, _ = as_array(theta)
        scale = self.scale(theta)
        return xp.stack([-scale, scale], axis=-1)


def _mean(xp: Any, t: Array, groups: Groups, keepdims: bool) -> Array:
    """mean|t| of each group, in the shape of the groups' view."""
    axis = None if len(groups.axes) == len(groups.view) else groups.axes
    sizes = xp.abs(xp.reshape(t, groups.view))
    mean = accurate_sum(xp, sizes, axis, keepdims) / max(groups.size, 1)
    if dtype_name(t) == EXACT or not groups.size:
        return mean
    # between the numbers, however the sum rounds: of equal ones it is that one, and to project again changes nothing
    low = xp.min(sizes, axis=axis, keepdims=keepdims)
    high = xp.max(sizes, axis=axis, keepdims=keepdims)
    return xp.minimum(xp.maximum(mean, low), high)
