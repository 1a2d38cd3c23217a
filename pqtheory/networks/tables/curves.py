"""The curves of runs over their epochs, those that differ in their seed alone together: what the pictures draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.networks.metrics import ERROR, Measure, error_of
from pqtheory.networks.tables.summary import Row, measured
from pqtheory.networks.training import RunFolder
from pqtheory.signs import CODE_METRICS

#: recorded by every run
SIGN_METRICS = (
    "change_from_start",
    "flips",
    "reversals",
    "flips_per_weight",
    "reversals_per_weight",
)
#: the same however often weights are looked at
STATES = ("change_from_start", "c2i", "near_threshold", "occupation", "mean_occupation")


@final
@dataclass(frozen=True)
class RunsOfALabel:
    """Curves of runs that differ in their seed alone.

    Attributes
    ----------
    epochs : sequence of int
        Where the error was measured.
    errors, signs : array, shape (runs, points)
        What is measured of the quantized network on test data at ``epochs``, and signs changed since the start, as
        fractions, at epochs 1, 2, ...; of a method without quantized weights the plain figure.
    freeze : int or None
        Epochs after which they are frozen.
    """

    epochs: Sequence[int]
    errors: np.ndarray
    signs: np.ndarray
    freeze: int | None
    #: what ``errors`` are
    measure: Measure = ERROR


def sign_rows(row: Row, metric: str) -> dict[str, list[list[float]]]:
    """A metric of signs or codes by layer: for each run its values from the first epoch on, NaN where there is none.

    Of codes if the run recorded it of them, else of signs.

    Raises
    ------
    ValueError
        If a run recorded it of neither.
    """
    curves: dict[str, list[list[float]]] = {}
    for run in row.runs:
        lines = run.metrics()
        kind = "codes" if metric in run.settings.metrics else "signs"
        found = [line[kind] for line in lines if kind in line]
        if kind == "signs" and metric not in SIGN_METRICS:
            raise ValueError(f"{run.path}: {metric} is not recorded; train with --metrics {metric}")
        for layer in found[0] if found else ():
            values = [layers[layer][metric] for layers in found]
            curves.setdefault(layer, []).append([np.nan if v is None else v for v in values])
    return curves


def metric_rows(rows: Iterable[Row], metric: str) -> dict[str, dict[str, list[list[float]]]]:
    """By label the same; of a metric with a number for each level a label for each of them.

    Raises
    ------
    ValueError
        As ``sign_rows``; or where the metric depends on how often weights are looked at, which some runs did after each
        step and others after each epoch.
    """
    rows = list(rows)
    looked = {_track(run, metric): run.path for row in rows for run in row.runs}
    if metric not in STATES and len(looked) > 1:
        step, epoch = (brief(str(looked[track])) for track in ("step", "epoch"))
        raise ValueError(
            f"{metric}: expected runs of one --track, got step ({step}) and epoch ({epoch})"
        )
    found: dict[str, dict[str, list[list[float]]]] = {}
    for row in rows:
        curves: dict[str, Any] = sign_rows(row, metric)
        if not CODE_METRICS[metric].per_level:
            found[row.label] = curves
            continue
        for layer, runs in curves.items():
            for level in range(max((len(v) for v in runs[0] if isinstance(v, list)), default=0)):
                of_level = [[v[level] if isinstance(v, list) else v for v in run] for run in runs]
                found.setdefault(f"{row.label}, level {level}", {})[layer] = of_level
    return found


def _track(run: RunFolder, metric: str) -> str:
    """After what a run measured it: signs are looked at once an epoch, codes as the run was told."""
    return run.settings.track if metric in run.settings.metrics else "epoch"


def freezes(rows: Iterable[Row], labels: Iterable[str]) -> dict[str, int]:
    """By label of ``metric_rows``, epochs after which the runs are frozen, of those that are."""
    frozen = {row.label: row.runs[0].settings.freeze_epoch for row in rows}
    return {
        label: freeze
        for label in labels
        for of, freeze in frozen.items()
        if freeze is not None and (label == of or label.startswith(f"{of}, level "))
    }


def curve_rows(rows: Iterable[Row]) -> dict[str, RunsOfALabel]:
    """By label, errors and sign changes of its runs as far as all of them have come."""
    curves = {}
    for row in rows:
        errors, signs, epochs = [], [], []
        for run in row.runs:
            lines = measured(run)
            errors.append([error_of(m[row.measure.name]["test"]) for m in lines])
            epochs.append([m["epoch"] for m in lines])
            overall = [m["signs"]["all"] for m in run.metrics() if "signs" in m]
            signs.append([found["change_from_start"] for found in overall])
        curves[row.label] = RunsOfALabel(
            min(epochs, key=len),
            _shared(errors),
            _shared(signs),
            row.runs[0].settings.freeze_epoch,
            row.measure,
        )
    return curves


def _shared(curves: list[list[float]]) -> np.ndarray:
    length = min(len(curve) for curve in curves)
    return np.array([curve[:length] for curve in curves])


def distance_rows(rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """By label, what each run recorded at its freeze; rows without one are left out.

    Raises
    ------
    ValueError
        If no run recorded any.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for run in row.runs:
            records = [m["distance"] for m in run.metrics() if "distance" in m]
            if records:
                found.setdefault(row.label, []).append(records[-1])
    if not found:
        raise ValueError("runs: none of them has been frozen with its distances recorded")
    return found
