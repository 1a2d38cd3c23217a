"""That a statement divides by nothing that is 0 wherever its assumptions hold."""

from collections.abc import Iterable, Sequence

from pqtheory.evidence.base import Step
from pqtheory.evidence.smt.asking import asked
from pqtheory.evidence.smt.divisors import divisors
from pqtheory.evidence.smt.question import Question, smt_lib
from pqtheory.evidence.terms import Expression

#: how long a divisor may be looked at
DIVISOR_SECONDS = 5.0
#: and how long first, without the branches that it is on
HASTY_SECONDS = 1.0


def require_divisors(question: Question) -> tuple[Step, ...] | None:
    """That nothing is divided by 0 wherever the assumptions hold, as steps; None where there is no answer.

    Raises
    ------
    ValueError
        If something is.
    """
    if not question.quotients:
        return ()
    # an assumption that divides may say nothing where it matters
    safe = [a for a in question.assumed if not _has_quotient(question, a)]
    found = []
    for divisor in _distinct(divisor for _, divisor in question.quotients):
        step = _nonzero(question, divisor, safe, HASTY_SECONDS)
        if step is None:
            # nonzero on the branches that divide by it, perhaps, or in no formula that is asked
            return _nonzero_where_met(question, safe)
        found.append(step)
    return tuple(dict.fromkeys(found))


def _nonzero_where_met(question: Question, safe: Sequence[Expression]) -> tuple[Step, ...] | None:
    """The same, with the branches on which each divisor is met."""
    found = []
    for divisor, condition in divisors([*question.assumed, question.concluded]):
        step = _nonzero(question, divisor, [*safe, condition], DIVISOR_SECONDS, named=True)
        if step is None:
            return None
        found.append(step)
    return tuple(dict.fromkeys(found))


def _nonzero(
    question: Question,
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

    solver = question.solver([*where, divisor == 0])
    answer = asked(solver, seconds)
    text = " ".join(str(z3.simplify(divisor)).split())[:200]
    if named and answer == z3.sat:
        raise ValueError(f"division: assume {text} != 0")
    if answer != z3.unsat:
        return None
    said = f"z3: {text} is not 0 where something is divided by it"
    return Step(said, machine=smt_lib(solver), answer="unsat")


def _has_quotient(question: Question, formula: Expression) -> bool:
    """Whether it divides by what may be 0."""
    import z3

    other = z3.Real("a quotient", question.context)
    replaced = z3.substitute(formula, *((quotient, other) for quotient, _ in question.quotients))
    return not z3.eq(replaced, formula)


def _distinct(expressions: Iterable[Expression]) -> list[Expression]:
    """Each once, in the order of its first place."""
    return list({expression.get_id(): expression for expression in expressions}.values())
