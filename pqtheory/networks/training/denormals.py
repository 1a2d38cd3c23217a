"""Numbers below the normal range count as 0 while a network trains on a CPU.

Gates that saturate send back gradients below 1e-38, with which the processor computes many times more slowly: a step of
the +-1 LSTM took ten times as long. What is added to such a number is far larger than it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed(device: torch.device) -> Iterator[None]:
    """Flush them while this is open, on a CPU that can: in this thread, and in those that it starts first."""
    if device.type != "cpu":
        yield
        return
    before = are_flushed()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def are_flushed() -> bool:
    """Whether this thread takes them for 0."""
    least_normal = torch.tensor(torch.finfo(torch.float32).tiny)
    return bool(least_normal / 2 == 0)
