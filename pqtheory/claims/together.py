"""Checks put together so that they can still be searched and replayed case by case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, final, runtime_checkable

from pqtheory.evidence.base import Budget, CaseCheck, Check, Evidence
from pqtheory.evidence.judging import join
from pqtheory.evidence.search.search import OnCase

#: (measured, predicted)
Figures = Callable[[Budget], tuple[Mapping[str, Any], Mapping[str, Any]]]


@runtime_checkable
class Searchable(CaseCheck, Protocol):
    """A check that can search for a case that refutes it."""

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """Refuted by a case that ``replay`` confirms, or sampled; None where no case was one of the statement's."""


def with_cases(check: Check, cases: Check) -> Check:
    """``check``, searched by ``cases`` if they can be."""
    return WithCases(check, cases) if isinstance(cases, Searchable) else check


@final
@dataclass(frozen=True)
class WithCases:
    """A check that decides a statement as a whole, with cases to search it by.

    Attributes
    ----------
    check : check
        What is asked for evidence.
    cases : Searchable
        The same statement case by case: what counterexamples are searched with, and replayed by.
    """

    check: Check
    cases: Searchable

    def __call__(self, budget: Budget) -> Evidence:
        """The evidence of the check."""
        return self.check(budget)

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """What a search of the cases finds."""
        return self.cases.search(examples, seed, on_case)

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """What the cases say of this one; ValueError if it is none of theirs."""
        return self.cases.replay(case)


def joined(*checks: Check, figures: Figures | None = None) -> Check:
    """Several statements as one, each of which must hold; searched by those of them that can be.

    Parameters
    ----------
    *checks : check
        At least one.
    figures : callable, optional
        (measured, predicted) for a budget, as ``join`` takes them.
    """

    def check(budget: Budget) -> Evidence:
        measured, predicted = ({}, {}) if figures is None else figures(budget)
        pieces = (piece(budget) for piece in checks)
        return join(*pieces, measured=measured, predicted=predicted)

    cases = tuple(piece for piece in checks if isinstance(piece, Searchable))
    return WithCases(check, AnyOf(cases)) if cases else check


@final
@dataclass(frozen=True)
class AnyOf:
    """Statements whose conjunction is refuted where any of them is.

    Attributes
    ----------
    checks : tuple of Searchable
        At least one.
    """

    checks: tuple[Searchable, ...]

    def __call__(self, budget: Budget) -> Evidence:
        """The evidence of all, joined."""
        return join(*(check(budget) for check in self.checks))

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """What searches of all of them find, with so many examples together."""
        share, done, found = -(-examples // len(self.checks)), 0, []
        for check in self.checks:
            count = None if on_case is None else partial(_shifted, on_case, done)
            found.append(check.search(share, seed, count))
            done += share
        pieces = [evidence for evidence in found if evidence is not None]
        return join(*pieces) if pieces else None

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """Refuted if one of them is by this case.

        Raises
        ------
        ValueError
            If none of them speaks of it.
        """
        pieces, errors = [], []
        for check in self.checks:
            try:
                pieces.append(check.replay(case))
            except ValueError as error:
                errors.append(error)
        if not pieces:
            raise errors[-1]
        return join(*pieces)


def _shifted(on_case: OnCase, before: int, looked: int) -> None:
    on_case(before + looked)
