r"""Lazy gradient, eager pull: theta <- prox_{lr lambda_t R}(base step of theta), the gradient taken at P(theta)."""

from typing import Any, final

from pqtheory._checks import check_number
from pqtheory.networks.optim.apart import ApartGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local


@final
class PulledGroup(ApartGroup):
    """The model sees the latent weights quantized; they are mapped after each step, and stay so."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        check_number(group.get("lr"), "lr", 0)

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """The step size times lambda_step."""
        # what is shown before the first step is not weighed
        return self.map.weight(max(step, 0), float(group["lr"]), local(self.parameters[0]))

    def _settle(self, weight: Any) -> None:
        for place, (latent, here) in enumerate(zip(self._latents, self._here(), strict=True)):
            if self.map.separable:
                self.map.apply(here, weight, here)
            else:
                here.copy_(self._mapped(place, latent, weight))

    def _show(self, weight: Any) -> None:
        for place, (view, latent) in enumerate(zip(self.shown.views, self._latents, strict=True)):
            view.copy_(self._quantized(place, latent))
