"""What a claim is made of: parts with their evidence, and controls that the same checks must refute.

Kinds of evidence, strongest first:

* proved      by an SMT solver, computer algebra or exhaustive exact arithmetic, for every case that the part speaks of
* certified   by a dual bound or an infeasibility certificate, with its tolerance
* enumerated  every case of a finite instance
* sampled     a random search over N cases, with the least margin
* refuted     a counterexample is at hand
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, final

import numpy as np

KINDS = ("proved", "certified", "enumerated", "sampled", "refuted")
BUDGETS = ("quick", "full")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@final
@dataclass(frozen=True)
class Budget:
    """How much work a check may do: "quick" (seconds for all claims together) or "full" (minutes)."""

    name: str = "quick"

    def __post_init__(self) -> None:
        if self.name not in BUDGETS:
            raise ValueError(f"budget: expected one of {BUDGETS}, got {self.name!r}")

    def pick(self, quick: Any, full: Any) -> Any:
        """``quick`` or ``full``."""
        return quick if self.name == "quick" else full


@final
@dataclass(frozen=True)
class Evidence:
    """What one check found.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    cases : int
        How many cases were looked at.
    margin : float or None
        The least slack over the cases, where there is one: >= 0 where the statement holds.
    measured, predicted : mapping of str to number
        Figures, and what theory says that they are, under the same names.
    counterexample : mapping or None
        The case that refutes the statement.
    """

    kind: str
    cases: int = 0
    margin: float | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] = field(default_factory=dict)
    counterexample: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {self.kind!r}")
        if (self.kind == "refuted") != (self.counterexample is not None):
            raise ValueError("counterexample: expected exactly where the kind is 'refuted'")
        if self.kind in ("enumerated", "sampled") and self.cases < 1:
            raise ValueError("cases: expected at least one case looked at")


Check = Callable[[Budget], Evidence]


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
    """

    name: str
    source: str
    statement: str
    formula: str
    parts: tuple[Part, ...]
    controls: tuple[Control, ...]
    headline: str

    def __post_init__(self) -> None:
        if not self.parts or not self.controls:
            raise ValueError(f"claim {self.name}: expected at least one part and one control")


def weakest(kinds: list[str]) -> str:
    """The weakest of some kinds of evidence."""
    return max(kinds, key=KINDS.index)


def judge(
    kind: str,
    margins: Any,
    cases: Mapping[str, Any],
    *,
    tolerance: float = 0.0,
    measured: Mapping[str, Any] = _NOTHING,
    predicted: Mapping[str, Any] = _NOTHING,
    agreement: float = 1e-9,
) -> Evidence:
    """Evidence of ``kind`` if no margin is below ``-tolerance`` and the figures agree with their predictions.

    Otherwise refuted, by the worst case or by the figure that is off.

    Parameters
    ----------
    kind : str
        What it is evidence of where every case holds: "enumerated" or "sampled".
    margins : array of shape (n,)
        Slack of each case; booleans count as 0 where they hold and -1 where not. NaN never holds.
    cases : mapping of str to array of shape (n, ...)
        What each case is, for the counterexample.
    measured, predicted : mapping of str to number or sequence of numbers
        Figures; a figure with a prediction must agree with it.
    agreement : float
        How far apart they may be, relative to the prediction where that is above 1.
    """
    margins = np.asarray(margins)
    if margins.dtype == bool:
        margins = margins.astype(np.int8) - 1
    margins = np.where(margins == margins, margins, -np.inf).ravel()
    worst = int(np.argmin(margins)) if margins.size else 0
    least = margins[worst] if margins.size else None
    if least is not None and not least >= -tolerance:
        found = {name: _plain(np.asarray(values)[worst]) for name, values in cases.items()}
        return Evidence(
            "refuted",
            margins.size,
            float(least),
            measured,
            predicted,
            {**found, "margin": float(least)},
        )
    for name, expected in predicted.items():
        apart = _distance(measured[name], expected)
        if not apart <= agreement:
            found = {"figure": name, "measured": measured[name], "predicted": expected}
            return Evidence("refuted", margins.size, -apart, measured, predicted, found)
    return Evidence(
        kind, margins.size, None if least is None else float(least), measured, predicted
    )


def _distance(measured: Any, predicted: Any) -> float:
    a, b = np.asarray(measured, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.shape != b.shape:
        return np.inf
    return float((np.abs(a - b) / np.maximum(np.abs(b), 1.0)).max(initial=0.0))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def join(*pieces: Evidence) -> Evidence:
    """One evidence of several on the same statement: the weakest kind, all cases, the least margin."""
    kind = weakest([p.kind for p in pieces])
    margins = [p.margin for p in pieces if p.margin is not None]
    refuted = [p.counterexample for p in pieces if p.counterexample is not None]
    return Evidence(
        kind,
        sum(p.cases for p in pieces),
        min(margins) if margins else None,
        {k: v for p in pieces for k, v in p.measured.items()},
        {k: v for p in pieces for k, v in p.predicted.items()},
        refuted[0] if refuted else None,
    )
