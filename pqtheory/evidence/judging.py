"""Judgement: margins and figures -> Evidence, and several pieces of evidence -> one."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from pqtheory._arrays import is_torch
from pqtheory._messages import brief, counted
from pqtheory.evidence.base import (
    KINDS,
    Evidence,
    as_numpy,
    figure_that_misses,
    require_measured,
)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
    margins : array of shape (n,), or a number
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
        If the kind is another, there is no case, the margins have another shape or the cases another number, or a
        figure is predicted but not measured.
    """
    if kind not in ("enumerated", "sampled"):
        raise ValueError(
            f"kind: expected 'enumerated' or 'sampled' from margins, got {brief(kind)}"
        )
    require_measured(measured, predicted)
    measured, predicted = dict(measured), dict(predicted)
    slack = _margins(margins)
    columns = {name: _column(name, values, slack.size) for name, values in cases.items()}
    worst = int(np.argmin(slack)) if slack.size else 0
    least = as_float(slack[worst]) if slack.size else None
    # the exact number decides: a fraction just below 0 is none that a float can say
    if slack.size and not slack[worst] >= -tolerance:
        case = {name: _plain(column[worst]) for name, column in columns.items()}
        return Evidence(
            "refuted", slack.size, least, measured, predicted, {**case, "margin": least}
        )
    return Evidence(
        kind, slack.size, least, measured, predicted, tolerance=tolerance, agreement=agreement
    )


def as_float(value: Any) -> float:
    """The nearest float of an exact number, however large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _column(name: str, values: Any, count: int) -> Any:
    """One value for each case; a single number goes for all of them."""
    found = as_numpy(values)
    if found.ndim == 0:
        return np.broadcast_to(found, count)
    if len(found) != count:
        raise ValueError(
            f"cases: expected {counted(count, 'value')} of {brief(name)}, got {len(found)}"
        )
    return found


def _margins(margins: Any) -> Any:
    """Margins as an array of shape (n,); NaN never holds."""
    if isinstance(margins, list | tuple):
        # NumPy makes a truth value among numbers one of them: 0 where it does not hold
        margins = [slack_of(m) for m in margins]
    margins = np.atleast_1d(as_numpy(margins))
    if margins.ndim > 1:
        raise ValueError(f"margins: expected shape (n,), got {margins.shape}")
    if margins.dtype == bool:
        margins = margins.astype(np.int8) - 1
    elif margins.dtype == object:
        margins = np.array([slack_of(m) for m in margins], dtype=object)
    return np.where(margins == margins, margins, -np.inf)


def slack_of(margin: Any) -> Any:
    """One margin as a number: a truth value is 0 where it holds and -1 where not."""
    if isinstance(margin, np.ndarray | np.generic) or is_torch(margin):
        found = as_numpy(margin)
        margin = found.item() if found.size == 1 else margin
    return int(margin) - 1 if isinstance(margin, bool) else margin


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
    all_measured = merged("measured", [*(p.measured for p in pieces), measured])
    all_predicted = merged("predicted", [*(p.predicted for p in pieces), predicted])
    refuted = [p for p in pieces if p.kind == "refuted"]
    slack = [p.margin for p in pieces if p.margin is not None]
    kind = weakest([p.kind for p in pieces])
    counterexample = min(refuted, key=_slack).counterexample if refuted else None
    # how near a piece wanted its own figures is for no others
    missed = figure_that_misses(all_measured, predicted, agreement)
    if missed is not None:
        kind, slack = "refuted", [*slack, missed.margin]
        counterexample = counterexample or missed.figure
    return Evidence(
        kind,
        sum(p.cases for p in pieces),
        min(slack) if slack else None,
        all_measured,
        all_predicted,
        counterexample,
        "; ".join(dict.fromkeys(p.note for p in pieces if p.note)),
        tuple(dict.fromkeys(step for p in pieces for step in p.proof)),
        max(p.tolerance for p in pieces),
        max(agreement, *(p.agreement for p in pieces)),
    )


def _slack(evidence: Evidence) -> float:
    return np.inf if evidence.margin is None else evidence.margin


def merged(what: str, figures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of several pieces under one roof.

    Raises
    ------
    ValueError
        If two of them differ on one.
    """
    together: dict[str, Any] = {}
    for name, value in (item for f in figures for item in f.items()):
        if name in together and _plain(together[name]) != _plain(value):
            raise ValueError(
                f"{what}: figure {brief(name)} is both {brief(together[name])} and {brief(value)}"
            )
        together[name] = value
    return together
