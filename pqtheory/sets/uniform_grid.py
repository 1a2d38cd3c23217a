r"""Uniform k-bit grid: l_i = low + i (high - low) / (2^bits - 1), i = 0, ..., 2^bits - 1."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory._checks import check_count, check_number, store
from pqtheory._messages import brief
from pqtheory.sets.finite import FiniteSet

MAX_BITS = 16


@final
@dataclass(frozen=True)
class UniformGrid(FiniteSet):
    """``2**bits`` evenly spaced levels from ``low`` to ``high``, both included.

    Raises
    ------
    TypeError, ValueError
        If ``bits`` is not an integer from 1 to 16, or not ``low < high`` with both finite.
    """

    bits: int
    low: Any = -1.0
    high: Any = 1.0

    def __post_init__(self) -> None:
        bits = check_count(self.bits, "bits", 1, MAX_BITS)
        low = check_number(self.low, "low", finite=True)
        high = check_number(self.high, "high", finite=True)
        if not low < high:
            raise ValueError(f"low, high: expected low < high, got {brief(low)} and {brief(high)}")
        store(self, bits=bits, low=low, high=high)

    @property
    def level_values(self) -> tuple[Any, ...]:
        """The levels as exact fractions."""
        low, steps = Fraction(self.low), 2**self.bits - 1
        step = (Fraction(self.high) - low) / steps
        return tuple(low + i * step for i in range(steps + 1))
