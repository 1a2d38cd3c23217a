"""Sentences with a number left open, as exercises: the solver proves or refutes what the answer makes of them."""

from collections.abc import Callable
from fractions import Fraction

from pqtheory.claims import Budget, ForAll
from pqtheory.evidence import smt

#: how near to the best number an answer must come
NEAR = Fraction(1, 10**5)
#: beyond it, as numerator or denominator, a solver may take minutes
LARGEST = 10**6


def is_true(sentence: ForAll) -> bool:
    """Whether the solver proves it, or refutes it.

    Raises
    ------
    ValueError
        If the solver is missing, or has no answer.
    """
    if not smt.available():
        raise ValueError("exercise: a solver judges it, z3 is missing: pip install 'pqtheory[smt]'")
    found = sentence(Budget())
    if found.kind not in ("proved", "refuted"):
        raise ValueError("exercise: the solver has no answer for this number; try a simpler one")
    return found.kind == "proved"


def judge_largest(number: Fraction, sentence: Callable[[Fraction], ForAll]) -> str:
    """The hint for the largest number that makes a sentence true; "" where it is that."""
    if max(abs(number.numerator), number.denominator) > LARGEST:
        return "choose a number of fewer digits"
    if not is_true(sentence(number)):
        return "refuted: the solver has a counterexample to your sentence; ask for less"
    if is_true(sentence(number + NEAR)):
        return "your sentence is true, but it is so for a larger number, too"
    return ""
