"""The one scheduler: runs in their order, some after a warm start, side by side, stopped in time, gone on with."""

import math
import time
from collections.abc import Callable
from pathlib import Path

from pqtheory._checks import check_count
from pqtheory.networks.sweeps.plan import Plan
from pqtheory.networks.sweeps.tasks import Task
from pqtheory.networks.sweeps.workers import open_workers

#: seconds kept for the end of a run and for what its process takes to start
MARGIN = 20.0
#: (runs that have ended, runs, name of the one that just did)
Progress = Callable[[int, int, str], None]


def carry_out(
    plan: Plan,
    *,
    device: str = "cpu",
    data_dir: str | Path | None = None,
    minutes: float = math.inf,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Run what is not finished and can be; give the runs that failed, with why.

    Finished runs are not run again, others go on where they were. A run that fails costs only itself and those that
    were to start from it. No run begins, and none goes on past an epoch, beyond ``minutes``.

    Parameters
    ----------
    plan : Plan
        The runs.
    device : str
        Of every run.
    data_dir : path, optional
        As for ``data.load``.
    minutes : float
        To stop after.
    jobs : int
        Runs side by side: on the CPU processes, each with its share of the cores, on a GPU in one; of a Dask cluster
        all workers.
    backend : {"loky", "dask"}
        Here, or by workers of a Dask cluster that see the same folder.
    scheduler : str, optional
        Address of Dask's scheduler.
    progress : callable, optional
        Called with (runs that have ended, runs, name) as each ends.

    Raises
    ------
    ImportError, ValueError
        If the backend is missing or unknown, or its scheduler is not there.
    """
    jobs = check_count(jobs, "jobs", 1)
    end = time.time() + 60 * minutes
    done = set(plan.finished())
    begun: set[str] = set()
    failed: dict[str, str] = {}
    most = max(1, min(jobs, len(plan.runs) - len(done)))
    with open_workers(most, device, backend, scheduler) as at_work:
        while True:
            if time.time() <= end - MARGIN:
                ready = plan.ready(done, begun)[: at_work.room]
                at_work.begin(
                    {
                        run.name: Task(
                            plan.settings_of(run),
                            str(plan.folder_of(run).path),
                            device,
                            data_dir,
                            end - MARGIN / 2,
                            min(jobs, plan.beside(run)),
                        )
                        for run in ready
                    }
                )
                begun |= {run.name for run in ready}
            if not at_work.busy:
                return failed
            for name, outcome in at_work.ended():
                if outcome is True:
                    done.add(name)
                elif outcome:
                    failed[name] = str(outcome)
                if outcome and progress is not None:
                    progress(len(done) + len(failed), len(plan.runs), name)
