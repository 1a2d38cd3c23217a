"""Proof engines, and what claims are made of."""

from pqtheory.evidence import counterexamples, falsify, fixed_points, smt, worst_case
from pqtheory.evidence.base import (
    BUDGETS,
    KINDS,
    Budget,
    CaseCheck,
    Check,
    Claim,
    Control,
    Evidence,
    Part,
    Step,
)
from pqtheory.evidence.judging import join, judge
from pqtheory.evidence.results import ClaimResult, Report
from pqtheory.evidence.verification import verify

__all__ = [
    "BUDGETS",
    "KINDS",
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
    "counterexamples",
    "falsify",
    "fixed_points",
    "join",
    "judge",
    "smt",
    "symbolic",
    "verify",
    "worst_case",
]
