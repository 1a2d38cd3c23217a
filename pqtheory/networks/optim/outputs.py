"""One codebook per output channel, also in layers whose weight has the inputs on its first axis."""

from dataclasses import replace
from typing import Any

from torch import nn

from pqtheory.networks.optim.layers import Place, is_transposed
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers import AlternatingDistance, FittedBump, LevelRegularizer
from pqtheory.sets import ScaledBinary


def by_channel(option: Any) -> bool:
    """Whether a set, a quantizer, or a regularizer on one, has a codebook or a scale per output channel."""
    if isinstance(option, AlternatingDistance | FittedBump):
        return by_channel(option.quantizer)
    if isinstance(option, LevelRegularizer):
        return by_channel(option.set)
    return isinstance(option, Quantizer | ScaledBinary) and option.per == "channel"


def with_outputs_second(option: Any, axes: int) -> Any:
    """The same for weights (inputs, outputs, ...) of so many axes; what is not per channel as it is."""
    if not by_channel(option):
        return option
    if isinstance(option, AlternatingDistance | FittedBump):
        return replace(option, quantizer=with_outputs_second(option.quantizer, axes))
    if isinstance(option, LevelRegularizer):
        return replace(option, set=with_outputs_second(option.set, axes))  # type: ignore[type-var]
    return replace(option, per=None, axis=(0, *range(2, axes)))


def check_outputs(place: Place) -> None:
    """Make sure that the outputs of a transposed layer are one axis of its weight.

    Raises
    ------
    ValueError
        If it is a convolution in groups, each of which has outputs of its own on that axis.
    """
    layer: nn.Module = place.layer
    if is_transposed(layer) and isinstance(layer, nn.modules.conv._ConvNd) and layer.groups > 1:
        raise ValueError(
            f"model: {place.path} is a transposed convolution in {layer.groups} groups, whose output channels are no "
            f"axis: expected per='tensor', 'row' or a group size"
        )
