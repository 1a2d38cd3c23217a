"""What a memory does with the parameters of one group; :mod:`eager`, :mod:`lazy` and their neighbours are those.

Parameters keep their own memory: whatever they are to hold is copied into them. So a model may be moved, laid out,
wrapped and saved as any other.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from pqtheory.networks.optim.applied import AppliedParts
from pqtheory.networks.optim.beside import State
from pqtheory.networks.optim.sharded import local

#: key of the latent weights in the state of a parameter
LATENT = "latent"
Latents = Mapping[nn.Parameter, Tensor]


class QuantizedGroup(AppliedParts):
    """The parameters of one group, its map, and how they remember.

    Making one changes nothing; ``load`` does.
    """

    def here(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """What this process has of tensors that are shared as the parameters are."""
        return [local(t) for t in tensors] if self.shared else [*tensors]

    def values(self) -> list[Tensor]:
        """What the parameters hold, here, in their own memory."""
        return self.here(self.parameters)

    def quantize(self) -> None:
        """Let the parameters hold the quantized weights; latent weights that are elsewhere stay."""
        for place, (value, latent) in enumerate(zip(self.values(), self.latents(), strict=True)):
            value.copy_(self._quantized(place, latent))

    @abstractmethod
    def follow(self, state: State) -> None:
        """Take up what was written into the parameters, or into their state, since they were last shown."""

    @abstractmethod
    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """Begin at that step, with these latent weights where there are any; show the model what it is to see."""

    @abstractmethod
    def before_step(self, state: State) -> None:
        """Let the parameters hold what the base optimizer moves."""

    @abstractmethod
    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """Evaluate the closure of a base optimizer in its step, where the gradient is taken."""

    @abstractmethod
    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """Clip and map what it moved."""

    @abstractmethod
    def keep(self, state: State) -> None:
        """After a step of the base optimizer: let its state have what is remembered."""

    @abstractmethod
    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Make sure that the saved state has what is remembered of each parameter, under its key."""

    @abstractmethod
    def freeze(self) -> None:
        """Quantize for good: from now on the latent weights are what the parameters hold."""
