"""Proof for all real numbers: the negated statement goes to an SMT solver (z3), and unsat is a proof.

A statement says what it quantifies over and what must hold::

    def statement(t, w, x):
        p = W.prox(t, weight=w)                      # the operator's own code, run over terms
        return [w > 0], objective(p) <= objective(x)

    smt.decide(statement, "t w x")    # Evidence("proved"), Evidence("refuted") with the numbers, or None: unknown

A proof counts only where the assumptions have a model, which is shown with it, and where nothing is divided by 0.
"""

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory.evidence.base import Evidence, Step
from pqtheory.evidence.roots import Root, UnconfirmedError, holds_at
from pqtheory.evidence.smt.asking import asked
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.smt.divisors import divisors
from pqtheory.evidence.terms import Expression, Statement, Term
from pqtheory.evidence.truths import plain_truth
from pqtheory.evidence.variables import variable_names

PACKAGE = "z3-solver"
#: time limit of one question, by budget
SECONDS = {"quick": 5.0, "full": 120.0}
#: how long a divisor may be looked at
DIVISOR_SECONDS = 5.0
#: and how long first, without the branches that it is on; so long for a contradiction that is none as a rule
HASTY_SECONDS = 1.0
#: how many exact cases are tried for a model of the assumptions, and for fractions in place of roots
EXAMPLES = 200
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


def available() -> bool:
    """Whether the solver is installed."""
    return importlib.util.find_spec("z3") is not None


def decide(
    statement: Statement, variables: str, *, seconds: float = 5.0, lemmas: int = 0
) -> Evidence | None:
    """Decide a statement for all real values of its variables.

    Parameters
    ----------
    statement : callable
        Takes one term for each variable; returns assumptions and conclusion.
    variables : str
        Names, separated by spaces, in the order of the arguments.
    seconds : float
        Time limit.
    lemmas : int
        How many of the assumptions, the last ones, hold of all values: whatever satisfies the others satisfies them.

    Returns
    -------
    Evidence or None
        "proved" where no values of the variables satisfy the assumptions and deny the conclusion, with values that
        satisfy the assumptions; "refuted" with values that deny it, as fractions or exact roots, confirmed by running
        ``statement`` on them; None where the solver gives up or runs out of time.

    Raises
    ------
    ValueError
        If two variables have one name, no values satisfy the assumptions, or something is divided by what may be 0.
    """
    return _Question(statement, variable_names(variables), seconds, lemmas).answered()


def contradicts_itself(statement: Statement, variables: str) -> bool:
    """Whether no values satisfy the assumptions of a statement, as far as the solver sees that at once."""
    import z3

    question = _Question(statement, variable_names(variables), HASTY_SECONDS)
    return bool(asked(question.solver(question.assumed), question.seconds) == z3.unsat)


def unknown(statement: Statement, variables: str) -> Step:
    """The question that the solver did not answer, for another one."""
    question = _Question(statement, variable_names(variables), 1.0)
    text = f"z3: no answer for {_listed(question.names)}"
    return Step(text, machine=_text(question.solver(question.denied)), answer="unknown")


@final
@dataclass(frozen=True)
class _Question:
    statement: Statement
    names: tuple[str, ...]
    seconds: float
    lemmas: int = 0

    def __post_init__(self) -> None:
        import z3

        # of its own, so that answers and times do not depend on what has been asked before
        context = z3.Context()
        symbols = [z3.Real(_symbol(name), context) for name in self.names]
        backend = Z3(context)
        assumptions, conclusion = self.statement(*(Term(s, backend) for s in symbols))
        assumed = [_truth(a, context) for a in assumptions]
        object.__setattr__(self, "context", context)
        object.__setattr__(self, "symbols", symbols)
        object.__setattr__(self, "assumed", assumed)
        object.__setattr__(self, "concluded", _truth(conclusion, context))
        object.__setattr__(self, "quotients", backend.quotients)

    context: Any = None
    symbols: Sequence[Expression] = ()
    assumed: Sequence[Expression] = ()
    concluded: Expression = None
    quotients: Sequence[tuple[Expression, Expression]] = ()

    @property
    def denied(self) -> list[Expression]:
        """What a counterexample satisfies."""
        import z3

        return [*self.assumed, z3.Not(self.concluded)]

    def solver(self, formulas: Sequence[Expression]) -> Any:
        """A solver that is asked about these formulas alone."""
        import z3

        solver = z3.Solver(ctx=self.context)
        solver.add(*formulas)
        return solver

    def answered(self) -> Evidence | None:
        import z3

        defined = self.require_divisors()
        if defined is None:
            return None
        solver = self.solver(self.denied)
        answer = asked(solver, self.seconds)
        if answer == z3.unsat:
            text = (
                f"z3: no real {_listed(self.names)} satisfy the assumptions and deny the statement"
            )
            step = Step(text, machine=_text(solver), answer="unsat")
            model = self.model_of_assumptions()
            return None if model is None else Evidence("proved", proof=(step, *defined, *model))
        if answer == z3.sat:
            return self.refuted(solver)
        return None

    def model_of_assumptions(self) -> tuple[Step, ...] | None:
        """Values that satisfy the assumptions, as a step; None where there is no answer.

        Raises
        ------
        ArithmeticError
            If the same code denies there, in exact arithmetic, what is proved.
        ValueError
            If there are none: such a statement says nothing.
        """
        import z3

        assumed = self.assumed[: len(self.assumed) - self.lemmas]
        solver = self.solver(assumed)
        answer = asked(solver, self.seconds)
        if answer == z3.unsat:
            raise ValueError(
                f"assumptions: no real {_listed(self.names)} satisfy all of them, so that the statement says nothing"
            )
        if answer != z3.sat:
            case = self.searched(lambda assumptions, _: (assumptions, False))
            values: Mapping[str, Any] | None = case
        else:
            values = self.values(solver.model())
        if values is None:
            return None
        self.confirm(values)
        return (Step(f"the assumptions hold at {shown(values)}, among others"),) if assumed else ()

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

    def confirm(self, values: Mapping[str, Any]) -> None:
        """Raise ArithmeticError where the same code, run on these fractions, denies what is proved."""
        if any(isinstance(value, Root) for value in values.values()):
            return
        # a division that the rest of the statement guards is none that numbers could leave out
        with suppress(ZeroDivisionError):
            if holds_at(self.statement, tuple(values.values())) is not True:
                raise ArithmeticError(f"z3 proves what exact arithmetic denies at {shown(values)}")

    def searched(self, change: Callable[..., Any]) -> Mapping[str, Fraction] | None:
        """Fractions that deny the changed statement, if a search finds some."""
        from pqtheory.evidence.search.statements import search_statement

        def changed(*values: Any) -> Any:
            return change(*self.statement(*values))

        found = search_statement(changed, " ".join(self.names), EXAMPLES)
        if found is None or found.counterexample is None:
            return None
        return {name: found.counterexample[name] for name in self.names}

    def refuted(self, solver: Any) -> Evidence | None:
        """The counterexample, once the same code has confirmed it in exact arithmetic.

        Raises
        ------
        ArithmeticError
            If it does not: then solver and operators read the formula differently.
        """
        step = Step(
            f"z3: {_listed(self.names)} that deny the statement",
            machine=_text(solver),
            answer="sat",
        )
        values: Mapping[str, Fraction | Root] = self.values(solver.model())
        if any(isinstance(v, Root) for v in values.values()):
            values = self.searched(lambda *read: read) or values
        try:
            holds = holds_at(self.statement, tuple(values.values()))
        except UnconfirmedError as error:
            # the solver has computed with these roots exactly, and nothing else has
            return Evidence(
                "refuted", cases=1, counterexample=values, note=str(error), proof=(step,)
            )
        if holds is not False:
            raise ArithmeticError(f"the solver's counterexample {shown(values)} does not replay")
        return Evidence("refuted", cases=1, counterexample=values, proof=(step,))

    def require_divisors(self) -> tuple[Step, ...] | None:
        """That nothing is divided by 0 wherever the assumptions hold, as steps; None where there is no answer.

        Raises
        ------
        ValueError
            If something is.
        """
        if not self.quotients:
            return ()
        # an assumption that divides may say nothing where it matters
        safe = [a for a in self.assumed if not self.has_quotient(a)]
        found = []
        for divisor in _distinct(divisor for _, divisor in self.quotients):
            step = self.nonzero(divisor, safe, HASTY_SECONDS)
            if step is None:
                # nonzero on the branches that divide by it, perhaps, or in no formula that is asked
                return self.nonzero_where_met(safe)
            found.append(step)
        return tuple(dict.fromkeys(found))

    def nonzero_where_met(self, safe: Sequence[Expression]) -> tuple[Step, ...] | None:
        """The same, with the branches on which each divisor is met."""
        found = []
        for divisor, condition in divisors([*self.assumed, self.concluded]):
            step = self.nonzero(divisor, [*safe, condition], DIVISOR_SECONDS, named=True)
            if step is None:
                return None
            found.append(step)
        return tuple(dict.fromkeys(found))

    def nonzero(
        self,
        divisor: Expression,
        where: Sequence[Expression],
        seconds: float,
        *,
        named: bool = False,
    ) -> Step | None:
        """That a divisor is not 0 where some formulas hold; None where the solver does not say so.

        Raises
        ------
        ValueError
            If it can be 0 there and is to be ``named`` then.
        """
        import z3

        solver = self.solver([*where, divisor == 0])
        answer = asked(solver, seconds)
        text = " ".join(str(z3.simplify(divisor)).split())[:200]
        if named and answer == z3.sat:
            raise ValueError(f"division: assume {text} != 0")
        if answer != z3.unsat:
            return None
        said = f"z3: {text} is not 0 where something is divided by it"
        return Step(said, machine=_text(solver), answer="unsat")

    def has_quotient(self, formula: Expression) -> bool:
        """Whether it divides by what may be 0."""
        import z3

        other = z3.Real("a quotient", self.context)
        replaced = z3.substitute(formula, *((quotient, other) for quotient, _ in self.quotients))
        return not z3.eq(replaced, formula)


def _distinct(expressions: Iterable[Expression]) -> list[Expression]:
    """Each once, in the order of its first place."""
    return list({expression.get_id(): expression for expression in expressions}.values())


def _text(solver: Any) -> str:
    """Its question in SMT-LIB; the same one has the same text, whatever was asked before."""
    numbers: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"{found[1]}{len(numbers) + 1}")

    return re.sub(r"([?$]x)\d+\b", renamed, solver.to_smt2())


def _symbol(name: str) -> str:
    """What a variable is called where its name is a word of SMT-LIB; no name of Python has a dot."""
    return f"{name}." if name in WORDS else name


def _truth(value: Any, context: Any) -> Expression:
    import z3

    return value.expression if isinstance(value, Term) else z3.BoolVal(plain_truth(value), context)


def shown(values: Mapping[str, Any]) -> str:
    """``x = 1, y = 1/2``."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
