r"""The bump between the levels of a fitted codebook: PARQ with levels that follow the weights.

For each group q = the codebook that ``quantizer`` fits to theta, and then the prox of :mod:`pqtheory.regularizers.bump`
on these levels: max((d - w h) / (1 - w), 0) away from the nearest level. PARQ fits anew only every so many steps, and
uses the last codebook in between: ``codebooks`` and ``prox_on`` are these two halves.
"""

import math
from dataclasses import dataclass
from typing import Any, NoReturn, final

from pqtheory._arrays import (
    EXACT,
    PRECISION,
    Array,
    Namespace,
    as_array,
    as_given,
    dtype_name,
    infinite_where,
    keep_nan,
    namespace,
)
from pqtheory._checks import of_library
from pqtheory._elementwise import check_out, narrow, widen
from pqtheory._groups import Groups, find_groups
from pqtheory._messages import brief
from pqtheory.quantizers import Quantizer
from pqtheory.quantizers._multi_bit import threshold
from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.weights import weight_like

#: so many roundings may part the levels from those that are fitted to points on them
ROUNDINGS = 16


@final
@dataclass(frozen=True)
class FittedBump(Regularizer):
    """The bump on the codebook that ``quantizer`` fits: 0 on its levels, infinite outside the outermost two.

    The fit is a heuristic, and so is the prox: the codebook is that of theta, not of the point that is looked for. One
    NaN or infinity makes its whole group NaN. The value at a point is that on the codebook fitted to the point: where a
    quantizer fits other levels to what it has quantized, it may be infinite there (``GreedyMultiBit`` and
    ``AlternatingMultiBit`` of more than one and two bits, ``AbsMeanTernary``).

    Parameters
    ----------
    quantizer : Quantizer
        One of `pqtheory.quantizers`; each of its groups has a codebook of its own.

    Raises
    ------
    TypeError
        If ``quantizer`` is none.

    References
    ----------
    Jin et al., PARQ, arXiv 2503.15748, whose map with the slope 1 / s is the prox at the weight 1 - s.
    """

    quantizer: Quantizer

    def __post_init__(self) -> None:
        if not isinstance(self.quantizer, Quantizer):
            raise TypeError(f"quantizer: expected a quantizer, got {brief(self.quantizer)}")

    @property
    def quantized_by(self) -> Quantizer:
        """What fits the levels."""
        return self.quantizer

    def codebooks(self, theta: Any) -> Array:
        """The levels that are fitted to ``theta``, ascending: (L,), or (..., L) with a codebook for each group.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real floating-point, or has no such groups.
        """
        return self.quantizer.quantize(theta)[1]

    def quantize(self, theta: Any) -> Array:
        """Nearest level of the codebook that is fitted to ``theta``, the upper of two.

        Raises
        ------
        TypeError, ValueError
            As ``codebooks``.
        """
        return self.prox(theta, math.inf)

    def prox_on(self, theta: Any, codebooks: Any, weight: Any) -> Array:
        """The prox on levels that were fitted before, such as to the weights of some steps ago.

        Parameters
        ----------
        theta : array
            Any shape that has the groups of the quantizer.
        codebooks : array
            As ``codebooks`` gave them for an array of that shape.
        weight : float
            One number >= 0, infinite for the projection.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` or ``weight`` is no such, or the codebooks are not those of its groups.
        """
        xp, t = as_array(theta)
        groups = find_groups(tuple(t.shape), self.quantizer.axis, self.quantizer.per)
        books = of_library(codebooks, t, "codebooks")
        if tuple(books.shape[:-1]) != groups.lead or books.ndim == 0:
            raise ValueError(
                f"codebooks: expected shape {(*groups.lead, 'L')}, got {tuple(books.shape)}"
            )
        w = weight_like(weight, t, (1,) * t.ndim)
        return as_given(_moved(xp, t, books, groups, w), theta)

    def envelope(self, theta: Any, weight: Any, axis: Any = None) -> NoReturn:
        """Not available: the codebook is not that of the minimiser.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            "FittedBump.envelope: expected a regularizer with fixed levels, such as Bump; "
            f"{brief(self.quantizer)} fits its levels by a heuristic"
        )

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (1,) * len(shape)

    def _values(self, theta: Array) -> Array:
        xp = namespace(theta)
        groups = find_groups(tuple(theta.shape), self.quantizer.axis, self.quantizer.per)
        books = _rows(xp, self.codebooks(theta))
        books, rows = widen(xp, books), groups.rows(xp, widen(xp, theta))
        low, high = _ends(xp, rows, books)
        kind = dtype_name(theta)
        slack = 0 if kind == EXACT else ROUNDINGS * 2.0 ** (1 - PRECISION[kind])
        first, last = books[:, :1], books[:, -1:]
        outside = (rows < first - slack * xp.abs(first)) | (rows > last + slack * xp.abs(last))
        values = xp.maximum((rows - low) * (high - rows) / 2, 0 * rows)
        return groups.entries(xp, infinite_where(xp, outside, values, rows + 0 * first))

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        xp = namespace(theta)
        groups = find_groups(tuple(theta.shape), self.quantizer.axis, self.quantizer.per)
        if out is not None:
            check_out(out, theta)
        result = _moved(xp, theta, self.codebooks(theta), groups, weight)
        if out is None:
            return result
        out[...] = result
        return out


def _moved(xp: Namespace, theta: Array, codebooks: Array, groups: Groups, weight: Any) -> Array:
    """P(t) + sign(t - P(t)) max((d - w h) / (1 - w), 0) in each group; the projection from w = 1 on."""
    rows, books = groups.rows(xp, widen(xp, theta)), _rows(xp, widen(xp, codebooks))
    p, zero = _nearest(xp, rows, books), 0 * rows
    low, high = _ends(xp, rows, books)
    h, r = (high - low) / 2, rows - p
    within = (rows >= books[:, :1]) & (rows <= books[:, -1:])
    if isinstance(weight, float | int):
        left = 1 - weight if weight < 1 else math.inf
        d = zero if left == math.inf else (xp.abs(r) - weight * h) / left
    else:
        # a number on the device of theta
        w = xp.reshape(weight, ())
        d = xp.where(
            w < 1, (xp.abs(r) - xp.where(w < 1, w, 0) * h) / xp.where(w < 1, 1 - w, 1), zero
        )
    d = xp.where(within, xp.minimum(xp.maximum(d, zero), h), zero)
    moved = keep_nan(xp, xp.where(r >= 0, p + d, p - d), rows + 0 * books[:, :1])
    return narrow(xp, groups.entries(xp, moved), theta)


def _rows(xp: Namespace, codebooks: Array) -> Array:
    return xp.reshape(codebooks, (-1, codebooks.shape[-1]))


def _nearest(xp: Namespace, rows: Array, books: Array) -> Array:
    found = books[:, :1] + 0 * rows
    for j in range(1, books.shape[-1]):
        level, below = books[:, j : j + 1], books[:, j - 1 : j]
        found = xp.where(rows >= threshold(xp, below, level), level, found)
    return found


def _ends(xp: Namespace, rows: Array, books: Array) -> tuple[Array, Array]:
    """The levels around each entry; beyond the outermost, those of the gap next to it."""
    last = books.shape[-1] - 1
    low, high = books[:, :1] + 0 * rows, books[:, min(1, last) : min(1, last) + 1] + 0 * rows
    for j in range(1, last):
        above = rows >= books[:, j : j + 1]
        low = xp.where(above, books[:, j : j + 1], low)
        high = xp.where(above, books[:, j + 1 : j + 2], high)
    return low, high
