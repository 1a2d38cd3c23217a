r"""Eager memory: theta <- prox_{lr lambda_t R}(base step of theta); the model sees the latent weights."""

from collections.abc import Callable, Sequence
from typing import Any, final

from torch import Tensor

from pqtheory._checks import check_number
from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.memory import LATENT, Latents, QuantizedGroup, State
from pqtheory.networks.optim.scratch import Scratch, dense
from pqtheory.networks.optim.sharded import local

#: parameters of at most so many weights are mapped side by side
SMALL = 1 << 16


@final
class EagerGroup(QuantizedGroup):
    """The parameters hold the latent weights: nothing else is remembered."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        super().__init__(group, mapping)
        check_number(group.get("lr"), "lr", 0)
        self._scratch: Scratch | None = None

    def follow(self, state: State) -> None:
        """Whatever the parameters hold are the latent weights."""

    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """The model brings them, unless an optimizer before did."""
        for parameter in self.parameters:
            if parameter in latents:
                local(parameter).copy_(local(latents[parameter]))
            state.get(parameter, {}).pop(LATENT, None)

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """The step size times lambda_step."""
        return self.map.weight(step, float(group["lr"]), local(self.parameters[0]))

    def before_step(self, state: State) -> None:
        """They hold them."""

    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """At the latent weights themselves."""
        return closure()

    def after_step(self, state: State, weight: Any, clip: float | None) -> None:
        """The map in place."""
        if self.map.separable:
            self._map_together(weight)
        else:
            for parameter, value in zip(self.parameters, self.values(), strict=True):
                value.copy_(self._on_each(lambda t: self.map.apply(t, weight), parameter))
        if clip is not None:
            for value in self.values():
                value.clamp_(-clip, clip)

    def _map_together(self, weight: Any) -> None:
        values = self.values()
        small = [v for v in values if v.numel() <= SMALL]
        large = [dense(v) for v in values if v.numel() > SMALL]
        if small and (self._scratch is None or not self._scratch.fits(small)):
            self._scratch = Scratch(small)
        if small and self._scratch is not None:
            self._scratch.read(small)
            large += self._scratch.values
        for value in large:
            self.map.apply(value, weight, value)
        if small and self._scratch is not None:
            self._scratch.write(small)

    def latents(self) -> Sequence[Tensor]:
        """What the parameters hold."""
        return [p.detach() for p in self.parameters]

    def keep(self, state: State) -> None:
        """Nothing is."""

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """The model has them."""

    def freeze(self) -> None:
        """Quantize in place."""
        self.quantize()
        self.frozen = True

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_scratch": None}
