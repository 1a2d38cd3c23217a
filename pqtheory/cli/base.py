"""What all commands share: one line for a bad argument and exit code 2, nearest names, and checks of output places."""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, final

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.text import Text

from pqtheory._extras import what_to_install
from pqtheory._messages import brief, visible
from pqtheory._messages import nearest as suggested
from pqtheory.methods.registry import REGISTRY, registered
from pqtheory.signs.metric_names import code_metric

#: columns where standard output is no terminal and nothing says how wide it is
WIDTH = 160
#: characters of an error
LONGEST = 2000


def nearest(word: str, words: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the word nearest to ``word``; where none is near, what there is."""
    known = list(words)
    return suggested(word, known) or (f"; expected one of {', '.join(known)}" if known else "")


def example(*lines: str) -> str:
    """The end of a command's help."""
    return block("Example:", *lines)


def block(heading: str, *lines: str) -> str:
    """A part of a command's help; the mark in front keeps its lines apart."""
    return "\n  ".join((f"\b\n{heading}", *lines))


def complain(message: str) -> None:
    """One line on standard error, of bounded length."""
    line = visible(" ".join(message.split()))
    click.echo(f"pqtheory: {line if len(line) <= LONGEST else line[:LONGEST] + ' ...'}", err=True)


def say(text: str) -> None:
    """A line on standard output; nothing where its reader has gone, which is no reason to do less."""
    try:
        click.echo(visible(text))
    except BrokenPipeError:
        _forget_output()


def as_it_is(text: str) -> Text:
    """``text`` for a table: no markup, no colours, and nothing that steers the terminal."""
    return Text(visible(text))


def _forget_output() -> None:
    """Let what is still to be written go nowhere: Python would try once more at its end, and fail again."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@final
class Commands(click.Group):
    """A group whose errors are one line on standard error, with exit code 2.

    ``sections`` are the headings of its help and the commands below each; without any they stand under one.
    """

    def __init__(
        self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.ctx.get_help() if error.ctx is not None else error.format_message())
            code = 0
        except click.ClickException as error:
            complain(error.format_message())
            code = 2
        except OSError as error:
            # such as a full disk below standard output, or below a file that could be written when the work began
            _forget_output()
            complain(str(error) if error.filename else f"cannot write the output: {error.strerror}")
            code = 2
        except (click.Abort, KeyboardInterrupt):
            click.echo("pqtheory: stopped", err=True)
            code = 130
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would end with exit code 1 where the reader of the output has gone."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # nothing more can be said, and nothing need be: what has a verdict to end with uses ``say``
            _forget_output()
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its first sentence; click itself would cut that off at the end of the line."""
        for heading, names in (self.sections or {"Commands": self.list_commands(ctx)}).items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(n, self.commands[n].get_short_help_str(LONGEST)) for n in names]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets the nearest suggested."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            what = "picture" if self.name == "plot" else "command"
            raise click.UsageError(f"no {what} {brief(name)}{nearest(name, self.commands)}")
        return super().resolve_command(ctx, args)


@final
class RegistryName(click.ParamType):
    """A name out of a registry; an unknown one gets the nearest suggested.

    ``refused`` are names of the registry that the command can do nothing with, for the reason ``why``: they are not
    offered, and who asks for one is told.
    """

    def __init__(
        self, kind: str, names: Sequence[str], refused: Sequence[str] = (), why: str = ""
    ) -> None:
        self.name = kind
        self.names, self.refused, self.why = tuple(names), tuple(refused), why

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """``value`` if it is a known name."""
        if value in self.refused:
            raise click.UsageError(
                f"--{self.name}: {brief(value)} {self.why}, one of {', '.join(self.names)}"
            )
        if value not in self.names:
            hint = nearest(str(value), self.names)
            raise click.UsageError(f"{self.name}: no {self.name} {brief(value)}{hint}")
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Its names that begin so."""
        return [CompletionItem(name) for name in self.names if name.startswith(incomplete)]


@final
class MethodChoice(click.Choice[str]):
    """A method out of some, however its name is spelled."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Its name in the registry."""
        return super().convert(_respelled(value), param, ctx)


@final
class MethodName(click.ParamType):
    """Any registered method, however its name is spelled; an unknown one gets the nearest suggested."""

    name = "method"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Its name in the registry."""
        return RegistryName("method", tuple(REGISTRY)).convert(_respelled(value), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The methods whose names begin so."""
        return RegistryName("method", tuple(REGISTRY)).shell_complete(ctx, param, incomplete)


@final
class CodeMetricName(click.ParamType):
    """A metric of codes, by our name for it or another's; an unknown one gets the nearest suggested."""

    name = "metric"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Our name."""
        try:
            return code_metric(value).name
        except (TypeError, ValueError) as error:
            self.fail(str(error).removeprefix("metrics: "), param, ctx)


def _respelled(value: Any) -> Any:
    found = registered(value)
    return value if found is None else found.name


#: what the library raises about what it was given
USER_ERRORS = (ValueError, TypeError, ImportError, OSError, ArithmeticError)


@contextmanager
def user_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Errors about what the user gave, as one line: those of ``kinds``, or else of ``USER_ERRORS``."""
    expected = kinds or USER_ERRORS
    try:
        yield
    except expected as error:
        if isinstance(error, BrokenPipeError) and error.filename is None:
            # the reader of our output has gone: ``Commands`` ends in silence
            raise
        missing = None
        if isinstance(error, ModuleNotFoundError):
            missing = what_to_install(_running(), error)
        raise click.UsageError(missing or as_options(str(error))) from error


def _running() -> str:
    """The command that runs, as it is typed without the program's name."""
    return click.get_current_context().command_path.partition(" ")[2] or "pqtheory"


#: what the library calls an argument, where a message begins with it
_ARGUMENT = re.compile(r"(\w+)(?=: )")


def as_options(message: str) -> str:
    """``message`` about an argument of the library, with the option of the running command that it was given by."""
    context = click.get_current_context(silent=True)
    begins = _ARGUMENT.match(message)
    if context is None or begins is None:
        return message
    for parameter in context.command.params:
        if isinstance(parameter, click.Option) and parameter.name == begins[0]:
            return parameter.opts[0] + message[begins.end() :]
    return message


def only_with(condition: str, *options: str) -> None:
    """Refuse ``options``, by their names in the function, where they are given and nothing would heed them.

    Raises
    ------
    UsageError
        Saying that they are for ``condition`` only.
    """
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in options and context.get_parameter_source(name) is not default:
            raise click.UsageError(f"{parameter.opts[0]}: only {condition}")


def check_folder(folder: Path) -> Path:
    """Make ``folder`` and make sure that files can be written there, before any work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        # a name with a zero byte is a ValueError
        raise click.UsageError(
            f"{_parameter(folder)}: cannot write to the folder {brief(str(folder))}: {_reason(error)}"
        ) from error
    return folder


def _parameter(value: Path) -> str:
    """What the running command calls the argument or option that was given ``value``."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if context.params.get(str(parameter.name)) == value:
            option = isinstance(parameter, click.Option)
            return parameter.opts[0] if option else parameter.human_readable_name
    return "folder"


def check_output_file(file: Path, option: str) -> Path:
    """Make sure that ``file`` can be written, before any work; it is not touched."""
    reason = None
    try:
        if file.is_dir():
            reason = "it is a folder"
        elif _is_there(file):
            reason = None if os.access(file, os.W_OK) else "permission denied"
        else:
            with tempfile.TemporaryFile(dir=file.parent):
                pass
    except (OSError, ValueError) as error:
        reason = _reason(error)
    if reason is not None:
        raise click.UsageError(f"{option}: cannot write {brief(str(file))}: {reason}")
    return file


def _is_there(file: Path) -> bool:
    """Whether there is such a file; OSError where there cannot be one, such as for a name that is too long."""
    try:
        file.stat()
    except FileNotFoundError:
        return False
    return True


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)


@final
class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Go on: the exit code and the files are still to come; rich would end the process with exit code 1."""
        _forget_output()


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
