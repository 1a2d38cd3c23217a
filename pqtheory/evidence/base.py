"""What a claim is made of: parts with their evidence, and controls that the same checks must refute.

Kinds of evidence, strongest first:

* proved      by an SMT solver, computer algebra or exhaustive exact arithmetic, for every case that the part speaks of
* certified   by a dual bound or an infeasibility certificate, with its tolerance
* enumerated  every case of a finite instance
* sampled     a random search over N cases, with the least margin
* refuted     a counterexample is at hand
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, final

import numpy as np

from pqtheory._checks import check_count

KINDS = ("proved", "certified", "enumerated", "sampled", "refuted")
BUDGETS = ("quick", "full")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@final
@dataclass(frozen=True)
class Budget:
    """How much work a check may do: "quick" (seconds for all claims together) or "full" (minutes).

    Raises
    ------
    ValueError
        If ``name`` is neither of them.
    """

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
        How many cases were looked at: at least one to be enumerated or sampled. A proof or a certificate may speak of
        all at once, and then has 0.
    margin : float or None
        The least slack over the cases, where there is one: >= 0 where the statement holds.
    measured, predicted : mapping of str to number
        Figures, and what theory says that they are, under the same names.
    counterexample : mapping or None
        The case that refutes the statement.
    note : str
        What would strengthen it, such as a package that is missing.

    Raises
    ------
    TypeError
        If ``cases`` is no integer.
    ValueError
        If the kind is unknown, there are too few cases, a figure is predicted but not measured, or there is a
        counterexample but the kind is not "refuted", or conversely.
    """

    kind: str
    cases: int = 0
    margin: float | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] = field(default_factory=dict)
    counterexample: Mapping[str, Any] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {self.kind!r}")
        if (self.kind == "refuted") != (self.counterexample is not None):
            raise ValueError("counterexample: expected exactly where the kind is 'refuted'")
        if self.kind in ("enumerated", "sampled") and self.cases < 1:
            raise ValueError("cases: expected at least one case looked at")
        check_count(self.cases, "cases", 0)
        _require_measured(self.measured, self.predicted)


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
        What it is evidence of where every case holds: "enumerated" or "sampled"; margins can show no more.
    margins : array of shape (n,)
        Slack of each case; booleans count as 0 where they hold and -1 where not. NaN never holds.
    cases : mapping of str to array of shape (n, ...)
        What each case is, for the counterexample.
    measured, predicted : mapping of str to number or sequence of numbers
        Figures; a figure with a prediction must agree with it.
    agreement : float
        How far apart they may be, relative to the prediction where that is above 1.

    Raises
    ------
    ValueError
        If the kind is another, there is no case, or a figure is predicted but not measured.
    """
    if kind not in ("enumerated", "sampled"):
        raise ValueError(f"kind: expected 'enumerated' or 'sampled' from margins, got {kind!r}")
    _require_measured(measured, predicted)
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
    slack = None if least is None else float(least)
    return _compared(Evidence(kind, margins.size, slack, measured, predicted), predicted, agreement)


def _compared(evidence: Evidence, names: Iterable[str], agreement: float) -> Evidence:
    """``evidence``, refuted by the first of the named figures that is not as predicted."""
    for name in names:
        measured, predicted = evidence.measured[name], evidence.predicted[name]
        apart = _distance(measured, predicted)
        if not apart <= agreement:
            found = {"figure": name, "measured": measured, "predicted": predicted}
            return replace(evidence, kind="refuted", margin=-apart, counterexample=found)
    return evidence


def _distance(measured: Any, predicted: Any) -> float:
    a, b = np.asarray(measured, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.shape != b.shape:
        return np.inf
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b) / np.maximum(np.abs(b), 1.0)
    # equal infinities agree; NaN agrees with nothing
    apart = np.where(a == b, 0.0, np.where(apart == apart, apart, np.inf))
    return float(apart.max(initial=0.0))


def _require_measured(measured: Mapping[str, Any], predicted: Mapping[str, Any]) -> None:
    for name in predicted:
        if name not in measured:
            raise ValueError(f"predicted: figure {name!r} is not measured, only {list(measured)}")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def join(
    *pieces: Evidence,
    measured: Mapping[str, Any] = _NOTHING,
    predicted: Mapping[str, Any] = _NOTHING,
    agreement: float = 1e-9,
) -> Evidence:
    """One evidence of several on the same statement: the weakest kind, all cases, the least margin, all figures.

    Where pieces are refuted it has the counterexample of that with the least margin.

    Parameters
    ----------
    *pieces : Evidence
        At least one.
    measured, predicted : mapping of str to number or sequence of numbers
        Figures of all pieces together; compared as by ``judge``.
    agreement : float
        How far apart they may be, relative to the prediction where that is above 1.

    Raises
    ------
    ValueError
        If there is no piece, a figure is predicted but not measured, or two pieces differ on one.
    """
    if not pieces:
        raise ValueError("pieces: expected at least one, got none")
    refuted = [p for p in pieces if p.kind == "refuted"]
    slack = [p.margin for p in pieces if p.margin is not None]
    joined = Evidence(
        weakest([p.kind for p in pieces]),
        sum(p.cases for p in pieces),
        min(slack) if slack else None,
        _merged("measured", [*(p.measured for p in pieces), measured]),
        _merged("predicted", [*(p.predicted for p in pieces), predicted]),
        min(refuted, key=_slack).counterexample if refuted else None,
        "; ".join(dict.fromkeys(p.note for p in pieces if p.note)),
    )
    if refuted:
        return joined
    # what the pieces brought along they have compared themselves
    new = [name for name in joined.predicted if name in measured or name in predicted]
    return _compared(joined, new, agreement)


def _slack(evidence: Evidence) -> float:
    return np.inf if evidence.margin is None else evidence.margin


def _merged(what: str, figures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in (item for f in figures for item in f.items()):
        if name in merged and _plain(merged[name]) != _plain(value):
            raise ValueError(f"{what}: figure {name!r} is both {merged[name]!r} and {value!r}")
        merged[name] = value
    return merged
