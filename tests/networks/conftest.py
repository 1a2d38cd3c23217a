"""What several files train: images, and a network."""

import pytest
import torch

from pqtheory.networks.data import load

from .optim.optimizers import Net


@pytest.fixture(scope="module")
def images():
    return load("digits")


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net()
