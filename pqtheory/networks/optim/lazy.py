r"""Lazy memory: theta <- base step of theta, the gradient taken at prox_{lambda_t R}(theta), which the model sees."""

from typing import Any, final

from pqtheory.networks.optim.apart import ApartGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local
from pqtheory.networks.optim.values import Values


@final
class LazyGroup(ApartGroup):
    """The model sees the latent weights mapped; they stay unmapped."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        # a strength that is none is refused here, and a step size where they are summed
        self.map.weight(0, 1, local(self.parameters[0]))
        if parts.sums_steps:
            self._step_size(group)

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """lambda_{step + 1}, or times the sum of the steps until then: the map of the next step."""
        return self.map.weight(step + 1, self._factor(step, group, 1), local(self.parameters[0]))

    def _settle(self, theta: Values, weight: Any) -> None:
        """They stay."""

    def _show(self, seen: Values, theta: Values, weight: Any) -> None:
        if self.map.separable:
            self.shown.map_(self._function(weight), theta, seen)
            return
        for place, (shown, latent) in enumerate(
            zip(self.shown.tensors, self._latents, strict=True)
        ):
            self._map_to(shown, place, latent, weight)
        seen.copy_(self.shown)
