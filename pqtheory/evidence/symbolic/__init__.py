r"""Identities, inductions and orbits in exact arithmetic: sympy reads the operators' own code.

::

    def square(a, b):
        return [], (a + b) ** 2 == a * a + 2 * a * b + b * b

    symbolic.decide(square, "a b")          # Evidence("proved") with LaTeX, "refuted" with fractions, or None: unknown

An equation counts as proved only where both sides have the same normal form as quotients of polynomials, in every
branch of every ``where``, and no divisor met on the way can be 0. What helps to exclude branches and zeros of divisors
are exact certificates for inequalities. Numbers put in for variables prove nothing; they refute.
"""

from pqtheory.evidence.symbolic.checks import (
    PACKAGE,
    available,
    decide,
    identity,
)
from pqtheory.evidence.symbolic.clock import UndecidedError

__all__ = [
    "PACKAGE",
    "UndecidedError",
    "available",
    "decide",
    "identity",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
