"""Sweeps: every combination of a grid as a run of its own.

A sweep file::

    folder = "runs/first"            # beside the file, as ``warm_start`` is, and a folder of texts, ``data = "texts/"``
    preset = "corrected"

    [settings]                       # what all runs share
    data = "digits"                  # and ``task = "language"``, or "my_task.py" beside the file
    epochs = 30                      # options of the task by their names, such as hidden = 100

    [grid]                           # the runs: every combination
    method = ["binaryconnect", "proxquant"]
    seed = [0, 1, 2]
"""

import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from pqtheory._messages import brief
from pqtheory.networks.schemas import read_text
from pqtheory.networks.sweeps.plan import Plan, Planned
from pqtheory.networks.tasks.find import is_file
from pqtheory.networks.training import Settings, preset

#: what is not a setting
KEYS = ("folder", "preset", "settings", "grid")


def read_grid(file: str | Path) -> Plan:
    """The plan of a sweep file: its runs in the order of the grid.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is none, it is not of the form above, has no runs or one that cannot be, or two of its runs would
        have the same name or the same settings.
    """
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"sweep: no file {brief(str(path))}")
    try:
        # some editors begin a file with a byte-order mark
        content = tomllib.loads(read_text(path).removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path}: not TOML that is meant: nested too deep") from error
    unknown = [key for key in content if key not in KEYS]
    if unknown:
        raise ValueError(f"{path}: expected {', '.join(KEYS)}, got {brief(unknown[0])}")
    folder = content.get("folder", path.stem)
    if not isinstance(folder, str) or not folder:
        raise ValueError(f"{path}: folder: expected a path, got {brief(folder)}")
    grid, common = (_section(path, content, name) for name in ("grid", "settings"))
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise ValueError(
                f"{path}: grid: expected a list for {brief(name)}, got {brief(values)}"
            )
    if not grid and not common:
        raise ValueError(
            f"{path}: no runs in it: expected a section [grid], or [settings] of one run"
        )
    runs: dict[str, Settings] = {}
    names: dict[Settings, str] = {}
    for values in product(*grid.values()):
        point = dict(zip(grid, values, strict=True))
        chosen = {**common, **point}
        method = chosen.pop("method", "proxquant")
        kind = chosen.pop("preset", content.get("preset", "corrected"))
        name = _name(point)
        if name in runs:
            raise ValueError(
                f"{path}: grid: two runs would have the name {brief(name)}; expected values whose names differ"
            )
        try:
            runs[name] = preset(kind, method, **_beside(path.parent, chosen))
        except (TypeError, ValueError, FileNotFoundError) as error:
            raise ValueError(f"{path}: run {brief(name)}: {error}") from error
        twin = names.setdefault(runs[name], name)
        if twin != name:
            raise ValueError(
                f"{path}: grid: {brief(name)} and {brief(twin)} would be one run; expected values that differ"
            )
    return Plan(path.parent / folder, tuple(Planned(n, s) for n, s in runs.items()))


def _section(file: Path, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise ValueError(f"{file}: {name} = {brief(section)}: expected a section [{name}]")
    return section


def _beside(folder: Path, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with their paths, which are relative to the file."""
    found = dict(chosen)
    for key in ("warm_start", "task", "data"):
        value: Any = found.get(key)
        if not isinstance(value, str):
            continue
        # of texts a folder is known by its "/"
        is_text = chosen.get("task") == "language" and "/" in value
        if {"warm_start": True, "task": is_file(value), "data": is_text}[key]:
            found[key] = f"{folder / value}{'/' if value.endswith('/') else ''}"
    return found


def _name(point: Mapping[str, Any]) -> str:
    """Of a run's folder."""
    return "-".join(f"{k}={v}" for k, v in point.items()).replace("/", "_") or "run"
