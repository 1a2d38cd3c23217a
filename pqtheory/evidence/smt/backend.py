"""Real arithmetic of z3: the reading of the operators that proofs are made of."""

from fractions import Fraction
from typing import Any, final

from pqtheory.evidence.smt.divisors import may_be_zero
from pqtheory.evidence.terms import Backend, Expression


@final
class Z3(Backend):
    """Real arithmetic of z3.

    Attributes
    ----------
    context : z3.Context, optional
        Where expressions live; z3's own one unless it is given.
    quotients : list of (expression, expression)
        Each ``a / b`` that was made, unless b is a number other than 0, with b.
    """

    def __init__(self, context: Any = None) -> None:
        self.context = context
        self.quotients: list[tuple[Expression, Expression]] = []

    def divide(self, a: Expression, b: Expression) -> Expression:
        """``a / b``."""
        quotient = a / b
        if may_be_zero(b):
            self.quotients.append((quotient, b))
        return quotient

    def number(self, value: Fraction) -> Expression:
        """An exact rational."""
        import z3

        return z3.RealVal(str(value), self.context)

    def conditional(self, test: Expression, yes: Expression, no: Expression) -> Expression:
        """``If(test, yes, no)``."""
        import z3

        return z3.If(test, yes, no)

    def connect(self, kind: str, a: Expression, b: Expression) -> Expression:
        """``And``, ``Or``, ``==``."""
        import z3

        if kind == "equal":
            return a == b
        return z3.And(a, b) if kind == "and" else z3.Or(a, b)

    def negate(self, a: Expression) -> Expression:
        """``Not``."""
        import z3

        return z3.Not(a)

    def is_truth(self, a: Expression) -> bool:
        """Whether it is of z3's sort Bool."""
        import z3

        return z3.is_bool(a)
