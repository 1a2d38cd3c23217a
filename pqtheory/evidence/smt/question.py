"""A statement as formulas of z3: what is assumed, what is concluded, and what that divides by."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, final

from pqtheory.evidence.roots import Root
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Expression, Statement, Term
from pqtheory.evidence.truths import plain_truth

#: words of SMT-LIB that a variable of Python may be called as well
WORDS = frozenset(
    (
        "_",
        "let",
        "par",
        "match",
        "exists",
        "forall",
        "BINARY",
        "DECIMAL",
        "HEXADECIMAL",
        "NUMERAL",
        "STRING",
        "true",
        "false",
        "xor",
        "ite",
        "distinct",
        "abs",
    )
)


@final
class Question:
    """A statement read over terms.

    Attributes
    ----------
    assumed : list of formula
        Its assumptions.
    concluded : formula
        What must hold where they do.
    quotients : sequence of (quotient, divisor)
        What is divided by something that may be 0.
    """

    def __init__(self, statement: Statement, names: Sequence[str]) -> None:
        import z3

        self.statement, self.names = statement, tuple(names)
        # of its own, so that answers and times do not depend on what has been asked before
        self.context = z3.Context()
        self.symbols = [z3.Real(_symbol(name), self.context) for name in names]
        backend = Z3(self.context)
        assumptions, conclusion = statement(*(Term(s, backend) for s in self.symbols))
        self.assumed = [self._truth(a) for a in assumptions]
        self.concluded = self._truth(conclusion)
        self.quotients: Sequence[tuple[Expression, Expression]] = backend.quotients

    @property
    def denied(self) -> list[Expression]:
        """What a counterexample satisfies."""
        import z3

        return [*self.assumed, z3.Not(self.concluded)]

    @property
    def listed(self) -> str:
        """The names, for a sentence."""
        return ", ".join(self.names)

    def solver(self, formulas: Sequence[Expression]) -> Any:
        """A solver that is asked about these formulas alone."""
        import z3

        solver = z3.Solver(ctx=self.context)
        solver.add(*formulas)
        return solver

    def values(self, model: Any) -> dict[str, Fraction | Root]:
        """What a model of the solver gives each variable."""
        import z3

        values: dict[str, Fraction | Root] = {}
        for name, symbol in zip(self.names, self.symbols, strict=True):
            value = model.eval(symbol, model_completion=True)
            if z3.is_rational_value(value):
                values[name] = Fraction(value.numerator_as_long(), value.denominator_as_long())
            else:
                coefficients = tuple(Fraction(str(c)) for c in value.poly())
                values[name] = Root(coefficients[::-1], value.index() - 1)
        return values

    def _truth(self, value: Any) -> Expression:
        import z3

        if isinstance(value, Term):
            return value.expression
        return z3.BoolVal(plain_truth(value), self.context)


def smt_lib(solver: Any) -> str:
    """The question of a solver in SMT-LIB; the same one has the same text, whatever was asked before."""
    numbers: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"{found[1]}{len(numbers) + 1}")

    return re.sub(r"([?$]x)\d+\b", renamed, solver.to_smt2())


def _symbol(name: str) -> str:
    """What a variable is called where its name is a word of SMT-LIB; no name of Python has a dot."""
    return f"{name}." if name in WORDS else name
