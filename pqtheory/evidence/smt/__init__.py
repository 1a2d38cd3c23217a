"""Proof for all real numbers by an SMT solver."""

from pqtheory.evidence.smt.decide import PACKAGE, SECONDS, available, decide, unknown
from pqtheory.evidence.terms import Statement

__all__ = [
    "PACKAGE",
    "SECONDS",
    "Statement",
    "available",
    "decide",
    "unknown",
]
