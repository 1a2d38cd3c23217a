"""What a claim is: statements with their checks, controls that must be refuted, verification, results."""

from pqtheory.claims.book import Book
from pqtheory.claims.claim import CaseCheck, Check, Claim, Control, Part
from pqtheory.claims.forall import ForAll, forall
from pqtheory.claims.invariant import Invariant, invariant
from pqtheory.claims.kinds import between, nonnegative, one_of, positive, real
from pqtheory.claims.results import ClaimResult, Report
from pqtheory.claims.together import AllOf, Searchable, all_of
from pqtheory.claims.truths import every, implies, negated
from pqtheory.claims.verification import verify
from pqtheory.evidence.base import BUDGETS, KINDS, Budget, Evidence, Step
from pqtheory.evidence.judging import join, judge

__all__ = [
    "BUDGETS",
    "KINDS",
    "AllOf",
    "Book",
    "Budget",
    "CaseCheck",
    "Check",
    "Claim",
    "ClaimResult",
    "Control",
    "Evidence",
    "ForAll",
    "Invariant",
    "Part",
    "Report",
    "Searchable",
    "Step",
    "all_of",
    "between",
    "every",
    "forall",
    "implies",
    "invariant",
    "join",
    "judge",
    "negated",
    "nonnegative",
    "one_of",
    "positive",
    "real",
    "verify",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
