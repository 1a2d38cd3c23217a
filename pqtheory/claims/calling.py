"""Callables that take some of the variables by name, and their texts."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pqtheory.claims.source import source, where


def nothing(**_: Any) -> Sequence[Any]:
    """No assumptions."""
    return ()


def texts(holds: Callable[..., Any], **others: Callable[..., Any]) -> list[str]:
    """The source of a statement, what its names stand for, and the source of the others unless it holds them."""
    whole = source(holds)
    found = [whole]
    if names := where(holds):
        found.append(f"where {names}")
    for name, function in others.items():
        text = source(function)
        held = " ".join(text.split()) in " ".join(whole.split())
        if function is not nothing and not held:
            found.append(f"{name}: {text}")
    return found


def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Its parameters by name, those that must be given, and whether it takes any name."""
    parameters = inspect.signature(function).parameters.values()
    by_name = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    needed = tuple(p.name for p in by_name if p.default is p.empty)
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return tuple(p.name for p in by_name), needed, any_name


#: a search asks for the same ones again and again
_remembered = lru_cache(maxsize=4096)(_signature)


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    try:
        return _remembered(function)
    except TypeError:
        # no hash
        return _signature(function)


def named_by(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that must be given by name."""
    return _parameters(function)[1]


def called(function: Callable[..., Any], case: Mapping[str, Any]) -> Any:
    """``function`` with those of the case that it names."""
    names, _, any_name = _parameters(function)
    if any_name:
        return function(**case)
    return function(**{name: case[name] for name in names if name in case})
