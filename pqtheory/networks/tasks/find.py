"""Tasks by name, or from a file of one's own."""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pqtheory._messages import brief, nearest
from pqtheory.networks.tasks.base import Task
from pqtheory.networks.tasks.images import ImageTask
from pqtheory.networks.tasks.language import LanguageTask

#: tasks of the package by name
REGISTRY: Mapping[str, Task] = {"images": ImageTask(), "language": LanguageTask()}
#: what a file of one's own ends in, and the object that it has
ENDING, OBJECT = ".py", "task"


def is_file(name: str) -> bool:
    """Whether a task is named by its file."""
    return name.endswith(ENDING)


def find_task(name: str) -> Task:
    """The task of that name, or of the file of that path.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is none; for a file that cannot be run, names the line.
    """
    if name in REGISTRY:
        return REGISTRY[name]
    if not is_file(name):
        hint = nearest(name, REGISTRY)
        raise ValueError(
            f"task: expected {', '.join(REGISTRY)} or a file that ends in {ENDING}, got {brief(name)}{hint}"
        )
    file = Path(name)
    if not file.is_file():
        raise FileNotFoundError(f"task: no file {brief(name)}")
    return _of_file(file.resolve(), task_hash(name) or "")


def template() -> str:
    """The file of a task of one's own, as text."""
    return Path(__file__).with_name("template.py").read_text(encoding="utf-8")


def task_hash(name: str) -> str | None:
    """SHA-256 of the file of a task of one's own; None of a task of the package."""
    if not is_file(name):
        return None
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError as error:
        raise FileNotFoundError(f"task: no file {brief(name)}") from error


@cache
def _of_file(file: Path, sha256: str) -> Task:
    """Run a file, once for each content, and take its task."""
    name = f"pqtheory_task_{sha256[:16]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"task: {file}: not a file of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ValueError(f"task: {file}{_line(file, error)}: {_words(error)}") from error
    found = vars(module).get(OBJECT)
    if not isinstance(found, Task):
        raise ValueError(
            f"task: {file}: expected {OBJECT} = an object of a subclass of Task, got {brief(found)}"
        )
    return found


def _line(file: Path, error: BaseException) -> str:
    """Where in the file it went wrong."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f": line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return f": line {lines[-1]}" if lines else ""


def _words(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(said.split())}"


@contextmanager
def errors_with_lines(name: str) -> Iterator[None]:
    """Let errors that come out of the file of a task say the line, as ValueError; others pass."""
    try:
        yield
    except Exception as error:
        if is_file(name):
            file = Path(name).resolve()
            line = _line(file, error)
            if line:
                raise ValueError(f"task: {file}{line}: {_words(error)}") from error
        raise
