"""Tensors that are remembered beside the parameters of a group: state of them, as the latent weights are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from pqtheory.networks.optim.sharded import local

State = dict[Any, dict[str, Any]]


@final
class Beside:
    """One tensor for each parameter under each name, of its shape (or else small, and never shared).

    A base optimizer takes any state of a parameter for its own: while it steps, nothing is there.

    Parameters
    ----------
    parameters : sequence of Parameter
        Of one group.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.parameters = parameters
        self.tensors: dict[str, list[Tensor]] = {}

    def __bool__(self) -> bool:
        return bool(self.tensors)

    def begin(self, name: str, make: Callable[[int], Tensor]) -> None:
        """Remember ``make(place of the parameter)`` under a name, where nothing is yet."""
        if name not in self.tensors:
            self.tensors[name] = [make(place) for place in range(len(self.parameters))]

    def at(self, name: str, place: int) -> Tensor:
        """What this process has of one of them."""
        return local(self.tensors[name][place])

    def follow(self, state: State, begun: Sequence[bool]) -> None:
        """Take up what somebody put into the state, and let it have what is remembered."""
        for name, kept in self.tensors.items():
            for parameter, tensor in zip(self.parameters, kept, strict=True):
                given = state.get(parameter, {}).get(name, tensor)
                if given is not tensor:
                    local(tensor).copy_(local(given))
        self.keep(state, begun)

    def take(self, state: State) -> None:
        """Before the base optimizer steps: nothing of it is in the state; all is where the parameters are."""
        for name, kept in self.tensors.items():
            for place, parameter in enumerate(self.parameters):
                state.get(parameter, {}).pop(name, None)
                kept[place] = _beside(kept[place], parameter)

    def keep(self, state: State, begun: Sequence[bool]) -> None:
        """Let the state have it, of those parameters for which the base optimizer has begun."""
        for name, kept in self.tensors.items():
            for parameter, tensor, has in zip(self.parameters, kept, begun, strict=True):
                if has:
                    state[parameter][name] = tensor

    def load(self, found: Mapping[nn.Parameter, Mapping[str, Tensor]]) -> None:
        """Go on with what was saved, where there is any."""
        for name, kept in self.tensors.items():
            for parameter, tensor in zip(self.parameters, kept, strict=True):
                saved = found.get(parameter, {}).get(name)
                if saved is not None:
                    local(tensor).copy_(local(saved))

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Make sure that the saved state has it."""
        for name, kept in self.tensors.items():
            for key, tensor in zip(keys, kept, strict=True):
                saved[key] = {**saved.get(key, {}), name: tensor}


def like(parameter: nn.Parameter, dtype: torch.dtype) -> Tensor:
    """Zeros of the shape, device and layout of a parameter, shared as it is."""
    return torch.zeros_like(parameter, dtype=dtype, requires_grad=False)


def _beside(tensor: Tensor, parameter: nn.Parameter) -> Tensor:
    """The tensor, where its parameter is now and laid out as it."""
    here, there = local(tensor), local(parameter)
    if tensor.shape != parameter.shape:
        return tensor.to(there.device)
    if here.device == there.device and here.stride() == there.stride():
        return tensor
    moved = like(parameter, tensor.dtype)
    local(moved).copy_(here)
    return moved
