"""What a memory does with the parameters of one group; :mod:`eager` and :mod:`lazy` are the two there are."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from pqtheory.methods.maps import Prox


class QuantizedGroup(ABC):
    """The parameters of one group, its map, and how they remember: eager or lazy."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        self.map = mapping
        self.parameters: tuple[nn.Parameter, ...] = tuple(group["params"])

    @abstractmethod
    def before_step(self) -> None:
        """Let the parameters hold what the base optimizer moves."""

    @abstractmethod
    def weight(self, step: int, eta: float) -> Any:
        """What the map after ``step`` weighs its pull with."""

    @abstractmethod
    def after_step(self, weight: Any, clip: float | None) -> None:
        """Clip and map what it moved; the weight may be a tensor without dimensions."""

    @abstractmethod
    def latents(self) -> Sequence[Tensor]:
        """The latent weights, one tensor for each parameter."""

    @abstractmethod
    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Take these latent weights, as of ``step``."""

    @abstractmethod
    def shown(self) -> Sequence[Tensor]:
        """The storages that the parameters live in while the model runs."""

    @abstractmethod
    def quantize(self) -> None:
        """Let the parameters hold the quantized weights."""
