"""Paired timing: two pieces of work in turns, the ratio of their medians."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison: how many times the baseline the work takes, and the limit that we set ourselves."""

    name: str
    ratio: float
    limit: float
    seconds: float
    baseline_seconds: float
    at_least: bool = False

    @property
    def within(self) -> bool:
        """Whether the limit is kept; ``at_least`` rows are speed-ups."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit


def compare(
    name: str,
    work: Callable[[], object],
    baseline: Callable[[], object],
    limit: float,
    *,
    repeats: int = 9,
    at_least: bool = False,
) -> Row:
    """Time ``work`` and ``baseline`` in turns after one warm-up of each."""
    work()
    baseline()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for spent, piece in zip(times, (work, baseline), strict=True):
            start = time.perf_counter()
            piece()
            spent.append(time.perf_counter() - start)
    ours, theirs = (statistics.median(spent) for spent in times)
    return Row(name, ours / theirs, limit, ours, theirs, at_least)


@contextmanager
def elsewhere(
    make: Callable[..., Callable[[], object]], *given: Any
) -> Iterator[Callable[[], None]]:
    """Gives a function that lets another process do the work of ``make(*given)``, and waits for it."""
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there, make, given), daemon=True)
    process.start()
    there.close()

    def work() -> None:
        here.send(True)
        here.recv()

    try:
        yield work
    finally:
        here.close()
        process.join()


def _serve(orders: Any, make: Callable[..., Callable[[], object]], given: tuple[Any, ...]) -> None:
    work = make(*given)
    with suppress(EOFError):
        while orders.recv():
            work()
            orders.send(True)
