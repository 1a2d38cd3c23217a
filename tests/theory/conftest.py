"""Where no engine has an answer a page is sampled; here with few cases: searches are tested in tests/claims."""

import sys

import pytest

from pqtheory.evidence.symbolic import checks


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    # the function of that name hides its module from an import
    monkeypatch.setitem(sys.modules["pqtheory.claims.forall"].EXAMPLES, "quick", 200)
    monkeypatch.setattr(checks, "MODELS", 100)
