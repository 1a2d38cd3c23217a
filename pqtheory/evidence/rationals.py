"""Many exact numbers at once behind the interface of terms: what a proof reads, run on every one of them.

The numbers of an array share a denominator: their numerators are Python's integers in a NumPy array, which adds and
compares them many times faster than as many fractions.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence.terms import Backend, Term


@final
class Rationals:
    """``numerators / denominator``, entry by entry.

    Attributes
    ----------
    numerators : array of int
        Python's integers, so that nothing overflows; of no axes for one number.
    denominator : int
        At least 1.
    """

    __slots__ = ("denominator", "numerators")

    def __init__(self, numerators: Array | int, denominator: int) -> None:
        # operations on arrays of no axes give plain integers, which NumPy would take for its own
        self.numerators = np.asarray(numerators, dtype=object)
        self.denominator = denominator

    def __add__(self, other: "Rationals") -> "Rationals":
        a, b, denominator = self._alike(other)
        return Rationals(a + b, denominator)

    def __sub__(self, other: "Rationals") -> "Rationals":
        a, b, denominator = self._alike(other)
        return Rationals(a - b, denominator)

    def __mul__(self, other: "Rationals") -> "Rationals":
        return Rationals(
            self.numerators * other.numerators, self.denominator * other.denominator
        )._reduced()

    def __truediv__(self, other: "Rationals") -> "Rationals":
        if np.ndim(other.numerators):
            raise TypeError("divisor: expected one number for all, got an array")
        divisor = int(other.numerators)
        if divisor == 0:
            raise ZeroDivisionError("divisor: expected a number other than 0")
        sign = 1 if divisor > 0 else -1
        numerators = self.numerators * (sign * other.denominator)
        return Rationals(numerators, self.denominator * abs(divisor))._reduced()

    def __neg__(self) -> "Rationals":
        return Rationals(-self.numerators, self.denominator)

    def __ge__(self, other: "Rationals") -> Array:
        a, b, _ = self._alike(other)
        return _truths(a >= b)

    def __gt__(self, other: "Rationals") -> Array:
        a, b, _ = self._alike(other)
        return _truths(a > b)

    def __le__(self, other: "Rationals") -> Array:
        a, b, _ = self._alike(other)
        return _truths(a <= b)

    def __lt__(self, other: "Rationals") -> Array:
        a, b, _ = self._alike(other)
        return _truths(a < b)

    def equals(self, other: "Rationals") -> Array:
        """Where both are the same number."""
        a, b, _ = self._alike(other)
        return _truths(a == b)

    def chosen(self, test: Array, other: "Rationals") -> "Rationals":
        """These where ``test`` holds, else the others."""
        a, b, denominator = self._alike(other)
        return Rationals(np.where(test, a, b), denominator)

    def stacked(self, others: Sequence["Rationals"], axis: int) -> "Rationals":
        """These and others along a new axis."""
        denominator = math.lcm(self.denominator, *(o.denominator for o in others))
        parts = [p.numerators * (denominator // p.denominator) for p in (self, *others)]
        shape = np.broadcast_shapes(*(np.shape(part) for part in parts))
        return Rationals(np.stack([np.broadcast_to(p, shape) for p in parts], axis), denominator)

    def floats(self) -> Array:
        """The nearest floats, in float64; OverflowError where one is beyond them."""
        # the division of Python's integers rounds once
        return np.asarray(self.numerators / self.denominator, dtype=np.float64)

    def _alike(self, other: "Rationals") -> tuple[Array, Array, int]:
        """Both numerators for one denominator."""
        if self.denominator == other.denominator:
            return self.numerators, other.numerators, self.denominator
        denominator = math.lcm(self.denominator, other.denominator)
        return (
            self.numerators * (denominator // self.denominator),
            other.numerators * (denominator // other.denominator),
            denominator,
        )

    def _reduced(self) -> "Rationals":
        """One number in lowest terms; of an array the denominator stays."""
        if np.ndim(self.numerators):
            return self
        common = math.gcd(int(self.numerators), self.denominator)
        return Rationals(int(self.numerators) // common, self.denominator // common)


@final
class RationalBackend(Backend):
    """Operators on :class:`Rationals`."""

    def number(self, value: Fraction) -> Rationals:
        """One number for all."""
        return Rationals(value.numerator, value.denominator)

    def conditional(self, test: Array, yes: Rationals, no: Rationals) -> Rationals:
        """Entry by entry."""
        return yes.chosen(test, no)

    def connect(self, kind: str, a: Any, b: Any) -> Array:
        """``a and b``, ``a or b``, ``a == b``, entry by entry."""
        if kind == "equal":
            return a.equals(b)
        return np.logical_and(a, b) if kind == "and" else np.logical_or(a, b)

    def negate(self, a: Array) -> Array:
        """``not a``, entry by entry."""
        return np.logical_not(a)

    def is_truth(self, a: Any) -> bool:
        """Whether it is an array of truth values."""
        return not isinstance(a, Rationals)

    def stack(self, terms: Sequence[Term], axis: int = 0) -> Term:
        """Along a new axis."""
        first, *others = (self.expression(term) for term in terms)
        return Term(first.stacked(others, axis), self)


def exactly(values: Array) -> Term:
    """Floats as the exact numbers that they are, one term for all.

    Raises
    ------
    ValueError, OverflowError
        If one is NaN or infinite.
    """
    ratios = [float(v).as_integer_ratio() for v in values]
    # powers of 2: the largest is a multiple of each
    denominator = max((below for _, below in ratios), default=1)
    numerators = np.empty(len(ratios), dtype=object)
    numerators[:] = [above * (denominator // below) for above, below in ratios]
    return Term(Rationals(numerators, denominator), RationalBackend())


def _truths(found: Any) -> Array:
    return np.asarray(found, dtype=bool)
