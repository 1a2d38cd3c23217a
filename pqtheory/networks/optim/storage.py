"""Where quantized parameters live: one flat tensor for all of them, each parameter a view of its part.

A map that takes each coordinate by itself then costs one pass over one tensor, however many layers there are.
"""

from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor, nn


@final
class Storage:
    """Values for some parameters of one dtype on one device, and a view of them for each parameter.

    Parameters
    ----------
    parameters : sequence of torch.nn.Parameter
        Whose values are copied; they do not live here until ``show``.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.parameters = tuple(parameters)
        self.make()

    def make(self) -> None:
        """Room for the parameters as they are now, with their values."""
        first = self.parameters[0]
        if len(self.parameters) == 1:
            self.values = first.detach().clone(memory_format=torch.preserve_format)
            self.views: tuple[Tensor, ...] = (self.values,)
            return
        size = sum(p.numel() for p in self.parameters)
        self.values = torch.empty(size, dtype=first.dtype, device=first.device)
        self.views = tuple(_views(self.values, self.parameters))
        for parameter, view in zip(self.parameters, self.views, strict=True):
            view.copy_(parameter.detach())

    def show(self) -> None:
        """Let the parameters live here."""
        for parameter, view in zip(self.parameters, self.views, strict=True):
            parameter.data = view

    @property
    def shown(self) -> bool:
        """Whether the parameters live here."""
        pairs = zip(self.parameters, self.views, strict=True)
        return all(p.data_ptr() == view.data_ptr() for p, view in pairs)

    @property
    def fits(self) -> bool:
        """Whether the parameters still have this dtype and device."""
        kind = self.values.dtype, self.values.device
        return all((p.dtype, p.device) == kind for p in self.parameters)


def storages(parameters: Sequence[nn.Parameter], together: bool) -> list[Storage]:
    """One storage for all parameters of a dtype and a device, or one for each where a map couples its coordinates."""
    if not together:
        return [Storage([p]) for p in parameters]
    alike: dict[tuple[torch.dtype, torch.device], list[nn.Parameter]] = {}
    for p in parameters:
        alike.setdefault((p.dtype, p.device), []).append(p)
    return [Storage(group) for group in alike.values()]


def _views(values: Tensor, parameters: Sequence[nn.Parameter]) -> Iterator[Tensor]:
    start = 0
    for p in parameters:
        part = values[start : start + p.numel()]
        start += p.numel()
        # a dense layout of its own, such as channels last, is kept
        channels_last = p.dim() == 4 and p.is_contiguous(memory_format=torch.channels_last)
        yield part.as_strided(p.shape, p.stride()) if channels_last else part.view(p.shape)
