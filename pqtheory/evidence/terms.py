"""Terms: expressions of a solver behind the array interface, so that a proof reads the code that runs.

``W.prox(t, weight=w)`` for terms t and w is the formula of the prox itself, in real arithmetic: operators are written
once, and NumPy, torch, exact fractions and solver terms are its readings.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._checks import check_count, check_number
from pqtheory._messages import brief
from pqtheory.evidence.truths import plain_truth

Expression = Any


class Backend(ABC):
    """An array namespace over the expressions of one system: the operations that kernels use."""

    __name__ = "terms"

    @abstractmethod
    def number(self, value: Fraction) -> Expression:
        """An exact constant."""

    @abstractmethod
    def conditional(self, test: Expression, yes: Expression, no: Expression) -> Expression:
        """``yes`` where ``test`` holds, else ``no``."""

    @abstractmethod
    def connect(self, kind: str, a: Expression, b: Expression) -> Expression:
        """``a and b``, ``a or b``, ``a == b`` for the kinds "and", "or", "equal"."""

    @abstractmethod
    def negate(self, a: Expression) -> Expression:
        """``not a``."""

    def is_truth(self, a: Expression) -> bool:
        """Whether an expression is true or false, and no number."""
        return True

    def divide(self, a: Expression, b: Expression) -> Expression:
        """``a / b``."""
        return a / b

    def power(self, a: Expression, exponent: Expression) -> Expression:
        """``a`` to a power that is an expression too; most systems have none."""
        raise TypeError(f"{type(self).__name__}: expected a number as exponent, got a term")

    def asarray(self, value: Any, dtype: Any = None, device: Any = None) -> "Term":
        """``value`` as a term."""
        return value if isinstance(value, Term) else Term(self.expression(value), self)

    def where(self, test: Any, yes: Any, no: Any) -> "Term":
        """Conditional."""
        if isinstance(test, bool | np.bool_):
            return self.asarray(yes if test else no)
        branches = self.expression(yes), self.expression(no)
        return Term(self.conditional(test.expression, *branches), self)

    def abs(self, a: Any) -> "Term":
        """|a|."""
        return self.where(a >= 0, a, -a)

    def minimum(self, a: Any, b: Any) -> "Term":
        """The smaller of two."""
        a = self.asarray(a)
        return self.where(a <= b, a, b)

    def maximum(self, a: Any, b: Any) -> "Term":
        """The larger of two."""
        a = self.asarray(a)
        return self.where(a >= b, a, b)

    def clip(self, a: Any, low: Any, high: Any) -> "Term":
        """The nearest number of [low, high]."""
        return self.minimum(self.maximum(a, low), high)

    def ones_like(self, a: Any) -> "Term":
        """1."""
        return self.asarray(1)

    def zeros_like(self, a: Any) -> "Term":
        """0."""
        return self.asarray(0)

    def sum(self, a: Any, axis: Any = None) -> "Term":
        """A term is a scalar: itself."""
        return self.asarray(a)

    def expression(self, value: Any) -> Expression:
        """``value``, a term or a number, as an expression of the system.

        Raises
        ------
        TypeError, ValueError
            If it is anything else, or no finite number.
        """
        if isinstance(value, Term):
            return value.expression
        if isinstance(value, bool | np.bool_):
            return self.number(Fraction(int(value)))
        return self.number(Fraction(check_number(value, "number", finite=True)))


@final
class Term:
    """A real-valued (or, from comparisons, truth-valued) expression with the interface of a 0-d exact array."""

    dtype = np.dtype(object)
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    device = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, expression: Expression, backend: Backend) -> None:
        self.expression = expression
        self.backend = backend

    def __array_namespace__(self, api_version: str | None = None) -> Backend:
        """Return the namespace that kernels build on."""
        return self.backend

    def __add__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a - b)

    def __rsub__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(b - a)

    def __mul__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(self.backend.divide(a, b))

    def __rtruediv__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(self.backend.divide(b, a))

    def __neg__(self) -> "Term":
        if self.is_truth:
            raise TypeError("expected a number behind -, got a comparison: ~ negates those")
        return self._make(-self.expression)

    def __abs__(self) -> "Term":
        return self.backend.abs(self)

    def __pow__(self, exponent: "int | Term") -> "Term":
        if isinstance(exponent, Term):
            return self._make(self.backend.power(self.expression, exponent.expression))
        exponent = check_count(exponent, "exponent", 0)
        result = self if exponent else self.backend.asarray(1)
        for _ in range(exponent - 1):
            result = result * self
        return result

    def __rpow__(self, base: Any) -> "Term":
        if isinstance(base, float):
            # what Fraction(1, 3) ** term hands over, rounded
            raise TypeError(f"base: expected an integer or a term, got {brief(base)}")
        return self.backend.asarray(base) ** self

    def __ge__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a >= b)

    def __gt__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a > b)

    def __le__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a <= b)

    def __lt__(self, other: Any) -> "Term":
        a, b = self._numbers(other)
        return self._make(a < b)

    def __eq__(self, other: Any) -> "Term":  # type: ignore[override]
        two = self.is_truth and isinstance(other, Term) and other.is_truth
        a, b = (self.expression, other.expression) if two else self._numbers(other)
        return self._make(self.backend.connect("equal", a, b))

    def __ne__(self, other: Any) -> "Term":  # type: ignore[override]
        return ~(self == other)

    def __and__(self, other: Any) -> "Term":
        return self._make(self.backend.connect("and", _truth(self), _truth(other)))

    __rand__ = __and__

    def __or__(self, other: Any) -> "Term":
        return self._make(self.backend.connect("or", _truth(self), _truth(other)))

    __ror__ = __or__

    def __invert__(self) -> "Term":
        return self._make(self.backend.negate(_truth(self)))

    def __bool__(self) -> bool:
        raise TypeError("a term is neither true nor false: use &, |, ~ and where")

    @property
    def is_truth(self) -> bool:
        """Whether it is true or false, and no number."""
        return self.backend.is_truth(self.expression)

    def _make(self, expression: Expression) -> "Term":
        return Term(expression, self.backend)

    def _numbers(self, other: Any) -> tuple[Expression, Expression]:
        """The two sides of an operation; beside a number a comparison counts as 1 or 0, as it does in arrays.

        Raises
        ------
        TypeError
            If both are comparisons: + is "or" between NumPy's, and a sum between Python's.
        """
        backend = self.backend
        sides = self.expression, backend.expression(other)
        truths = [backend.is_truth(side) for side in sides]
        if not any(truths):
            return sides
        if all(truths):
            raise TypeError(
                "expected a number on one side, got two comparisons: join them by & and |"
            )
        numbers = backend.expression(1), backend.expression(0)
        a, b = (
            backend.conditional(side, *numbers) if is_truth else side
            for side, is_truth in zip(sides, truths, strict=True)
        )
        return a, b


def _truth(value: Any) -> Expression:
    """What is true or false, a term or not; a number beside ``&`` would count as true."""
    if not isinstance(value, Term):
        return plain_truth(value)
    if not value.is_truth:
        raise TypeError("expected a comparison beside &, | or ~, got a number")
    return value.expression


#: (assumptions, conclusion) for one choice of the variables
Statement = Callable[..., tuple[Sequence[Term], Term]]
