"""Where the runs of a sweep are done: in processes here, or by the workers of a Dask cluster.

Here each of the runs side by side has a process to itself; where that is killed the run is started again, once, from
where it stopped, and no other run notices. A Dask cluster does the same as often as its ``allowed-failures`` says. A
process trains one run at a time, whatever the number of its threads.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from functools import partial
from threading import Lock, Thread, get_ident
from typing import Any, final

from pqtheory.networks.training import RunFolder, Settings, train
from pqtheory.provenance import STARTED_BY, started_by

#: settings, folder, device, where the data is
Task = tuple[Settings, str, str, Any]
#: how often a run whose process is killed is started
STARTS = 2
#: seconds for a scheduler, and for the first of its workers, to answer
PATIENCE = 5
#: what tells the numerical libraries how many threads to have
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
#: torch has one random generator a process
_one_at_a_time = Lock()


def one_run(settings: Settings, folder: str, device: str, data_dir: Any) -> str:
    """Run or resume one; gives what went wrong, or nothing."""
    from pqtheory.networks.data import load

    try:
        with _one_at_a_time:
            images = load(settings.data, data_dir)
            train(settings, images, RunFolder(folder), device=device, resume=True)
    except Exception as error:
        # one run's failure is reported beside the others' results
        return f"{type(error).__name__}: {error}"
    return ""


def end_with(parent: int) -> None:
    """End this process soon after the one that started it, which if it is killed cannot say so (POSIX)."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def outcomes(
    tasks: Mapping[str, Task], jobs: int, backend: str, scheduler: str | None
) -> Iterator[tuple[str, str]]:
    """Name and what went wrong, or nothing, of each run as it ends.

    Parameters
    ----------
    tasks : mapping of str to tuple
        By name, what ``one_run`` takes.
    jobs, backend, scheduler
        As for ``Sweep.go``.

    Raises
    ------
    ImportError, ValueError
        If the backend is missing or unknown, or no scheduler or worker answers.
    """
    if backend == "loky":
        return _here(tasks, jobs)
    if backend == "dask":
        return _on_cluster(tasks, scheduler)
    raise ValueError(f"backend: expected loky or dask, got {backend!r}")


def _here(tasks: Mapping[str, Task], jobs: int) -> Iterator[tuple[str, str]]:
    processes = Processes(max(1, min(jobs, len(tasks))))
    try:
        names = {processes.submit(one_run, *task): name for name, task in tasks.items()}
        for ended in futures.as_completed(names):
            lost = ended.exception()
            yield names[ended], f"{type(lost).__name__}: {lost}" if lost else ended.result()
    finally:
        processes.stop()


@final
class Processes:
    """Processes that share the cores; one that is killed takes nothing but its call with it.

    Parameters
    ----------
    count : int
        How many. Each has its share of the cores as threads, unless the environment says how many.

    Raises
    ------
    ImportError
        If joblib is missing.
    """

    def __init__(self, count: int) -> None:
        try:
            from joblib import cpu_count
            from joblib.externals.loky import ProcessPoolExecutor
        except ImportError as error:
            raise ImportError("sweeps need joblib: pip install 'pqtheory[sweep]'") from error
        share = str(max(1, cpu_count() // count))
        environment = {name: os.environ.get(name, share) for name in THREADS}
        environment[STARTED_BY] = started_by()
        self._new: Callable[[], Any] = partial(
            ProcessPoolExecutor,
            1,
            env=environment,
            initializer=end_with,
            initargs=(os.getpid(),),
        )
        self._of_thread: dict[int, Any] = {}
        self._stopped = False
        self._threads = futures.ThreadPoolExecutor(count)

    def submit(self, function: Callable[..., Any], *args: Any) -> futures.Future[Any]:
        """Call ``function`` in a process; in a new one, once, where that is killed."""
        return self._threads.submit(self._call, function, *args)

    def stop(self) -> None:
        """End the processes, whatever they do."""
        self._stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in list(self._of_thread.values()):
            process.shutdown(kill_workers=True)
        self._threads.shutdown()

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        thread = get_ident()
        for _ in range(STARTS):
            process = self._of_thread[thread] = self._of_thread.get(thread) or self._new()
            try:
                return process.submit(function, *args).result()
            except futures.BrokenExecutor as error:
                self._of_thread.pop(thread).shutdown()
                codes = re.search(r"\{.*\}", str(error))
            if self._stopped:
                break
        raise ChildProcessError(f"its process died {STARTS} times {codes[0] if codes else ''}")


def _on_cluster(tasks: Mapping[str, Task], scheduler: str | None) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r".+:\d+", scheduler or ""):
        raise ValueError(f"scheduler: expected HOST:PORT of Dask's scheduler, got {scheduler!r}")
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ImportError("--backend dask needs: pip install 'pqtheory[dask]'") from error
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"scheduler: no Dask scheduler answers at {scheduler!r}: {error}"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise ValueError(f"scheduler: {scheduler!r} has no workers") from error
        names = {client.submit(one_run, *t, pure=False): name for name, t in tasks.items()}
        for ended in as_completed(names, loop=client.loop):
            lost = ended.exception()
            yield names[ended], f"{type(lost).__name__}: {lost}" if lost else ended.result()
