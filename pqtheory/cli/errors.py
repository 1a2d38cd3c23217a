"""What the library raises, as one line about the option that was given."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pqtheory._extras import what_to_install
from pqtheory._messages import without_trace

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
        raise click.UsageError(missing or as_options(without_trace(error))) from error
    except (MemoryError, RuntimeError) as error:
        # torch has no type of its own for it on a CPU
        if not isinstance(error, MemoryError) and "can't allocate memory" not in str(error):
            raise
        raise click.UsageError(f"not enough memory: {without_trace(error)}") from error


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
