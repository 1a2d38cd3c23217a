"""Several checks as one: each must hold, and the whole can be searched and replayed case by case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, final, runtime_checkable

from pqtheory.claims.claim import CaseCheck, Check, checked
from pqtheory.evidence.base import Budget, Evidence
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


@final
@dataclass(frozen=True, eq=False)
class AllOf:
    """Statements that must all hold.

    Attributes
    ----------
    checks : tuple of check
        At least one; the whole is as strong as the weakest.
    figures : callable, optional
        (measured, predicted) for a budget.
    beside : tuple of check
        Runs that illustrate the statement: their figures and counterexamples count, their weaker kind does not.
    cases : tuple of Searchable
        What a search looks at; those of ``checks`` that can be searched unless they are given.

    Raises
    ------
    ValueError
        If there is no check.
    """

    checks: tuple[Check, ...]
    figures: Figures | None = None
    beside: tuple[Check, ...] = ()
    cases: tuple[Searchable, ...] = ()

    def __post_init__(self) -> None:
        if not self.checks:
            raise ValueError("checks: expected at least one, got none")
        if not self.cases:
            found = tuple(check for check in self.checks if isinstance(check, Searchable))
            object.__setattr__(self, "cases", found)

    def __call__(self, budget: Budget) -> Evidence:
        """The evidence of all, joined."""
        measured, predicted = ({}, {}) if self.figures is None else self.figures(budget)
        # all of them, refuted or not: one that says nothing is an error wherever it stands
        found = [checked(check, budget) for check in self.checks]
        whole = join(*found, measured=measured, predicted=predicted)
        for run in self.beside:
            whole = _beside(whole, checked(run, budget))
        return whole

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """What searches of all of them find, with so many examples together; None where none can be searched."""
        if not self.cases:
            return None
        share, done, found = -(-examples // len(self.cases)), 0, []
        for check in self.cases:
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
        pieces, errors = [], [ValueError("case: none of the checks looks at single cases")]
        for check in self.cases:
            try:
                pieces.append(check.replay(case))
            except ValueError as error:
                errors.append(error)
        if not pieces:
            raise errors[-1]
        return join(*pieces)


def all_of(
    *checks: Check,
    figures: Figures | None = None,
    beside: tuple[Check, ...] = (),
    cases: tuple[Searchable, ...] = (),
) -> AllOf:
    """Several statements as one; see :class:`AllOf`."""
    return AllOf(checks, figures, beside, cases)


def _beside(whole: Evidence, run: Evidence) -> Evidence:
    if run.kind == "refuted":
        return join(whole, run)
    illustrated = replace(
        whole, measured=run.measured, predicted=run.predicted, agreement=run.agreement
    )
    return replace(join(whole, illustrated), cases=whole.cases)


def _shifted(on_case: OnCase, before: int, looked: int) -> None:
    on_case(before + looked)
