"""Quantizing optimizers: any ``torch.optim`` optimizer with a memory (eager, lazy) and a map (projection, prox)."""

from pqtheory.networks.optim.eager import ProxQuant
from pqtheory.networks.optim.groups import is_weight, split_parameters
from pqtheory.networks.optim.lazy import BinaryConnect, BinaryRelax, LazyProx
from pqtheory.networks.optim.wrapper import QuantizingOptimizer

__all__ = [
    "BinaryConnect",
    "BinaryRelax",
    "LazyProx",
    "ProxQuant",
    "QuantizingOptimizer",
    "is_weight",
    "split_parameters",
]
