r"""Trained ternary quantization: levels -b, 0, a of each layer, a and b trained with all other weights.

With the threshold Delta = 0.05 max |t| of the latent weights t of a layer,

    q = a [t > Delta] - b [t < -Delta],

and so by the chain rule, g being the gradient with respect to q,

    da = sum of g over t > Delta,    db = - sum of g over t < -Delta.

The minus sign is often missing where this is restated; without it b descends the wrong way. The latent weights get
a g above the threshold, b g below, and g between: straight through, scaled.

References
----------
Zhu, Han, Mao, Dally, *Trained Ternary Quantization*, ICLR 2017, arXiv 1612.01064, section 3 (there the latent weights
are divided by max |t| first, which moves no threshold, and equation 7 has no minus sign).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast, final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.optim.layers import is_matrix
from pqtheory.quantizers import AdaptiveTernary

#: of the greatest |t|
THRESHOLD = 0.05


@final
class TrainedTernary(nn.Module):
    """The levels of one layer, as a parametrization of its weight.

    Parameters
    ----------
    weight : Tensor
        Where training begins: a and b are then the means of the adaptive ternary quantizer.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        codebook = AdaptiveTernary().quantize(weight.detach())[1]
        #: whether the layer computes with its latent weights, for a while
        self.shows_latent = False
        self.above, self.below = nn.Parameter(codebook[2]), nn.Parameter(-codebook[0])

    @property
    def levels(self) -> tuple[float, float, float]:
        """(-b, 0, a)."""
        return -float(self.below.detach()), 0.0, float(self.above.detach())

    def forward(self, latent: Tensor) -> Tensor:
        """Q, of the shape of the latent weights."""
        if self.shows_latent:
            return latent
        a, b = self.above, self.below
        delta = THRESHOLD * latent.detach().abs().max()
        above, below = (latent > delta).to(latent), (latent < -delta).to(latent)
        q = a * above - b * below
        slope = (a * above + b * below + (1 - above - below)).detach()
        # t - t is 0 exactly, and so q stays q
        return q + slope * (latent - latent.detach())


def train_ternary(model: nn.Module, quantize: Predicate) -> None:
    """Let the weights that ``quantize`` picks be ternary with trained levels; their latent weights stay as they are.

    Parameters
    ----------
    model : torch.nn.Module
        The parameter of a picked weight moves to ``parametrizations.weight.original``, beside its two levels; tied ones
        have these in common.
    quantize : callable
        (module, name) -> whether; as for ``split_parameters``.

    Raises
    ------
    TypeError
        If one is of a recurrent layer, which keeps its weights for itself.
    ValueError
        If there is none.
    """
    found = [
        (path, module, name)
        for path, module in model.named_modules()
        for name, p in module.named_parameters(recurse=False)
        if quantize(module, name) and is_matrix(p)
    ]
    if not found:
        raise ValueError("model: expected a matrix or kernel to quantize, found none")
    for path, module, _ in found:
        if isinstance(module, nn.RNNBase | nn.RNNCellBase):
            raise TypeError(
                f"{path or 'model'}: expected linear, convolution and embedding layers, got {type(module).__name__}"
            )
    made: dict[int, TrainedTernary] = {}
    for _, module, name in found:
        weight = cast(Tensor, getattr(module, name))
        ternary = made.setdefault(id(weight), TrainedTernary(weight))
        parametrize.register_parametrization(module, name, ternary)


def is_trained_ternary(model: nn.Module) -> bool:
    """Whether a model has such weights."""
    return any(isinstance(module, TrainedTernary) for module in model.modules())


@contextmanager
def latent_shown(model: nn.Module) -> Iterator[None]:
    """Let the model compute with its latent weights for a while."""
    found = [ternary for _, ternary, _ in ternary_layers(model)]
    for ternary in found:
        ternary.shows_latent = True
    try:
        yield
    finally:
        for ternary in found:
            ternary.shows_latent = False


@torch.no_grad()
def ternary_layers(model: nn.Module) -> Iterator[tuple[str, TrainedTernary, Tensor]]:
    """Name of the weight, levels and latent weights of each layer that has such."""
    for path, module in model.named_modules():
        if not parametrize.is_parametrized(module):
            continue
        for name, stored in module.parametrizations.items():
            if isinstance(stored[0], TrainedTernary):
                yield f"{path}.{name}" if path else name, stored[0], stored.original.detach()
