"""Completion offers what is public, in every module that chooses what it offers."""

from importlib import import_module
from pathlib import Path

import pytest

import pqtheory as pq

ROOT = Path(pq.__file__).parents[1]
CHOOSING = sorted(
    file.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")
    for file in (ROOT / "pqtheory").rglob("*.py")
    if "def __dir__()" in file.read_text()
)


@pytest.mark.parametrize("name", CHOOSING)
def test_public_names_are_offered(name: str) -> None:
    module = import_module(name)
    # parts that are loaded where they are used have no list of their own
    public = module.__all__ if "__all__" in vars(module) else module._PARTS
    assert dir(module) == sorted(public)
    assert all(hasattr(module, offered) for offered in public)
