"""What a memory does with the parameters of one group; :mod:`eager` and :mod:`lazy` are the two there are.

Parameters keep their own memory: whatever they are to hold is copied into them. So a model may be moved, laid out,
wrapped and saved as any other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.sharded import check_whole, is_shared, local, on_whole

#: key of the latent weights in the state of a parameter
LATENT = "latent"
State = dict[Any, dict[str, Any]]
Latents = Mapping[nn.Parameter, Tensor]


@contextmanager
def writing() -> Iterator[None]:
    """No gradients, and what is made is ordinary, also under a caller's inference mode."""
    with torch.inference_mode(False), torch.no_grad():
        yield


class QuantizedGroup(ABC):
    """The parameters of one group, its map, and how they remember: eager or lazy.

    Making one changes nothing; ``load`` does.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not one that the map can take; names it.
    """

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        self.map = mapping
        #: quantized for good: the parameters hold what they are to hold, and train no more
        self.frozen = False
        self.parameters: tuple[nn.Parameter, ...] = tuple(group["params"])
        self.shared = any(map(is_shared, self.parameters))
        names = group.get("names") or group.get("param_names") or ()
        self.names = [*names, *(f"parameter {i}" for i in range(len(names), len(self.parameters)))]
        with writing():
            for name, parameter in zip(self.names, self.parameters, strict=True):
                try:
                    check_whole(parameter)
                    if mapping.separable:
                        # where coordinates are for themselves, none tells as much as all
                        mapping.quantize(local(parameter).flatten()[:0])
                    else:
                        on_whole(mapping.quantize, parameter)
                except (TypeError, ValueError) as error:
                    raise type(error)(f"{name}: {error}") from error

    def here(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """What this process has of tensors that are shared as the parameters are."""
        return [local(t) for t in tensors] if self.shared else [*tensors]

    def values(self) -> list[Tensor]:
        """What the parameters hold, here, in their own memory."""
        return self.here(self.parameters)

    def quantize(self) -> None:
        """Let the parameters hold the quantized weights."""
        latents = self.latents()
        for value, latent in zip(self.values(), latents, strict=True):
            value.copy_(self._on_each(self.map.quantize, latent))

    def _on_each(self, function: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
        """A function of one parameter, the part of this process."""
        return function(local(theta)) if self.map.separable else on_whole(function, theta)

    @abstractmethod
    def follow(self, state: State) -> None:
        """Take up what was written into the parameters, or into their state, since they were last shown."""

    @abstractmethod
    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """Begin at that step, with these latent weights where there are any; show the model what it is to see."""

    @abstractmethod
    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """What the map after ``step`` weighs its pull with, at the step size of the group."""

    @abstractmethod
    def before_step(self, state: State) -> None:
        """Let the parameters hold what the base optimizer moves."""

    @abstractmethod
    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """Evaluate the closure of a base optimizer in its step, where the gradient is taken."""

    @abstractmethod
    def after_step(self, state: State, weight: Any, clip: float | None) -> None:
        """Clip and map what it moved; the weight may be a tensor without dimensions."""

    @abstractmethod
    def latents(self) -> Sequence[Tensor]:
        """The latent weights, one tensor for each parameter."""

    @abstractmethod
    def keep(self, state: State) -> None:
        """After a step of the base optimizer: let its state have what is remembered."""

    @abstractmethod
    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Make sure that the saved state has what is remembered of each parameter, under its key."""

    @abstractmethod
    def freeze(self) -> None:
        """Quantize for good: from now on the latent weights are what the parameters hold."""
