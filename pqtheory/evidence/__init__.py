"""Engines: they answer questions about statements, and know nothing of claims."""

from pqtheory.evidence import fixed_points, smt, worst_case
from pqtheory.evidence.base import BUDGETS, KINDS, Budget, Evidence, Step
from pqtheory.evidence.judging import join, judge

__all__ = [
    "BUDGETS",
    "KINDS",
    "Budget",
    "Evidence",
    "Step",
    "fixed_points",
    "join",
    "judge",
    "smt",
    "symbolic",
    "worst_case",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
