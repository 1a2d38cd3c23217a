"""What the checks of a claim state, by their own source: lemmas first."""

from typing import Any

from pqtheory.claims.cases import Cases
from pqtheory.claims.forall import ForAll
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.together import AllOf


def sentences(check: Any) -> tuple[str, ...]:
    """The sentences of a check, and before them those of the lemmas that it is shown by; none of a plain function."""
    if isinstance(check, AllOf):
        found = [s for part in (*check.checks, *check.beside) for s in sentences(part)]
    elif isinstance(check, ForAll | Invariant):
        found = [s for lemma in check.lemmas() for s in sentences(lemma)]
        found.append(check.sentence())
    elif isinstance(check, Cases):
        found = [check.sentence()]
    else:
        found = []
    return tuple(dict.fromkeys(found))
