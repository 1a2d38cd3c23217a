"""Statements with many variables: the solver, and where it has no answer random fractions to fall back on."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from pqtheory.evidence import Budget, Evidence, smt

Numbers = Sequence[Fraction]


def quarters(*numerators: int) -> tuple[Fraction, ...]:
    """These numbers of quarters."""
    return tuple(Fraction(n, 4) for n in numerators)


SIGNED = quarters(*range(-8, 9))
POSITIVE = quarters(1, 2, 4, 6, 8)


def for_all(
    statement: smt.Statement, variables: str, values: Mapping[str, Numbers], quick: int = 2000
) -> smt.ForAll:
    """For all reals by the solver; else sampled.

    Parameters
    ----------
    statement, variables
        As for :func:`pqtheory.evidence.smt.decide`.
    values : mapping
        What a variable is drawn from, under its name without the number at its end; others come out of ``SIGNED``.
    quick : int
        How many cases are drawn in the quick budget; twenty times as many in the full one.
    """

    def cases(budget: Budget) -> Iterator[tuple[Fraction, ...]]:
        pools = [values.get(name.rstrip("0123456789"), SIGNED) for name in variables.split()]
        rng = np.random.default_rng(0)
        for _ in range(budget.pick(quick, 20 * quick)):
            yield tuple(pool[int(rng.integers(len(pool)))] for pool in pools)

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, variables, cases(budget))

    return smt.or_else(statement, variables, sampled)
