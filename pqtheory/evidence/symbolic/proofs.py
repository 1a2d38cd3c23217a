"""Statements decided by normal forms, branch by branch, with the equations that were verified as LaTeX."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import sympy
from sympy.core.relational import Equality, Relational

from pqtheory.evidence.base import Evidence, Step
from pqtheory.evidence.symbolic.backend import Sympy, Where, denied
from pqtheory.evidence.symbolic.branches import branches, conjuncts
from pqtheory.evidence.symbolic.clock import Clock, UndecidedError, failures
from pqtheory.evidence.symbolic.facts import Facts
from pqtheory.evidence.symbolic.normal import Expression, NormalForms
from pqtheory.evidence.terms import Statement, Term

#: so many branches of an equation are written out
SHOWN = 12


@final
@dataclass(frozen=True)
class Shown:
    """A relation as it reads in one branch, and whether normal forms alone showed it."""

    relation: Relational
    tests: tuple[Relational, ...]
    same_form: bool


@final
@dataclass(frozen=True)
class Question:
    """Assumptions and divisors of one reading, with the normal forms of its variables.

    Attributes
    ----------
    facts : Facts
        What holds anyway.
    assumptions : tuple of truth values
        What may be used.
    divisors : tuple of expressions
        What must not be 0.
    """

    facts: Facts
    assumptions: tuple[Any, ...]
    divisors: tuple[Expression, ...]

    @classmethod
    def of(cls, facts: Facts, assumptions: Iterable[Term], backend: Sympy) -> Self:
        """What was read, with the divisors that were met."""
        divisors = dict.fromkeys(backend.divisors)
        return cls(facts, tuple(a.expression for a in assumptions), tuple(divisors))

    def require_defined(self) -> tuple[Step, ...]:
        """Show that no divisor is 0 wherever the assumptions hold.

        Assumptions that divide themselves are not used for that: they may say nothing there.

        Raises
        ------
        UndecidedError
            If one may be.
        """
        safe = tuple(a for a in self.assumptions if not _divides(a))
        shown = []
        for divisor in self.divisors:
            try:
                shown += self._branches(sympy.Ne(divisor, 0, evaluate=False), safe)
            except UndecidedError as error:
                raise UndecidedError(f"a divisor may be 0; {error}") from error
        return (_step("sympy: no divisor is 0: ", shown),) if shown else ()

    def require(self, conclusion: Any, text: str = "") -> tuple[Step, ...]:
        """Show that the conclusion holds wherever the assumptions do.

        Raises
        ------
        UndecidedError
            If that is not shown.
        """
        steps = []
        for claim in conjuncts([conclusion]):
            if claim == sympy.true:
                continue
            if isinstance(claim, Relational):
                shown = self._branches(claim, self.assumptions)
                steps.append(_step(f"sympy: {text}", shown))
            else:
                self._refute(claim)
                steps.append(Step(f"sympy: {text}each branch of the opposite is contradictory"))
        return tuple(steps)

    def _branches(self, relation: Relational, assumptions: Sequence[Any]) -> list[Shown]:
        """What the relation reads in each branch of its two sides, where it is shown."""
        found = []
        for branch in branches(self.facts, assumptions, relation.args):
            plain = type(relation)(*branch.shown, evaluate=False)
            same = same_form(branch.facts, plain)
            if not same and not branch.facts.follows(plain):
                raise UndecidedError(f"not shown: {plain}{_where(branch.tests)}")
            found.append(Shown(plain, branch.tests, same))
        return found

    def _refute(self, claim: Any) -> None:
        for branch in branches(self.facts, [*self.assumptions, denied(claim)]):
            raise UndecidedError(f"not refuted: the opposite{_where(branch.tests)}")


def prove(statement: Statement, variables: str, seconds: float) -> Evidence:
    """The statement, proved for all real values of its variables.

    Raises
    ------
    UndecidedError
        If it is not.
    """
    backend = Sympy()
    with failures():
        terms = backend.symbols(variables)
        assumptions, conclusion = statement(*terms)
        facts = Facts(NormalForms([t.expression for t in terms]), Clock(seconds))
        problem = Question.of(facts, assumptions, backend)
        shown = problem.require(conclusion.expression)
        # squares are >= 0 as soon as they are read
        steps = shown or (Step("sympy: the conclusion reads as true of all numbers"),)
        return Evidence("proved", proof=(*problem.require_defined(), *steps))


def assume_powers(facts: Facts, assumptions: Iterable[Any]) -> None:
    """base^n > 0 for every base that the assumptions show to be > 0, and != 0 for every base < 0."""
    known = facts.copy()
    for assumption in assumptions:
        if isinstance(assumption, Relational) and not assumption.has(Where) | _divides(assumption):
            known.assume(assumption)
    for base, power in facts.forms.powers.items():
        side = known.sign_of(facts.forms.fraction(base).numer)
        variable = facts.forms.fraction(power).numer
        if side > 0:
            facts.assume_sign(variable, True)
        elif side < 0:
            facts.nonzeros.append(variable)


def same_form(facts: Facts, relation: Relational) -> bool:
    """Whether it is an equation, and its sides have the same normal form."""
    left, right = relation.args
    return isinstance(relation, Equality) and facts.forms.fraction(left - right) == 0


def _divides(condition: Any) -> bool:
    return any(p.exp.is_nonnegative is not True for p in condition.atoms(sympy.Pow))


def _where(tests: Sequence[Relational]) -> str:
    return f" where {' and '.join(map(str, tests))}" if tests else ""


def _step(text: str, shown: Sequence[Shown]) -> Step:
    """How it was shown, with the relations of the branches."""
    forms, count = sum(s.same_form for s in shown), len(shown)
    if forms == count:
        each = "" if count == 1 else f" in each of {count} branches"
        how = f"both sides have the same normal form{each}"
    elif forms == 0:
        how = "exact certificates from the assumptions"
    else:
        how = f"the same normal form in {forms} of {count} branches, exact certificates elsewhere"
    machine = "\n".join(f"{s.relation}{_where(s.tests)}" for s in shown)
    return Step(f"{text}{how}", aligned(map(_line, shown[:SHOWN])), machine)


def _line(shown: Shown) -> tuple[str, str, str]:
    left, right = (sympy.latex(side) for side in shown.relation.args)
    if shown.tests:
        right += r" \quad (" + r",\; ".join(map(sympy.latex, shown.tests)) + ")"
    return left, _SIGN[shown.relation.rel_op], right


_SIGN = {"==": "=", "!=": r"\neq", ">=": r"\geq", ">": ">", "<=": r"\leq", "<": "<"}


def aligned(lines: Iterable[tuple[str, str, str]]) -> str:
    """(left, sign, right) as LaTeX: one formula, or one line for each."""
    rows = [f"{left} &{sign} {right}" for left, sign, right in dict.fromkeys(lines)]
    if len(rows) == 1:
        return rows[0].replace("&", "")
    return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}" if rows else ""
