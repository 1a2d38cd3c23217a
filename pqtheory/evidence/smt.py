"""Proof for all real numbers: the negated statement goes to an SMT solver (z3), and unsat is a proof.

A part of a claim says what it quantifies over and what must hold::

    def statement(t, w, x):
        p = W.prox(t, weight=w)                      # the operator's own code, run over terms
        return [w > 0], objective(p) <= objective(x)

    smt.decide(statement, "t w x")    # Evidence("proved"), Evidence("refuted") with the numbers, or None: unknown
"""

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Rational
from typing import Any, final

import numpy as np

from pqtheory.evidence.base import Budget, Check, Evidence, Step
from pqtheory.evidence.judging import judge
from pqtheory.evidence.terms import Backend, Expression, Statement, Term

PACKAGE = "z3-solver"
SECONDS = {"quick": 5.0, "full": 120.0}


@final
class Z3(Backend):
    """Real arithmetic of z3."""

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


def available() -> bool:
    """Whether the solver is installed."""
    return importlib.util.find_spec("z3") is not None


def decide(statement: Statement, variables: str, *, seconds: float = 5.0) -> Evidence | None:
    """Decide a statement for all real values of its variables.

    Parameters
    ----------
    statement : callable
        Takes one term for each variable; returns assumptions and conclusion.
    variables : str
        Names, separated by spaces, in the order of the arguments.
    seconds : float
        Time limit.

    Returns
    -------
    Evidence or None
        "proved" where no values of the variables satisfy the assumptions and deny the conclusion; "refuted" with
        values that do, as fractions, confirmed by running ``statement`` on them in exact arithmetic; None where the
        solver gives up, runs out of time, or names values that are no fractions.
    """
    import z3

    backend = Z3()
    symbols = [z3.Real(name) for name in variables.split()]
    assumptions, conclusion = statement(*(Term(s, backend) for s in symbols))
    solver = z3.Solver()
    solver.set("timeout", max(1, int(1000 * seconds)))
    solver.add(*(a.expression for a in assumptions), z3.Not(conclusion.expression))
    answer = solver.check()
    if answer == z3.unsat:
        text = f"z3: no real {', '.join(variables.split())} satisfy the assumptions and deny the statement"
        return Evidence("proved", proof=(Step(text, machine=solver.to_smt2()),))
    if answer == z3.sat:
        values = _values(solver.model(), symbols)
        return None if values is None else _replayed(statement, values)
    return None


def _replayed(statement: Statement, values: dict[str, Fraction]) -> Evidence:
    """The counterexample, once the same code has confirmed it in exact arithmetic.

    Raises
    ------
    ArithmeticError
        If it does not: then solver and operators read the formula differently.
    """
    if _holds(statement, tuple(values.values())) is not False:
        raise ArithmeticError(f"the solver's counterexample {values} does not replay")
    return Evidence("refuted", cases=1, counterexample=values)


def _holds(statement: Statement, case: Sequence[Fraction]) -> bool | None:
    """Whether the statement holds for these numbers; None where they do not satisfy its assumptions."""
    assumptions, conclusion = statement(*case)
    return bool(conclusion) if all(bool(a) for a in assumptions) else None


def on_cases(statement: Statement, variables: str, cases: Iterable[Sequence[Fraction]]) -> Evidence:
    """The same statement on given numbers in exact arithmetic: sampled evidence from one source with the proof.

    Raises
    ------
    ValueError
        If no case satisfies the assumptions.
    """
    kept = [(case, holds) for case in cases if (holds := _holds(statement, case)) is not None]
    if not kept:
        raise ValueError(f"cases: none satisfies the assumptions on {variables}")
    columns = np.array([case for case, _ in kept], dtype=object).reshape(len(kept), -1).T
    verdicts = np.array([holds for _, holds in kept], dtype=bool)
    return judge("sampled", verdicts, dict(zip(variables.split(), columns, strict=False)))


def _values(model: Any, symbols: Sequence[Any]) -> dict[str, Fraction] | None:
    import z3

    values = {}
    for symbol in symbols:
        value = model.eval(symbol, model_completion=True)
        if not z3.is_rational_value(value):
            return None
        values[str(symbol)] = Fraction(value.numerator_as_long(), value.denominator_as_long())
    return values


@final
@dataclass(frozen=True)
class ForAll:
    """A check that asks the solver, and where it is missing or has no answer falls back to weaker evidence.

    Attributes
    ----------
    statement, variables
        As for ``decide``.
    fallback : check
        Weaker evidence on the same statement.
    """

    statement: Statement
    variables: str
    fallback: Check

    def __call__(self, budget: Budget) -> Evidence:
        """The solver's answer, or the fallback's with a note."""
        if not available():
            return replace(
                self.fallback(budget), note=f"with {PACKAGE} installed it would be proved"
            )
        found = decide(self.statement, self.variables, seconds=SECONDS[budget.name])
        if found is None:
            return replace(self.fallback(budget), note="the solver found no answer in its time")
        return found

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The statement for these numbers, in exact arithmetic.

        Raises
        ------
        ValueError
            If a variable is missing, or the numbers do not satisfy the assumptions.
        """
        missing = [name for name in self.variables.split() if name not in case]
        if missing:
            raise ValueError(f"case: expected {self.variables.split()}, {missing} missing")
        values = tuple(_rational(case[name], name) for name in self.variables.split())
        if _holds(self.statement, values) is None:
            raise ValueError(f"case: {dict(case)} does not satisfy the assumptions")
        return on_cases(self.statement, self.variables, [values])

    def search(
        self, examples: int, seed: int = 0, on_case: Callable[[int], None] | None = None
    ) -> Evidence | None:
        """Search among fractions, without the solver; None where no case satisfies the assumptions.

        Parameters
        ----------
        examples, seed, on_case
            As for :func:`pqtheory.evidence.search.statements.search_statement`.

        Raises
        ------
        ArithmeticError
            If plain arithmetic does not confirm what it finds.
        """
        from pqtheory.evidence.search.statements import search_statement

        found = search_statement(self.statement, self.variables, examples, seed, on_case)
        if found is not None and found.counterexample is not None:
            confirmed = self.replay(found.counterexample).kind == "refuted"
            if not confirmed:
                raise ArithmeticError(f"{dict(found.counterexample)} does not replay")
        return found


def _rational(value: Any, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, Rational):
        raise ValueError(f"case: expected a fraction for {name!r}, got {value!r}")
    return Fraction(value)


#: ``or_else(statement, variables, fallback)``: how claims write it
or_else = ForAll
