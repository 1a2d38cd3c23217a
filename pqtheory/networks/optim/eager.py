r"""Eager memory: theta <- prox_{lr lambda_t R}(base step of theta); the model sees the latent weights."""

from collections.abc import Callable, Sequence
from typing import Any, final

from torch import Tensor

from pqtheory._checks import check_float
from pqtheory.networks.optim.beside import State
from pqtheory.networks.optim.memory import LATENT, Latents, QuantizedGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local


@final
class EagerGroup(QuantizedGroup):
    """The parameters hold the latent weights: nothing else is remembered."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        # a step size or a strength that is none is refused here
        self.weight(0, group)

    def follow(self, state: State) -> None:
        """Whatever the parameters hold are the latent weights."""
        if self.beside:
            self.beside.follow(state, [bool(state.get(p)) for p in self.parameters])

    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """The model brings them, unless an optimizer before did."""
        for parameter in self.parameters:
            if parameter in latents:
                local(parameter).copy_(local(latents[parameter]))
            state.get(parameter, {}).pop(LATENT, None)
        self._begin()
        self.follow(state)

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """The step size, or the sum of them until now, times lambda_step."""
        factor = self._factor(step, group, check_float(group.get("lr"), "lr", 0))
        return self.map.weight(step, factor, local(self.parameters[0]))

    def before_step(self, state: State, lend: bool = False) -> None:
        """They hold them."""
        self.beside.take(state)

    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """At the latent weights themselves."""
        return closure()

    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """The map in place."""
        values = self.values()
        self._go_on(values, numbers, clip, lambda: self._map(values, numbers[0]))
        self.keep(state)

    def _map(self, values: Sequence[Tensor], weight: Any) -> None:
        if self.map.separable:
            seen = self.seen()
            seen.map_(self._function(weight), seen)
            return
        for place, (latent, value) in enumerate(zip(self.latents(), values, strict=True)):
            self._map_to(value, place, latent, weight)

    def latents(self) -> Sequence[Tensor]:
        """What the parameters hold, or held before they were quantized for a while."""
        return self._held or [p.detach() for p in self.parameters]

    def keep(self, state: State) -> None:
        """Nothing is but what was asked for."""
        if self.beside:
            begun = [bool(state.get(p)) or p.grad is not None for p in self.parameters]
            self.beside.keep(state, begun)

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """The model has the latent weights."""
        self.beside.add_to(saved, keys)

    def freeze(self) -> None:
        """Quantize in place."""
        self.quantize()
        self.frozen = True
