"""Proof engines, and what claims are made of."""

from pqtheory.evidence import fixed_points, smt, worst_case
from pqtheory.evidence.base import (
    BUDGETS,
    KINDS,
    Budget,
    Check,
    Claim,
    Control,
    Evidence,
    Part,
    join,
    judge,
)
from pqtheory.evidence.verification import ClaimResult, Report, verify

__all__ = [
    "BUDGETS",
    "KINDS",
    "Budget",
    "Check",
    "Claim",
    "ClaimResult",
    "Control",
    "Evidence",
    "Part",
    "Report",
    "fixed_points",
    "join",
    "judge",
    "smt",
    "verify",
    "worst_case",
]
