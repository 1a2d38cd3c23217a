r"""Lazy memory: theta <- base step of theta, the gradient taken at prox_{lambda_t R}(theta), which the model sees."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.memory import QuantizedGroup
from pqtheory.networks.optim.storage import storages


@final
class LazyGroup(QuantizedGroup):
    """Two places: the latent weights, where the base optimizer steps, and the mapped ones, where the model runs."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        super().__init__(group, mapping)
        self.latent = storages(self.parameters, mapping.separable)
        self.mapped = storages(self.parameters, mapping.separable)
        with torch.no_grad():
            self._map(self.weight(-1, 1.0))
        self._show_mapped()

    def before_step(self) -> None:
        """Let the base optimizer see the latent weights; follow a model that was moved to a device or dtype."""
        self._follow()
        for latent in self.latent:
            latent.show()

    def weight(self, step: int, eta: float) -> Any:
        """lambda_{step + 1}: the map of the next step."""
        return self.map.weight(step + 1, 1, self.latent[0].values)

    def after_step(self, weight: Any, clip: float | None) -> None:
        """Map for the next step."""
        if clip is not None:
            for latent in self.latent:
                latent.values.clamp_(-clip, clip)
        self._map(weight)
        self._show_mapped()

    def latents(self) -> Sequence[Tensor]:
        """The unmapped weights."""
        found = {id(p): v for s in self.latent for p, v in zip(s.parameters, s.views, strict=True)}
        return [found[id(p)] for p in self.parameters]

    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Copy and map."""
        self._follow()
        for view, value in zip(self.latents(), values, strict=True):
            view.copy_(value)
        self._map(self.weight(step - 1, 1.0))

    def shown(self) -> Sequence[Tensor]:
        """Where the mapped weights are."""
        self._follow()
        return [mapped.values for mapped in self.mapped]

    def quantize(self) -> None:
        """Quantize what the model sees; the latent weights stay."""
        for latent, values in zip(self.latent, self.shown(), strict=True):
            values.copy_(self.map.quantize(latent.values))

    def _map(self, weight: Any) -> None:
        for latent, mapped in zip(self.latent, self.mapped, strict=True):
            self.map.apply(latent.values, weight, mapped.values)

    def _show_mapped(self) -> None:
        for mapped in self.mapped:
            mapped.show()

    def _follow(self) -> None:
        for latent, mapped in zip(self.latent, self.mapped, strict=True):
            if mapped.shown:
                continue
            # moved: the latent weights follow; replaced in place: they are the new latent weights
            kept = None if mapped.fits else latent.values
            latent.make()
            mapped.make()
            if kept is not None:
                latent.values.copy_(kept)
            mapped.show()
