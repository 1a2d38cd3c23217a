"""The proofs read the code that runs: where an operator that a page names is broken, the page fails."""

import functools
import gc
import importlib
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.claims import Budget, Evidence

from .conftest import EXAMPLES

QUICK = Budget("quick")


def owner_of(path: str) -> tuple[Any, str]:
    """The class or module that has the operator, and the operator's name there."""
    names = path.split(".")
    for length in range(len(names) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(names[:length]))
        except ModuleNotFoundError:
            continue
        for name in names[length:-1]:
            owner = getattr(owner, name)
        return owner, names[-1]
    raise AssertionError(f"no module of {path}")


def moved(value: Any) -> Any:
    """Something else of the same kind."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, tuple):
        return (
            type(value)(*map(moved, value))
            if hasattr(value, "_fields")
            else tuple(map(moved, value))
        )
    if isinstance(value, list):
        return [moved(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        first = next(iter(value.__dataclass_fields__))
        return replace(value, **{first: moved(getattr(value, first))})
    if isinstance(value, np.ndarray) and value.dtype == bool:
        return ~value
    return 2 * value + 1


def clear_caches() -> None:
    for found in gc.get_objects():
        if type(found) is functools._lru_cache_wrapper and found.__module__.startswith("pqtheory"):
            found.cache_clear()


def kind_of(check: Any) -> str:
    """The kind of evidence; "error" where the check raises."""
    try:
        found = check(QUICK)
    except Exception:
        # whatever a broken operator makes of it
        return "error"
    assert isinstance(found, Evidence)
    return found.kind


NAMED = [
    (name, path) for name in pq.theory.BOOK.names for path in pq.theory.BOOK.load(name).operators
]


@pytest.mark.parametrize("name", pq.theory.BOOK.names)
def test_each_page_names_its_operators(name: str) -> None:
    operators = pq.theory.BOOK.load(name).operators
    assert operators
    for path in operators:
        owner, attribute = owner_of(path)
        assert callable(getattr(owner, attribute)), path


@pytest.fixture
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a broken operator leaves the engines without an answer a short search is enough."""
    monkeypatch.setitem(EXAMPLES, "quick", 10)


@pytest.mark.usefixtures("few_examples")
@pytest.mark.parametrize("how", ["raises", "wrong"])
@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_broken_operator_is_noticed(name: str, path: str, how: str, monkeypatch: Any) -> None:
    claim = pq.theory.BOOK.load(name)
    owner, attribute = owner_of(path)
    operator = getattr(owner, attribute)

    def broken(*arguments: Any, **options: Any) -> Any:
        if how == "raises":
            raise RuntimeError("broken")
        return moved(operator(*arguments, **options))

    for part in claim.parts:
        clear_caches()
        with monkeypatch.context() as patched:
            patched.setattr(owner, attribute, broken)
            after = kind_of(part.check)
        if after != "proved":
            clear_caches()
            return
    pytest.fail(f"{name} stays as it is where {path} {how}")
