"""The images that runs are trained on."""

import pytest

from pqtheory.networks.data import load


@pytest.fixture(scope="module")
def images():
    return load("digits")
