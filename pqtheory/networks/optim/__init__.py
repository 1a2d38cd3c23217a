"""Quantizing optimizers: any method of memory x prox round any ``torch.optim`` optimizer."""

from pqtheory.networks.optim.groups import is_weight, split_parameters
from pqtheory.networks.optim.memory import LATENT
from pqtheory.networks.optim.named import BinaryConnect, BinaryRelax, LazyProx, ProxQuant
from pqtheory.networks.optim.wrapper import QuantizingOptimizer

__all__ = [
    "LATENT",
    "BinaryConnect",
    "BinaryRelax",
    "LazyProx",
    "ProxQuant",
    "QuantizingOptimizer",
    "is_weight",
    "split_parameters",
]
