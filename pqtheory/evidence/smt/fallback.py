"""The solver with weaker evidence to fall back on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Rational
from typing import Any, final

import numpy as np

from pqtheory.evidence.base import Budget, Check, Evidence
from pqtheory.evidence.judging import judge
from pqtheory.evidence.roots import Root, holds_at
from pqtheory.evidence.smt.decide import PACKAGE, SECONDS
from pqtheory.evidence.terms import Statement


def on_cases(
    statement: Statement, variables: str, cases: Iterable[Sequence[Fraction | Root]]
) -> Evidence:
    """The same statement on given numbers in exact arithmetic: sampled evidence from one source with the proof.

    Raises
    ------
    ValueError
        If no case satisfies the assumptions.
    """
    kept = [(case, holds) for case in cases if (holds := holds_at(statement, case)) is not None]
    if not kept:
        raise ValueError(f"cases: none satisfies the assumptions on {variables}")
    columns = np.array([case for case, _ in kept], dtype=object).reshape(len(kept), -1).T
    verdicts = np.array([holds for _, holds in kept], dtype=bool)
    return judge("sampled", verdicts, dict(zip(variables.split(), columns, strict=False)))


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
        from pqtheory.evidence import smt

        if not smt.available():
            return replace(
                self.fallback(budget), note=f"with {PACKAGE} installed it would be proved"
            )
        found = smt.decide(self.statement, self.variables, seconds=SECONDS[budget.name])
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
        if holds_at(self.statement, values) is None:
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


def _rational(value: Any, name: str) -> Fraction | Root:
    if isinstance(value, Root):
        return value
    if isinstance(value, bool) or not isinstance(value, Rational):
        raise ValueError(f"case: expected a fraction for {name!r}, got {value!r}")
    return Fraction(value)


#: ``or_else(statement, variables, fallback)``: how claims write it
or_else = ForAll
