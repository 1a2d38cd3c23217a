"""Proof for all real numbers by an SMT solver."""

from pqtheory.evidence.smt.decide import PACKAGE, SECONDS, available, decide, unknown
from pqtheory.evidence.smt.fallback import ForAll, on_cases, or_else
from pqtheory.evidence.terms import Statement

__all__ = [
    "PACKAGE",
    "SECONDS",
    "ForAll",
    "Statement",
    "available",
    "decide",
    "on_cases",
    "or_else",
    "unknown",
]
