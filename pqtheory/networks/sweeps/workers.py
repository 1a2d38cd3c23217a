"""Who does the runs: processes here, this process on a GPU, or the workers of a Dask cluster.

Here each of the runs side by side has a process to itself; where that is killed the run is started again, once, from
where it stopped, and no other run notices. A Dask cluster does the same as often as its ``allowed-failures`` says. On a
GPU the runs share this process and the data, step by step in turn.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import Any, final

import torch

from pqtheory._messages import brief
from pqtheory.networks.sweeps.cluster import connect
from pqtheory.networks.sweeps.processes import Processes, threads_are_given
from pqtheory.networks.sweeps.tasks import Outcome, Task, one_at_a_time, one_run, why
from pqtheory.networks.training import FarFromLevelsWarning, RunFolder, train_together
from pqtheory.networks.training.build import load_data

#: runs that a cluster is given at a time: more than there are, for it has an order of its own
EVERY = 1 << 30


class Workers(ABC):
    """Those who do runs, several at a time."""

    @property
    @abstractmethod
    def room(self) -> int:
        """How many more runs may begin now."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether a run that has begun has not ended."""

    @abstractmethod
    def begin(self, tasks: Mapping[str, Task]) -> None:
        """Begin runs, by name; as many as there is room for."""

    @abstractmethod
    def ended(self) -> Iterator[tuple[str, Outcome]]:
        """Wait for a run to end; name and outcome of each that has."""


@final
class Submitted(Workers):
    """Runs that are calls in other processes.

    Parameters
    ----------
    submit : callable
        Calls a function with arguments elsewhere; gives a future.
    most : int
        Runs at a time.
    threads : int or None
        Of each run; None where they have theirs already.
    shared : bool
        Whether runs beside each other share these threads.
    """

    def __init__(
        self,
        submit: Callable[..., futures.Future[Any]],
        most: int,
        threads: int | None,
        shared: bool = False,
    ) -> None:
        self._submit, self._most, self._threads, self._shared = submit, most, threads, shared
        self._names: dict[futures.Future[Any], str] = {}

    @property
    def room(self) -> int:
        """Up to ``most``."""
        return self._most - len(self._names)

    @property
    def busy(self) -> bool:
        """Whether there are any."""
        return bool(self._names)

    def begin(self, tasks: Mapping[str, Task]) -> None:
        """Submit them, each with its threads."""
        for name, task in tasks.items():
            threads = self._threads
            if threads is not None and self._shared:
                threads = max(1, threads // task.beside)
            self._names[self._submit(one_run, task, threads)] = name

    def ended(self) -> Iterator[tuple[str, Outcome]]:
        """Those that have, at least one; of a process that died, that it did."""
        over, _ = futures.wait(self._names, return_when=futures.FIRST_COMPLETED)
        for future in over:
            name = self._names.pop(future)
            try:
                outcome = future.result()
            except Exception as lost:
                outcome = why(lost)
            yield name, outcome


@final
class OnGpu(Workers):
    """Runs that share this process and a GPU, ``most`` at a time, those on the same data together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: dict[str, Task] = {}

    @property
    def room(self) -> int:
        """Up to ``most``."""
        return self._most - len(self._tasks)

    @property
    def busy(self) -> bool:
        """Whether there are any."""
        return bool(self._tasks)

    def begin(self, tasks: Mapping[str, Task]) -> None:
        """Keep them until ``ended`` trains them."""
        self._tasks |= tasks

    def ended(self) -> Iterator[tuple[str, Outcome]]:
        """Train the next ones on the same data."""
        first = next(iter(self._tasks.values()))
        group = {n: task for n, task in self._tasks.items() if _data(task) == _data(first)}
        for name in group:
            del self._tasks[name]
        yield from zip(group, _together(list(group.values())), strict=True)


def _data(task: Task) -> tuple[Any, ...]:
    """What a run is trained on."""
    return task.settings.task, task.settings.data, task.settings.options


def _together(group: list[Task]) -> list[Outcome]:
    """Of runs on one device, side by side; one by one where one of them cannot begin."""
    first = group[0]
    try:
        with one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore", FarFromLevelsWarning)
            found = train_together(
                [(task.settings, RunFolder(task.folder)) for task in group],
                load_data(first.settings, first.data_dir),
                device=first.device,
                seconds=min(task.seconds() for task in group),
            )
    except Exception as error:
        if len(group) == 1:
            return [why(error)]
        return [outcome for task in group for outcome in _together([task])]
    return [outcome if isinstance(outcome, bool) else why(outcome) for outcome in found]


@contextmanager
def open_workers(jobs: int, device: str, backend: str, scheduler: str | None) -> Iterator[Workers]:
    """Those that the arguments of ``carry_out`` ask for; they end with the context.

    Raises
    ------
    ImportError, ValueError
        If the backend is missing or unknown, or no scheduler or worker answers.
    """
    if backend not in ("loky", "dask"):
        raise ValueError(f"backend: expected loky or dask, got {brief(backend)}")
    if backend == "dask":
        with connect(scheduler) as submit:
            yield Submitted(submit, EVERY, None)
    elif torch.device(device).type == "cuda":
        yield OnGpu(jobs)
    else:
        processes = Processes(jobs)
        try:
            # as many as a run in this process would have: the same sums
            threads = torch.get_num_threads()
            yield Submitted(processes.submit, jobs, threads, shared=not threads_are_given())
        finally:
            processes.stop()
