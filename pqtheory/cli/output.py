"""What commands print: lines and tables with nothing in them that steers the terminal, and bars on long work."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, final

import click
from rich.console import Console
from rich.text import Text

from pqtheory._messages import visible

#: columns where standard output is no terminal and nothing says how wide it is
WIDTH = 160
#: characters of an error
LONGEST = 2000


def complain(message: str) -> None:
    """One line on standard error, of bounded length."""
    line = visible(" ".join(message.split()))
    click.echo(f"pqtheory: {line if len(line) <= LONGEST else line[:LONGEST] + ' ...'}", err=True)


def say(text: str) -> None:
    """A line on standard output; nothing where its reader has gone, which is no reason to do less."""
    try:
        click.echo(visible(text))
    except BrokenPipeError:
        forget_output()


def as_it_is(text: str) -> Text:
    """``text`` for a table: no markup, no colours, and nothing that steers the terminal."""
    return Text(visible(text))


def forget_output() -> None:
    """Let what is still to be written go nowhere: Python would try once more at its end, and fail again."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@final
class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Go on: the exit code and the files are still to come; rich would end the process with exit code 1."""
        forget_output()


def output() -> Console:
    """Standard output: as wide as the terminal, or wide enough for the tables."""
    console = _Output()
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return _Output(width=WIDTH)


@contextmanager
def progress(label: str, *, time_left: bool = False) -> Iterator[Any]:
    """A progress bar on standard error, on terminals only: ``update(done, total, text)``."""
    console = Console(stderr=True)
    if not console.is_terminal:
        # some versions of rich end a bar that is disabled with an empty line
        yield lambda *_: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    if time_left:
        columns += [TextColumn("left"), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(visible(label), total=None)

        def update(done: int, total: int, text: str = label) -> None:
            bar.update(task, completed=done, total=total, description=visible(text))

        yield update
