"""Checks that ask the symbolic engine, and where it has no answer fall back to weaker evidence."""

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pqtheory.evidence.base import Evidence, Step
from pqtheory.evidence.roots import holds_at
from pqtheory.evidence.search.slack import Slack
from pqtheory.evidence.search.statements import search_statement
from pqtheory.evidence.smt.decide import shown
from pqtheory.evidence.symbolic.clock import UndecidedError
from pqtheory.evidence.terms import Statement, Term
from pqtheory.evidence.variables import variable_names

PACKAGE = "sympy"
SECONDS = {"quick": 20.0, "full": 120.0}
#: cases looked at for a counterexample, once there is no proof
EXAMPLES = {"quick": 100, "full": 2000}
#: cases looked at although there is a proof: two readings of the same code must not differ
READINGS = 20
#: cases looked at for one that satisfies the assumptions
MODELS = 1000
#: how long the assumptions may be looked at for a contradiction
CONTRADICTION_SECONDS = 5.0


def available() -> bool:
    """Whether sympy is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def identity(
    left: Callable[..., Any],
    right: Callable[..., Any],
    assuming: Callable[..., Sequence[Any]] = lambda *_: (),
) -> Statement:
    """The statement that two formulas have the same value.

    Parameters
    ----------
    left, right : callable
        Take one term for each variable.
    assuming : callable
        Where they have: takes the same terms, returns assumptions; everywhere unless it is given.
    """
    return lambda *variables: (assuming(*variables), left(*variables) == right(*variables))


def decide(
    statement: Statement, variables: str, *, seconds: float = 5.0, examples: int = 100
) -> Evidence | None:
    """Decide a statement for all real values of its variables.

    Parameters
    ----------
    statement : callable
        Takes one term for each variable; returns assumptions and conclusion.
    variables : str
        Names, separated by spaces, in the order of the arguments.
    seconds : float
        Time limit of the proof.
    examples : int
        How many exact cases a counterexample is looked for in.

    Returns
    -------
    Evidence or None
        "proved" where each divisor is shown not to be 0, and the conclusion is shown branch by branch: equations by
        normal forms, inequalities by exact certificates; "refuted" by fractions, confirmed by running ``statement`` on
        them; None otherwise.

    Raises
    ------
    ArithmeticError
        If what is proved has an exact counterexample: then the readings of ``statement`` differ.
    """
    return answer(statement, variables, seconds, examples)[0]


def answer(
    statement: Statement,
    variables: str,
    seconds: float,
    examples: int,
    models: int = MODELS,
    for_search: Statement | None = None,
) -> tuple[Evidence | None, str]:
    """What ``decide`` returns, and why there was no proof.

    ``models`` is how many cases are looked at for one that satisfies the assumptions. ``for_search`` is the
    statement without those assumptions that hold of all numbers; they rule no case out.

    Raises
    ------
    ValueError
        If no numbers satisfy the assumptions, or two variables have one name.
    """
    from pqtheory.evidence.symbolic.proofs import prove

    names = " ".join(variable_names(variables))
    searched = statement if for_search is None else for_search
    try:
        proof = prove(statement, names, seconds)
        model = _model(searched, names, seconds, models)
    except UndecidedError as error:
        return _denied(searched, names, examples) if examples else None, str(error)
    if _denied(searched, names, READINGS) is not None:
        raise ArithmeticError("sympy proves what exact arithmetic refutes: two readings differ")
    return replace(proof, proof=(*proof.proof, *model)), ""


def _model(statement: Statement, variables: str, seconds: float, models: int) -> tuple[Step, ...]:
    """Numbers that satisfy the assumptions, as a step.

    Raises
    ------
    ValueError
        If they contradict each other: such a statement says nothing.
    UndecidedError
        If none is found.
    """
    from pqtheory.evidence.symbolic.proofs import prove

    def nothing(*values: Any) -> Any:
        return statement(*values)[0], False

    def absurd(*values: Any) -> Any:
        return statement(*values)[0], 0 * values[0] == 1

    if not _assumes(statement, variables):
        return ()
    found = _denied(nothing, variables, READINGS)
    if found is None:
        # a contradiction is shown at once, or is none
        with suppress(UndecidedError):
            prove(absurd, variables, min(seconds, CONTRADICTION_SECONDS))
            raise ValueError(
                f"assumptions: no real {variables.replace(' ', ', ')} satisfy all of them, "
                "so that the statement says nothing"
            )
        found = _denied(nothing, variables, models)
    if found is None or found.counterexample is None:
        raise UndecidedError("no numbers are found that satisfy the assumptions")
    values = {name: found.counterexample[name] for name in variables.split()}
    return (Step(f"the assumptions hold at {shown(values)}, among others"),)


def _assumes(statement: Statement, variables: str) -> bool:
    backend = Slack()
    ones = [Term(backend.number(Fraction(1)), backend) for _ in variables.split()]
    try:
        return bool(list(statement(*ones)[0]))
    except ZeroDivisionError:
        return True


def _denied(statement: Statement, variables: str, examples: int) -> Evidence | None:
    """Fractions that satisfy the assumptions and deny the conclusion, confirmed by plain arithmetic."""
    found = search_statement(statement, variables, examples)
    if found is None or found.counterexample is None:
        return None
    values = [found.counterexample[name] for name in variables.split()]
    if holds_at(statement, values) is not False:
        raise ArithmeticError(f"{dict(found.counterexample)} does not replay")
    return found


def missing() -> str:
    """What would strengthen the evidence where sympy is not installed."""
    return f"with {PACKAGE} installed it would be proved"


def no_answer(reason: str) -> str:
    """What is said where sympy has no answer."""
    return f"sympy found no answer: {reason}"
