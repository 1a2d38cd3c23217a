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

A run that fails costs only itself; a run that was stopped goes on where it was.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, final

from pqtheory._checks import check_count
from pqtheory.networks.training import RunFolder, Settings, preset, train

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
            If there is none, or it is not of the form above.
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
        grid, common = content.get("grid", {}), content.get("settings", {})
        for name, values in grid.items():
            if not isinstance(values, list) or not values:
                raise ValueError(f"{path}: grid: expected a list for {name!r}, got {values!r}")
        runs = {}
        for values in product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            chosen = {**common, **point}
            method = chosen.pop("method", "proxquant")
            name = chosen.pop("preset", content.get("preset", "corrected"))
            runs[_name(point)] = preset(name, method, **chosen)
        return cls(path.parent / content.get("folder", path.stem), runs)

    def finished(self) -> Iterator[str]:
        """Names of the runs that are done."""
        for name, settings in self.runs.items():
            metrics = RunFolder(self.folder / name).metrics()
            if metrics and metrics[-1]["epoch"] >= settings.epochs:
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
            Runs side by side.
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
            If the backend is missing or unknown.
        """
        check_count(jobs, "jobs", 1)
        done = set(self.finished())
        waiting = [name for name in self.runs if name not in done]
        failed: dict[str, str] = {}
        tasks = [(self.runs[n], str(self.folder / n), device, data_dir) for n in waiting]
        outcomes = _parallel(tasks, jobs, backend, scheduler)
        for name, why in zip(waiting, outcomes, strict=True):
            if why:
                failed[name] = why
            done.add(name)
            if told is not None:
                told(len(done), len(self.runs), name)
        return failed


def one_run(settings: Settings, folder: str, device: str, data_dir: Any) -> str:
    """Run or resume one; gives what went wrong, or nothing."""
    from pqtheory.networks.data import load

    try:
        images = load(settings.data, data_dir)
        train(settings, images, RunFolder(folder), device=device, resume=True)
    except Exception as error:
        # one run's failure is reported beside the others' results
        return f"{type(error).__name__}: {error}"
    return ""


def _parallel(
    tasks: list[tuple[Any, ...]], jobs: int, backend: str, scheduler: str | None
) -> Iterator[str]:
    try:
        from joblib import Parallel, delayed, parallel_config
    except ImportError as error:
        raise ImportError("sweeps need joblib: pip install 'pqtheory[sweep]'") from error
    if backend == "loky":
        work = Parallel(n_jobs=jobs, return_as="generator")
        yield from work(delayed(one_run)(*task) for task in tasks)
    elif backend == "dask":
        try:
            from distributed import Client
        except ImportError as error:
            raise ImportError("--backend dask needs: pip install 'pqtheory[dask]'") from error
        with Client(scheduler), parallel_config("dask"):
            yield from Parallel(n_jobs=jobs)(delayed(one_run)(*task) for task in tasks)
    else:
        raise ValueError(f"backend: expected loky or dask, got {backend!r}")


def _name(point: Mapping[str, Any]) -> str:
    """Of a run's folder."""
    return "-".join(f"{k}={v}" for k, v in point.items()).replace("/", "_") or "run"
