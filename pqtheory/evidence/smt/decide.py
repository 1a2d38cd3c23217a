"""Proof for all real numbers: the negated statement goes to an SMT solver (z3), and unsat is a proof.

A statement says what it quantifies over and what must hold::

    def statement(t, w, x):
        p = W.prox(t, weight=w)                      # the operator's own code, run over terms
        return [w > 0], objective(p) <= objective(x)

    smt.decide(statement, "t w x")    # Evidence("proved"), Evidence("refuted") with the numbers, or None: unknown

A proof counts only where the assumptions have a model, which is shown with it, and where nothing is divided by 0.
"""

import importlib.util
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

from pqtheory.evidence.base import Evidence, Step
from pqtheory.evidence.roots import Root, UnconfirmedError, holds_at
from pqtheory.evidence.smt.asking import asked
from pqtheory.evidence.smt.divisions import require_divisors
from pqtheory.evidence.smt.question import Question, smt_lib
from pqtheory.evidence.terms import Statement
from pqtheory.evidence.variables import variable_names

PACKAGE = "z3-solver"
#: time limit of one question, by budget
SECONDS = {"quick": 5.0, "full": 120.0}
#: how long a contradiction is looked for that is none as a rule
GLANCE_SECONDS = 1.0
#: how many exact cases are tried for a model of the assumptions, and for fractions in place of roots
EXAMPLES = 200


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
    import z3

    question = Question(statement, variable_names(variables))
    defined = require_divisors(question)
    if defined is None:
        return None
    solver = question.solver(question.denied)
    answer = asked(solver, seconds)
    if answer == z3.unsat:
        text = f"z3: no real {question.listed} satisfy the assumptions and deny the statement"
        step = Step(text, machine=smt_lib(solver), answer="unsat")
        model = _model_of_assumptions(question, seconds, lemmas)
        return None if model is None else Evidence("proved", proof=(step, *defined, *model))
    if answer == z3.sat:
        return _refuted(question, solver)
    return None


def contradicts_itself(statement: Statement, variables: str) -> bool:
    """Whether no values satisfy the assumptions of a statement, as far as the solver sees that at once."""
    import z3

    question = Question(statement, variable_names(variables))
    return bool(asked(question.solver(question.assumed), GLANCE_SECONDS) == z3.unsat)


def unknown(statement: Statement, variables: str) -> Step:
    """The question that the solver did not answer, for another one."""
    question = Question(statement, variable_names(variables))
    text = f"z3: no answer for {question.listed}"
    return Step(text, machine=smt_lib(question.solver(question.denied)), answer="unknown")


def _model_of_assumptions(
    question: Question, seconds: float, lemmas: int
) -> tuple[Step, ...] | None:
    """Values that satisfy the assumptions, as a step; None where there is no answer.

    Raises
    ------
    ArithmeticError
        If the same code denies there, in exact arithmetic, what is proved.
    ValueError
        If there are none: such a statement says nothing.
    """
    import z3

    assumed = question.assumed[: len(question.assumed) - lemmas]
    solver = question.solver(assumed)
    answer = asked(solver, seconds)
    if answer == z3.unsat:
        raise ValueError(
            f"assumptions: no real {question.listed} satisfy all of them, so that the statement says nothing"
        )
    values: Mapping[str, Any] | None
    if answer == z3.sat:
        values = question.values(solver.model())
    else:
        values = _searched(question, lambda assumptions, _: (assumptions, False))
    if values is None:
        return None
    _confirm(question, values)
    return (Step(f"the assumptions hold at {shown(values)}, among others"),) if assumed else ()


def _confirm(question: Question, values: Mapping[str, Any]) -> None:
    """Raise ArithmeticError where the same code, run on these fractions, denies what is proved."""
    if any(isinstance(value, Root) for value in values.values()):
        return
    # a division that the rest of the statement guards is none that numbers could leave out
    with suppress(ZeroDivisionError):
        if holds_at(question.statement, tuple(values.values())) is not True:
            raise ArithmeticError(f"z3 proves what exact arithmetic denies at {shown(values)}")


def _searched(question: Question, change: Callable[..., Any]) -> Mapping[str, Fraction] | None:
    """Fractions that deny the changed statement, if a search finds some."""
    from pqtheory.evidence.search.statements import search_statement

    def changed(*values: Any) -> Any:
        return change(*question.statement(*values))

    found = search_statement(changed, " ".join(question.names), EXAMPLES)
    if found is None or found.counterexample is None:
        return None
    return {name: found.counterexample[name] for name in question.names}


def _refuted(question: Question, solver: Any) -> Evidence:
    """The counterexample, once the same code has confirmed it in exact arithmetic.

    Raises
    ------
    ArithmeticError
        If it does not: then solver and operators read the formula differently.
    """
    step = Step(
        f"z3: {question.listed} that deny the statement",
        machine=smt_lib(solver),
        answer="sat",
    )
    values: Mapping[str, Fraction | Root] = question.values(solver.model())
    if any(isinstance(v, Root) for v in values.values()):
        values = _searched(question, lambda *read: read) or values
    try:
        holds = holds_at(question.statement, tuple(values.values()))
    except UnconfirmedError as error:
        # the solver has computed with these roots exactly, and nothing else has
        return Evidence("refuted", cases=1, counterexample=values, note=str(error), proof=(step,))
    if holds is not False:
        raise ArithmeticError(f"the solver's counterexample {shown(values)} does not replay")
    return Evidence("refuted", cases=1, counterexample=values, proof=(step,))


def shown(values: Mapping[str, Any]) -> str:
    """``x = 1, y = 1/2``."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())
