"""The parts of a method on the parameters of one group: its map, corrections, kept levels, frozen weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pqtheory._checks import check_float
from pqtheory._elementwise import Writer
from pqtheory.methods.maps import Map
from pqtheory.networks.optim import oscillation
from pqtheory.networks.optim.beside import Beside
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.sharded import check_whole, is_shared, local, on_whole, part, whole
from pqtheory.quantizers import Quantizer
from pqtheory.sets import Set
from pqtheory.signs.codes import coded
from pqtheory.signs.kept_levels import KeptLevels

#: arrays of the dtypes that NumPy computes
_LIKE = {torch.float32: np.empty(0, np.float32), torch.float64: np.empty(0, np.float64)}
#: by itself, where torch can: after some compilations for other maps it would go on without, and say so to nobody
_ISOLATED: dict[str, Any] = (
    {"isolate_recompiles": True}
    if "isolate_recompiles" in signature(torch.compile).parameters
    else {}
)
#: key of levels that are kept for a while in the state of a parameter
CODEBOOKS = "codebooks"


@contextmanager
def writing() -> Iterator[None]:
    """No gradients, and what is made is ordinary, also under a caller's inference mode."""
    with torch.inference_mode(False), torch.no_grad():
        yield


class AppliedParts(ABC):
    """What a step does with latent weights, wherever these are: a memory says that.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not one that the map can take, or is to be frozen to more levels than codes tell apart; names
        it.
    """

    def __init__(self, group: dict[str, Any], parts: Parts) -> None:
        self.parts, self.map = parts, parts.map
        #: quantized for good: the parameters hold what they are to hold, and train no more
        self.frozen = False
        #: how a map that fits levels is compiled, if it is
        self.compiled: dict[str, Any] | None = None
        #: the sum of the step sizes so far, where it matters
        self.summed = 0.0
        self.parameters: tuple[nn.Parameter, ...] = tuple(group["params"])
        self.shared = any(map(is_shared, self.parameters))
        #: whether the base optimizer steps along the gradient, not against it
        self.ascends = bool(group.get("maximize"))
        names = group.get("names") or group.get("param_names") or ()
        self.names = [*names, *(f"parameter {i}" for i in range(len(names), len(self.parameters)))]
        self.beside = Beside(self.parameters)
        self._takes_arrays = self.map.separable and _takes_arrays(self.map)
        self._gradients: list[Tensor | None] | None = None
        with writing():
            for name, parameter in zip(self.names, self.parameters, strict=True):
                try:
                    check_whole(parameter)
                    if self.map.separable:
                        # where coordinates are for themselves, none tells as much as all
                        self.map.quantize(local(parameter).flatten()[:0])
                    else:
                        on_whole(self.map.quantize, parameter)
                    if parts.freezing is not None:
                        self._coded(parameter.detach(), self.map.quantized_by)
                except (TypeError, ValueError) as error:
                    raise type(error)(f"{name}: {error}") from error

    @abstractmethod
    def weight(self, step: int, group: dict[str, Any]) -> Any:
        """What the map after ``step`` weighs its pull with, at the step size of the group."""

    @abstractmethod
    def latents(self) -> Sequence[Tensor]:
        """The latent weights, one tensor for each parameter."""

    def _on_each(self, function: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
        """A function of one parameter, the part of this process."""
        return function(local(theta)) if self.map.separable else on_whole(function, theta)

    def _apply(self, theta: Tensor, weight: Any, out: Tensor | None = None) -> Tensor:
        """The map, by a compiler where that was asked for and the map fits levels to whole tensors."""
        if self.compiled is None or self.map.separable:
            return self.map.apply(theta, weight, out)
        if type(weight) is float and math.isfinite(weight):
            # a number would be compiled anew when it changes
            weight = torch.tensor(weight, dtype=torch.float64, device=theta.device)
        return self._compiled_map(theta, weight, out)

    def compile(self, options: dict[str, Any]) -> None:
        """Have the map compiled from now on, with these options."""
        self.compiled = options
        self.__dict__.pop("_compiled_map", None)

    @cached_property
    def _compiled_map(self) -> Callable[..., Tensor]:
        return torch.compile(self.map.apply, **_ISOLATED, **(self.compiled or {}))

    def _mapped(self, place: int, theta: Tensor, weight: Any) -> Tensor:
        """The map of one parameter, on the levels that are kept where they are."""
        if self.parts.refit_every is None:
            return self._on_each(lambda t: self._apply(t, weight), theta)
        books = self.beside.tensors[CODEBOOKS][place]
        return self._on_each(lambda t: self.parts.on_codebooks(t, books, weight), theta)

    def _map_to(self, out: Tensor, place: int, theta: Tensor, weight: Any) -> None:
        """Let ``out``, which may be the same memory, be the map of one parameter: of all of it, or the part here."""
        here = type(theta) is Tensor and (out.shape, out.dtype) == (theta.shape, theta.dtype)
        if here and self.parts.refit_every is None:
            found = self._apply(theta, weight, out)
        else:
            found = self._mapped(place, theta, weight)
        if found is not out:
            out.copy_(found)

    def _function(self, weight: Any) -> Writer:
        """The map with this weight, where it takes each coordinate by itself."""
        if self._takes_arrays:
            first, *others = {p.dtype for p in self.parameters}
            like = None if others else _LIKE.get(first)
            written = None if like is None else self.map.writer(like, weight)
            return written or (lambda theta, out: self.map.apply(theta, weight, out))
        return lambda theta, out: self.map.apply(
            torch.as_tensor(theta), weight, torch.as_tensor(out)
        )

    def _quantized(self, place: int, theta: Tensor) -> Tensor:
        if self.parts.refit_every is None:
            return self._on_each(self.map.quantize, theta)
        return self._mapped(place, theta, torch.inf)

    # what changes from step to step: numbers, which a recording of steps has as tensors without dimensions

    @property
    def width(self) -> int:
        """How many numbers a step has."""
        parts = self.parts
        freezing = 0 if parts.freezing is None else 2
        return 1 + len(parts.corrections) + freezing + (parts.refit_every is not None)

    def numbers(self, step: int, group: dict[str, Any]) -> list[Any]:
        """The weight of the map after ``step``, those of the corrections, threshold and rate, whether to fit anew."""
        parts, theta = self.parts, local(self.parameters[0])
        found = [self.weight(step, group), *(c.weight(step, theta) for c in parts.corrections)]
        if parts.freezing is not None:
            found += parts.freezing.numbers(step)
        if parts.refit_every is not None:
            found.append(float(step % parts.refit_every == 0))
        return found

    def _factor(self, step: int, group: dict[str, Any], factor: Any) -> Any:
        """``factor``, or the sum of the step sizes up to ``step`` where the map is weighed by it."""
        if not self.parts.sums_steps:
            return factor
        return self.summed + (step + 1 - int(group["quantize_steps"])) * self._step_size(group)

    @staticmethod
    def _step_size(group: dict[str, Any]) -> float:
        """That of the group, to be summed."""
        return check_float(group.get("lr"), "lr", 0, finite=True)

    # the gradient, corrected while the base optimizer steps

    def correct(self, numbers: Sequence[Any]) -> None:
        """Let the parameters have the directions to descend along in place of their gradients, until ``give_back``."""
        if not self.corrects:
            return
        self._gradients = [p.grad for p in self.parameters]
        thetas = self.moved()
        for place, (parameter, theta) in enumerate(zip(self.parameters, thetas, strict=True)):
            if parameter.grad is not None:
                parameter.grad = self._direction(place, parameter.grad, theta, numbers)

    def give_back(self) -> None:
        """Let them have their gradients again."""
        if self._gradients is not None:
            for parameter, gradient in zip(self.parameters, self._gradients, strict=True):
                parameter.grad = gradient
        self._gradients = None

    @property
    def corrects(self) -> bool:
        """Whether gradients are corrected."""
        return bool(self.parts.corrections)

    def moved(self) -> Sequence[Tensor]:
        """What the base optimizer moves, while it does."""
        return [p.detach() for p in self.parameters]

    def _direction(
        self, place: int, gradient: Tensor, theta: Tensor, numbers: Sequence[Any]
    ) -> Tensor | None:
        direction, shared = self._downhill(gradient), local(theta)
        weights = numbers[1 : 1 + len(self.parts.corrections)]
        for correction, weight in zip(self.parts.corrections, weights, strict=True):
            direction = correction.apply(
                shared, direction, weight, lambda _: self._quantized(place, theta)
            )
        if self.ascends:
            direction = -direction
        if not is_shared(gradient):
            return direction
        found = torch.empty_like(gradient)
        local(found).copy_(direction)
        return found

    def _downhill(self, gradient: Tensor) -> Tensor:
        """What a correction is made for: the gradient of what is to fall; dense, also of a table's few rows."""
        dense = local(gradient).to_dense()
        return -dense if self.ascends else dense

    # what is remembered beside the latent weights

    def _begin(self) -> None:
        """Remember what there is at the start: levels, codes."""
        if self.parts.refit_every is not None:
            self.beside.begin(CODEBOOKS, lambda place: self._codebooks(self.latents()[place]))
        if self.parts.freezing is not None and oscillation.CODES not in self.beside.tensors:
            oscillation.remember(self.beside)
            self.begin_again()

    def begin_again(self) -> None:
        """Before the first step: what was written into the model since is the start."""
        if self.parts.refit_every is not None:
            for place, latent in enumerate(self.latents()):
                self.beside.tensors[CODEBOOKS][place].copy_(self._codebooks(latent))
        if self.parts.freezing is not None:
            for place, latent in enumerate(self.latents()):
                oscillation.begin(self.beside, place, self._coded(latent, self.levels(place))[0])

    def _codebooks(self, latent: Tensor) -> Tensor:
        return self.parts.bump.codebooks(whole(latent)).clone()

    def _refit(self, numbers: Sequence[Any]) -> None:
        """Fit the levels anew, if this step does."""
        if self.parts.refit_every is None:
            return
        now = numbers[-1]
        if not isinstance(now, Tensor) and not now:
            return
        for place, latent in enumerate(self.latents()):
            books, new = self.beside.tensors[CODEBOOKS][place], self._codebooks(latent)
            books.copy_(torch.where(now > 0, new, books) if isinstance(now, Tensor) else new)

    def _hold_oscillating(self, numbers: Sequence[Any]) -> None:
        """Take up the codes after a step, and put latent weights that are frozen to their levels."""
        if self.parts.freezing is None:
            return
        first = 1 + len(self.parts.corrections)
        threshold, rate = numbers[first : first + 2]
        for place, latent in enumerate(self.latents()):
            now, values = self._coded(latent, self.levels(place))
            momentum = self.parts.freezing.momentum
            frozen, codes = oscillation.update(self.beside, place, now, momentum, threshold, rate)
            here = local(latent)
            here.copy_(torch.where(frozen, values(codes), here))

    def levels(self, place: int) -> Set | Quantizer | KeptLevels:
        """What one parameter is quantized by, or to."""
        if self.parts.refit_every is None:
            return self.map.quantized_by
        return KeptLevels(self.parts.bump, partial(self._kept_codebooks, place))

    def _kept_codebooks(self, place: int) -> Tensor:
        return self.beside.tensors[CODEBOOKS][place]

    def _coded(
        self, latent: Tensor, levels: Set | Quantizer | KeptLevels
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """The codes of one parameter and what gives codes their levels, both on the part of this process."""
        if self.map.separable or not is_shared(latent):
            return coded(local(latent), levels)
        codes, values = coded(whole(latent), levels)
        return part(codes, latent), partial(_on_part, values, latent)


def _on_part(values: Callable[[Tensor], Tensor], latent: Tensor, codes: Tensor) -> Tensor:
    shared = torch.empty_like(latent, dtype=codes.dtype)
    local(shared).copy_(codes)
    return part(values(whole(shared)), latent)


def _takes_arrays(mapping: Map) -> bool:
    """Whether a map takes NumPy arrays too: one of a user may be written for torch alone."""
    nothing = np.empty(0, dtype=np.float32)
    try:
        mapping.apply(nothing, 0.0, nothing)
    except (TypeError, AttributeError):
        return False
    return True
