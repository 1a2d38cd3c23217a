"""Which parameter is the weight of which layer: also where a layer makes its weight from other tensors.

A layer whose weight is parametrized (``torch.nn.utils.parametrizations``), weight-normed, spectral-normed or pruned has
no parameter of the weight's name. What trains in its place is the tensor of the weight's own shape: the direction v of
a weight norm, not its length g; the ``original`` of a parametrization.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize

WEIGHTED = (
    nn.Linear,
    nn.Bilinear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Embedding,
    nn.EmbeddingBag,
    nn.RNNBase,
    nn.RNNCellBase,
)
#: their weights have the axis of the inputs first
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@final
@dataclass(frozen=True)
class Place:
    """Where a parameter takes part in a model.

    Attributes
    ----------
    layer : torch.nn.Module
        The layer.
    weight : str or None
        Which of its tensors the parameter is, or makes: "weight" for ``weight_v`` and for
        ``parametrizations.weight.original``. None: one that only scales, such as ``weight_g``.
    path : str
        The parameter's name in the model.
    parameter : torch.nn.Parameter
        The parameter itself.
    """

    layer: nn.Module
    weight: str | None
    path: str
    parameter: nn.Parameter


def places(model: nn.Module) -> Iterator[Place]:
    """Every place of every parameter of ``model``; a tied one has several."""
    for path, layer in model.named_modules(remove_duplicate=False):
        if isinstance(layer, parametrize.ParametrizationList):
            # its tensors are those of the layer that it belongs to
            continue
        prefix = f"{path}." if path else ""
        for name, parameter in layer.named_parameters(recurse=False, remove_duplicate=False):
            yield Place(layer, _made_by(layer, name), prefix + name, parameter)
        if parametrize.is_parametrized(layer):
            for weight, stored in layer.parametrizations.items():
                yield from _originals(layer, weight, stored, prefix)


def _made_by(layer: nn.Module, name: str) -> str | None:
    """The tensor that hooks make of the parameter ``name``, which is no parameter: of X_g and X_v, or of X_orig."""
    for ending in ("_v", "_g", "_orig"):
        made = name.removesuffix(ending)
        if made != name and isinstance(vars(layer).get(made), Tensor):
            return None if ending == "_g" else made
    return name


def _originals(layer: nn.Module, weight: str, stored: nn.Module, prefix: str) -> Iterator[Place]:
    own = dict(stored.named_parameters(recurse=False))
    # nothing is computed here: a spectral norm makes a step of its power iteration whenever it is looked at
    matrices = [name for name, p in own.items() if not is_lazy(p) and is_matrix(p)]
    chosen = matrices or list(own)[-1:]
    for name, parameter in own.items():
        path = f"{prefix}parametrizations.{weight}.{name}"
        yield Place(layer, weight if name in chosen else None, path, parameter)


def is_matrix(tensor: Tensor) -> bool:
    """Whether two or more of its axes are longer than 1: no vector, whatever its axes are."""
    return sum(length > 1 for length in tensor.shape) > 1


def is_weight(module: nn.Module, name: str) -> bool:
    """Matrices and kernels of linear, convolution, embedding, attention and recurrent layers; no biases, no norms."""
    if isinstance(module, nn.MultiheadAttention):
        return name.endswith("_weight")
    return (isinstance(module, WEIGHTED) or is_conv1d(module)) and name.startswith("weight")


def is_conv1d(module: nn.Module) -> bool:
    """Whether it is Transformers' Conv1D: a linear layer, its weight transposed; known by its name, not imported."""
    return any(kind.__name__ == "Conv1D" for kind in type(module).__mro__)


def is_transposed(module: nn.Module) -> bool:
    """Whether its weight has the axis of the inputs first and that of the outputs second."""
    return isinstance(module, TRANSPOSED) or is_conv1d(module)


def is_renormed(place: Place) -> bool:
    """Whether it is a table whose rows are scaled down, in place, whenever they are looked up."""
    layer = place.layer
    return isinstance(layer, nn.Embedding | nn.EmbeddingBag) and layer.max_norm is not None


def padding_row(place: Place) -> int | None:
    """The row of an embedding that stays 0, for tokens that are none."""
    layer = place.layer
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag) and place.weight == "weight":
        return layer.padding_idx
    return None


def memory_of(parameter: nn.Parameter) -> tuple[Any, ...] | None:
    """Where its values are; None for one without values, or of a class of its own that does not say.

    Two parameters of one shape in one place are one weight: what is written into one is in the other.
    """
    if type(parameter) is not nn.Parameter or is_lazy(parameter) or not parameter.numel():
        return None
    if parameter.layout != torch.strided or parameter.is_meta:
        return None
    return parameter.device, parameter.data_ptr(), tuple(parameter.shape), parameter.stride()
