r"""Lazy gradient, eager pull: theta <- prox_{lr lambda_t R}(base step of theta), the gradient taken at P(theta)."""

from typing import Any, final

from pqtheory._checks import check_float
from pqtheory.networks.optim.apart import ApartGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local
from pqtheory.networks.optim.values import Values


@final
class PulledGroup(ApartGroup):
    """The model sees the latent weights quantized; they are mapped after each step, and stay so."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        # a step size or a strength that is none is refused here
        self.weight(0, group)

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """The step size times lambda_step."""
        # what is shown before the first step is not weighed
        return self.map.weight(
            max(step, 0), check_float(group.get("lr"), "lr", 0), local(self.parameters[0])
        )

    def _settle(self, theta: Values, weight: Any) -> None:
        if self.map.separable:
            theta.map_(self._function(weight), theta)
            return
        for place, (latent, here) in enumerate(zip(self._latents, theta.tensors, strict=True)):
            self._map_to(here, place, latent, weight)

    def _show(self, seen: Values, theta: Values, weight: Any) -> None:
        for place, (shown, latent) in enumerate(
            zip(self.shown.tensors, self._latents, strict=True)
        ):
            shown.copy_(self._quantized(place, latent))
        seen.copy_(self.shown)
