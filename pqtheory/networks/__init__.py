"""Real networks: torch optimizers from the same two ideas as the array methods. Needs torch.

========  =============================================================
optim     quantizing optimizers: a method round any optimizer of torch
models    networks to train: the paper's ResNets, and a small one
data      image data in memory: CIFAR-10, the digits
tasks     what training knows of a task: images, language, one's own
training  one run: settings, a loop that resumes, its folder
sweeps    many runs, in an order or over a grid
tables    what came of runs, side by side
metrics   what runs are measured by
tracking  the codes of what an optimizer quantizes
saved     weights on disk, whoever wrote them
export    quantized networks on disk
========  =============================================================
"""

import importlib
from typing import Any

_PARTS = (
    "data",
    "export",
    "metrics",
    "models",
    "optim",
    "saved",
    "sweeps",
    "tables",
    "tasks",
    "tracking",
    "training",
)


def __getattr__(name: str) -> Any:
    """A part, loaded where it is used."""
    if name in _PARTS:
        return importlib.import_module(f"pqtheory.networks.{name}")
    raise AttributeError(f"module 'pqtheory.networks' has no attribute {name!r:.80}")


def __dir__() -> list[str]:
    """What completion offers."""
    return list(_PARTS)
