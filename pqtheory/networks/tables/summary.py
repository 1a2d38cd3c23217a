"""Finished runs side by side: what is the same in all but their seeds becomes one row, mean and standard deviation."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.networks.metrics import ERROR, Measure, measure_in, measure_of
from pqtheory.networks.training import RunFolder, Settings
from pqtheory.signs import CODE_METRICS

#: a metric of codes that is no share
NUMBER = Measure("metric", 1.0, "", "", float("-inf"), float("inf"), 4)
#: hashes of the provenance that set runs apart
_SOURCES = ("data_sha256", "task_sha256")
#: of a hash that are looked at and shown
DIGITS = 8
#: a share, like the error
SIGNS = "signs changed"


@final
@dataclass(frozen=True)
class Row:
    """Runs that differ in nothing but their seed, on the same data.

    Attributes
    ----------
    label : str
        What sets them apart from other rows.
    epochs : int
        After which the figures are, of the run that has come furthest.
    figures : mapping of str to array, shape (runs,)
        What the task measures, and sign changes as fractions, at the last epoch where that was measured.
    runs : tuple of RunFolder
        Themselves.
    measure : Measure
        Of the task.
    least : int or None
        After which they are of the run that has come least far; None where that is as far.
    """

    label: str
    epochs: int
    figures: Mapping[str, np.ndarray]
    runs: tuple[RunFolder, ...]
    measure: Measure = ERROR
    least: int | None = None


def rows(folders: Iterable[str | Path], metrics: Sequence[str] | None = None) -> list[Row]:
    """One row for each setting.

    Parameters
    ----------
    folders : iterable of path
        The runs; one that is named twice, or of which there is a copy, counts once.
    metrics : sequence of str, optional
        Which metrics of codes are figures too, by our names; those that a run recorded if it is not said.

    Raises
    ------
    FileNotFoundError, ValueError
        If a folder holds no run, a run of which nothing is measured, or one that did not record a metric; if two runs
        of one setting and seed found different things.
    """
    groups: dict[str, list[RunFolder]] = {}
    settings: dict[str, Settings] = {}
    sources: dict[str, dict[str, Any]] = {}
    named: dict[str, str | Path] = {}
    seeds: dict[tuple[str, int], RunFolder] = {}
    for path in folders:
        named.setdefault(os.path.realpath(path), path)
    for path in named.values():
        folder = RunFolder(path)
        chosen = folder.settings
        if not measured(folder):
            raise ValueError(f"{folder.path}: nothing is measured yet")
        missing = [name for name in metrics or () if name not in chosen.metrics]
        if missing:
            raise ValueError(
                f"{folder.path}: {missing[0]} is not recorded; train with --metrics {missing[0]}"
            )
        # the same names may stand for other data, or for a file of a task that has changed
        source = {name: str(folder.provenance.get(name))[:DIGITS] for name in _SOURCES}
        key = json.dumps([{k: v for k, v in chosen.to_dict().items() if k != "seed"}, source])
        twin = seeds.setdefault((key, chosen.seed), folder)
        if twin is not folder:
            if twin.metrics() == folder.metrics():
                continue
            raise ValueError(
                f"{folder.path}: expected a seed of its own, got {brief(chosen.seed)} with the settings "
                f"of {twin.path}"
            )
        groups.setdefault(key, []).append(folder)
        settings[key], sources[key] = chosen, source
    labels = _labels(list(settings.values()), list(sources.values()))
    return [_row(label, runs, metrics) for label, runs in zip(labels, groups.values(), strict=True)]


def _row(label: str, runs: list[RunFolder], asked: Sequence[str] | None) -> Row:
    last = [measured(run)[-1] for run in runs]
    figures: dict[str, list[float]] = {}
    measure = measure_in(last)
    for metrics in last:
        for where, by_kind in metrics[measure.name].items():
            for kind, value in by_kind.items():
                figures.setdefault(f"{where} {measure.name}, {kind}", []).append(value)
        overall = metrics.get("signs", {}).get("all", {})
        if overall:
            figures.setdefault(SIGNS, []).append(overall["change_from_start"])
        codes = metrics.get("codes", {}).get("all", {})
        for name in codes if asked is None else asked:
            for column, value in _columns(name, codes.get(name)):
                figures.setdefault(column, []).append(value)
    complete = {k: np.array(v) for k, v in figures.items() if len(v) == len(runs)}
    least, most = (pick(m["epoch"] for m in last) for pick in (min, max))
    return Row(label, most, complete, tuple(runs), measure, None if least == most else least)


def _columns(name: str, value: Any) -> list[tuple[str, float]]:
    """A metric of codes as columns, one for each level where it has them."""
    metric = CODE_METRICS[name]
    if value is None:
        return []
    if metric.per_level:
        return [(f"{metric.label} {level}", share) for level, share in enumerate(value)]
    return [(metric.label, value)]


def measured(run: RunFolder) -> list[dict[str, Any]]:
    """The lines of a run with what its task measures, which is measured every few epochs only."""
    return [m for m in run.metrics() if measure_of(m) is not None]


def _labels(settings: list[Settings], sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """The method, and whatever else differs between runs of that method; where nothing does, the data they are on."""
    plain: list[dict[str, Any]] = [{**s.to_dict(), **s.options} for s in settings]
    labels = []
    for own in plain:
        alike = [p for p in plain if p["method"] == own["method"]]
        names = dict.fromkeys(k for p in alike for k in p if k not in ("seed", "options"))
        labels.append(", ".join([own["method"], *_differing(own, alike, names)]))
    apart = []
    for label, source in zip(labels, sources, strict=True):
        same = [s for other, s in zip(labels, sources, strict=True) if other == label]
        apart.append(", ".join([label, *_differing(source, same, source)]))
    return apart


def _differing(
    own: Mapping[str, Any], alike: Sequence[Mapping[str, Any]], names: Iterable[str]
) -> Iterator[str]:
    """Those of ``names`` that differ among ``alike``, with the values of ``own``."""
    for name in names:
        values = {str(other.get(name)): other.get(name) for other in alike}
        if len(values) > 1:
            yield f"{name} = {_shown(values)[str(own.get(name))]}"


def _shown(values: Mapping[str, Any]) -> dict[str, str]:
    """By their whole texts, values in as few digits, at least four, as tell them apart."""
    for digits in range(4, 17):
        short = {
            text: f"{value:.{digits}g}" if isinstance(value, float) else text
            for text, value in values.items()
        }
        if len(set(short.values())) == len(short):
            return short
    return {text: text for text in values}


def spread(values: np.ndarray, measure: Measure = ERROR) -> str:
    """Mean and standard deviation as the measure is shown; one run has no deviation."""
    mean = measure.shown(float(values.mean()))
    if len(values) < 2:
        return mean
    deviation = measure.shown(float(values.std(ddof=1)))
    return f"{mean.removesuffix(measure.unit)} ± {deviation}"


def _measure(figure: str, row: Row) -> Measure:
    """How a figure of a row is shown."""
    if figure == SIGNS:
        return ERROR
    for metric in CODE_METRICS.values():
        # of a level the column has its number behind the label
        if figure == metric.label or (
            metric.per_level and figure.rstrip("0123456789") == f"{metric.label} "
        ):
            return ERROR if metric.share else NUMBER
    return row.measure


def _epochs(row: Row) -> str:
    return str(row.epochs) if row.least is None else f"{row.least} to {row.epochs}"


def cells_of(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table: a row for each setting, mean and standard deviation over its seeds."""
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    cells = [
        [row.label, str(len(row.runs)), _epochs(row)]
        + [spread(row.figures[n], _measure(n, row)) if n in row.figures else "–" for n in names]
        for row in rows
    ]
    return ["runs", "seeds", "epochs", *names], cells
