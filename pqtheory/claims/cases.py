"""Search for counterexamples: checks that look at one case at a time, so that Hypothesis can look for one that refutes.

A statement over numbers is searched by ``smt.ForAll`` itself. For anything else, arrays, trajectories, random
instances, a claim says what a case is and how far from refuted it is::

    def margin(theta, weight):                       # >= 0 where the statement holds; or a truth value
        ...

    falsify.Cases(margin, {"theta": falsify.Lists(falsify.Fractions(-2, 2), 4), "weight": falsify.Fractions(0, 4)})
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from pqtheory._arrays import is_torch
from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.claims.source import source
from pqtheory.claims.together import Searchable
from pqtheory.evidence.base import Budget, Evidence
from pqtheory.evidence.judging import slack_of
from pqtheory.evidence.search import search
from pqtheory.evidence.search.domains import Choice, Domain, Floats, Fractions, Integers, Lists
from pqtheory.evidence.search.search import (
    PACKAGE,
    Case,
    Found,
    OnCase,
    Verdict,
    available,
    require,
)
from pqtheory.evidence.search.statements import evidence_of

__all__ = [
    "PACKAGE",
    "Cases",
    "Choice",
    "Domain",
    "Floats",
    "Fractions",
    "Integers",
    "Lists",
    "Searchable",
    "available",
    "require",
]


@final
@dataclass(frozen=True)
class Cases:
    """A statement about cases of JSON's values and fractions, given by its margin.

    Attributes
    ----------
    margin : callable
        Takes one value for each variable, by name. Returns a number, >= 0 where the statement holds, or a truth value;
        None for a case that the statement does not speak of. NaN never holds.
    domains : mapping of str to Domain
        What each variable may be.
    tolerance : float
        A margin above minus this one still holds.
    quick, full : int
        How many cases the two budgets look at.

    Raises
    ------
    ValueError
        If there is no variable, or one is called "margin", or a number of cases is < 1.
    """

    margin: Callable[..., Any]
    domains: Mapping[str, Domain] = field(hash=False)
    tolerance: float = 0.0
    quick: int = 100
    full: int = 5000

    def __post_init__(self) -> None:
        if not self.domains or "margin" in self.domains:
            raise ValueError(
                f"domains: expected one or more variables, none called 'margin', got {brief(list(self.domains))}"
            )
        for examples in (self.quick, self.full):
            check_count(examples, "examples")

    def __call__(self, budget: Budget) -> Evidence:
        """Search with the cases of the budget.

        Raises
        ------
        ValueError
            If the statement speaks of none of the cases.
        """
        found = self.search(budget.pick(self.quick, self.full))
        if found is None:
            raise ValueError("margin: expected at least one case that the statement speaks of")
        if found.kind == "refuted" or available():
            return found
        return replace(found, note=f"with {PACKAGE} installed the search would be guided")

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """Refuted by a simplified case, or sampled with the least margin; None where there was no case."""
        found = search.search(
            self.domains, self._look, examples=examples, seed=seed, on_case=on_case
        )
        return evidence_of(found) if found.cases else None

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The margin of one case.

        Raises
        ------
        ValueError
            If a variable is missing or outside its domain, or the statement does not speak of the case.
        """
        values = _values(case, list(self.domains))
        for name, domain in self.domains.items():
            if not domain.contains(values[name]):
                raise ValueError(f"case: {name} = {brief(values[name])} is not of {domain}")
        verdict = self._look(values)
        if not verdict.inside:
            raise ValueError(f"case: the statement does not speak of {values}")
        return evidence_of(Found(1, verdict.slack, values if verdict.refutes else None))

    def sentence(self) -> str:
        """What its variables may be, and the source of its margin."""
        domains = [f"{name} of {domain}" for name, domain in self.domains.items()]
        return "\n".join([f"for {', '.join(domains)}, margin >= 0:", source(self.margin)])

    def _look(self, case: Case) -> Verdict:
        # the case that is shown is the one that was drawn, whatever is done to its lists
        margin = slack_of(self.margin(**{name: _copied(value) for name, value in case.items()}))
        if margin is None:
            return Verdict(False, False, -1)
        if isinstance(margin, np.ndarray) or is_torch(margin):
            raise TypeError(f"margin: expected one number, got {brief(margin)}")
        if margin != margin:
            margin = -math.inf
        return Verdict(True, margin < -self.tolerance, margin)


def _copied(value: Any) -> Any:
    return [_copied(v) for v in value] if isinstance(value, list) else value


def _values(case: Mapping[str, Any], names: Sequence[str]) -> Case:
    missing = [name for name in names if name not in case]
    if missing:
        raise ValueError(f"case: expected {', '.join(names)}; {', '.join(missing)} missing")
    return {name: case[name] for name in names}


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
