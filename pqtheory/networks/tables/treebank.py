"""The paper's Table 2 beside ours: perplexity per word of an LSTM on the Penn Treebank, by method and levels.

References
----------
ProxQuant, arXiv 1810.00861, Table 2. The unscaled straight-through row is read in a public copy; the others' displays
were legible in no copy at hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pqtheory.networks.metrics import error_of
from pqtheory.networks.tables.paired import difference
from pqtheory.networks.tables.published import READ, RECALLED
from pqtheory.networks.tables.results import is_finished

#: (what is trained, perplexity, mark); names as in ``experiments/ptb.py``
PUBLISHED: Mapping[str, tuple[float, str]] = {
    "FP": (88.5, RECALLED),
    "BC +-1": (372.2, RECALLED),
    "PQ +-1": (288.5, RECALLED),
    "ALT 1-bit": (116.7, READ),
    "ALT 2-bit": (94.3, READ),
    "ALT 3-bit": (87.3, READ),
    "ALT 1-bit x0.3": (104.7, RECALLED),
    "ALT 2-bit x0.3": (90.2, RECALLED),
    "ALT 3-bit x0.3": (86.1, RECALLED),
    "ALT-PQ 1-bit": (106.2, RECALLED),
    "ALT-PQ 2-bit": (90.0, RECALLED),
    "ALT-PQ 3-bit": (87.2, RECALLED),
}
HEADS = (
    "method",
    "paper's perplexity",
    "that figure is",
    "ours, test",
    "ours, validation",
    "gates saturated, %",
    "codes changed in the last epoch, %",
    "runs",
)
NONE = "-"


def picked(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was measured after the epoch with the least validation perplexity of the quantized network."""
    measured: Sequence[Mapping[str, Any]] = run["curves"]["perplexity"][1:]
    return min(measured, key=lambda m: error_of(m["held_out"]))


def finished(runs: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, Mapping[str, Any]]]:
    """Finished runs by method and seed; names are METHOD-SEED."""
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for run in runs:
        if is_finished(run):
            found.setdefault(run["name"].rsplit("-", 1)[0], {})[run["settings"]["seed"]] = run
    return found


def rows(runs: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[tuple[str, ...]]:
    """A row for each method of ``names``: what the paper has, and ours where a run is finished."""
    by_method = finished(runs)
    return [_row(name, list(by_method.get(name, {}).values())) for name in names]


def log_ratio(
    runs: Iterable[Mapping[str, Any]], method: str, other: str
) -> tuple[float, tuple[float, float] | None, float | None, int] | None:
    """Mean difference of log test perplexities over common seeds, interval, p, pairs; None where there are none."""
    by_method = finished(runs)
    mine, theirs = by_method.get(method, {}), by_method.get(other, {})
    seeds = sorted(set(mine) & set(theirs))
    if not seeds:
        return None
    values = [np.log(_test(mine[seed]) / _test(theirs[seed])) for seed in seeds]
    return *difference(values), len(seeds)


def _test(run: Mapping[str, Any]) -> float:
    return error_of(picked(run)["test"])


def _row(name: str, runs: list[Mapping[str, Any]]) -> tuple[str, ...]:
    paper, mark = PUBLISHED.get(name, (None, NONE))
    own = (NONE,) * 4
    if runs:
        saturated = [100 * error_of(_watched(run)) for run in runs]
        own = (
            _spread([_test(run) for run in runs]),
            _spread([error_of(picked(run)["held_out"]) for run in runs]),
            _spread(saturated, 2),
            _codes(runs),
        )
    return (name, NONE if paper is None else f"{paper:.1f}", mark, *own, str(len(runs)))


def _watched(run: Mapping[str, Any]) -> dict[str, float]:
    """Gate saturation at the end, of the quantized network where there is one."""
    return {kind: found["gate saturation"] for kind, found in run["last"]["watched"].items()}


def _codes(runs: list[Mapping[str, Any]]) -> str:
    changes = [run["last"].get("code_changes", {}) for run in runs]
    if not all(changes):
        return NONE
    return _spread([100 * float(np.mean([c["mean"] for c in own.values()])) for own in changes], 2)


def _spread(values: list[float], digits: int = 1) -> str:
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {np.std(values, ddof=1):.{digits}f}"
