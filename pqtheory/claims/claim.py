"""What a claim is made of: parts with their checks, and controls that the same checks must refute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

from pqtheory._messages import brief, counted, visible
from pqtheory._notebook import shown
from pqtheory.claims.source import stated_at
from pqtheory.evidence.base import Budget, Evidence

Check = Callable[[Budget], Evidence]


@runtime_checkable
class CaseCheck(Protocol):
    """A check that can also look at one case: what counterexamples are searched with, and replayed by."""

    def __call__(self, budget: Budget) -> Evidence:
        """Decide the statement."""

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """Look at one case, exactly: refuted by it, or sampled with one case."""


@dataclass(frozen=True)
class Item:
    """One statement of a claim, and the check that decides it.

    Attributes
    ----------
    name, statement : str
        A few words, and what is stated.
    check : check
        Decides it.
    prose : tuple of str
        Steps of the argument that are in words alone, which no engine has checked; counted and shown beside the kind.

    Raises
    ------
    TypeError
        If the check cannot be called, or ``prose`` is no tuple of texts.
    """

    name: str
    statement: str
    check: Check
    prose: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not callable(self.check):
            raise TypeError(
                f"{self.name}: expected a function of the budget or a forall as check, got {brief(self.check)}"
            )
        require_texts("prose", self.prose)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {visible(self.name)!r}>"


def require_texts(what: str, texts: object) -> None:
    """Raise TypeError unless it is a tuple or list of texts; a text alone would be one of letters."""
    if not isinstance(texts, tuple | list) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{what}: expected a tuple of texts, got {brief(texts)}")


def checked(check: Check, budget: Budget) -> Evidence:
    """What a check finds.

    Raises
    ------
    TypeError
        If it returns anything but evidence.
    """
    with stated_at(check):
        found = check(budget)
        if not isinstance(found, Evidence):
            raise TypeError(f"the check returned {brief(found)}: return Evidence, or use forall")
    return found


@final
@dataclass(frozen=True, repr=False)
class Part(Item):
    """A statement that holds."""


@final
@dataclass(frozen=True, repr=False)
class Control(Item):
    """A nearby false statement; its check, the same as a part's, must come out refuted."""


@final
@dataclass(frozen=True)
class Claim:
    """A true statement with its evidence.

    Attributes
    ----------
    name : str
        As in ``pqtheory verify NAME``.
    source : str
        Paper and theorem.
    statement, formula : str
        In words, and as a formula in plain text: with every assumption and every range that the checks use.
    parts, controls : tuple
        At least one of each.
    headline : str
        The measured figure that a table shows beside its prediction; none where it is empty.
    derivation : str
        The argument, for a reader; the docstring of the claim's file unless it is given.
    formula_latex, derivation_latex : str
        Both in LaTeX.
    lean : str
        The statement for Lean 4, in the words of Mathlib and optlib, where one is written by hand; nothing checks it.
    uses : tuple of str
        Names of the claims that it builds on.
    operators : tuple of str
        The public operators that it is about, by their full names, such as "pqtheory.regularizers.DistanceL1.prox":
        where one of them breaks, the claim fails.
    file, chapter : str
        The file of a user's own claim, or the chapter of the book in which it stands; set where it is loaded.

    Raises
    ------
    TypeError
        If ``uses`` or ``operators`` is no tuple of texts.
    ValueError
        If there is no part or no control, or two of them have one name.
    """

    name: str
    source: str
    statement: str
    formula: str
    parts: tuple[Part, ...]
    controls: tuple[Control, ...]
    headline: str = ""
    derivation: str = ""
    formula_latex: str = ""
    derivation_latex: str = ""
    lean: str = ""
    uses: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    file: str = ""
    chapter: str = ""

    def __post_init__(self) -> None:
        for what, texts in (("uses", self.uses), ("operators", self.operators)):
            require_texts(what, texts)
        if not self.parts or not self.controls:
            raise ValueError(f"claim {self.name}: expected at least one part and one control")
        for items in (self.parts, self.controls):
            named = [item.name for item in items]
            for name in named:
                if named.count(name) > 1:
                    raise ValueError(
                        f"claim {self.name}: expected distinct names, got {brief(name)} twice"
                    )

    def __repr__(self) -> str:
        counts = f"{counted(len(self.parts), 'part')}, {counted(len(self.controls), 'control')}"
        return f"<Claim {visible(self.name)!r}: {counts}; {visible(self.source):.60}>"

    def _repr_latex_(self) -> str | None:
        """The formula."""
        return f"$${self.formula_latex}$$" if self.formula_latex else None

    def _repr_html_(self) -> str:
        """Statement and formula, parts and controls."""
        facts = {
            "states": self.statement,
            "source": self.source,
            "parts": "; ".join(part.name for part in self.parts),
            "controls, all false": "; ".join(control.statement for control in self.controls),
        }
        return shown(self.name, self.formula_latex, facts)
