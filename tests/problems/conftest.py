"""Every problem in turn."""

import pytest

from pqtheory.problems import REGISTRY, Problem


@pytest.fixture(params=REGISTRY)
def problem(request: pytest.FixtureRequest) -> Problem:
    return REGISTRY[request.param]()
