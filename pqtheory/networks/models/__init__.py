"""Networks to train: the paper's ResNets, and a small one for tests and the digits."""

from collections.abc import Callable, Mapping

from torch import nn

from pqtheory.networks.models.resnet import BasicBlock, ResNet, resnet
from pqtheory.networks.models.small import SmallNet
from pqtheory.networks.models.weights import binary_weights, ternary_weights

#: name -> (input channels, classes) -> network
REGISTRY: Mapping[str, Callable[[int, int], nn.Module]] = {
    "small": SmallNet,
    "resnet20": lambda channels, classes: resnet(20, channels, classes),
    "resnet32": lambda channels, classes: resnet(32, channels, classes),
    "resnet44": lambda channels, classes: resnet(44, channels, classes),
    "resnet56": lambda channels, classes: resnet(56, channels, classes),
}

__all__ = [
    "REGISTRY",
    "BasicBlock",
    "ResNet",
    "SmallNet",
    "binary_weights",
    "resnet",
    "ternary_weights",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
