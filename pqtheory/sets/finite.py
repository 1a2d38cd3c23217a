r"""Sets of finitely many levels per coordinate, l_1 < ... < l_k: P(t) is the level whose cell holds t.

The cells meet at the midpoints (l_i + l_{i+1}) / 2, each midpoint belonging to the cell above it.
"""

import itertools
import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from pqtheory._arrays import (
    EXACT,
    EXPONENTS,
    PRECISION,
    Array,
    Namespace,
    as_array,
    constant_like,
    dtype_name,
    is_torch,
)
from pqtheory._checks import check_number
from pqtheory._elementwise import InPlace, Kernel, Writer, elementwise, writer
from pqtheory._messages import brief
from pqtheory._notebook import shown, sketch
from pqtheory.sets.base import Set, nearest

#: up to this many levels a chain of comparisons is faster than a binary search
CHAIN = 4
#: and shown one by one
LISTED = 8


@dataclass(frozen=True)
class Cells:
    """Levels as one dtype represents them, and the thresholds between their cells.

    ``thresholds[i]`` is the least number of the dtype that is not below the midpoint of levels i and i + 1, so that
    ``t >= threshold`` is exactly ``t >= midpoint``. ``midpoints[i]`` is that midpoint, or NaN where the dtype lacks it.
    ``half_gaps[i]`` is half the distance between these levels.
    """

    levels: tuple[Any, ...]
    thresholds: tuple[Any, ...]
    midpoints: tuple[Any, ...]
    half_gaps: tuple[Any, ...]


class FiniteSet(Set):
    """A set of the same finitely many levels for every coordinate; hashable.

    torch.compile sees the cells of a dtype as constants once the set has been used on that dtype.
    """

    separable: ClassVar[bool] = True
    _cells: dict[str, Cells]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Start without cells: they are made per dtype, where they are first asked for."""
        self = super().__new__(cls)
        object.__setattr__(self, "_cells", {})
        return self

    @property
    @abstractmethod
    def level_values(self) -> tuple[Any, ...]:
        """The levels as numbers, strictly ascending."""

    def _repr_latex_(self) -> str:
        """The levels of one coordinate."""
        return f"${self._latex()}$"

    def _latex(self) -> str:
        values = [f"{float(v):.4g}" for v in self.level_values]
        if len(values) > LISTED:
            values = [*values[:2], r"\dots", values[-1]]
        return rf"Q = \{{{', '.join(values)}\}}^d"

    def _repr_html_(self) -> str:
        """The levels, and the projection as a map."""
        ends = [float(v) for v in (self.level_values[0], self.level_values[-1])]
        margin = 0.25 * (ends[1] - ends[0]) or 1.0
        x = np.linspace(ends[0] - margin, ends[1] + margin, 401)
        projection = sketch(
            x, [self.project(x), x], "projection of each number; dashed: the number"
        )
        return shown(repr(self), self._latex(), plots=[projection])

    def levels(self, theta: Any) -> Array:
        """The levels, ascending, shape (k,), in the dtype and on the device of ``theta``."""
        xp, t = as_array(theta)
        return constant_like(xp, self.cells(t).levels, t)

    def cells(self, theta: Array) -> Cells:
        """Levels and thresholds in the dtype of ``theta``.

        Raises
        ------
        ValueError
            If ``level_values`` do not ascend strictly, or not in that dtype.
        """
        dtype = dtype_name(theta)
        if dtype not in self._cells:
            self._cells[dtype] = _make_cells(levels_of(self), dtype)
        return self._cells[dtype]

    def map(self, kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None) -> Array:
        """Entrywise ``kernel(xp, theta, P(theta), *arguments)`` for an array, in blocks where that pays."""
        return elementwise(self._with_nearest(kernel, theta), theta, *arguments, out=out)

    def writer(self, kernel: InPlace, like: Array, *arguments: float) -> Writer | None:
        """``map`` into given memory, made ready once for many arrays like this one; None where there is none."""
        return writer(self._with_nearest(kernel, like), like, *arguments)

    def _with_nearest(self, kernel: Kernel, like: Array) -> Any:
        """The kernel of (xp, theta, P(theta), *arguments) as one of (xp, theta, *arguments)."""
        cells = self.cells(like)

        def with_nearest(xp: Namespace, t: Array, *arguments: Any) -> Array:
            return kernel(xp, t, self.nearest(xp, t, cells), *arguments)

        if not isinstance(kernel, InPlace):
            return with_nearest

        def write(xp: Namespace, out: Array, t: Array, *arguments: Any) -> None:
            # the projection itself is made where it belongs, unless theta is there
            apart = xp is np and kernel is nearest and not np.may_share_memory(out, t)
            p = self.nearest_of_block(xp, t, cells, out if apart else None)
            kernel.write(xp, out, t, p, *arguments)

        return InPlace(with_nearest, write)

    def map_with_gap(
        self, kernel: Kernel, theta: Array, *arguments: Any, out: Array | None = None
    ) -> Array:
        """Entrywise ``kernel(xp, theta, P(theta), h, *arguments)``, h half the gap there, 0 outside the levels."""
        cells = self.cells(theta)

        def with_gap(xp: Namespace, t: Array, *arguments: Any) -> Array:
            return kernel(
                xp, t, self.nearest(xp, t, cells), self.half_gap(xp, t, cells), *arguments
            )

        return elementwise(with_gap, theta, *arguments, out=out)

    def at_tie(self, xp: Namespace, t: Array, cells: Cells) -> Array:
        """Where t is exactly a midpoint between two levels, as a kernel."""
        if not cells.midpoints:
            return t < t  # nowhere
        # below the first midpoint t is not equal to it either
        return t == step_function(xp, t, cells.thresholds, (cells.midpoints[0], *cells.midpoints))

    def half_gap(self, xp: Namespace, t: Array, cells: Cells) -> Array:
        """Half the gap between the levels around t, as a kernel; 0 outside the outermost levels."""
        return step_function(xp, t, cells.levels, (0, *cells.half_gaps, 0))

    def nearest(self, xp: Namespace, t: Array, cells: Cells) -> Array:
        """P(t) as a kernel; NaN gets some level."""
        return step_function(xp, t, cells.thresholds, cells.levels)

    def nearest_of_block(
        self, xp: Namespace, t: Array, cells: Cells, room: Array | None = None
    ) -> Array:
        """The same for a block of plain memory, without gradients; a kernel may write to what it gets.

        The result may take ``room``, an array like ``t``.
        """
        return self.nearest(xp, t, cells)


def step_function(
    xp: Namespace, t: Array, thresholds: tuple[Any, ...], values: tuple[Any, ...]
) -> Array:
    """``values[i]`` where ``thresholds[i-1] <= t < thresholds[i]``: one value more than thresholds."""
    if len(values) > CHAIN and dtype_name(t) != EXACT:
        edges = constant_like(xp, thresholds, t)
        flat = xp.reshape(t, (-1,))
        index = xp.searchsorted(edges, flat.contiguous() if is_torch(t) else flat, side="right")
        return xp.reshape(xp.take(constant_like(xp, values, t), index, axis=0), t.shape)
    result = constant_like(xp, values[0], t)
    for threshold, value in zip(thresholds, values[1:], strict=True):
        result = xp.where(t >= threshold, constant_like(xp, value, t), result)
    return result


@lru_cache(maxsize=1024)
def _make_cells(values: tuple[Any, ...], dtype: str) -> Cells:
    def rounded(number: Fraction, rule: Any) -> Any:
        return number if dtype == EXACT else _round(number, dtype, rule)

    levels = tuple(rounded(Fraction(v), round) for v in values)
    too_large = [v for v, level in zip(values, levels, strict=True) if abs(level) == math.inf]
    if too_large:
        raise ValueError(f"levels: {brief(too_large[0])} is out of the range of {dtype}")
    pairs = [(Fraction(a), Fraction(b)) for a, b in itertools.pairwise(levels)]
    merged = [a for a, b in pairs if a >= b]
    if merged:
        raise ValueError(
            f"levels: {len(merged)} of {len(values)} coincide with the next one in {dtype}, "
            f"the first of them at {brief(float(merged[0]))}"
        )
    middles = [(a + b) / 2 for a, b in pairs]
    thresholds = tuple(rounded(m, math.ceil) for m in middles)
    return Cells(
        levels,
        thresholds,
        tuple(t if t == m else math.nan for t, m in zip(thresholds, middles, strict=True)),
        tuple(rounded((b - a) / 2, round) for a, b in pairs),
    )


def _round(value: Fraction, dtype: str, rule: Any) -> float:
    """``value`` in ``dtype``, by ``rule`` (``round``: half to even; ``ceil``); infinite beyond its range."""
    if value == 0:
        return 0.0
    least, beyond = EXPONENTS[dtype]
    # |value| lies in [2^(exponent - 1), 2^exponent) or, the quotient being a rounded one, in the interval below it
    exponent = value.numerator.bit_length() - value.denominator.bit_length() + 1
    if abs(value) < Fraction(2) ** (exponent - 1):
        exponent -= 1
    unit = Fraction(2) ** max(exponent - PRECISION[dtype], least)
    result = rule(value / unit) * unit
    if abs(result) >= Fraction(2) ** beyond:
        return math.inf if result > 0 else -math.inf
    return float(result)


def check_levels(levels: Any, name: str = "levels") -> tuple[Any, ...]:
    """``levels`` as a tuple of numbers, strictly ascending and finite.

    Raises
    ------
    TypeError, ValueError
        If there is none, one is not a finite number, or they do not ascend strictly.
    """
    if is_torch(levels) or isinstance(levels, np.ndarray):
        if isinstance(levels, np.ma.MaskedArray):
            raise TypeError(f"{name}: expected a plain array, got a masked one")
        levels = levels.tolist()
    if not isinstance(levels, Sequence) or isinstance(levels, str) or not levels:
        raise ValueError(f"{name}: expected a non-empty list of numbers, got {brief(levels)}")
    if any(isinstance(v, Sequence | np.ndarray) and np.ndim(v) for v in levels):
        raise ValueError(f"{name}: expected a non-empty list of numbers, got {brief(levels)}")
    try:
        values = tuple(check_number(v, name, finite=True) for v in levels)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected finite real numbers, got {brief(levels)}") from error
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise ValueError(f"{name}: expected strictly ascending levels, got {brief(levels)}")
    return values


def levels_of(quantization_set: FiniteSet) -> tuple[Any, ...]:
    """``level_values`` as Python's numbers, whatever sequence or array they are.

    Raises
    ------
    ValueError
        If they do not ascend strictly.
    """
    return check_levels(quantization_set.level_values, "level_values")


def require_levels(quantization_set: Set, what: str) -> FiniteSet:
    """``quantization_set`` if it has the same fixed levels for every coordinate.

    Raises
    ------
    TypeError
        If it has not, saying that ``what`` needs them.
    """
    if not isinstance(quantization_set, FiniteSet):
        raise TypeError(
            f"{what}: expected a set with fixed levels (Binary, Ternary, UniformGrid, Codebook), "
            f"got {brief(quantization_set)}"
        )
    return quantization_set
