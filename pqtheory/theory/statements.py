"""What the claims on methods share: statements over terms with rational cases to fall back on, and what terms feed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any, final

from pqtheory._arrays import Array, as_array, is_symbolic
from pqtheory.claims import Check, all_of
from pqtheory.evidence import Budget, Evidence, smt
from pqtheory.schedules import Schedule
from pqtheory.sets.finite import Cells, FiniteSet

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


def every(tests: Sequence[Any]) -> Any:
    """Whether all of them hold, for terms and for truth values."""
    return reduce(and_, tests)


def exact(number: Any) -> Array:
    """A term as it is, a fraction as an array of one element: what methods take, and keep an array."""
    array = as_array(number)[1]
    return array if is_symbolic(array) else array.reshape(1)


@final
@dataclass(frozen=True)
class Given(Schedule):
    """The same value at every step: a number, or a term."""

    value: Any

    def __call__(self, step: int) -> Any:
        """``value``."""
        return self.value


@final
@dataclass(frozen=True)
class Listed(Schedule):
    """``values[t]``."""

    values: tuple[Any, ...]

    def __call__(self, step: int) -> Any:
        """The listed value."""
        return self.values[step]


@final
class GivenLevels(FiniteSet):
    """Levels that may be terms, which the statement assumes to ascend."""

    given: tuple[Any, ...]

    def __init__(self, *levels: Any) -> None:
        object.__setattr__(self, "given", levels)

    @property
    def level_values(self) -> tuple[Any, ...]:
        """The levels as they were given."""
        return self.given

    def cells(self, theta: Array) -> Cells:
        """Cells that meet at the midpoints, in real arithmetic."""
        pairs = list(itertools.pairwise(self.given))
        middles = tuple((a + b) / 2 for a, b in pairs)
        return Cells(self.given, middles, middles, tuple((b - a) / 2 for a, b in pairs))
