"""What a split of a model's parameters left out: how many of its weights are quantized, and which matrices are not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from torch import nn
from torch.nn.parameter import is_lazy

from pqtheory.networks.optim.layers import is_matrix, memory_of, places

#: so many layers are named in one line
NAMED = 6


@final
@dataclass(frozen=True)
class LeftOut:
    """A matrix, kernel or table that trains unquantized.

    Attributes
    ----------
    name : str
        The parameter's name in the model.
    layer : str
        The class of its layer.
    shape : tuple of int
        Two of its axes, at least, are longer than 1.
    """

    name: str
    layer: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.layer}, {' x '.join(map(str, self.shape))})"


@final
class LeftOutWarning(UserWarning):
    """The default predicate leaves out much of what a model has in matrices."""


@final
@dataclass(frozen=True)
class Split:
    """How many of the trainable weights of a model are in the quantized groups; its ``str`` says all of it in one line.

    Attributes
    ----------
    quantized, total : int
        Numbers of weights; tied ones count once.
    matrices_left : int
        Numbers of weights in matrices, kernels and tables outside.
    left : tuple of LeftOut
        Which these are.
    """

    quantized: int
    total: int
    matrices_left: int
    left: tuple[LeftOut, ...]

    @property
    def share(self) -> float:
        """The part of all weights that is quantized, from 0 to 1."""
        return self.quantized / max(self.total, 1)

    def __str__(self) -> str:
        said = f"{self.quantized:,} of {self.total:,} weights ({self.share:.1%}) are quantized"
        if not self.left:
            return f"{said}; no matrix is left out"
        named = ", ".join(map(str, self.left[:NAMED]))
        more = len(self.left) - NAMED
        return f"{said}; left out: {named}{f' and {more} more' if more > 0 else ''}"


def describe_split(model: nn.Module, groups: Iterable[Mapping[str, Any]]) -> Split:
    """Which of the weights of ``model`` are in the groups marked ``{"quantize": True}``.

    Parameters
    ----------
    model : torch.nn.Module
        The model.
    groups : iterable of mapping
        As ``split_parameters`` returns them, or an optimizer's ``param_groups``.
    """
    chosen = {id(p) for group in groups if group.get("quantize") for p in group["params"]}
    # of two parameters in one memory the one that is chosen counts
    ordered = sorted(places(model), key=lambda place: id(place.parameter) not in chosen)
    owners: dict[Any, int] = {}
    seen: dict[int, LeftOut] = {}
    sizes: dict[int, int] = {}
    for place in ordered:
        parameter = place.parameter
        if not parameter.requires_grad or is_lazy(parameter):
            continue
        if owners.setdefault(memory_of(parameter) or id(parameter), id(parameter)) != id(parameter):
            continue
        sizes[id(parameter)] = parameter.numel()
        if id(parameter) not in chosen and is_matrix(parameter):
            kind = type(place.layer).__name__.removeprefix("Parametrized")
            seen.setdefault(id(parameter), LeftOut(place.path, kind, tuple(parameter.shape)))
    quantized = sum(size for key, size in sizes.items() if key in chosen)
    matrices = sum(sizes[key] for key in seen)
    return Split(quantized, sum(sizes.values()), matrices, tuple(seen.values()))
