"""A run as those who do it are given it, and what they say of it."""

import time
import warnings
from dataclasses import dataclass
from threading import Lock
from typing import Any, final

import torch

from pqtheory.networks.training import FarFromLevelsWarning, RunFolder, Settings, train
from pqtheory.networks.training.build import load_data

#: whether all epochs of a run are done; or why it failed
Outcome = bool | str
#: torch has one random generator a process: it trains one run, or one group of them, at a time
one_at_a_time = Lock()


@final
@dataclass(frozen=True)
class Task:
    """A run to start or to go on with.

    Attributes
    ----------
    settings : Settings
        Warm start and all.
    folder, device : str
        Where it is kept, and on what it is trained.
    data_dir : path or None
        As for the task's ``load``.
    until : float
        Seconds since 1970: the epoch that ends later is the last.
    beside : int
        Runs that share the cores, itself among them. It does not depend on what is done already or how long that took:
        sums of so many threads are the same each time.
    """

    settings: Settings
    folder: str
    device: str
    data_dir: Any
    until: float
    beside: int = 1

    def seconds(self) -> float:
        """What is left of its time."""
        return self.until - time.time()


def one_run(task: Task, threads: int | None = None) -> Outcome:
    """Run or resume one, with so many threads if that is given."""
    try:
        with one_at_a_time, warnings.catch_warnings():
            # whoever started the runs says it of each, from its metrics
            warnings.simplefilter("ignore", FarFromLevelsWarning)
            if threads is not None:
                torch.set_num_threads(threads)
            data = load_data(task.settings, task.data_dir)
            return train(
                task.settings,
                data,
                RunFolder(task.folder),
                device=task.device,
                resume=True,
                seconds=task.seconds(),
            )
    except Exception as error:
        # one run's failure is reported beside the others' results
        return why(error)


def why(error: BaseException) -> str:
    """What went wrong, in words."""
    return f"{type(error).__name__}: {error}"
