"""A statement that a solver decides only in pieces: lemmas, each for all reals, that together imply it.

Why they imply it stands in the docstring of the claim. A lemma that fails does not refute the statement, so that
whatever is not proved goes to the fallback, which looks at the statement itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from pqtheory.evidence import Budget, Check, Evidence, join, smt


@final
@dataclass(frozen=True)
class Lemma:
    """One piece, for all real values of its variables: ``statement`` and ``variables`` as for ``smt.decide``."""

    text: str
    statement: smt.Statement
    variables: str


def by_lemmas(lemmas: Sequence[Lemma], fallback: Check) -> Check:
    """Proved where every lemma is, else what ``fallback`` finds, with a note."""

    def check(budget: Budget) -> Evidence:
        if not smt.available():
            note = f"with {smt.PACKAGE} installed it would be proved"
            return replace(fallback(budget), note=note)
        proofs = []
        for lemma in lemmas:
            found = smt.decide(lemma.statement, lemma.variables, seconds=smt.SECONDS[budget.name])
            if found is None or found.kind != "proved":
                outcome = "found no answer to" if found is None else "refutes"
                note = f"the solver {outcome} the lemma: {lemma.text}"
                return replace(fallback(budget), note=note)
            steps = tuple(replace(s, text=f"{lemma.text}. {s.text}") for s in found.proof)
            proofs.append(replace(found, proof=steps))
        return join(*proofs)

    return check


@final
@dataclass(frozen=True)
class ByLemmas:
    """``by_lemmas`` for a statement over numbers, so that its counterexamples can be replayed.

    Attributes
    ----------
    lemmas : tuple of Lemma
        What together implies the statement.
    statement, variables
        The statement, as for ``smt.decide``; it is never handed to the solver whole.
    fallback : check
        Weaker evidence on the statement.
    """

    lemmas: tuple[Lemma, ...]
    statement: smt.Statement
    variables: str
    fallback: Check

    def __call__(self, budget: Budget) -> Evidence:
        """Proved, or the fallback's answer with a note."""
        return by_lemmas(self.lemmas, self.fallback)(budget)

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The statement itself for these numbers, in exact arithmetic.

        Raises
        ------
        ValueError
            If a variable is missing, or the numbers do not satisfy the assumptions.
        """
        return smt.ForAll(self.statement, self.variables, self.fallback).replay(case)

    def search(
        self, examples: int, seed: int = 0, on_case: Callable[[int], None] | None = None
    ) -> Evidence | None:
        """A counterexample to the statement itself, searched for."""
        whole = smt.ForAll(self.statement, self.variables, self.fallback)
        return whole.search(examples, seed, on_case)
