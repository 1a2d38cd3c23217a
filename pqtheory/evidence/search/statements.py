"""Search for numbers that satisfy the assumptions of a statement and deny its conclusion."""

from functools import partial

from pqtheory.evidence.base import Evidence
from pqtheory.evidence.judging import as_float
from pqtheory.evidence.search import search
from pqtheory.evidence.search.domains import Fractions
from pqtheory.evidence.search.search import Case, Found, OnCase, Verdict
from pqtheory.evidence.search.slack import near_borders, read
from pqtheory.evidence.terms import Statement

REALS = Fractions()


def search_statement(
    statement: Statement,
    variables: str,
    examples: int,
    seed: int = 0,
    on_case: OnCase | None = None,
) -> Evidence | None:
    """Search for fractions that satisfy the assumptions of a statement and deny its conclusion.

    Cases are drawn with small denominators, with equal values, and on and near the borders where two sides of a
    comparison meet, in the statement or in the operators that it runs. Those that divide by 0 are left out.

    Parameters
    ----------
    statement, variables
        As for ``smt.decide``.
    examples, seed, on_case
        As for :func:`pqtheory.evidence.search.search`.

    Returns
    -------
    Evidence or None
        As for ``Searchable.search``; a counterexample is still to be confirmed in plain arithmetic.
    """
    found = search.search(
        dict.fromkeys(variables.split(), REALS),
        partial(_look_at_statement, statement),
        examples=examples,
        seed=seed,
        refine=partial(near_borders, statement),
        on_case=on_case,
    )
    return evidence_of(found) if found.cases else None


def _look_at_statement(statement: Statement, case: Case) -> Verdict:
    reading = read(statement, case)
    if not reading.assumed.holds:
        return Verdict(False, False, reading.assumed.slack)
    return Verdict(True, not reading.claimed.holds, reading.claimed.slack)


def evidence_of(found: Found) -> Evidence:
    """What a search found, as evidence."""
    least = as_float(found.least)
    if found.case is None:
        return Evidence("sampled", found.cases, least)
    return Evidence("refuted", found.cases, least, counterexample={**found.case, "margin": least})
