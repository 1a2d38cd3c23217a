"""Which tensors have parts in other processes; with those themselves, test_processes.py."""

import torch
import torch.distributed.tensor
from torch import nn

from pqtheory.networks.optim.sharded import is_shared, local, part, whole


class Shared(torch.Tensor):
    """Stands in for a DTensor."""


def test_plain_tensors_are_whole_and_theirs():
    for tensor in (torch.ones(2), nn.Parameter(torch.ones(2)), torch.ones(2).as_subclass(Shared)):
        assert not is_shared(tensor)
        assert local(tensor) is whole(tensor) is tensor
        assert part(tensor, tensor) is tensor


def test_shared_ones_are_told_where_there_are_processes(monkeypatch):
    monkeypatch.setattr(torch.distributed.tensor, "DTensor", Shared)
    tensor = torch.ones(2).as_subclass(Shared)
    assert is_shared(tensor)
    assert not is_shared(torch.ones(2))
    monkeypatch.setattr(torch.distributed, "is_available", lambda: False)
    assert not is_shared(tensor)
