"""A progress bar on standard error: at once where it is asked for, else after a while and on terminals alone."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

#: a bar that nobody asked for appears once a run has taken this long
SECONDS_BEFORE_BAR = 2.0
#: steps between two looks at the clock
STRIDE = 64
#: between two bars that a notebook is sent
SECONDS_BETWEEN_LOOKS = 0.2


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
            self.bar.moved(self.done)

    def _show(self) -> None:
        from rich.console import Console

        self.show_at = math.inf
        console = Console(stderr=True)
        moves = console.is_terminal or console.is_jupyter
        if not (moves or self.wanted):
            return
        if console.is_jupyter:
            self.bar = _InNotebook(self.label, self.total, stays=self.wanted)
        else:
            # a bar that moved is wiped away, one that could not is left as a line
            self.bar = _OnTerminal(console, self.label, self.total, stays=not moves)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop(self.done)


class _OnTerminal:
    def __init__(self, console: Any, label: str, total: int, *, stays: bool) -> None:
        from rich.progress import Progress

        self.bar = Progress(console=console, transient=not stays)
        self.task = self.bar.add_task(label, total=total)
        self.bar.start()

    def moved(self, done: int) -> None:
        self.bar.update(self.task, completed=done)

    def stop(self, done: int) -> None:
        self.bar.stop()


class _InNotebook:
    """A bar of HTML's own in the cell's output, which needs no widgets."""

    def __init__(self, label: str, total: int, *, stays: bool) -> None:
        from IPython.display import HTML, display

        self.label, self.total, self.stays, self.html = label, total, stays, HTML
        self.shown_at = time.monotonic()
        self.output = display(self._bar(0), display_id=True)

    def _bar(self, done: int) -> Any:
        bar = f'<progress value="{done}" max="{max(self.total, 1)}"></progress>'
        return self.html(f"{escape(self.label)} {bar} {done} of {self.total}")

    def moved(self, done: int) -> None:
        now = time.monotonic()
        if now - self.shown_at >= SECONDS_BETWEEN_LOOKS:
            self.shown_at = now
            self.output.update(self._bar(done))

    def stop(self, done: int) -> None:
        self.output.update(self._bar(done) if self.stays else self.html(""))
