"""Finished runs side by side: what is the same in all but their seeds becomes one row, mean and standard deviation."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory.networks.training import RunFolder, Settings


@final
@dataclass(frozen=True)
class Row:
    """Runs that differ in nothing but their seed.

    Attributes
    ----------
    label : str
        What sets them apart from other rows.
    epochs : int
        After which the figures are.
    figures : mapping of str to array, shape (runs,)
        Errors and sign changes at the last epoch whose errors were measured, as fractions.
    runs : tuple of RunFolder
        Themselves.
    """

    label: str
    epochs: int
    figures: Mapping[str, np.ndarray]
    runs: tuple[RunFolder, ...]


def rows(folders: Iterable[str | Path]) -> list[Row]:
    """One row for each setting.

    Raises
    ------
    FileNotFoundError, ValueError
        If a folder holds no run, or a run of which nothing is measured.
    """
    groups: dict[str, list[RunFolder]] = {}
    settings: dict[str, Settings] = {}
    for path in folders:
        folder = RunFolder(path)
        chosen = folder.settings
        if not measured(folder):
            raise ValueError(f"{folder.path}: nothing is measured yet")
        key = json.dumps({k: v for k, v in chosen.to_dict().items() if k != "seed"})
        groups.setdefault(key, []).append(folder)
        settings[key] = chosen
    labels = _labels(list(settings.values()))
    return [_row(label, runs) for label, runs in zip(labels, groups.values(), strict=True)]


def _row(label: str, runs: list[RunFolder]) -> Row:
    last = [measured(run)[-1] for run in runs]
    figures: dict[str, list[float]] = {}
    for metrics in last:
        for where, by_kind in metrics["error"].items():
            for kind, value in by_kind.items():
                figures.setdefault(f"{where} error, {kind}", []).append(value)
        overall = metrics.get("signs", {}).get("all", {})
        if overall:
            figures.setdefault("signs changed", []).append(overall["change_from_start"])
    complete = {k: np.array(v) for k, v in figures.items() if len(v) == len(runs)}
    return Row(label, max(m["epoch"] for m in last), complete, tuple(runs))


def measured(run: RunFolder) -> list[dict[str, Any]]:
    """The lines of a run with errors, which are measured every few epochs only."""
    return [m for m in run.metrics() if "error" in m]


def _labels(settings: list[Settings]) -> list[str]:
    """The method, and whatever else differs between runs of that method."""
    plain: list[dict[str, Any]] = [s.to_dict() for s in settings]
    labels = []
    for own in plain:
        alike = [p for p in plain if p["method"] == own["method"]]
        differs = [k for k in own if k != "seed" and len({str(p[k]) for p in alike}) > 1]
        labels.append(", ".join([own["method"], *(f"{k} = {_short(own[k])}" for k in differs)]))
    return labels


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def spread(values: np.ndarray) -> str:
    """Mean and standard deviation in percent; one run has no deviation."""
    mean = f"{100 * values.mean():.2f}"
    return f"{mean} %" if len(values) < 2 else f"{mean} ± {100 * values.std(ddof=1):.2f} %"


def cells_of(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table: a row for each setting, mean and standard deviation over its seeds."""
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    cells = [
        [row.label, str(len(row.runs)), str(row.epochs)]
        + [spread(row.figures[n]) if n in row.figures else "–" for n in names]
        for row in rows
    ]
    return ["runs", "seeds", "epochs", *names], cells
