"""Result files of the experiments: finished runs, those of one setting together whatever their seed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.networks.metrics import error_of
from pqtheory.networks.records import RESULTS
from pqtheory.networks.schemas import parse, read_text

#: our own results: where a wheel has them, and where the checkout beside an editable package has them
MEASURED = (
    Path(__file__).parent / "measured",
    Path(__file__).parents[3] / "experiments" / "results",
)
#: settings that make no other experiment
_APART = ("seed", "warm_start", "measure_every", "compile")


@final
@dataclass(frozen=True)
class Group:
    """Finished runs of one setting.

    Attributes
    ----------
    model, levels, method : str
        As in ``Settings``; the levels of full precision are "-".
    warm_start : str or None
        Of what run they start, where that sets groups apart.
    epochs : int
        Of each.
    label : str
        The preset, and what else sets it apart from other groups of the same network, method and epochs.
    last : array, shape (runs,)
        Test error after the last epoch, of the quantized network where there is one.
    picked : array, shape (runs,)
        The same after the epoch with the least held-out error of those after the freeze; NaN where none was held out.
    signs : array, shape (runs,)
        Share of the quantized weights whose sign differs from the start's; NaN in full precision.
    runs : tuple of mapping
        Themselves, as the result file has them.
    """

    model: str
    levels: str
    method: str
    warm_start: str | None
    epochs: int
    label: str
    last: np.ndarray
    picked: np.ndarray
    signs: np.ndarray
    runs: tuple[Mapping[str, Any], ...]


def read_runs(place: str | Path, name: str) -> list[dict[str, Any]]:
    """The runs on CIFAR-10 of a result file, or of all files ``NAME*.json`` in a folder; each run once.

    Raises
    ------
    FileNotFoundError, ValueError
        If ``place`` is not there, or a file is no result file: names the field that is not as it should be.
    """
    path = Path(place)
    if not path.exists():
        raise FileNotFoundError(f"results: no file or folder {brief(str(path))}")
    runs: dict[str, dict[str, Any]] = {}
    for file in sorted(path.glob(f"{name}*.json")) if path.is_dir() else [path]:
        found: set[str] = set()
        for run in parse(read_text(file), RESULTS, str(file))["runs"]:
            if run["settings"]["data"] != "cifar10":
                continue
            key = json.dumps(run["settings"], sort_keys=True)
            if key in found:
                raise ValueError(f"{file}: expected each run once, got {brief(run['name'])} twice")
            found.add(key)
            kept = runs.get(key)
            if kept is None or kept["epochs"] < run["epochs"]:
                runs[key] = run
    return list(runs.values())


def is_finished(run: Mapping[str, Any]) -> bool:
    """Whether all its epochs are done."""
    return bool(run["epochs"] >= run["settings"]["epochs"])


def grouped(runs: Iterable[Mapping[str, Any]], by_warm_start: bool = False) -> list[Group]:
    """Finished runs by setting, in the order in which the first of each comes."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        if is_finished(run):
            own = {k: v for k, v in run["settings"].items() if k not in _APART}
            start = run["settings"]["warm_start"] if by_warm_start else None
            found.setdefault(json.dumps([own, start], sort_keys=True), []).append(run)
    settings = [members[0]["settings"] for members in found.values()]
    return [
        _group(members, _label(members[0]["settings"], settings), by_warm_start)
        for members in found.values()
    ]


def _group(runs: list[Mapping[str, Any]], label: str, by_warm_start: bool) -> Group:
    own = runs[0]["settings"]
    return Group(
        own["model"],
        _levels(own),
        own["method"],
        own["warm_start"] if by_warm_start else None,
        own["epochs"],
        label,
        np.array([error_of(run["last"]["error"]["test"]) for run in runs]),
        np.array([_picked(run) for run in runs]),
        np.array([_signs(run) for run in runs]),
        tuple(runs),
    )


def _levels(settings: Mapping[str, Any]) -> str:
    return "-" if settings["method"] == "full-precision" else str(settings["levels"])


def _picked(run: Mapping[str, Any]) -> float:
    after = run["settings"]["freeze_epoch"] or 0
    measured = [m for m in run["curves"]["error"] if m["epoch"] > after and "held_out" in m]
    if not measured:
        return float("nan")
    best = min(measured, key=lambda m: error_of(m["held_out"]))
    return error_of(best["test"])


def _signs(run: Mapping[str, Any]) -> float:
    curve = run["curves"].get("change_from_start, all")
    return curve[-1] if curve and _levels(run["settings"]) != "-" else float("nan")


def _label(own: Mapping[str, Any], settings: list[dict[str, Any]]) -> str:
    """The preset, and the settings in which it differs from others of its kind."""
    names = ("model", "method", "epochs", "renew")
    alike = [s for s in settings if all(s[n] == own[n] for n in names)]
    alike = [s for s in alike if _levels(s) == _levels(own)]
    differs = [k for k in own if k not in _APART and len({json.dumps(s.get(k)) for s in alike}) > 1]
    preset = "faithful" if own["renew"] else "corrected"
    return ", ".join([preset, *(f"{k} = {own[k]}" for k in differs)])
