"""Which parameters to quantize: param groups marked ``{"quantize": True}``, by a predicate on (module, name)."""

from collections.abc import Callable
from typing import Any

from torch import nn

#: (module, name of the parameter in it) -> quantize it?
Predicate = Callable[[nn.Module, str], bool]
WEIGHTED = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Embedding,
    nn.RNNBase,
    nn.RNNCellBase,
)


def is_weight(module: nn.Module, name: str) -> bool:
    """Weight matrices and kernels of linear, convolution, embedding and recurrent layers; no biases, no norms."""
    return isinstance(module, WEIGHTED) and name.startswith("weight")


def split_parameters(
    model: nn.Module, quantize: Predicate = is_weight, **options: Any
) -> list[dict[str, Any]]:
    """Param groups for a ``torch.optim`` optimizer: first what is quantized, then the rest.

    Parameters
    ----------
    model : torch.nn.Module
        A shared parameter is quantized if any of its places says so.
    quantize : callable
        (module, parameter name in it) -> bool.
    **options
        For the quantized group: ``lr``, ``weight_decay``; ``set``, ``regularizer``, ``strength`` of its own.

    Returns
    -------
    list of dict
        Each with "params" and "names"; the first with "quantize": True.

    Raises
    ------
    ValueError
        If the predicate picks nothing.
    """
    chosen = {
        id(p)
        for module in model.modules()
        for name, p in module.named_parameters(recurse=False)
        if quantize(module, name)
    }
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    picked = [(name, p) for name, p in named if id(p) in chosen]
    rest = [(name, p) for name, p in named if id(p) not in chosen]
    if not picked:
        raise ValueError(
            f"quantize: expected to pick parameters of {type(model).__name__}, picked none"
        )
    groups = [{"quantize": True, **options, **_group(picked)}]
    return [*groups, _group(rest)] if rest else groups


def _group(named: list[tuple[str, nn.Parameter]]) -> dict[str, Any]:
    return {"params": [p for _, p in named], "names": [name for name, _ in named]}
