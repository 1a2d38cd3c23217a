"""A book: claims in chapters, each in a module of its own, found by name."""

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

from pqtheory._messages import brief, counted
from pqtheory.claims.claim import Claim
from pqtheory.claims.lookup import with_origin


@final
@dataclass(frozen=True)
class Book:
    """Claims in the order in which they are read.

    Attributes
    ----------
    package : str
        Where the chapters are: chapter ``prox`` of ``pqtheory.theory`` is ``pqtheory.theory.prox``, and its claim
        ``w-prox`` is ``CLAIM`` of ``pqtheory.theory.prox.w_prox``, or of that folder's ``claim.py``.
    chapters : mapping of str to tuple of str
        The names of the claims in each chapter.
    """

    package: str
    chapters: Mapping[str, tuple[str, ...]] = field(hash=False)

    def __repr__(self) -> str:
        return f"<Book {self.package!r}: {counted(len(self.names), 'claim')} in {', '.join(self.chapters)}>"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the claims, in order."""
        return tuple(name for chapter in self.chapters.values() for name in chapter)

    def chapter_of(self, name: str) -> str:
        """The chapter in which the claim stands; "" where it is none of this book."""
        return next((c for c, names in self.chapters.items() if name in names), "")

    def load(self, name: str) -> Claim:
        """The claim of that name.

        Raises
        ------
        ValueError
            If there is none; the nearest name is suggested, or all are listed.
        """
        chapter = self.chapter_of(name)
        if not chapter:
            near = difflib.get_close_matches(name, self.names, 1, 0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.names)}"
            raise ValueError(f"claim: no claim {brief(name)}; {hint}")
        module = importlib.import_module(f"{self.package}.{chapter}.{name.replace('-', '_')}")
        if "CLAIM" not in vars(module):
            module = importlib.import_module(f"{module.__name__}.claim")
        return with_origin(module.CLAIM, module.__doc__, chapter=chapter)
