"""Groups of a fit: an array of any shape as rows (g, n), one for each codebook, and back."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, accurate_sum, dtype_name
from pqtheory._checks import python_number
from pqtheory._messages import brief


@dataclass(frozen=True)
class Groups:
    """How an array of shape ``shape`` splits along ``axis`` (counted from 0; None: one group)."""

    shape: tuple[int, ...]
    axis: int | None

    @property
    def lead(self) -> tuple[int, ...]:
        """Shape of the array of groups."""
        return () if self.axis is None else self.shape[: self.axis] + self.shape[self.axis + 1 :]

    @property
    def size(self) -> int:
        """n, the entries of one group."""
        return math.prod(self.shape) if self.axis is None else self.shape[self.axis]

    def rows(self, xp: Namespace, t: Array) -> Array:
        """Turn an array of shape ``shape`` into (g, n)."""
        if self.axis is not None:
            t = xp.moveaxis(t, self.axis, -1)
        return xp.reshape(t, (math.prod(self.lead), self.size))

    def entries(self, xp: Namespace, rows: Array) -> Array:
        """Invert ``rows``."""
        if self.axis is None:
            return xp.reshape(rows, self.shape)
        return xp.moveaxis(xp.reshape(rows, (*self.lead, self.size)), -1, self.axis)

    def per_group(self, xp: Namespace, parts: Array) -> Array:
        """Turn (g, m) into (..., m)."""
        return xp.reshape(parts, (*self.lead, parts.shape[-1]))

    def plane_rows(self, xp: Namespace, planes: Array) -> Array:
        """Turn shape + (k,) into (g, n, k)."""
        if self.axis is not None:
            planes = xp.moveaxis(planes, self.axis, -2)
        return xp.reshape(planes, (math.prod(self.lead), self.size, planes.shape[-1]))

    def planes(self, xp: Namespace, rows: Array) -> Array:
        """Invert ``plane_rows``."""
        k = rows.shape[-1]
        if self.axis is None:
            return xp.reshape(rows, (*self.shape, k))
        return xp.moveaxis(xp.reshape(rows, (*self.lead, self.size, k)), -2, self.axis)


def check_axis(axis: Any) -> int | None:
    """``axis`` if it is None or an integer."""
    number = python_number(axis)
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise TypeError(f"axis: expected None or an integer, got {brief(axis)}")
    return number


def find_groups(t: Array, axis: int | None) -> Groups:
    """Split ``t`` along ``axis``.

    Raises
    ------
    ValueError
        If ``t`` has no such axis.
    """
    shape = tuple(t.shape)
    if axis is None:
        return Groups(shape, None)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis: expected None or an axis of shape {shape}, got {brief(axis)}")
    return Groups(shape, axis % len(shape))


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
