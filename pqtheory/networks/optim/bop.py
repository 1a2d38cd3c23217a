r"""Bop: m <- m + lr (g - m), and a weight is flipped where w m > tau; there are no latent weights.

The base optimizer makes no step for these parameters: it steps for the others. The ``lr`` of the group is the rate at
which the averages follow the gradients; ``state_dict`` has them as "bop_average" of their parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import torch
from torch import Tensor

from pqtheory._checks import check_float
from pqtheory._messages import brief
from pqtheory.methods import Bop
from pqtheory.networks.optim.beside import State, like
from pqtheory.networks.optim.memory import LATENT, Latents, QuantizedGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local

#: key of the moving averages in the state of a parameter
AVERAGE = "bop_average"


@final
class BopGroup(QuantizedGroup):
    """The parameters hold binary weights; what is remembered are the averages of their gradients."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        self._rate(group)
        self.weight(0, group)

    def follow(self, state: State) -> None:
        """Whatever the parameters hold are the weights."""
        self.beside.follow(state, [bool(state.get(p)) for p in self.parameters])

    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """The signs of what the model brings, or of an optimizer's before; no gradients yet."""
        for parameter, value in zip(self.parameters, self.values(), strict=True):
            if parameter in latents:
                value.copy_(local(latents[parameter]))
            state.get(parameter, {}).pop(LATENT, None)
        if not self.frozen:
            self.quantize()
        self.beside.begin(AVERAGE, lambda place: like(*self._typed(place)))
        self._begin()
        self.follow(state)

    def _typed(self, place: int) -> tuple[Any, torch.dtype]:
        return self.parameters[place], self.parameters[place].dtype

    @property
    def width(self) -> int:
        """The rate too."""
        return super().width + 1

    def numbers(self, step: int, group: dict[str, Any]) -> list[Any]:
        """The rate behind all others."""
        return [*super().numbers(step, group), self._rate(group)]

    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """tau_step, how far an average must be beyond 0."""
        return self.map.weight(step, 1, local(self.parameters[0]))

    def _rate(self, group: dict[str, Any]) -> float:
        rate = check_float(group.get("lr"), "lr", 0)
        if rate > 1:
            raise ValueError(
                f"lr: expected the rate of Bop's averages, of [0, 1], got {brief(group['lr'])}"
            )
        return rate

    @property
    def corrects(self) -> bool:
        """The base optimizer is to see no gradient."""
        return True

    def _direction(
        self, place: int, gradient: Tensor, theta: Tensor, numbers: Sequence[Any]
    ) -> Tensor | None:
        return None

    def before_step(self, state: State, lend: bool = False) -> None:
        """They hold what they are."""
        self.beside.take(state)

    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """At the weights."""
        return closure()

    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """Average the gradients, and flip."""
        tau, rate = numbers[0], numbers[-1]
        for place, (parameter, weights) in enumerate(
            zip(self.parameters, self.values(), strict=True)
        ):
            if parameter.grad is None:
                continue
            average = self.beside.at(AVERAGE, place)
            moved = Bop.averaged(average, self._downhill(parameter.grad), rate)
            average.copy_(moved)
            weights.copy_(Bop.flipped(weights, moved, tau))
        self._hold_oscillating(numbers)
        self.keep(state)

    def latents(self) -> Sequence[Tensor]:
        """The weights."""
        return self._held or [p.detach() for p in self.parameters]

    def keep(self, state: State) -> None:
        """Saved states have them; here the base would take any state for its own.

        A copied or unpickled Adam looks for "step" in all state that there is, and has made none for these.
        """

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """The averages."""
        self.beside.add_to(saved, keys)

    def freeze(self) -> None:
        """They are quantized."""
        self.quantize()
        self.frozen = True
