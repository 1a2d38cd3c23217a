"""What a claim is made of: parts with their checks, and controls that the same checks must refute."""

from dataclasses import dataclass
from typing import final

from pqtheory.evidence.base import Check


@final
@dataclass(frozen=True)
class Part:
    """One statement of a claim, and the check that decides it."""

    name: str
    statement: str
    check: Check


@final
@dataclass(frozen=True)
class Control:
    """A nearby false statement; its check, the same as a part's, must come out refuted."""

    name: str
    statement: str
    check: Check


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
        In words, and as a formula in plain text.
    parts, controls : tuple
        At least one of each.
    headline : str
        The measured figure that a table shows beside its prediction.
    derivation : str
        The argument, for a reader; the docstring of the claim's file unless it is given.
    file, chapter : str
        The file of a user's own claim, or the chapter of the book in which it stands; set where it is loaded.

    Raises
    ------
    ValueError
        If there is no part or no control.
    """

    name: str
    source: str
    statement: str
    formula: str
    parts: tuple[Part, ...]
    controls: tuple[Control, ...]
    headline: str
    derivation: str = ""
    file: str = ""
    chapter: str = ""

    def __post_init__(self) -> None:
        if not self.parts or not self.controls:
            raise ValueError(f"claim {self.name}: expected at least one part and one control")
