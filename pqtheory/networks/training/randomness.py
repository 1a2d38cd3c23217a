"""The random numbers that a network draws while it trains (dropout): from the seed and the epoch, and of its own.

Torch has one generator for each device; whoever trains lends it his state for a step and takes it back, so that runs
side by side, and what is drawn between two steps, change nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import torch

from pqtheory.networks.tasks.batches import mixed

#: apart from the numbers that order the data
SALT = 0xD809


@final
class Randomness:
    """The state of torch's generator for one run.

    Parameters
    ----------
    seed : int
        Of the run.
    device : torch.device
        Where it trains.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._generator = torch.default_generator
        if device.type == "cuda":
            torch.cuda.init()
            index = torch.cuda.current_device() if device.index is None else device.index
            self._generator = torch.cuda.default_generators[index]
        self._state = self._generator.get_state()

    def begin(self, epoch: int) -> None:
        """As at the beginning of ``epoch``, whatever was drawn before."""
        own = torch.Generator(self._generator.device)
        self._state = own.manual_seed(mixed(self._seed, epoch, SALT)).get_state()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let torch draw from this state."""
        outside = self._generator.get_state()
        self._generator.set_state(self._state)
        try:
            yield
        finally:
            self._state = self._generator.get_state()
            self._generator.set_state(outside)
