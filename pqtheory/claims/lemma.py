"""What a theorem may be proved by: lemmas, each shown once, and what they say of given values."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import Any, Protocol, final

from pqtheory._checks import check_number
from pqtheory.evidence.base import Budget, Evidence, Step
from pqtheory.evidence.exact import Exact


@final
@dataclass(frozen=True)
class Undecided:
    """That no engine has an answer, what would help, and the questions that were put."""

    note: str
    steps: tuple[Step, ...] = ()


class Lemma(Protocol):
    """What a theorem may be proved by: a statement that is shown by itself, and can be put to use at any values."""

    @property
    def of_reached(self) -> bool:
        """Whether it holds of the states alone that a run reaches."""

    def decided(self, budget: Budget) -> Evidence | Undecided:
        """Show it."""

    def at(self, **values: Any) -> "Instance":
        """What it says of these values."""

    def __hash__(self) -> int:
        """By what it is, not by what it says."""

    def lemmas(self) -> "list[Lemma]":
        """What it is shown by itself."""


@final
@dataclass(frozen=True)
class Instance:
    """What a lemma says of some values: its assumptions imply its conclusion; read only where it is asked for."""

    lemma: Lemma
    reads: Callable[[], Any]

    @property
    def says(self) -> Any:
        """The formula."""
        return self.reads()


def exact_values(what: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, numbers as exact ones: what is said of floats would round, and may be false of them.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return {
        name: Exact(check_number(v, f"{what}: {name}", finite=True)) if isinstance(v, Real) else v
        for name, v in values.items()
    }


#: what the engines say of lemmas, while a claim or a statement is shown
_SHOWN: ContextVar[dict[tuple[Lemma, Budget], Evidence | Undecided] | None] = ContextVar(
    "_SHOWN", default=None
)


@contextmanager
def each_once() -> Iterator[None]:
    """Until a claim or a statement is shown, each lemma is, once, however many others rest on it."""
    if _SHOWN.get() is not None:
        yield
        return
    token = _SHOWN.set({})
    try:
        yield
    finally:
        _SHOWN.reset(token)


def shown_once(lemma: Lemma, budget: Budget) -> Evidence | Undecided:
    """What the engines say of a lemma, asked once with each budget.

    Raises
    ------
    ValueError
        If it rests on itself.
    """
    known = _SHOWN.get()
    if known is not None and (lemma, budget) in known:
        return known[lemma, budget]
    if lemma in below(lemma):
        raise ValueError("by: expected other statements, got one that is shown by this one")
    found = lemma.decided(budget)
    if known is not None:
        known[lemma, budget] = found
    return found


def below(lemma: Lemma) -> set[Lemma]:
    """All lemmas that it rests on, those of its lemmas included; itself too where they go in a circle."""
    found: set[Lemma] = set()
    ahead = lemma.lemmas()
    while ahead:
        new = ahead.pop()
        if new not in found:
            found.add(new)
            ahead += new.lemmas()
    return found


@lru_cache(maxsize=256)
def holds_of_all(lemma: Lemma) -> bool:
    """Whether neither it nor one below it speaks of reached states alone."""
    return not any(found.of_reached for found in (lemma, *below(lemma)))
