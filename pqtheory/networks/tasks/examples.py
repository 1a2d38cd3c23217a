"""Examples (x, y) in arrays: what most tasks of one's own are; only data, networks and loss are left to write."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pqtheory._checks import check_count, store
from pqtheory._messages import brief
from pqtheory.networks.tasks import answers
from pqtheory.networks.tasks.base import Memory, Options, Task
from pqtheory.networks.tasks.batches import Batch, Batches, mixed
from pqtheory.networks.tasks.images import share_wrong
from pqtheory.provenance import data_hash

#: examples of an evaluation batch
EVALUATED = 1000


@final
@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs x and what they should give, y, to train and to test on.

    Attributes
    ----------
    train, test : pair of arrays
        x and y, of the same length; x float32 or integers, y float32 or int64 classes. Lists become arrays, and bytes
        in another order than this machine's are put into its own.
    """

    train: tuple[NDArray[Any], NDArray[Any]]
    test: tuple[NDArray[Any], NDArray[Any]]

    def __post_init__(self) -> None:
        for name, pair in (("train", self.train), ("test", self.test)):
            x, y = (np.asarray(array) for array in pair)
            if len(x) != len(y) or not len(x):
                raise ValueError(
                    f"{name}: expected as many x as y, at least one, got {len(x)} and {len(y)}"
                )
            for kind in (x.dtype, y.dtype):
                if kind.kind not in "biufc":
                    raise TypeError(f"{name}: expected arrays of numbers, got one of {kind}")
            store(
                self,
                **{name: tuple(a.astype(a.dtype.newbyteorder("="), copy=False) for a in (x, y))},
            )

    @property
    def sha256(self) -> str:
        """Hash of all numbers."""
        (x, y), (test_x, test_y) = self.train, self.test
        return data_hash({"x": x, "y": y, "test_x": test_x, "test_y": test_y})

    def held_out(self, count: int) -> Self:
        """The same with ``count`` random training examples in place of the test set.

        Raises
        ------
        ValueError
            If that leaves nothing to train on.
        """
        check_count(count, "held_out", 1)
        x, y = self.train
        if count >= len(x):
            raise ValueError(f"held_out: expected fewer than {len(x)}, got {brief(count)}")
        order = np.random.default_rng(0).permutation(len(x))
        kept, out = np.sort(order[count:]), np.sort(order[:count])
        return type(self)((x[kept], y[kept]), (x[out], y[out]))


@final
class ExampleBatches(Batches):
    """Examples on a device, shuffled anew each epoch.

    Parameters
    ----------
    examples : Examples
        What there is.
    device : torch.device
        Where.
    batch_size : int
        Of training.
    seed : int
        With the epoch's number it fixes the order.
    """

    def __init__(
        self, examples: Examples, device: torch.device, batch_size: int, seed: int
    ) -> None:
        self.device, self.per_step, self.seed = device, batch_size, seed
        self.count = len(examples.train[0])
        self.train = [torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in examples.train]
        self.test = [torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in examples.test]

    def drawn(self, epoch: int) -> list[Tensor]:
        """The order."""
        generator = torch.Generator().manual_seed(mixed(self.seed, epoch))
        return [torch.randperm(self.count, generator=generator).to(self.device)]

    def batch(self, *drawn: Tensor) -> Batch:
        """(x, y)."""
        x, y = self.train
        return x[drawn[0]], y[drawn[0]]

    def plain(self, which: str, size: int | None = None) -> Iterator[Batch]:
        """(x, y) in order."""
        x, y = self.train if which == "train" else self.test
        yield from zip(x.split(size or EVALUATED), y.split(size or EVALUATED), strict=True)


class ExampleTask(Task):
    """A task on ``Examples``: classes, cross-entropy, share of errors, unless ``loss`` and ``measured`` say else."""

    @abstractmethod
    def load(self, name: str, data_dir: Any, options: Options) -> Examples:
        """The examples of that name."""

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
        """Training examples, the test set, and ``held_out`` of the training examples.

        Raises
        ------
        ValueError
            If there are too few, or they are to be augmented.
        """
        examples, device = shared
        if augment:
            raise ValueError("augment: expected false for a task on examples, got True")
        trained = examples.held_out(held_out) if held_out else examples
        batches = ExampleBatches(trained, device, batch_size, seed)
        if not held_out:
            return batches, {"test": batches}
        tested = ExampleBatches(examples, device, batch_size, seed)
        return batches, {"test": tested, "held_out": batches}

    def loss(
        self, forward: Callable[..., Any], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Cross-entropy of classes."""
        x, y = batch
        return nn.functional.cross_entropy(forward(x), y), ()

    def measured(self, model: nn.Module, batches: Batches, which: str = "test") -> float:
        """Share of the examples whose class is wrong; of a task with the measure "mean loss" that of ``loss``."""
        if self.measure == "mean loss":
            return mean_loss(self, model, batches, which)
        return share_wrong(model, batches, which)


@torch.no_grad()
def mean_loss(task: Task, model: nn.Module, batches: Batches, which: str = "test") -> float:
    """The loss of an example, on average, in evaluation mode."""
    was_training = model.training
    model.eval()
    total, count = torch.zeros((), dtype=torch.float64, device=batches.device), 0
    for batch in batches.plain(which):
        total += answers.loss(task, model, batch, ())[0].double() * len(batch[-1])
        count += len(batch[-1])
    model.train(was_training)
    return float(total) / max(count, 1)
