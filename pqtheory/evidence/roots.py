"""Exact real roots: numbers that are no fractions, and statements at them.

A root is given by a polynomial with rational coefficients and its place among the real roots, the smallest first. Sums,
products and quotients of roots live in one number field, where 0 is recognised exactly; the sign of anything else comes
out of an interval that is narrowed until it does not hold 0.
"""

import importlib.util
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.evidence.exact import Exact
from pqtheory.evidence.search.slack import Slack, read_truth
from pqtheory.evidence.terms import Backend, Statement, Term
from pqtheory.evidence.truths import NegatedError, plain_truth
from pqtheory.evidence.undefined import UNDEFINED, Undefined, divided

#: no larger number field is made
LARGEST_DEGREE = 24
DIGITS = 12


class UnconfirmedError(ValueError):
    """That exact arithmetic is not at hand for these numbers."""


@final
@dataclass(frozen=True)
class Root:
    """The real root of a polynomial.

    Attributes
    ----------
    coefficients : tuple of Fraction
        Highest power first; the first is not 0.
    place : int
        Which of the real roots, from 0 in ascending order.

    Raises
    ------
    TypeError
        If the place is no integer.
    ValueError
        If the degree is < 1 or the place negative.
    """

    coefficients: tuple[Fraction, ...]
    place: int

    def __post_init__(self) -> None:
        if len(self.coefficients) < 2 or not self.coefficients[0]:
            raise ValueError(
                f"coefficients: expected a degree >= 1, got {brief(self.coefficients)}"
            )
        check_count(self.place, "place", 0)

    @cached_property
    def exact(self) -> Any:
        """The root as sympy's.

        Raises
        ------
        UnconfirmedError
            If sympy is not installed, or there is no such root.
        """
        if importlib.util.find_spec("sympy") is None:
            raise UnconfirmedError("with sympy installed it would be confirmed")
        import sympy

        x = sympy.Symbol("x")
        coefficients = [sympy.Rational(c.numerator, c.denominator) for c in self.coefficients]
        try:
            return sympy.Poly(coefficients, x).real_roots(multiple=False)[self.place][0]
        except IndexError as error:
            raise UnconfirmedError(f"{self.polynomial} has no such real root") from error

    @property
    def polynomial(self) -> str:
        """Its polynomial in x, as text."""
        degree = len(self.coefficients) - 1
        terms = [
            f"{'- ' if c < 0 else '+ '}{_monomial(abs(c), degree - i)}"
            for i, c in enumerate(self.coefficients)
            if c
        ]
        return " ".join(terms).removeprefix("+ ")

    @property
    def digits(self) -> str:
        """Its first digits, or none without sympy."""
        try:
            return str(self.exact.evalf(DIGITS))
        except UnconfirmedError:
            return "?"

    def __float__(self) -> float:
        return float(self.exact.evalf(20))

    def __str__(self) -> str:
        return f"{self.digits}... (root {self.place + 1} of {self.polynomial})"


def _monomial(coefficient: Fraction, power: int) -> str:
    factor = "" if coefficient == 1 and power else str(coefficient)
    return factor + ("" if power == 0 else "x" if power == 1 else f"x^{power}")


@final
class _Field(Backend):
    """The number field of some roots, ordered as the reals are."""

    def __init__(self, roots: Sequence[Root]) -> None:
        import sympy

        exact = [root.exact for root in roots]
        degree = 1
        for e in exact:
            degree *= sympy.Poly(sympy.minimal_polynomial(e, sympy.Symbol("x"))).degree()
        if degree > LARGEST_DEGREE:
            raise UnconfirmedError(f"the number field has a degree up to {degree}")
        irrational = [e for e in exact if not e.is_Rational]
        self.field = sympy.QQ.algebraic_field(*irrational) if irrational else sympy.QQ
        self.generator = None if not irrational else self.field.ext.as_expr()
        self.low = self.high = Fraction(0)
        self.bits = 0
        self.narrow()

    def narrow(self) -> None:
        """Twice as many digits of the generator."""
        if self.generator is None:
            return
        import sympy

        self.bits = 2 * self.bits or 64
        width = sympy.Rational(1, 2**self.bits)
        digits = int(self.bits * 0.302) + 20
        value = sympy.N(self.generator, digits)
        middle = Fraction(str(sympy.Rational(str(value))))
        # of a large number the same digits say less
        radius = max(Fraction(width.p, width.q), abs(middle) / 10 ** (digits - 2))
        self.low, self.high = middle - radius, middle + radius

    def of(self, value: Fraction | Root) -> Any:
        """A number of the field."""
        if isinstance(value, Root):
            exact = value.exact
            return self.field.from_sympy(exact)
        return self.number(value)

    def number(self, value: Fraction) -> Any:
        """A fraction, in the field."""
        import sympy

        return self.field.from_sympy(sympy.Rational(value.numerator, value.denominator))

    def sign(self, element: Any) -> int:
        """-1, 0 or 1."""
        if self.generator is None:
            return (element > 0) - (element < 0)
        coefficients = [Fraction(int(c.numerator), int(c.denominator)) for c in element.to_list()]
        if not any(coefficients):
            return 0
        while True:
            low, high = _evaluated(coefficients, self.low, self.high)
            if low > 0 or high < 0:
                return 1 if low > 0 else -1
            self.narrow()

    def conditional(self, test: bool | None, yes: Any, no: Any) -> Any:
        """One of the two; nothing where the test divides by 0."""
        if test is None:
            return _Element(UNDEFINED, self) if isinstance(yes, _Element) else None
        return yes if test else no

    def connect(self, kind: str, a: Any, b: Any) -> bool | None:
        """Truth values, None where something is divided by 0; equality of numbers or of truth values."""
        if isinstance(a, _Element):
            return a.compared(b, lambda apart: apart == 0)
        decides = None if kind == "equal" else kind == "or"
        if a is None or b is None:
            return decides if decides in (a, b) else None
        if kind == "equal":
            return bool(a == b)
        return (a and b) if kind == "and" else (a or b)

    def negate(self, a: bool | None) -> bool | None:
        """Not a."""
        return None if a is None else not a

    def is_truth(self, a: Any) -> bool:
        """Whether it is no number."""
        return not isinstance(a, _Element)

    def expression(self, value: Any) -> Any:
        """``value`` as an ordered element."""
        if isinstance(value, Term):
            return value.expression
        return _Element(super().expression(value), self)


def _evaluated(
    coefficients: Sequence[Fraction], low: Fraction, high: Fraction
) -> tuple[Fraction, Fraction]:
    """Bounds of a polynomial, highest power first, on an interval, by Horner's rule."""
    least = most = Fraction(0)
    for c in coefficients:
        ends = [least * low, least * high, most * low, most * high]
        least, most = min(ends) + c, max(ends) + c
    return least, most


@final
@dataclass(frozen=True)
class _Element:
    """A number of the field, with the order of the reals."""

    value: Any
    field: _Field

    def _with(self, other: "_Element", operation: Callable[[Any, Any], Any]) -> "_Element":
        values = self.value, other.value
        known = not any(isinstance(value, Undefined) for value in values)
        return _Element(operation(*values) if known else UNDEFINED, self.field)

    def __add__(self, other: "_Element") -> "_Element":
        return self._with(other, operator.add)

    def __sub__(self, other: "_Element") -> "_Element":
        return self._with(other, operator.sub)

    def __mul__(self, other: "_Element") -> "_Element":
        return self._with(other, operator.mul)

    def __truediv__(self, other: "_Element") -> "_Element":
        return self._with(other, divided)

    def __neg__(self) -> "_Element":
        return self._with(self, lambda value, _: -value)

    def compared(self, other: "_Element", says: Callable[[int], bool]) -> bool | None:
        """What the sign of the difference says; nothing where there is none."""
        difference = (self - other).value
        return None if isinstance(difference, Undefined) else says(self.field.sign(difference))

    def __ge__(self, other: "_Element") -> bool | None:
        return self.compared(other, lambda apart: apart >= 0)

    def __gt__(self, other: "_Element") -> bool | None:
        return self.compared(other, lambda apart: apart > 0)

    def __le__(self, other: "_Element") -> bool | None:
        return self.compared(other, lambda apart: apart <= 0)

    def __lt__(self, other: "_Element") -> bool | None:
        return self.compared(other, lambda apart: apart < 0)


def holds_at(statement: Statement, values: Sequence[Fraction | Root]) -> bool | None:
    """Whether a statement holds for these numbers, in exact arithmetic; None where its assumptions do not.

    Raises
    ------
    UnconfirmedError
        If there are roots among them, and sympy is not installed or their number field is too large.
    ZeroDivisionError
        If something is divided by 0, other than in a branch that is not taken.
    """
    roots = [v for v in values if isinstance(v, Root)]
    if not roots:
        numbers = [Exact(v) for v in values if not isinstance(v, Root)]
        try:
            assumptions, conclusion = statement(*numbers)
            read = [plain_truth(a) for a in (*assumptions, conclusion)]
        except (ZeroDivisionError, NegatedError):
            return _over_terms(statement, values)
        return read[-1] if all(read[:-1]) else None
    field = _Field(roots)
    terms = [Term(_Element(field.of(v), field), field) for v in values]
    assumptions, conclusion = statement(*terms)
    return _read(conclusion) if all(map(_read, assumptions)) else None


def _read(value: Any) -> bool:
    """The truth of a term of a field, or a plain one; ZeroDivisionError where there is none."""
    found = value.expression if isinstance(value, Term) else plain_truth(value)
    if found is None:
        raise ZeroDivisionError("something is divided by 0")
    return bool(found)


def all_hold_at(assumptions: Callable[..., Sequence[Any]], values: Sequence[Fraction]) -> bool:
    """Whether all of them hold for these numbers; raises as ``holds_at``."""

    def statement(*given: Any) -> Any:
        return assumptions(*given), True

    return holds_at(statement, values) is True


def _over_terms(statement: Statement, values: Sequence[Any]) -> bool | None:
    """The same over terms, where a branch that is not taken may divide by 0, and ~ negates."""
    backend = Slack()
    terms = [Term(backend.number(Fraction(value)), backend) for value in values]
    assumptions, conclusion = statement(*terms)
    held = all(read_truth(a).holds for a in assumptions)
    return read_truth(conclusion).holds if held else None
