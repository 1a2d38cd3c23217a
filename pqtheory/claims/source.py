"""The source of functions, for readers: the lines of a statement, and what the names in it stand for."""

import ast
import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from textwrap import dedent
from types import FunctionType, MethodType, ModuleType
from typing import Any

#: no value in a line of names is shown longer
LONGEST = 120


def source(function: Callable[..., Any]) -> str:
    """The lines of a function, of a lambda alone, or its name where there are none at hand."""
    return _of_function(function) if isinstance(function, FunctionType) else _source(function)


def _source(function: Callable[..., Any]) -> str:
    try:
        if isinstance(function, FunctionType) and function.__name__ == "<lambda>":
            return _lambda(function)
        lines, first = _lines(inspect.unwrap(function))
        return dedent("".join(inspect.getblock(lines[first:]))).rstrip()
    except (OSError, TypeError):
        return getattr(function, "__qualname__", f"{function}")


#: a page asks for the same ones again and again
_of_function = lru_cache(maxsize=4096)(_source)


def _lambda(function: FunctionType) -> str:
    """A lambda alone, out of the lines that it stands in.

    Raises
    ------
    OSError
        If there are no lines at hand, or they are no longer those that run.
    """
    lines = _lines(function)[0]
    places = set(function.__code__.co_positions())
    for node in _lambdas("".join(lines)):
        body = node.body
        if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
            return " ".join(_segment(lines, node).split())
    raise OSError("no such lambda")


def _segment(lines: list[str], node: ast.Lambda) -> str:
    """As ``ast.get_source_segment``, which splits the whole file anew for each; columns are those of UTF-8."""
    part = lines[node.lineno - 1 : node.end_lineno]
    part[-1] = part[-1].encode()[: node.end_col_offset].decode()
    part[0] = part[0].encode()[node.col_offset :].decode()
    return "".join(part)


def _lines(function: Any) -> tuple[list[str], int]:
    """All lines of the file that a function stands in, and where it begins.

    ``inspect.findsource`` finds them as well, by a look at every module there is.

    Raises
    ------
    OSError
        If there are no lines at hand.
    TypeError
        If it is no function of Python's.
    """
    if isinstance(function, MethodType):
        function = function.__func__
    if not isinstance(function, FunctionType):
        lines, first = inspect.findsource(function)
        return lines, first
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if len(lines) < code.co_firstlineno:
        raise OSError("no such lines")
    return lines, code.co_firstlineno - 1


@lru_cache(maxsize=16)
def _lambdas(text: str) -> tuple[ast.Lambda, ...]:
    try:
        return tuple(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Lambda))
    except SyntaxError:
        return ()


def where(function: Callable[..., Any]) -> str:
    """What a function has from the one around it: ``weight = 1/2, prox = lambda t, w: W.prox(t, 2 * w)``."""
    if not isinstance(function, FunctionType):
        return ""
    around = inspect.getclosurevars(function).nonlocals
    shown = {n: _named(v) for n, v in around.items() if not isinstance(v, type | ModuleType)}
    return ", ".join(f"{name} = {text}" for name, text in shown.items())


@contextmanager
def stated_at(function: Any) -> Iterator[None]:
    """Whatever is raised gets a note where the function stands, unless it was raised in that file."""
    try:
        yield
    except Exception as error:
        code = getattr(function, "__code__", None)
        if code is not None:
            frames = traceback.extract_tb(error.__traceback__)
            if all(frame.filename != code.co_filename for frame in frames[1:]):
                error.add_note(f"stated at line {code.co_firstlineno} of {code.co_filename}")
        raise


def _named(value: Any) -> str:
    """A value in a few words; a function by its name, a lambda by its source."""
    if isinstance(value, MethodType):
        text = f"{value.__self__!r}.{value.__name__}"
    elif isinstance(value, FunctionType):
        text = source(value) if value.__name__ == "<lambda>" else value.__qualname__
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
