"""Truth values, of numbers or of the terms of any engine: what a statement may return, and what is made of them."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from pqtheory.evidence.terms import Term
from pqtheory.evidence.truths import plain_truth


def every(tests: Sequence[Any]) -> Any:
    """Whether all of them hold, for terms and for truth values."""
    return reduce(and_, tests) if tests else True


def implies(assumptions: Sequence[Any], conclusion: Any) -> Any:
    """The assumptions imply the conclusion: for truth values and for terms."""
    if not assumptions:
        return conclusion
    return reduce(or_, map(negated, assumptions)) | conclusion


def negated(test: Any) -> Any:
    """Not ``test``: for truth values, where ~True would be -2, and for terms."""
    return not test if isinstance(test, bool) else ~test


def truth(what: str, value: Any) -> Any:
    """``value`` if it is true or false, or a term that is; a number or a tuple would count as true."""
    if isinstance(value, Term):
        if not value.is_truth:
            raise TypeError(f"{what}: expected a comparison, got a number")
        return value
    try:
        return plain_truth(value)
    except TypeError as error:
        raise type(error)(f"{what}: {error}") from error


def listed(what: str, value: Any, of: str) -> list[Any]:
    """``value`` as a list."""
    if isinstance(value, Term) or not isinstance(value, Iterable):
        raise TypeError(f"{what}: expected a list of {of}, got {_shown(value)}")
    return list(value)


def _shown(value: Any) -> str:
    return "a single one" if isinstance(value, Term) else f"{value!r:.60}"
