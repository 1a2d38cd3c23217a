"""Tasks by name, or from a file of one's own."""

import ast
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch

from pqtheory._messages import brief, nearest, without_trace
from pqtheory.networks.tasks import answers
from pqtheory.networks.tasks.answers import AnswerError, check_attributes
from pqtheory.networks.tasks.base import Task
from pqtheory.networks.tasks.images import ImageTask
from pqtheory.networks.tasks.language import LanguageTask

#: tasks of the package by name
REGISTRY: Mapping[str, Task] = {"images": ImageTask(), "language": LanguageTask()}
#: what a file of one's own ends in, and the object that it has
ENDING, OBJECT = ".py", "task"
#: what is raised of settings and data that cannot be, and says so in words
IN_WORDS = (ValueError, TypeError, ImportError, OSError, ArithmeticError)
PACKAGE, TORCH = Path(__file__).parents[2], Path(torch.__file__).parent


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
        own = f"{name}{ENDING}"
        hint = f"; did you mean {brief(own)}?" if Path(own).is_file() else nearest(name, REGISTRY)
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
        kind = " itself, without ()" if isinstance(found, type) and issubclass(found, Task) else ""
        raise ValueError(
            f"task: {file}: expected {OBJECT} = an object of a subclass of Task, got {brief(found)}{kind}"
        )
    try:
        check_attributes(found)
    except AnswerError as error:
        raise ValueError(f"task: {file}{_line_of(file, found, error.name)}: {error}") from error
    return found


def _line(file: Path, error: BaseException) -> str:
    """Where in the file it went wrong."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f": line {error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return f": line {lines[-1]}" if lines else ""


def _line_of(file: Path, task: Task, name: str) -> str:
    """Where the class of a task has its attribute or method last; where it inherits it, where the class begins."""
    tree = ast.parse(file.read_bytes())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    own = [classes[kind.__name__] for kind in type(task).__mro__ if kind.__name__ in classes]
    for node in (part for kind in own for part in reversed(kind.body)):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        if name in {getattr(t, "id", getattr(t, "name", None)) for t in targets}:
            return f": line {node.lineno}"
    return f": line {own[0].lineno}" if own else ""


def _words(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else without_trace(error)
    said = " ".join(said.split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


@contextmanager
def errors_with_lines(name: str) -> Iterator[None]:
    """Let errors that come out of the file of a task, or of what it gave, say file and line, as ValueError.

    Others pass: what the package says of settings and data. A file that would end the process is an error too.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if not is_file(name):
            raise
        file = Path(name).resolve()
        where = _where(file, name, error)
        if where is None:
            raise
        said = str(error) if isinstance(error, AnswerError) else _words(error)
        raise ValueError(f"task: {file}{where}: {said}") from error


def _where(file: Path, name: str, error: BaseException) -> str | None:
    """The line that made the error, or that of the method that was asked; "" for none, None where it is no task's."""
    if isinstance(error, AnswerError):
        return _line_of(file, find_task(name), error.name)
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    asked = [f.name for f in frames if f.filename == answers.__file__]
    line = _line(file, error)
    if line or (isinstance(error, IN_WORDS) and (not asked or _is_in(PACKAGE, frames[-1]))):
        return line or None
    if asked:
        return _line_of(file, find_task(name), asked[-1])
    # what torch cannot do is of what the task gave; all else is nobody's whom we know
    return "" if _is_in(TORCH, frames[-1]) else None


def _is_in(package: Path, frame: traceback.FrameSummary) -> bool:
    return Path(frame.filename).is_relative_to(package)
