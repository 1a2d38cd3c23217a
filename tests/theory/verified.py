"""What verification says of each page of the book, asked once in a process however many tests look at it."""

from functools import cache

import pytest

from pqtheory.claims import ClaimResult
from pqtheory.theory import verify


@cache
def _verified(name: str) -> ClaimResult:
    return verify(name)[name]


def verified(name: str) -> ClaimResult:
    """The result of a page by the quick budget."""
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    return _verified(name)
