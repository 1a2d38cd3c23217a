"""The curves of runs over their epochs, those that differ in their seed alone together: what the pictures draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory.networks.metrics import ERROR, Measure, error_of
from pqtheory.networks.tables.summary import Row, measured


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
    """A sign metric by layer: for each run its values from the first epoch on."""
    curves: dict[str, list[list[float]]] = {}
    for run in row.runs:
        signs = [m["signs"] for m in run.metrics() if "signs" in m]
        for layer in signs[0] if signs else ():
            curves.setdefault(layer, []).append([s[layer][metric] for s in signs])
    return curves


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
