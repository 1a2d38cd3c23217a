"""A task of one's own: copy this file, change what is learned, and train it.

    pqtheory train --task-template > my_task.py
    pqtheory train RUN --task my_task.py --method proxquant --epochs 20

The file ends with ``task``, an object of a subclass of ``Task``. This one is on examples (x, y) and learns a curve:
``load``, ``make_model``, ``loss`` and ``measure`` are all that it has to say. In sweeps: ``task = "my_task.py"``.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, final

import numpy as np
from torch import Tensor, nn

from pqtheory.networks.optim import is_weight
from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.tasks.base import Memory, Options
from pqtheory.networks.tasks.batches import Batch
from pqtheory.networks.tasks.examples import Examples, ExampleTask


@final
class CurveTask(ExampleTask):
    """y = sin(3 x) + noise."""

    #: "error" (share of wrong classes), "perplexity" or "mean loss"; less is better
    measure = "mean loss"
    #: names for --data and --model, the default first
    data = ("sine",)
    models = ("mlp",)
    #: settings of your own with their defaults: --set width=64, in sweeps width = [32, 64]
    options: ClassVar[Options] = {"width": 64, "noise": 0.1}

    def load(self, name: str, data_dir: Any, options: Options) -> Examples:
        """The same each time: what is random has a seed of its own."""
        rng = np.random.default_rng(0)
        x = rng.uniform(-1, 1, (1200, 1)).astype(np.float32)
        noise = float(options["noise"]) * rng.standard_normal(x.shape)
        y = (np.sin(3 * x) + noise).astype(np.float32)
        return Examples((x[:1000], y[:1000]), (x[1000:], y[1000:]))

    def make_model(self, name: str, data: Examples, options: Options) -> nn.Module:
        """The network."""
        width = int(options["width"])
        return nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def loss(
        self, forward: Callable[..., Any], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Half the squared error; a recurrent network hands its state on as the memory."""
        x, y = batch
        return (forward(x) - y).square().mean() / 2, ()

    def quantized(self, levels: str, data: Examples) -> Predicate:
        """Which weights are quantized: here the matrix in the middle alone."""
        return lambda module, name: is_weight(module, name) and min(module.weight.shape) > 1

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """Settings that suit it; schedules scale from these epochs. Held-out examples pick the best epoch."""
        rate = {"proxquant": {"rate": 1e-2}, "binaryrelax": {"rate": 1.1}}.get(method, {})
        return {"epochs": 30, "lr": 0.01, "held_out": 200, **rate}


task = CurveTask()
