r"""What every quantizing optimizer shares: a ``torch.optim`` optimizer, a map for each group, freeze, state.

The base optimizer makes the gradient step; memory and map are those of :mod:`pqtheory.methods`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pqtheory._checks import check_number
from pqtheory.methods.maps import Prox

#: options of a group that are ours, not the base optimizer's
OPTIONS = ("set", "regularizer", "strength")
#: under this key of the state
OURS = "quantizing"
VERSION = 1


class QuantizedGroup(ABC):
    """The parameters of one group, its map, and how they remember: eager or lazy."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        self.map = mapping
        self.parameters: tuple[nn.Parameter, ...] = tuple(group["params"])

    @abstractmethod
    def before_step(self) -> None:
        """Let the parameters hold what the base optimizer moves."""

    @abstractmethod
    def weight(self, step: int, eta: float) -> Any:
        """What the map after ``step`` weighs its pull with."""

    @abstractmethod
    def after_step(self, weight: Any, clip: float | None) -> None:
        """Clip and map what it moved; the weight may be a tensor without dimensions."""

    @abstractmethod
    def latents(self) -> Sequence[Tensor]:
        """The latent weights, one tensor for each parameter."""

    @abstractmethod
    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Take these latent weights, as of ``step``."""

    @abstractmethod
    def shown(self) -> Sequence[Tensor]:
        """The storages that the parameters live in while the model runs."""

    @abstractmethod
    def quantize(self) -> None:
        """Let the parameters hold the quantized weights."""


class QuantizingOptimizer(Optimizer):
    """A ``torch.optim`` optimizer round an unmodified model; groups marked ``{"quantize": True}`` are quantized.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Makes the gradient step. Its groups and its state are shared: learning-rate schedulers may hold either.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is none, no group is marked, or an option does not fit.
    """

    def __init__(self, optimizer: Optimizer, *, clip: float | None = None) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected a torch.optim optimizer, got {optimizer!r}")
        self.base = optimizer
        self.clip = None if clip is None else check_number(clip, "clip", 0, open_low=True)
        self.steps = 0
        self.frozen = False
        self.quantized_groups: dict[int, QuantizedGroup] = {}
        super().__init__(optimizer.param_groups, optimizer.defaults)
        self._share()
        for index, group in enumerate(self.param_groups):
            options = {name: group.pop(name) for name in OPTIONS if name in group}
            if group.setdefault("quantize", False):
                if not group["params"]:
                    raise ValueError(f"group {index}: nothing to quantize in it, no parameters")
                self.quantized_groups[index] = self._quantized_group(group, options)
            elif options:
                raise ValueError(
                    f"group {index}: {', '.join(options)} given, but not quantize=True"
                )
        if not self.quantized_groups:
            raise ValueError('optimizer: expected a group marked {"quantize": True}, found none')

    @abstractmethod
    def _quantized_group(self, group: dict[str, Any], options: dict[str, Any]) -> QuantizedGroup:
        """The group with its map and memory; the parameters hold afterwards what the model is to see."""

    def _share(self) -> None:
        self.param_groups = self.base.param_groups
        self.state = self.base.state

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group that is not quantized.

        Raises
        ------
        ValueError
            If it is marked: quantized groups must be there from the start.
        """
        if self.__dict__.get("param_groups") is not self.base.param_groups:
            super().add_param_group(param_group)
            return
        if param_group.get("quantize"):
            raise ValueError("group: quantized groups must be there from the start")
        self.base.add_param_group({"quantize": False, **param_group})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; ``closure`` is evaluated once, at the weights that the model sees."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.move(self.weights(self.steps))
        self.steps += 1
        return loss

    def weights(self, step: int) -> list[Any]:
        """What each quantized group's map weighs its pull with in that step, at the step sizes of now."""
        return [
            found.weight(step, float(self.param_groups[index]["lr"]))
            for index, found in self.quantized_groups.items()
        ]

    @torch.no_grad()
    def move(self, weights: Sequence[Any]) -> None:
        """The work of a step on tensors alone, weights included: what a CUDA graph can hold. ``steps`` stays."""
        groups = self.quantized_groups.values()
        if self.frozen:
            for found in groups:
                for parameter in found.parameters:
                    parameter.grad = None
            self.base.step()
            return
        for found in groups:
            found.before_step()
        self.base.step()
        for found, weight in zip(groups, weights, strict=True):
            found.after_step(weight, self.clip)

    @torch.no_grad()
    def freeze(self) -> None:
        """Hard quantization: the quantized parameters take their quantized values and train no more."""
        for found in self.quantized_groups.values():
            found.quantize()
        self.frozen = True

    @contextmanager
    def quantized(self) -> Iterator[None]:
        """Let the model hold its quantized weights; what it held comes back afterwards, whatever happens."""
        with torch.no_grad():
            held = [[v.clone() for v in g.shown()] for g in self.quantized_groups.values()]
            for found in self.quantized_groups.values():
                found.quantize()
        try:
            yield
        finally:
            with torch.no_grad():
                for found, values in zip(self.quantized_groups.values(), held, strict=True):
                    for shown, value in zip(found.shown(), values, strict=True):
                        shown.copy_(value)

    def latent_parameters(self) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each quantized parameter with its latent weights."""
        for found in self.quantized_groups.values():
            yield from zip(found.parameters, found.latents(), strict=True)

    def export(self, model: nn.Module) -> tuple[dict[str, Tensor], list[str]]:
        """The state of ``model`` with exactly quantized weights, and the names of these: for ``export.save_quantized``.

        Raises
        ------
        ValueError
            If a quantized parameter is not in the model.
        """
        ours = {id(p) for p, _ in self.latent_parameters()}
        names = [name for name, p in model.named_parameters() if id(p) in ours]
        if len(names) != len(ours):
            raise ValueError(
                f"model: expected the {len(ours)} quantized parameters, found {len(names)}"
            )
        with self.quantized():
            return {name: value.clone() for name, value in model.state_dict().items()}, names

    def state_dict(self) -> dict[str, Any]:
        """The state of the base optimizer, and under "quantizing" ours: tensors and plain scalars only."""
        ours = {
            "version": VERSION,
            "method": type(self).__name__,
            "steps": self.steps,
            "frozen": self.frozen,
            "latent": [latent.clone() for _, latent in self.latent_parameters()],
        }
        return {**self.base.state_dict(), OURS: ours}

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken; restores the quantized parameters too.

        Raises
        ------
        ValueError
            If it is of another method, of another version, or of other parameters.
        """
        ours = state_dict.get(OURS)
        if not isinstance(ours, dict):
            raise ValueError("state_dict: not of a quantizing optimizer")
        for name, expected in (("version", VERSION), ("method", type(self).__name__)):
            if ours.get(name) != expected:
                raise ValueError(
                    f"state_dict: expected {name} {expected!r}, got {ours.get(name)!r}"
                )
        here = [tuple(p.shape) for p, _ in self.latent_parameters()]
        there = [tuple(latent.shape) for latent in ours["latent"]]
        if here != there:
            raise ValueError(f"state_dict: expected quantized shapes {here}, got {there}")
        self.base.load_state_dict({k: v for k, v in state_dict.items() if k != OURS})
        self._share()
        self.steps, self.frozen = ours["steps"], ours["frozen"]
        latents = iter(ours["latent"])
        for found in self.quantized_groups.values():
            found.load_latents([next(latents) for _ in found.parameters], self.steps)
            if self.frozen:
                found.quantize()

    def __repr__(self) -> str:
        maps = ", ".join(repr(g.map) for g in self.quantized_groups.values())
        return f"{type(self).__name__}({self.base!r}, {maps}, clip={self.clip})"


def only(options: dict[str, Any], *allowed: str) -> None:
    """Raise ValueError if a group has an option that its method does not take."""
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise ValueError(
            f"group: expected {' or '.join(allowed)} for this method, got {', '.join(unknown)}"
        )
