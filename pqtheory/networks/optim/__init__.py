"""Quantizing optimizers: any method of memory x prox round any ``torch.optim`` optimizer."""

from pqtheory.networks.optim.groups import split_parameters
from pqtheory.networks.optim.layers import is_weight
from pqtheory.networks.optim.loading import OURS
from pqtheory.networks.optim.memory import LATENT
from pqtheory.networks.optim.named import BinaryConnect, BinaryRelax, LazyProx, ProxQuant
from pqtheory.networks.optim.oscillation import Freezing
from pqtheory.networks.optim.split import Split, describe_split
from pqtheory.networks.optim.wrapper import QuantizingOptimizer

__all__ = [
    "LATENT",
    "OURS",
    "BinaryConnect",
    "BinaryRelax",
    "Freezing",
    "LazyProx",
    "ProxQuant",
    "QuantizingOptimizer",
    "Split",
    "describe_split",
    "is_weight",
    "split_parameters",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
