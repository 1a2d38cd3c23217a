"""Where no engine has an answer a page is sampled; here with few cases: searches are tested in tests/claims."""

import importlib
import os
from collections.abc import Callable

import pytest

from pqtheory.evidence import smt
from pqtheory.evidence.symbolic import checks as algebra

from . import verified

#: a function of the same name hides the module from an import
EXAMPLES = importlib.import_module("pqtheory.claims.forall").EXAMPLES


@pytest.fixture(scope="session", autouse=True)
def shared_results(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The workers of pytest-xdist verify each page once: they have their folders in one folder of the run."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        verified.share(tmp_path_factory.getbasetemp().parent)


@pytest.fixture
def without_engines(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on neither z3 nor sympy is there, and a sample has few cases."""

    def remove() -> None:
        monkeypatch.setattr(smt, "available", lambda: False)
        monkeypatch.setattr(algebra, "available", lambda: False)
        monkeypatch.setitem(EXAMPLES, "quick", 20)

    return remove
