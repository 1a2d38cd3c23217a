"""The fourth reading of the operators: expressions of sympy, exact, with every divisor on record.

``where`` becomes a node of its own, :class:`Where`, and no ``sympy.Piecewise``: sympy multiplies out a Piecewise that
stands in the condition of another, and nested operators would grow exponentially. ``expression.rewrite(Piecewise)``
gives the familiar form.

sympy cancels x / x as soon as it is written, so the expression alone no longer shows where it is undefined. That is why
the divisors are kept.
"""

from fractions import Fraction
from typing import Any, final

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

from pqtheory.evidence.terms import Backend, Expression, Term


@final
class Where(sympy.Expr):
    """``yes`` where ``test`` holds, else ``no``; never evaluated by itself."""

    is_commutative = True
    is_extended_real = True

    def __new__(cls, test: Any, yes: Any, no: Any) -> "Where":
        """The three as sympy's."""
        return sympy.Expr.__new__(cls, sympy.sympify(test), sympy.sympify(yes), sympy.sympify(no))

    def _eval_rewrite_as_Piecewise(self, test: Any, yes: Any, no: Any, **_: Any) -> Any:
        return sympy.Piecewise((yes, test), (no, True))


@final
class Sympy(Backend):
    """Real arithmetic of sympy.

    Attributes
    ----------
    divisors : list of sympy expressions
        Whatever was divided by, numbers apart, in that order: where one of them is 0 the reading says nothing.
    """

    def __init__(self) -> None:
        self.divisors: list[Expression] = []

    def symbols(self, names: str) -> list[Term]:
        """One real variable for each name."""
        return [Term(sympy.Symbol(name, real=True), self) for name in names.split()]

    def number(self, value: Fraction) -> Expression:
        """An exact rational."""
        return sympy.Rational(value.numerator, value.denominator)

    def conditional(self, test: Expression, yes: Expression, no: Expression) -> Expression:
        """``Where(test, yes, no)``; between truth values, what that means."""
        if isinstance(test, BooleanAtom):
            return yes if test else no
        if is_truth(yes):
            return sympy.Or(sympy.And(test, yes), sympy.And(denied(test), no))
        return Where(test, yes, no)

    def connect(self, kind: str, a: Expression, b: Expression) -> Expression:
        """``And``, ``Or``, ``Eq``; truth values are equal where both hold or neither does."""
        if kind == "and":
            return sympy.And(a, b)
        if kind == "or":
            return sympy.Or(a, b)
        if is_truth(a):
            return sympy.Or(sympy.And(a, b), sympy.And(denied(a), denied(b)))
        # as it stands: an equation that sympy evaluates to True can be shown to nobody
        return sympy.Eq(a, b, evaluate=False)

    def negate(self, a: Expression) -> Expression:
        """Not a."""
        return denied(a)

    def is_truth(self, a: Expression) -> bool:
        """Whether it is a relation, or several."""
        return is_truth(a)

    def divide(self, a: Expression, b: Expression) -> Expression:
        """``a / b``, with b put on record.

        Raises
        ------
        ZeroDivisionError
            If b is the number 0.
        """
        if b == 0:
            raise ZeroDivisionError(f"{a} / 0")
        if not b.is_Rational:
            self.divisors.append(b)
        return a / b

    def power(self, a: Expression, exponent: Expression) -> Expression:
        """``a`` to a power that may depend on the index of an induction, a nonnegative integer.

        Where the exponent may be negative, ``a`` counts as a divisor.
        """
        coefficients = sympy.Poly(exponent, *exponent.free_symbols or [sympy.Dummy()]).coeffs()
        if not a.is_Rational and not all(c.is_nonnegative for c in coefficients):
            self.divisors.append(a)
        return a**exponent


def is_truth(expression: Any) -> bool:
    """Whether an expression is true or false, and no number."""
    return isinstance(expression, Relational | BooleanFunction | BooleanAtom | bool)


def opposite(relation: Relational) -> Relational:
    """What holds where the relation does not; as it stands, unevaluated."""
    return _OPPOSITE[type(relation)](*relation.args, evaluate=False)


_OPPOSITE = {
    sympy.GreaterThan: sympy.StrictLessThan,
    sympy.StrictLessThan: sympy.GreaterThan,
    sympy.LessThan: sympy.StrictGreaterThan,
    sympy.StrictGreaterThan: sympy.LessThan,
    sympy.Equality: sympy.Unequality,
    sympy.Unequality: sympy.Equality,
}


def denied(condition: Expression) -> Expression:
    """What holds where the condition does not."""
    if isinstance(condition, Relational):
        return opposite(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        other = sympy.Or if isinstance(condition, sympy.And) else sympy.And
        return other(*map(denied, condition.args))
    return sympy.Not(condition)
