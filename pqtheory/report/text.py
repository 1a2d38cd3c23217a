"""Figures as words: what tables, pages and the terminal show of a result."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._messages import counted
from pqtheory.claims.results import ClaimResult
from pqtheory.evidence.base import Evidence


def show(value: Any) -> str:
    """A figure as a reader wants it: four digits of a float, fractions as they are, nothing for None."""
    if value is None:
        return "–"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | str | Fraction):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {show(v)}" for k, v in value.items())
    if isinstance(value, Iterable):
        return "[" + ", ".join(show(v) for v in value) + "]"
    return str(value)


def looked_at(evidence: Evidence) -> list[str]:
    """How many cases, the least margin, and how far below 0 one may be: "3 cases", "least margin 0.5", ..."""
    found = [counted(evidence.cases, "case")] if evidence.cases else []
    if evidence.margin is not None:
        found.append(f"least margin {show(evidence.margin)}")
    return found + ([f"tolerance {show(evidence.tolerance)}"] if evidence.tolerance else [])


def kind_in_words(result: ClaimResult) -> str:
    """The kind, and how many steps of the argument are in words alone: "proved, 1 step of prose"."""
    return in_words(result.kind, len(result.prose))


def in_words(kind: str, prose: int) -> str:
    """A kind of evidence, and how many steps of the argument are in words alone."""
    return kind + (f", {counted(prose, 'step')} of prose" if prose else "")


def rechecked(result: ClaimResult) -> str:
    """How many questions two solvers answer alike, as "5/5"; "–" where a second one was not asked, or had none."""
    found = result.rechecked
    return f"{found.agreed}/{found.problems}" if found is not None and found.problems else "–"


def headline(result: ClaimResult) -> tuple[str, str, str]:
    """What a table shows of a claim: the name of its figure, measured, predicted."""
    name = result.claim.headline
    if not name:
        return ("–",) * 3
    return name, show(result.measured.get(name)), show(result.predicted.get(name))


def controls_refuted(result: ClaimResult) -> str:
    """As "2/2"."""
    return f"{sum(c.refuted for c in result.controls)}/{len(result.controls)}"


def reproduce(result: ClaimResult, budget: str) -> str:
    """The command that checks this claim again."""
    return f"pqtheory verify {result.claim.file or result.claim.name} --budget {budget}"
