"""A task: data, networks, loss, what is measured, and what is quantized by default. Training knows nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from pqtheory._messages import brief, nearest
from pqtheory.networks.metrics import MEASURES, Measure
from pqtheory.networks.optim import is_weight
from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.tasks.batches import Batch, Batches

Option = bool | int | float | str
Options = Mapping[str, Option]
#: recurrent state: what a step hands to the next one
Memory = tuple[Tensor, ...]


def has_bounds(value: Option) -> bool:
    """Whether it is no number that files have no way to write, NaN or infinite."""
    return not isinstance(value, float) or isfinite(value)


class Data(Protocol):
    """What a task loads: anything that has a hash."""

    @property
    def sha256(self) -> str:
        """Of all that is trained and measured on."""
        ...


class Task(ABC):
    """What is learned. A new one is a subclass in a file of its own; ``pqtheory train --task-template`` shows how.

    Attributes
    ----------
    measure : str
        A name in ``metrics.MEASURES``: "error", "perplexity", "mean loss".
    data, models : tuple of str
        Names that there are, the default first.
    options : mapping of str to bool, int, float or str
        Numbers and words of its own with their defaults: settings of a run like all others.
    validates : bool
        Whether its data has a validation set of its own, beside the test set.
    whole_gradient : bool
        Whether the losses of the batches add up to that of the set, as Theorem 5.3's condition on signs needs.
    """

    measure: str = "error"
    data: tuple[str, ...]
    models: tuple[str, ...]
    options: ClassVar[Options] = {}
    validates: bool = False
    whole_gradient: bool = True

    @abstractmethod
    def load(self, name: str, data_dir: Any, options: Options) -> Any:
        """The data of that name, with ``sha256``; ``data_dir`` is the folder that the user named, if any.

        Raises
        ------
        FileNotFoundError, ValueError
            If it is missing or damaged.
        """

    @abstractmethod
    def make_model(self, name: str, data: Any, options: Options) -> nn.Module:
        """The network of that name; random numbers come from torch's generator, which is seeded."""

    @abstractmethod
    def sets(
        self,
        shared: Any,
        *,
        batch_size: int,
        held_out: int,
        augment: bool,
        seed: int,
        options: Options,
    ) -> tuple[Batches, dict[str, Batches]]:
        """What is trained on; and what is measured on: "test", and "held_out" where there is any.

        Parameters
        ----------
        shared : object
            What ``on_device`` gave.
        batch_size, held_out, augment, seed, options
            As in the settings of the run.
        """

    @abstractmethod
    def loss(
        self, forward: Callable[..., Any], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """The mean loss of a batch, and the memory for the next one."""

    @abstractmethod
    def measured(self, model: nn.Module, batches: Batches, which: str = "test") -> float:
        """The measure of ``model``, in evaluation mode, on ``batches.plain(which)``; not differentiated."""

    def on_device(self, data: Any, device: torch.device) -> Any:
        """``data`` where several runs on one device share it."""
        return data, device

    def memory(self, model: nn.Module, size: int) -> Memory:
        """The memory before the first of the batches of ``size``; none by default."""
        return ()

    def quantized(self, levels: str, data: Any) -> Predicate:
        """Which weights are quantized to ``levels`` by default: matrices and kernels, no biases and no norms."""
        return is_weight

    def watched(self, model: nn.Module, batches: Batches) -> Mapping[str, float]:
        """Numbers of its own that are followed, by name; none by default."""
        return {}

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """Settings that it is published or known to train well with; ``epochs`` are what schedules scale from.

        Not task, data, network, method or levels, which it is asked about.
        """
        return {"epochs": 30}

    def options_of(self, model: str) -> Options:
        """The options that runs of the network of that name have; by default all."""
        return self.options

    def suited(self, settings: Any) -> Mapping[str, Any]:
        """What follows from all other settings, such as a rate from the epochs; none by default.

        Parameters
        ----------
        settings : Settings
            The preset's, scaled to the epochs, and the user's own; these count whatever is given here.
        """
        return {}

    def check(self, data: str, model: str) -> None:
        """Make sure that there are data and a network of these names.

        Raises
        ------
        ValueError
            If not; suggests the nearest name.
        """
        check_name("data", data, self.data)
        check_name("model", model, self.models)

    @property
    def measures(self) -> Measure:
        """How its measure is shown."""
        return MEASURES[self.measure]


def check_name(argument: str, name: str, known: tuple[str, ...]) -> None:
    """Make sure that ``name`` is one of ``known``.

    Raises
    ------
    ValueError
        If not; suggests the nearest.
    """
    if name not in known:
        raise ValueError(
            f"{argument}: expected one of {', '.join(known)}, got {brief(name)}{nearest(name, known)}"
        )
