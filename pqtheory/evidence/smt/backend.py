"""Real arithmetic of z3: the reading of the operators that proofs are made of."""

from fractions import Fraction
from typing import final

from pqtheory.evidence.terms import Backend, Expression


@final
class Z3(Backend):
    """Real arithmetic of z3.

    Attributes
    ----------
    stand_for : dict of int to (expression, symbol)
        What each symbol stands for, by the number of the expression.
    """

    def __init__(self) -> None:
        self.stand_for: dict[int, tuple[Expression, Expression]] = {}

    @property
    def definitions(self) -> list[Expression]:
        """What the symbols stand for, as equations."""
        return [symbol == expression for expression, symbol in self.stand_for.values()]

    def symbol(self, a: Expression) -> Expression:
        """A constant in place of ``a``; a number or a constant is its own."""
        import z3

        if z3.is_const(a) or not z3.is_arith(a):
            return a
        new = a, z3.Real(f"value!{len(self.stand_for) + 1}")
        return self.stand_for.setdefault(a.get_id(), new)[1]

    def number(self, value: Fraction) -> Expression:
        """An exact rational."""
        import z3

        return z3.RealVal(str(value))

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
