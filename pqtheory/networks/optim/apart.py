r"""Latent weights apart from what the model sees: two places, the base optimizer stepping in one, the model running in
the other.

The latent weights theta are state of their parameter, ``state[p]["latent"]``, and leave it only while the base
optimizer steps: then the parameter holds them. What the parameters were last given is kept as scratch. Whatever differs
from it was written by somebody, and is the new theta; what was only moved, cast or laid out anew, or written and
written back, is not.
"""  # noqa: D205

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pqtheory.networks.optim.applied import writing
from pqtheory.networks.optim.beside import State
from pqtheory.networks.optim.memory import LATENT, Latents, QuantizedGroup
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import local
from pqtheory.networks.optim.values import Values, is_recorded

#: what a model may have been cast to and back
CASTS = (torch.float32, torch.bfloat16, torch.float16)


class ApartGroup(QuantizedGroup):
    """What the model sees is made of the latent weights (``_show``), which a step may itself map (``_settle``)."""

    apart: ClassVar[bool] = True

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        super().__init__(group, parts)
        self._latents = [p.detach().clone() for p in self.parameters]
        #: what the parameters were last given to hold
        self._shown: Values | None = None
        #: the latent weights, and the layout of the parameters that they were fitted to
        self._theta: Values | None = None
        #: the own memory of the parameters, and the latent weights that they point at while these are lent
        self._lent: tuple[Values, Values] | None = None
        self._fitted: list[Any] = []
        #: by place what was shown before somebody wrote, and its latent weights: they come back with it
        self._before: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def shown(self) -> Values:
        """What the parameters were last given to hold, laid out as they were then."""
        if self._shown is None:
            self._shown = self.seen().copy()
        return self._shown

    def follow(self, state: State) -> None:
        """What was written into a parameter is its latent weight, and so is what was put into its state."""
        if self.frozen:
            torch._foreach_copy_(self._here(), self.values())
        elif not self.shown.hold(self.seen()):
            self._take_written()
        begun = []
        for parameter, latent in zip(self.parameters, self._latents, strict=True):
            own = state.get(parameter)
            begun.append(bool(own))
            if own:
                given = own.get(LATENT, latent)
                if given is not latent:
                    local(latent).copy_(local(given))
                own[LATENT] = latent
        self.beside.follow(state, begun)

    def _take_written(self) -> None:
        for place, (name, value, view, latent) in enumerate(
            zip(self.names, self.values(), self.shown.tensors, self._here(), strict=True)
        ):
            if value.shape != view.shape:
                raise ValueError(
                    f"{name}: expected the shape {tuple(view.shape)} that it had, got "
                    f"{tuple(value.shape)}: make the optimizer after the model is wrapped"
                )
            if _written(value, view):
                shown, theta = self._before.setdefault(place, (view, latent.clone()))
                latent.copy_(value if _written(value, shown) else theta)
        self._shown = self.seen().copy()

    def load(self, state: State, latents: Latents, step: int, group: dict[str, Any]) -> None:
        """Show them, mapped; frozen ones as they are."""
        self.follow(state)
        self._before.clear()
        for parameter, latent in zip(self.parameters, self._latents, strict=True):
            if parameter in latents:
                local(latent).copy_(local(latents[parameter]))
        if self.frozen:
            torch._foreach_copy_(self.values(), self._here())
            return
        self._begin()
        self.follow(state)
        seen = self.seen()
        self._let_see(seen, self._fit(seen), self.weight(step - 1, group))

    def before_step(self, state: State, lend: bool = False) -> None:
        """Hand over the latent weights; a base optimizer that finds any state takes it for its own."""
        seen = self.seen_in_step()
        theta = self._fit(seen)
        for parameter in self.parameters:
            own = state.get(parameter)
            if own:
                own.pop(LATENT, None)
        self.beside.take(state)
        if not (lend and self._can_lend(seen)):
            seen.copy_(theta)
            return
        self._lent = seen, theta
        for parameter, latent in zip(self.parameters, theta.tensors, strict=True):
            parameter.data = latent

    def _can_lend(self, seen: Values) -> bool:
        """Whether the parameters may point at the latent weights for a while: a graph of the GPU's holds addresses."""
        plain = all(type(p) is nn.Parameter for p in self.parameters)
        return plain and not is_recorded(seen.tensors)

    def _take_back(self) -> tuple[Values, Values]:
        """The parameters in their own memory again, and the latent weights as the base optimizer left them."""
        if self._lent is None:
            seen = self.seen()
            theta = self._theta or self._fit(seen)
            theta.copy_(seen)
            return seen, theta
        seen, theta = self._lent
        for parameter, latent, start in zip(
            self.parameters, theta.tensors, theta.starts, strict=True
        ):
            if parameter.data_ptr() != start:
                # a hook gave it other memory
                latent.copy_(parameter)
        self._return(seen)
        return seen, theta

    def end_loan(self) -> None:
        """Point the parameters at their own memory again, which holds what they were last shown."""
        if self._lent is not None:
            self._return(self._lent[0])

    def _return(self, own: Values) -> None:
        for parameter, value in zip(self.parameters, own.tensors, strict=True):
            parameter.data = value
        self._lent = None

    def at_query(self, closure: Callable[[], Any], step: int, group: dict[str, Any]) -> Any:
        """At what the weights of the moment are mapped to."""
        with writing():
            seen = self.seen()
            theta = self._fit(seen)
            theta.copy_(seen)
            self._let_see(seen, theta, self.weight(step - 1, group))
        try:
            return closure()
        finally:
            with writing():
                self.seen().copy_(theta)

    def after_step(self, state: State, numbers: Sequence[Any], clip: float | None) -> None:
        """Take them back, and show what the next gradient is taken at."""
        seen, theta = self._take_back()
        self._before.clear()
        self._go_on(self._here(), numbers, clip, lambda: self._settle(theta, numbers[0]))
        self.keep(state)
        self._let_see(seen, theta, numbers[0])

    def _let_see(self, seen: Values, theta: Values, weight: Any) -> None:
        """Let the model see what is made of the latent weights with this weight."""
        if self.shown.layout != seen.layout:
            self._shown = seen.copy()
        self._show(seen, theta, weight)

    def latents(self) -> Sequence[Tensor]:
        """The unmapped weights, of the dtype, device and layout that the parameters have now."""
        self._fit(self.seen())
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
        self._before.clear()

    def _here(self) -> list[Tensor]:
        return self.here(self._latents)

    def keep(self, state: State) -> None:
        """Where the base optimizer made no step yet it would take its own state for made."""
        for parameter, latent in zip(self.parameters, self._latents, strict=True):
            if state.get(parameter) or parameter.grad is not None:
                state[parameter][LATENT] = latent
        if self.beside:
            self.beside.keep(state, [bool(state.get(p)) for p in self.parameters])

    def add_to(self, saved: dict[Any, dict[str, Any]], keys: Sequence[Any]) -> None:
        """Also those that are not state yet."""
        for key, latent in zip(keys, self._latents, strict=True):
            saved[key] = {**saved.get(key, {}), LATENT: latent}
        self.beside.add_to(saved, keys)

    def _fit(self, seen: Values) -> Values:
        """The latent weights, of the dtype, device and layout that their parameters have now."""
        theta = self._theta
        if theta is None or self._fitted != seen.layout or not theta.is_at(self._here()):
            for place, (parameter, latent) in enumerate(
                zip(self.parameters, self._latents, strict=True)
            ):
                fitting = torch.empty_like(parameter, requires_grad=False)
                if not _alike(local(fitting), local(latent)):
                    local(fitting).copy_(local(latent))
                    self._latents[place] = fitting
            theta = Values(self._here())
            self._theta, self._fitted = theta, seen.layout
        return theta

    @abstractmethod
    def _settle(self, theta: Values, weight: Any) -> None:
        """What becomes of the latent weights after the base optimizer's step."""

    @abstractmethod
    def _show(self, seen: Values, theta: Values, weight: Any) -> None:
        """Make of the latent weights what is to be shown, and let the model see it."""

    def __getstate__(self) -> dict[str, Any]:
        # what is written into a copy before its first look is to be noticed there
        shown = None if self.frozen else [v.clone() for v in self.seen().tensors]
        return {**super().__getstate__(), "_shown": shown, "_theta": None, "_lent": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        shown = state["_shown"]
        self.__dict__.update(state, _shown=None if shown is None else Values(shown))


def _written(value: Tensor, shown: Tensor) -> bool:
    """Whether a parameter was given other values than it was shown, and not only moved, or cast and cast back."""
    there = shown.to(value.device)
    return not any(_same(value, there.to(via).to(value.dtype)) for via in (value.dtype, *CASTS))


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a, b) or bool(((a == b) | (a.isnan() & b.isnan())).all())


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.dtype == b.dtype and a.device == b.device and a.stride() == b.stride()
