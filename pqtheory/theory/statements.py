"""What the claims on methods share: statements over terms with rational cases to fall back on, and what terms feed."""

import itertools
from collections.abc import Sequence
from fractions import Fraction

from pqtheory.claims import Check, all_of
from pqtheory.evidence import Budget, Evidence, smt

Numbers = Sequence[Fraction]
SIGNS: Numbers = (Fraction(-1), Fraction(1))
POSITIVE: Numbers = tuple(Fraction(n, 4) for n in (1, 2, 4, 9))
SIGNED: Numbers = tuple(Fraction(n, 4) for n in (-9, -4, -2, -1, 0, 1, 2, 4, 9))


def for_all(statement: smt.Statement, **values: Numbers) -> Check:
    """For all reals, by the solver; where it has no answer, sampled on every combination of ``values``.

    Parameters
    ----------
    statement : callable
        As for :func:`pqtheory.evidence.smt.decide`.
    **values
        For each variable, in the order of the arguments, some numbers to fall back on.
    """

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, " ".join(values), itertools.product(*values.values()))

    return smt.or_else(statement, " ".join(values), sampled)


def together(*checks: Check) -> Check:
    """All of them, as one."""
    return all_of(*checks)


def illustrated(proof: Check, *runs: Check) -> Check:
    """The proof, with the figures of some runs beside it; a run that is refuted refutes it all the same."""
    return all_of(proof, beside=runs)
