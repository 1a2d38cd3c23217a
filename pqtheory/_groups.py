"""Groups that share a codebook or a scale: an array of any shape as rows (g, n), one for each group, and back."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, accurate_sum, dtype_name
from pqtheory._checks import check_count
from pqtheory._messages import brief, counted

#: no array library has more axes
MAX_AXES = 64
#: the names of groups that need no numbers
NAMED = ("tensor", "channel", "row")
Axis = int | tuple[int, ...] | None
Per = str | int | None


@dataclass(frozen=True)
class Groups:
    """How an array of shape ``shape``, seen as one of shape ``view``, splits along ``axes`` of the view.

    ``axes`` are those within a group, ascending and counted from 0.
    """

    shape: tuple[int, ...]
    view: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def lead(self) -> tuple[int, ...]:
        """Shape of the array of groups."""
        return tuple(n for i, n in enumerate(self.view) if i not in self.axes)

    @property
    def size(self) -> int:
        """n, the entries of one group."""
        # a list, which compilers follow
        return math.prod([self.view[i] for i in self.axes])

    def parts(self, entries: int) -> list[slice]:
        """Parts of the first axis, each of whole groups and of about so many entries; one where they cannot be."""
        total = math.prod(self.shape)
        if not self.shape or not total or 0 in self.axes or self.view[0] != self.shape[0]:
            return [slice(None)]
        step = max(1, entries * self.shape[0] // total)
        return [slice(start, start + step) for start in range(0, self.shape[0], step)]

    def rows(self, xp: Namespace, t: Array) -> Array:
        """Turn an array of shape ``shape`` into (g, n)."""
        t = xp.moveaxis(xp.reshape(t, self.view), self.axes, self._last(0))
        return xp.reshape(t, (math.prod(self.lead), self.size))

    def entries(self, xp: Namespace, rows: Array) -> Array:
        """Invert ``rows``."""
        within = tuple(self.view[i] for i in self.axes)
        t = xp.moveaxis(xp.reshape(rows, (*self.lead, *within)), self._last(0), self.axes)
        return xp.reshape(t, self.shape)

    def per_group(self, xp: Namespace, parts: Array) -> Array:
        """Turn (g, m) into (..., m)."""
        return xp.reshape(parts, (*self.lead, parts.shape[-1]))

    def plane_rows(self, xp: Namespace, planes: Array) -> Array:
        """Turn shape + (k,) into (g, n, k)."""
        k = planes.shape[-1]
        planes = xp.moveaxis(xp.reshape(planes, (*self.view, k)), self.axes, self._last(1))
        return xp.reshape(planes, (math.prod(self.lead), self.size, k))

    def planes(self, xp: Namespace, rows: Array) -> Array:
        """Invert ``plane_rows``."""
        k, within = rows.shape[-1], tuple(self.view[i] for i in self.axes)
        planes = xp.reshape(rows, (*self.lead, *within, k))
        return xp.reshape(xp.moveaxis(planes, self._last(1), self.axes), (*self.shape, k))

    def _last(self, behind: int) -> tuple[int, ...]:
        """The last axes, as many as ``axes`` has, with ``behind`` more after them."""
        return tuple(range(-len(self.axes) - behind, -behind))


def on_threads(function: Callable[[slice], None], parts: Sequence[slice], threads: int) -> None:
    """Call the function for each part, on so many threads; raises what it raises."""
    if threads < 2 or len(parts) < 2:
        for part in parts:
            function(part)
        return
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        for _ in pool.map(function, parts):
            pass


def by_parts(
    function: Callable[[Array], Array],
    theta: Array,
    parts: Sequence[slice],
    threads: int,
    room: Array | None,
) -> Array:
    """A function of whole groups of a NumPy array, part by part: in ``room``, which may be theta, or in new memory."""
    # a part is read before it is written, but not those that it overlaps
    if room is None or (_starts(room) != _starts(theta) and np.may_share_memory(room, theta)):
        room = np.empty_like(theta)
    result = room

    def write(part: slice) -> None:
        result[part] = function(theta[part])

    on_threads(write, parts, threads)
    return result


def _starts(array: Array) -> tuple[Any, ...]:
    """Where its entries are."""
    return int(array.__array_interface__["data"][0]), array.strides


def check_groups(axis: Any, per: Any) -> tuple[Axis, Per]:
    """``axis`` and ``per`` if they say what a group is; at most one of them does, and neither means the whole tensor.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` holds anything but distinct integers, ``per`` is no name and no size, or both are given.
    """
    if per is None:
        return check_axis(axis), None
    if axis is not None:
        raise ValueError(f"per: expected axis or per, got both, {brief(axis)} and {brief(per)}")
    if isinstance(per, str):
        if per not in NAMED:
            raise ValueError(
                f"per: expected 'tensor', 'channel', 'row' or a group size, got {brief(per)}"
            )
        return None, per
    return None, check_count(per, "per")


def check_axis(axis: Any) -> Axis:
    """``axis`` as None, an integer of Python's, or a tuple of distinct ones; that an array has them is not asked.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    if isinstance(axis, tuple | list):
        axes = tuple(check_count(a, "axis", -MAX_AXES, MAX_AXES) for a in axis)
        if not axes or len(set(axes)) < len(axes):
            raise ValueError(f"axis: expected distinct axes, one or more, got {brief(axis)}")
        return axes
    return None if axis is None else check_count(axis, "axis", -MAX_AXES, MAX_AXES)


def find_groups(shape: tuple[int, ...], axis: Axis, per: Per = None) -> Groups:
    """The groups of an array of that shape.

    ``axis`` names the axes within a group. ``per`` says it in words, for a weight (outputs, inputs, ...) as torch's
    linear layers and convolutions have it: "tensor" is one group; "channel" one for each output, everything behind the
    first axis; "row" one for each row of the matrix (outputs, inputs x ...) that the layer multiplies with, which is
    the same where the outputs come first; a number one for so many consecutive weights of such a row.

    Raises
    ------
    ValueError
        If the array has no such axes, no rows, or rows that are no whole number of groups.
    """
    if per is None or per == "tensor":
        return Groups(shape, shape, _axes(len(shape), axis))
    if isinstance(per, str):
        if len(shape) < 2:
            raise ValueError(
                f"per: expected an array with two or more axes for {brief(per)}, got shape {shape}"
            )
        return Groups(shape, shape, tuple(range(1, len(shape))))
    if not shape:
        raise ValueError(f"per: expected an array with axes for groups of {per}, got a number")
    lead, length = shape[:1] if len(shape) > 1 else (), math.prod(shape[len(shape) > 1 :])
    if length % per:
        raise ValueError(
            f"per: expected a size that divides the rows of {counted(length, 'weight')} of the shape {shape}, "
            f"got {brief(per)}"
        )
    view = (*lead, length // per, per)
    return Groups(shape, view, (len(view) - 1,))


def _axes(ndim: int, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not all(-ndim <= a < ndim for a in axes):
        raise ValueError(f"axis: expected axes of an array with ndim {ndim}, got {brief(axis)}")
    found = sorted({a % ndim for a in axes})
    if len(found) < len(axes):
        raise ValueError(f"axis: expected distinct axes of ndim {ndim}, got {brief(axis)}")
    return tuple(found)


def all_finite(xp: Namespace, rows: Array) -> Array:
    """Shape (g, 1): whether a row is free of NaN and infinities (fractions always are)."""
    if dtype_name(rows) == EXACT:
        return np.ones((rows.shape[0], 1), dtype=bool)
    return xp.all(xp.isfinite(rows), axis=-1, keepdims=True)


def total(xp: Namespace, rows: Array) -> Array:
    """Sum over the last axis: in float64, exact for fractions."""
    if dtype_name(rows) == EXACT:
        return rows.sum(axis=-1)
    if dtype_name(rows) == "float64":
        return accurate_sum(xp, rows, -1)
    return xp.sum(rows, axis=-1, dtype=xp.float64)


def mean(xp: Namespace, rows: Array) -> Array:
    """Mean over the last axis, in the precision of ``total``; 0 over an empty one."""
    count = max(rows.shape[-1], 1)
    return total(xp, rows) / (Fraction(count) if dtype_name(rows) == EXACT else count)


def exact_mean(numbers: list[Fraction]) -> Fraction:
    """Mean; 0 if there is none."""
    return sum(numbers, Fraction(0)) / max(len(numbers), 1)
