"""What a fitted quantizer offers: theta -> values from a codebook that was fitted to theta itself.

A quantizer is a heuristic for min ||theta - values||^2 over its family of codebooks. It is no
projection: what each one minimises, and what it does not, stands in its own docstring.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import (
    EXACT,
    Array,
    Namespace,
    accurate_sum,
    as_array,
    constant_like,
    dtype_name,
    is_torch,
)
from pqtheory._checks import array_like, of_library
from pqtheory._elementwise import narrow, widen
from pqtheory._groups import Axis, Groups, Per, all_finite, find_groups
from pqtheory._messages import brief

Row = Sequence[Fraction]
RowSigns = Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class Fit:
    """A fitted quantization, values = sum_i signs[..., i] * scales[..., i].

    Attributes
    ----------
    values : array
        Shape and dtype of theta; every entry is a level of its group's codebook.
    codebook : array of shape (..., L)
        The levels of each group, ascending, repeated where they coincide; dtype of theta.
    scales : array of shape (..., k)
        alpha; float32 for half precision.
    signs : array of shape theta.shape + (k,)
        B: -1 and +1 for the multi-bit quantizers; for the ternary ones 0 and 1, (below, above).
    """

    values: Array
    codebook: Array
    scales: Array
    signs: Array


@dataclass(frozen=True)
class RowFit:
    """The exact fit of one group: values (n), levels (L, ascending), signs (n rows of k)."""

    values: Row
    levels: Row
    signs: RowSigns


class Quantizer(ABC):
    """A codebook fitted to theta, and the level of each entry.

    Attributes
    ----------
    axis : int, tuple of int or None
        The axes that the fit *reduces*. None: one codebook for the whole tensor, of shape (L,).
        -1: one for each row, of shape (..., L), (...) being the shape of theta without these axes.
    per : str, int or None
        The same by name, see ``pqtheory._groups.find_groups``; for groups of g consecutive weights the codebooks
        have the shape (outputs, weights of a row / g, L).

    Notes
    -----
    Float16 and bfloat16 are computed in float32, sums in float64; object arrays of fractions stay
    exact. A group that holds NaN or an infinity has no fit: its values, codebook and scales are
    NaN, other groups are unaffected. An empty group has scales 0. The fit is a constant under
    automatic differentiation: no gradient passes through it.
    """

    axis: Axis
    per: Per

    def quantize(self, theta: Any) -> tuple[Array, Array]:
        """Values (shape and dtype of ``theta``) and codebook (ascending, (L,) or (..., L)).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real floating-point, or has no axis ``axis``.
        """
        fit = self.fit(theta)
        return fit.values, fit.codebook

    def fit(self, theta: Any, start: Fit | None = None) -> Fit:
        """Fit to ``theta``; an iterative quantizer goes on from ``start``, others ignore it.

        Parameters
        ----------
        theta : array
            Any shape.
        start : Fit, optional
            A fit by such a quantizer to an array of the shape and library of ``theta``.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real floating-point, has no axis ``axis``, or ``start`` does not
            match.
        """
        xp, t, groups = self._groups(theta)
        rows = widen(xp, groups.rows(xp, t))
        signs = None if start is None else groups.plane_rows(xp, self._signs(t, start))
        finite = all_finite(xp, rows)
        found = self._fit_rows(xp, xp.where(finite, rows, constant_like(xp, 0, rows)), signs)
        missing = constant_like(xp, 0 if dtype_name(t) == EXACT else np.nan, rows)
        values, codebook, scales = (
            xp.where(finite, part, missing) for part in (found.values, found.codebook, found.scales)
        )
        return Fit(
            narrow(xp, groups.entries(xp, values), t),
            narrow(xp, groups.per_group(xp, codebook), t),
            groups.per_group(xp, scales),
            groups.planes(xp, found.signs),
        )

    def objective(self, theta: Any, values: Any) -> Array:
        """||theta - values||^2 for each group: shape (), or that of the codebooks without their last axis.

        Raises
        ------
        TypeError, ValueError
            If one of them is not real floating-point, or they differ in library or shape.
        """
        xp, t = as_array(theta)
        v = array_like(values, t, "values")
        groups = find_groups(tuple(t.shape), self.axis, self.per)
        squares = groups.rows(xp, (widen(xp, t) - widen(xp, v)) ** 2)
        return xp.reshape(accurate_sum(xp, squares, -1), groups.lead)

    def quantize_naive(self, theta: Any) -> tuple[Array, Array]:
        """Slow twin of ``quantize``: one group at a time, exact fractions, rounded at the end."""
        xp, t, groups = self._groups(theta)
        values = _each_group(xp, t, groups, lambda row: self.fit_row(row).values)
        codebook = _each_group(xp, t, groups, lambda row: self.fit_row(row).levels)
        return groups.entries(xp, values), groups.per_group(xp, codebook)

    def map_naive(self, function: Callable[[Row], Row], theta: Any) -> Array:
        """Apply ``function`` to each group, a row of fractions; round to the dtype of ``theta``."""
        xp, t, groups = self._groups(theta)
        return groups.entries(xp, _each_group(xp, t, groups, function))

    def fits_in_memory(self, theta: Array) -> bool:
        """Whether a tensor is fitted as the NumPy array of its memory: the same numbers, at less cost."""
        return False

    def _groups(self, theta: Any) -> tuple[Namespace, Array, Groups]:
        xp, t = as_array(theta)
        t = t.detach() if is_torch(t) else t
        return xp, t, find_groups(tuple(t.shape), self.axis, self.per)

    def _signs(self, theta: Array, start: Any) -> Array:
        if not isinstance(start, Fit):
            raise TypeError(f"start: expected a fit, got {brief(start)}")
        signs = of_library(start.signs, theta, "start")
        expected = (*theta.shape, self._signs_per_entry())
        if tuple(signs.shape) != expected:
            raise ValueError(f"start: expected signs of shape {expected}, got {tuple(signs.shape)}")
        return signs

    @abstractmethod
    def fit_row(self, row: Row, signs: RowSigns | None = None) -> RowFit:
        """Slow twin of ``fit`` for one group in exact arithmetic; ``signs`` are where to start."""

    @abstractmethod
    def _signs_per_entry(self) -> int:
        """k, the last axis of ``Fit.signs``."""

    @abstractmethod
    def _fit_rows(self, xp: Namespace, rows: Array, signs: Array | None) -> Fit:
        """Fit each row of the finite (g, n) array ``rows``, from the (g, n, k) array ``signs``."""


def _each_group(xp: Namespace, t: Array, groups: Groups, function: Callable[[Row], Row]) -> Array:
    """Shape (g, m): ``function`` of each group, NaN for a group that is not finite."""
    results: list[list[Any]] = []
    for row in widen(xp, groups.rows(xp, t)).tolist():
        if all(np.isfinite(float(number)) for number in row):
            results.append(list(function([Fraction(number) for number in row])))
        else:
            results.append([np.nan] * len(function([Fraction(0)] * groups.size)))
    length = len(results[0]) if results else len(function([Fraction(0)] * groups.size))
    exact = dtype_name(t) == EXACT
    table = np.array(results, dtype=object if exact else np.float64)
    table = table.reshape(len(results), length)
    return table if exact else constant_like(xp, table, t)
