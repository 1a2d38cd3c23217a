r"""Eager memory: theta <- prox_{lr lambda_t R}(base step of theta); the model sees the latent weights."""

from collections.abc import Sequence
from typing import Any, final

from torch import Tensor

from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.memory import QuantizedGroup
from pqtheory.networks.optim.storage import storages


@final
class EagerGroup(QuantizedGroup):
    """The parameters hold the latent weights."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        super().__init__(group, mapping)
        self.storages = storages(self.parameters, mapping.separable)
        for storage in self.storages:
            storage.show()

    def before_step(self) -> None:
        """Follow a model that was moved, or whose weights were replaced."""
        for storage in self.storages:
            if not storage.shown:
                storage.make()
                storage.show()

    def weight(self, step: int, eta: float) -> Any:
        """The step size times lambda_step."""
        return self.map.weight(step, eta, self.storages[0].values)

    def after_step(self, weight: Any, clip: float | None) -> None:
        """The map in place."""
        for storage in self.storages:
            self.map.apply(storage.values, weight, storage.values)
            if clip is not None:
                storage.values.clamp_(-clip, clip)

    def latents(self) -> Sequence[Tensor]:
        """What the parameters hold."""
        return [p.detach() for p in self.parameters]

    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Copy into the parameters."""
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.data.copy_(value)

    def shown(self) -> Sequence[Tensor]:
        """Where the latent weights are."""
        self.before_step()
        return [storage.values for storage in self.storages]

    def quantize(self) -> None:
        """Quantize in place."""
        for values in self.shown():
            values.copy_(self.map.quantize(values))
