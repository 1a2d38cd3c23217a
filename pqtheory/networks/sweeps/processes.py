"""Processes that share the cores, end with the one that started them, and are replaced where they are killed."""

import os
import re
from collections.abc import Callable
from concurrent import futures
from functools import partial
from threading import get_ident
from typing import Any, final

from pqtheory._parent import end_with
from pqtheory.provenance import STARTED_BY, started_by

#: how often a call whose process is killed is made
STARTS = 2
#: what tells the numerical libraries how many threads to have
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def threads_are_given() -> bool:
    """Whether the environment says how many threads to have."""
    return any(name in os.environ for name in THREADS)


@final
class Processes:
    """Processes that share the cores; one that is killed takes nothing but its call with it.

    Parameters
    ----------
    count : int
        How many. Each has its share of the cores as threads, unless the environment says how many.

    Attributes
    ----------
    cores : int
        To share.

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
        self.cores = cpu_count()
        share = str(max(1, self.cores // count))
        # one that is set is for all: a share for the others would overrule it
        environment = {} if threads_are_given() else dict.fromkeys(THREADS, share)
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
