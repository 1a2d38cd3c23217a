"""Which weights of a network the paper quantizes, as predicates for ``optim.split_parameters``.

Binary: every convolution including the first, and the last linear layer; not the 1 x 1 convolutions on the shortcuts,
batch norm or biases. Ternary: of these all but the first convolution and the linear layer.
"""

from torch import nn

from pqtheory.networks.optim.groups import Predicate


def binary_weights(module: nn.Module, name: str) -> bool:
    """Kernels larger than 1 x 1, and matrices."""
    if name != "weight":
        return False
    if isinstance(module, nn.Conv2d):
        return tuple(module.kernel_size) != (1, 1)
    return isinstance(module, nn.Linear)


def ternary_weights(channels: int) -> Predicate:
    """Like ``binary_weights``, without linear layers and without the convolution that sees the images."""

    def predicate(module: nn.Module, name: str) -> bool:
        inner = isinstance(module, nn.Conv2d) and module.in_channels != channels
        return inner and binary_weights(module, name)

    return predicate
