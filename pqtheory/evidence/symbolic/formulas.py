"""What sympy found, as functions that run on fractions and on the terms of any system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add, and_, mul, or_
from typing import Any, final

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

Expression = Any


@final
@dataclass(frozen=True)
class Formula:
    """A rational function, or a combination of relations between such, with named variables.

    Attributes
    ----------
    expression
        Of sympy.
    variables : str
        In the order of the arguments, separated by spaces.
    """

    expression: Expression
    variables: str

    def __call__(self, *values: Any) -> Any:
        """The value for fractions, or for terms a term."""
        symbols = (sympy.Symbol(name, real=True) for name in self.variables.split())
        return _value(self.expression, dict(zip(symbols, values, strict=True)))

    @property
    def latex(self) -> str:
        """As a formula on the page."""
        return str(sympy.latex(self.expression))

    def __str__(self) -> str:
        return str(self.expression)


def _value(expression: Expression, values: Mapping[Any, Any]) -> Any:
    if expression.is_Symbol:
        return values[expression]
    if expression.is_Rational:
        return Fraction(int(expression.p), int(expression.q))
    if isinstance(expression, Relational):
        return _compare(expression.rel_op, *(_value(a, values) for a in expression.args))
    if isinstance(expression, BooleanAtom):
        # a truth value of the same system as the values
        some = next(iter(values.values()), Fraction(0))
        return some >= some if expression else some > some
    if isinstance(expression, sympy.And | sympy.Or):
        return _reduce(and_ if isinstance(expression, sympy.And) else or_, expression.args, values)
    if expression.is_Add:
        return _reduce(add, expression.args, values)
    above, below = expression.as_numer_denom()
    if below != 1:
        return _value(above, values) / _value(below, values)
    if expression.is_Mul:
        return _reduce(mul, expression.args, values)
    base, exponent = expression.as_base_exp()
    return _value(base, values) ** int(exponent)


def _reduce(operation: Any, parts: Sequence[Any], values: Mapping[Any, Any]) -> Any:
    return reduce(operation, (_value(part, values) for part in parts))


def _compare(kind: str, a: Any, b: Any) -> Any:
    if kind in (">=", "<="):
        return a >= b if kind == ">=" else a <= b
    return a > b if kind == ">" else a < b
