r"""Latent weights apart from what the model sees: two places, the base optimizer stepping in one, the model running in
the other.

The latent weights theta are state of their parameter, ``state[p]["latent"]``, and leave it only while the base
optimizer steps: then the parameter holds them. What the parameters were last given is kept as scratch. Whatever differs
from it was written by somebody, and is the new theta; what was only moved, cast or laid out anew, or written and
written back, is not.
"""  # noqa: D205

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from pqtheory.networks.optim.applied import writing
from pqtheory.networks.optim.beside import State
from pqtheory.networks.optim.memory import LATENT, Latents, QuantizedGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.scratch import Scratch
from pqtheory.networks.optim.sharded import local

#: what a model may have been cast to and back
CASTS = (torch.float32, torch.bfloat16, torch.float16)


class ApartGroup(QuantizedGroup):
    """What the model sees is made of the latent weights (``_show``), which a step may itself map (``_settle``)."""

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        self._latents = [p.detach().clone() for p in self.parameters]
        self._shown: Scratch | None = None
        #: where the parameters were when the latent weights were laid out as they are
        self._homes: list[tuple[Any, ...]] = []

    @property
    def shown(self) -> Scratch:
        """What the parameters were last given to hold."""
        if self._shown is None:
            self._shown = Scratch(self.values())
            self._shown.read(self.values())
        return self._shown

    def follow(self, state: State) -> None:
        """What was written into a parameter is its latent weight, and so is what was put into its state."""
        if self.frozen:
            torch._foreach_copy_(self._here(), self.values())
        elif not self.shown.holds(self.values()):
            self._take_written()
        for parameter, latent in zip(self.parameters, self._latents, strict=True):
            given = state.get(parameter, {}).get(LATENT, latent)
            if given is not latent:
                local(latent).copy_(local(given))
        begun = [bool(state.get(p)) for p in self.parameters]
        self._keep(state, begun)
        self.beside.follow(state, begun)

    def _take_written(self) -> None:
        views = self.shown.views
        for name, value, view, latent in zip(
            self.names, self.values(), views, self._here(), strict=True
        ):
            if value.shape != view.shape:
                raise ValueError(
                    f"{name}: expected the shape {tuple(view.shape)} that it had, got "
                    f"{tuple(value.shape)}: make the optimizer after the model is wrapped"
                )
            if _written(value, view):
                latent.copy_(value)
        self._shown, self._homes = None, []

    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """Show them, mapped; frozen ones as they are."""
        self.follow(state)
        for parameter, latent in zip(self.parameters, self._latents, strict=True):
            if parameter in latents:
                local(latent).copy_(local(latents[parameter]))
        if self.frozen:
            torch._foreach_copy_(self.values(), self._here())
            return
        self._begin()
        self.follow(state)
        self._show(self.weight(step - 1, group))
        self.shown.write(self.values())

    def before_step(self, state: State) -> None:
        """Hand over the latent weights; a base optimizer that finds any state takes it for its own."""
        self._fit()
        for parameter in self.parameters:
            state.get(parameter, {}).pop(LATENT, None)
        self.beside.take(state)
        torch._foreach_copy_(self.values(), self._here())

    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """At what the weights of the moment are mapped to."""
        with writing():
            torch._foreach_copy_(self._here(), self.values())
            self._show(self.weight(step - 1, group))
            self.shown.write(self.values())
        try:
            return closure()
        finally:
            with writing():
                torch._foreach_copy_(self.values(), self._here())

    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """Take them back, and show what the next gradient is taken at."""
        torch._foreach_copy_(self._here(), self.values())
        self._refit(numbers)
        self._settle(numbers[0])
        if clip is not None:
            for latent in self._here():
                latent.clamp_(-clip, clip)
        self._hold_oscillating(numbers)
        self.keep(state)
        self._show(numbers[0])
        self.shown.write(self.values())

    def latents(self) -> Sequence[Tensor]:
        """The unmapped weights, of the dtype, device and layout that the parameters have now."""
        self._fit()
        return self._latents

    def quantize(self) -> None:
        """Quantize what the model sees; the latent weights stay, at the precision that they have."""
        for place, (value, latent) in enumerate(zip(self.values(), self._latents, strict=True)):
            value.copy_(self._quantized(place, latent))

    def freeze(self) -> None:
        """Quantize for good; the latent weights are what the model sees."""
        self.quantize()
        torch._foreach_copy_(self._here(), self.values())
        self.frozen, self._shown = True, None

    def _here(self) -> list[Tensor]:
        return self.here(self._latents)

    def keep(self, state: State) -> None:
        """Where the base optimizer made no step yet it would take its own state for made."""
        begun = [bool(state.get(p)) or p.grad is not None for p in self.parameters]
        self._keep(state, begun)
        self.beside.keep(state, begun)

    def _keep(self, state: State, begun: Sequence[bool]) -> None:
        for parameter, latent, has in zip(self.parameters, self._latents, begun, strict=True):
            if has:
                state[parameter][LATENT] = latent

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Also those that are not state yet."""
        for key, latent in zip(keys, self._latents, strict=True):
            saved[key] = {**saved.get(key, {}), LATENT: latent}
        self.beside.add_to(saved, keys)

    def _fit(self) -> None:
        """Give the latent weights the dtype, device and layout of their parameters, where these have moved."""
        # memory that was given back may be had again, for another layout or dtype
        homes = [(v.data_ptr(), v.stride(), v.dtype, v.device) for v in self.values()]
        if homes == self._homes:
            return
        self._homes = homes
        for place, (parameter, latent) in enumerate(
            zip(self.parameters, self._latents, strict=True)
        ):
            if _alike(local(parameter), local(latent)):
                continue
            fitting = torch.empty_like(parameter, requires_grad=False)
            if not _alike(local(fitting), local(latent)):
                local(fitting).copy_(local(latent))
                self._latents[place] = fitting

    @abstractmethod
    def _settle(self, weight: Any) -> None:
        """What becomes of the latent weights after the base optimizer's step."""

    @abstractmethod
    def _show(self, weight: Any) -> None:
        """Make of the latent weights what is to be shown."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_shown": None, "_homes": []}


def _written(value: Tensor, shown: Tensor) -> bool:
    """Whether a parameter was given other values than it was shown, and not only moved, or cast and cast back."""
    there = shown.to(value.device)
    return not any(_same(value, there.to(via).to(value.dtype)) for via in (value.dtype, *CASTS))


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b) or bool(((a == b) | (a.isnan() & b.isnan())).all())


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device and a.stride() == b.stride()
