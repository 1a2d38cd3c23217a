"""What is trained and measured on: batches that follow from a seed and the number of the epoch alone."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

#: inputs, and last what they should give
Batch = tuple[Tensor, ...]


class Batches(ABC):
    """A set on a device, in batches.

    Attributes
    ----------
    device : torch.device
        Where.
    count : int
        How many items an epoch has: examples, or windows of a text.
    per_step : int
        How many of them make a step; the last step of an epoch may have fewer.
    """

    device: torch.device
    count: int
    per_step: int

    @abstractmethod
    def drawn(self, epoch: int) -> list[Tensor]:
        """All chance of an epoch, on the device: tensors (..., count), such as the order of the items."""

    @abstractmethod
    def batch(self, *drawn: Tensor) -> Batch:
        """The batch of a part (..., n) of what was drawn; the host does not wait for the device."""

    @abstractmethod
    def plain(self, which: str, size: int | None = None) -> Iterator[Batch]:
        """The "train" or the "test" part as it is, in order, in batches of ``size`` or of what suits the device."""

    def __len__(self) -> int:
        """Steps in an epoch."""
        return -(-self.count // self.per_step)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, in its order."""
        drawn = self.drawn(epoch)
        for start in range(0, self.count, self.per_step):
            yield self.batch(*(t[..., start : start + self.per_step] for t in drawn))


def mixed(*numbers: int) -> int:
    """One 63-bit number from several."""
    words = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))
