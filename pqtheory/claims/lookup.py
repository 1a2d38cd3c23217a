"""Finding claims: shipped ones by name, a user's own by file."""

import importlib.util
import os
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from inspect import cleandoc
from pathlib import Path
from typing import Any, Protocol

from pqtheory._messages import brief
from pqtheory.claims.claim import Claim

_STATED = re.compile(r"stated at line (?P<line>\d+) of (?P<file>.*)")


class UserCodeError(Exception):
    """A user's claim file raised while it was loaded or while its checks ran; one line that says where."""


class _AskedToExitError(Exception):
    """SystemExit in words: it would end verification, perhaps with the exit code of success."""

    def __init__(self, error: SystemExit) -> None:
        super().__init__(f"asked to end the process, with {error.code!r:.60}")
        self.__traceback__ = error.__traceback__


@contextmanager
def no_exit() -> Iterator[None]:
    """Make ``os._exit``, which nothing could catch, raise SystemExit while a user's code runs."""
    here, kept = os.getpid(), os._exit

    def exit_now(status: int = 0) -> None:
        if os.getpid() != here:
            # a fork that the user's code has made
            kept(status)
        raise SystemExit(status)

    os._exit = exit_now  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = kept


def user_code_error(what: str, error: BaseException, file: Path) -> UserCodeError:
    """What happened, and at which line of the user's file."""
    if isinstance(error, ValueError) and str(error).startswith(what):
        return UserCodeError(str(error))
    if isinstance(error, SystemExit):
        error = _AskedToExitError(error)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        where = f" (line {error.lineno} of {Path(error.filename).name})"
        return UserCodeError(f"{what}: {type(error).__name__}: {error.msg}{where}")
    places = [(f.filename, f.lineno or 0) for f in traceback.extract_tb(error.__traceback__)]
    # where a statement stands says more than who has run it
    notes = [_STATED.fullmatch(note) for note in getattr(error, "__notes__", [])]
    places += [(note["file"], int(note["line"])) for note in notes if note]
    lines = [line for name, line in places if Path(name).resolve() == file.resolve()]
    where = f" (line {lines[-1]} of {file.name})" if lines else ""
    kind = "" if isinstance(error, _AskedToExitError) else f"{type(error).__name__}: "
    return UserCodeError(f"{what}: {kind}{error}{where}")


class Shelf(Protocol):
    """Where claims are found by name."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all claims, in order."""

    def load(self, name: str) -> Claim:
        """The claim of that name; ValueError if there is none."""


def find_claims(*names: str | Claim, book: Shelf) -> list[Claim]:
    """Claims by name, by file or as they are, each once; all of the book where none is named.

    Raises
    ------
    TypeError
        If something else than a name or a claim is given.
    ValueError
        If a name is unknown (the nearest is suggested), a file defines no claim, or two claims have the same name.
    """
    if not names:
        return [book.load(name) for name in book.names]
    for name in names:
        if not isinstance(name, str | Claim):
            raise TypeError(
                f"claim: expected names, .py files or claims, one by one, got {brief(name)}"
            )
    return distinct(
        [
            name if isinstance(name, Claim) else _find(name, book.load)
            for name in without_repeats(names)
        ]
    )


def without_repeats(names: Iterable[Any]) -> list[Any]:
    """``names`` without those that name the same thing, or the same file, as one before."""
    first: dict[Any, Any] = {}
    for name in names:
        is_file = isinstance(name, str) and name.endswith(".py")
        # a claim by what it is: its checks need not be hashable
        key = Path(name).resolve() if is_file else name if isinstance(name, str) else id(name)
        first.setdefault(key, name)
    return list(first.values())


def distinct(claims: Iterable[Claim]) -> list[Claim]:
    """``claims``, each once.

    Raises
    ------
    ValueError
        If two different ones have the same name.
    """
    by_name: dict[str, Claim] = {}
    for claim in claims:
        if by_name.setdefault(claim.name, claim) != claim:
            raise ValueError(f"claim: expected different names, got two claims {brief(claim.name)}")
    return list(by_name.values())


def _find(name: str, load: Callable[[str], Claim]) -> Claim:
    return load_file(Path(name)) if name.endswith(".py") else load(name)


def load_file(path: Path) -> Claim:
    """The ``CLAIM`` that a Python file defines.

    Raises
    ------
    ValueError
        If there is no such file, or it defines no ``CLAIM``.
    UserCodeError
        If the file raises.
    """
    if not path.is_file():
        raise ValueError(f"claim file: no file {brief(str(path))}")
    spec = importlib.util.spec_from_file_location(f"pqtheory_user_claim_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"claim file: cannot load {brief(str(path))}")
    module = importlib.util.module_from_spec(spec)
    try:
        # not by the loader: it takes bytecode of a file that was rewritten within the same second
        with no_exit():
            exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # a user's file may raise anything
        raise user_code_error(f"claim file {brief(str(path))}", error, path) from error
    claim = vars(module).get("CLAIM")
    if not isinstance(claim, Claim):
        raise ValueError(
            f"claim file: {brief(str(path))} defines no CLAIM of type pqtheory.claims.Claim"
        )
    return with_origin(claim, module.__doc__, str(path))


def with_origin(claim: Claim, docstring: str | None, file: str = "", chapter: str = "") -> Claim:
    """``claim``, with its file or chapter, and with that file's docstring as its derivation unless it has one."""
    derivation = claim.derivation or cleandoc(docstring or "")
    return replace(claim, derivation=derivation, file=file, chapter=chapter)


@contextmanager
def users_code(claim: Claim) -> Iterator[None]:
    """Whatever the checks of a user's claim file raise, exits included, becomes a UserCodeError that says where."""
    try:
        with no_exit() if claim.file else nullcontext():
            yield
    except BaseException as error:
        if not claim.file or isinstance(error, KeyboardInterrupt):
            raise
        # a user's check may raise anything
        raise user_code_error(f"claim {brief(claim.name)}", error, Path(claim.file)) from error
