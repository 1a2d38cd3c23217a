"""Proof for all real numbers by an SMT solver."""

from pqtheory.evidence.smt.decide import (
    PACKAGE,
    SECONDS,
    available,
    contradicts_itself,
    decide,
    unknown,
)
from pqtheory.evidence.terms import Statement

__all__ = [
    "PACKAGE",
    "SECONDS",
    "Statement",
    "available",
    "contradicts_itself",
    "decide",
    "unknown",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
