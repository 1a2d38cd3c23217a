"""The named methods: each option that one takes is an option of the wrapper, under its name."""

import inspect

import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.optim import QuantizingOptimizer

NAMED = [optim.ProxQuant, optim.LazyProx, optim.BinaryConnect, optim.BinaryRelax]


@pytest.mark.parametrize("named", NAMED)
def test_every_option_arrives(named, monkeypatch):
    arrived = []

    def record(self, *args, **options):
        arrived.append((args, options))

    monkeypatch.setattr(QuantizingOptimizer, "__init__", record)
    options = {name: object() for name in list(inspect.signature(named).parameters)[1:]}
    base = object()
    named(base, **options)
    assert arrived == [((base, getattr(methods, named.__name__)), options)]


def test_groups_stay_marked_whatever_state_is_loaded():
    weights = nn.Parameter(torch.tensor([0.3, -0.2]))
    plain = torch.optim.SGD([weights], lr=0.1)
    marked = torch.optim.SGD([{"params": [weights], "quantize": True}], lr=0.1)
    quantizing = optim.BinaryConnect(marked)
    quantizing.base.load_state_dict(plain.state_dict())
    quantizing.step()
    assert quantizing.param_groups[0]["quantize"] is True
