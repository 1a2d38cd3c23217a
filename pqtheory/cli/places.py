"""Where commands write to: checked before any work."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from pqtheory._messages import brief


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


def check_output_file(file: Path, option: str, read: Iterable[Path] = ()) -> Path:
    """Make sure that ``file`` can be written, before any work, and is none that is ``read``; it is not touched."""
    reason = None
    try:
        if file.is_dir():
            reason = "it is a folder"
        elif _is_there(file):
            reason = None if os.access(file, os.W_OK) else "permission denied"
            if any(other.exists() and other.samefile(file) for other in read):
                reason = "it is read"
        else:
            with tempfile.TemporaryFile(dir=file.parent):
                pass
    except (OSError, ValueError) as error:
        reason = _reason(error)
    if reason is not None:
        raise click.UsageError(f"{option}: cannot write {brief(str(file))}: {reason}")
    return file


def check_two_files(one: Path | None, other: Path | None, option: str) -> None:
    """Make sure that ``other``, given by ``option``, does not take the place of ``one``; devices hold both."""
    if one is None or other is None or (other.exists() and not other.is_file()):
        return
    if os.path.realpath(one) == os.path.realpath(other):
        raise click.UsageError(
            f"{option}: expected a file for itself, got {brief(str(other))} again"
        )


def _is_there(file: Path) -> bool:
    """Whether there is such a file; OSError where there cannot be one, such as for a name that is too long."""
    try:
        file.stat()
    except FileNotFoundError:
        return False
    return True


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)
