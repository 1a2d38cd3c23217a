"""Sweeps: every combination of a grid as a run of its own, side by side; what is finished is not run again.

A sweep file::

    folder = "runs/first"            # beside the file
    preset = "corrected"

    [settings]                       # what all runs share
    data = "digits"
    epochs = 30

    [grid]                           # the runs: every combination
    method = ["binaryconnect", "proxquant"]
    seed = [0, 1, 2]

A run that fails costs only itself; a run that was stopped goes on where it was; one that was started with other
settings is refused. Each run has a process of its own
(pqtheory/networks/workers.py), so one that is killed, by the system for its memory say, costs only its run too.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, final

from pqtheory._checks import check_count
from pqtheory.networks.summary import is_done
from pqtheory.networks.training import RunFolder, Settings, preset
from pqtheory.networks.workers import outcomes

#: what is not a setting
KEYS = ("folder", "preset", "settings", "grid")


@final
@dataclass(frozen=True)
class Sweep:
    """Runs by name.

    Attributes
    ----------
    folder : Path
        Each run has its folder below it.
    runs : mapping of str to Settings
        In the order of the grid.
    """

    folder: Path
    runs: Mapping[str, Settings]

    @classmethod
    def read(cls, file: str | Path) -> "Sweep":
        """The sweep of a TOML file.

        Raises
        ------
        FileNotFoundError, ValueError, TypeError
            If there is none, it is not of the form above, or two of its runs would have the same name.
        """
        path = Path(file)
        if not path.is_file():
            raise FileNotFoundError(f"sweep: no file {str(path)!r}")
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{path}: {error}") from error
        unknown = [key for key in content if key not in KEYS]
        if unknown:
            raise ValueError(f"{path}: expected {', '.join(KEYS)}, got {unknown[0]!r}")
        folder = content.get("folder", path.stem)
        if not isinstance(folder, str) or not folder:
            raise ValueError(f"{path}: folder: expected a path, got {folder!r}")
        grid, common = (_section(path, content, name) for name in ("grid", "settings"))
        for name, values in grid.items():
            if not isinstance(values, list) or not values:
                raise ValueError(f"{path}: grid: expected a list for {name!r}, got {values!r}")
        runs: dict[str, Settings] = {}
        for values in product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            chosen = {**common, **point}
            method = chosen.pop("method", "proxquant")
            kind = chosen.pop("preset", content.get("preset", "corrected"))
            name = _name(point)
            if name in runs:
                raise ValueError(
                    f"{path}: grid: two runs would have the name {name!r}; expected values whose names differ"
                )
            runs[name] = preset(kind, method, **chosen)
        return cls(path.parent / folder, runs)

    def check_same(self) -> None:
        """Make sure that runs that are there already were started with these settings, warm start and all.

        Raises
        ------
        ValueError
            If one was not.
        """
        for name, settings in self.runs.items():
            run = RunFolder(self.folder / name)
            if not (run.path / "settings.json").exists():
                continue
            old, new = run.settings.to_dict(), settings.to_dict()
            for key in new:
                if new[key] != old[key]:
                    raise ValueError(
                        f"{run.path}: was started with {key} = {old[key]!r}, not {new[key]!r}; "
                        "give the sweep another folder, or delete this one"
                    )

    def finished(self) -> Iterator[str]:
        """Names of the runs that are done."""
        for name, settings in self.runs.items():
            if is_done(RunFolder(self.folder / name), settings.epochs):
                yield name

    def go(
        self,
        *,
        jobs: int = 1,
        device: str = "cpu",
        data_dir: str | Path | None = None,
        backend: str = "loky",
        scheduler: str | None = None,
        told: Callable[[int, int, str], None] | None = None,
    ) -> dict[str, str]:
        """Run what is not finished; give the runs that failed, with why.

        Parameters
        ----------
        jobs : int
            Runs side by side, each with its share of the cores; of a Dask cluster all workers.
        device : str
            Of every run.
        data_dir : path, optional
            As for ``data.load``.
        backend : {"loky", "dask"}
            Processes here, or workers of a Dask cluster that see the same folder.
        scheduler : str, optional
            Address of Dask's scheduler.
        told : callable, optional
            Told (runs done, runs, name) as each ends.

        Raises
        ------
        ImportError, ValueError
            If the backend is missing or unknown, its scheduler is not there, or a run was started with other settings.
        """
        check_count(jobs, "jobs", 1)
        self.check_same()
        done = set(self.finished())
        tasks = {
            name: (settings, str(self.folder / name), device, data_dir)
            for name, settings in self.runs.items()
            if name not in done
        }
        failed: dict[str, str] = {}
        for name, why in outcomes(tasks, jobs, backend, scheduler):
            if why:
                failed[name] = why
            done.add(name)
            if told is not None:
                told(len(done), len(self.runs), name)
        return failed


def _section(file: Path, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise ValueError(f"{file}: expected a section [{name}], got {name} = {section!r}")
    return section


def _name(point: Mapping[str, Any]) -> str:
    """Of a run's folder."""
    return "-".join(f"{k}={v}" for k, v in point.items()).replace("/", "_") or "run"
