"""What a claim is: statements with their checks, controls that must be refuted, verification, results."""

from pqtheory.claims.book import Book
from pqtheory.claims.claim import Claim, Control, Part
from pqtheory.claims.results import ClaimResult, Report
from pqtheory.claims.verification import verify
from pqtheory.evidence.base import BUDGETS, KINDS, Budget, CaseCheck, Check, Evidence, Step
from pqtheory.evidence.judging import join, judge

__all__ = [
    "BUDGETS",
    "KINDS",
    "Book",
    "Budget",
    "CaseCheck",
    "Check",
    "Claim",
    "ClaimResult",
    "Control",
    "Evidence",
    "Part",
    "Report",
    "Step",
    "join",
    "judge",
    "verify",
]
