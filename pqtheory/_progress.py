"""A progress bar on standard error: at once where it is asked for, else after a while and on terminals alone."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: a bar that nobody asked for appears once a run has taken this long
SECONDS_BEFORE_BAR = 2.0
#: steps between two looks at the clock
STRIDE = 64


@contextmanager
def progress_bar(label: str, total: int, wanted: bool | None) -> Iterator[Callable[[], None]]:
    """What is to be called after each of ``total`` steps; ``wanted`` None: the run decides by how long it takes.

    Where ``wanted`` is True the bar shows on anything: moving on a terminal or in a notebook, as one line at the end in
    a file or a pipe.
    """
    if wanted is False:
        yield lambda: None
        return
    bar = _Bar(label, total, wanted=bool(wanted))
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    def __init__(self, label: str, total: int, *, wanted: bool) -> None:
        self.label, self.total, self.wanted, self.done = label, total, wanted, 0
        self.show_at = time.monotonic() + (0.0 if wanted else SECONDS_BEFORE_BAR)
        self.bar: Any = None
        if wanted:
            self._show()

    def advance(self) -> None:
        self.done += 1
        if self.done % STRIDE and self.done != self.total:
            return
        if self.bar is None and time.monotonic() >= self.show_at:
            self._show()
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=self.done)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.show_at = math.inf
        console = Console(stderr=True)
        moves = console.is_terminal or console.is_jupyter
        if not (moves or self.wanted):
            return
        # a bar that moved is wiped away, one that could not is left as a line
        self.bar = Progress(console=console, transient=moves)
        self.bar.add_task(self.label, total=self.total)
        self.bar.start()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
