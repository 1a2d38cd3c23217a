r"""A method of :mod:`pqtheory.methods` round a ``torch.optim`` optimizer: its memory, its map, its clip; freeze, state.

The base optimizer makes the gradient step, and its ``lr`` is the step size.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pqtheory._checks import check_number
from pqtheory._messages import brief
from pqtheory.methods import Eager, Lazy
from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.eager import EagerGroup
from pqtheory.networks.optim.lazy import LazyGroup
from pqtheory.networks.optim.memory import QuantizedGroup

#: options of a group that are ours, not the base optimizer's
OPTIONS = ("set", "regularizer", "strength")
#: under this key of the state
OURS = "quantizing"
VERSION = 1


class QuantizingOptimizer(Optimizer):
    """A method round an unmodified model: it quantizes the groups of an optimizer marked ``{"quantize": True}``.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Makes the gradient step. Its groups and its state are shared: learning-rate schedulers may hold either.
    method : Eager, Lazy, or a class of them
        Whose memory and map. A method gives its regularizer, strength and clip, and its step size is of no account:
        each group has its ``lr``. A class is given what it is described by (``describe``) as ``options``.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.
    **options
        For the groups that carry none of their own: ``regularizer``, ``strength``, ``set``, whatever the method's
        ``describe`` takes.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is none, the method is none or steps in its own way, no group is marked, or an option is
        missing or does not fit.

    Examples
    --------
    ``QuantizingOptimizer(base, methods.ProjectedSGD, set=Ternary())``, and any pair of your own:
    ``QuantizingOptimizer(base, methods.Lazy(Prox(MyRegularizer(), strength), 1))``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        method: Eager | Lazy | type[Eager] | type[Lazy],
        *,
        clip: float | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected a torch.optim optimizer, got {brief(optimizer)}")
        describe: Callable[..., Prox]
        if isinstance(method, Eager | Lazy):
            own = {"regularizer": method.map.regularizer, "strength": method.map.strength}
            describe, options, self.method = Prox, {**own, **options}, type(method)
            clip = method.clip if clip is None else clip
        else:
            memory_of(method)
            describe, self.method = method.describe, method
        memory = memory_of(self.method)
        self.base = optimizer
        self.clip = None if clip is None else float(check_number(clip, "clip", 0, open_low=True))
        self.steps = 0
        self.frozen = False
        self.quantized_groups: dict[int, QuantizedGroup] = {}
        super().__init__(optimizer.param_groups, optimizer.defaults)
        self._share()
        for index, group in enumerate(self.param_groups):
            own = {name: group.pop(name) for name in OPTIONS if name in group}
            if group.setdefault("quantize", False):
                if not group["params"]:
                    raise ValueError(f"group {index}: nothing to quantize in it, no parameters")
                self.quantized_groups[index] = memory(group, described(describe, options, own))
            elif own:
                raise ValueError(f"group {index}: {', '.join(own)} given, but not quantize=True")
        if not self.quantized_groups:
            raise ValueError('optimizer: expected a group marked {"quantize": True}, found none')

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
            "method": self.method.__name__,
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
        for name, expected in (("version", VERSION), ("method", self.method.__name__)):
            if ours.get(name) != expected:
                raise ValueError(
                    f"state_dict: expected {name} {brief(expected)}, got {brief(ours.get(name))}"
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
        return f"{self.method.__name__}({self.base!r}, {maps}, clip={self.clip})"


def memory_of(method: type[Eager] | type[Lazy]) -> type[EagerGroup] | type[LazyGroup]:
    """What remembers as ``method`` does, a class that steps as ``Eager`` or ``Lazy`` and leaves its map to its own.

    Raises
    ------
    TypeError
        If it is no such class.
    """
    for memory, group in ((Eager, EagerGroup), (Lazy, LazyGroup)):
        if isinstance(method, type) and issubclass(method, memory):
            kept = (method.step, method.query, method.output)
            if kept != (memory.step, memory.query, memory.output):
                raise TypeError(
                    f"method: expected the steps of {memory.__name__}, got {method.__name__} with its own"
                )
            return group
    raise TypeError(f"method: expected one of the kind Eager or Lazy, got {brief(method)}")


def described(describe: Callable[..., Prox], common: dict[str, Any], own: dict[str, Any]) -> Prox:
    """The map of a group, from its own options and those of all groups.

    Raises
    ------
    TypeError, ValueError
        If an option is missing, or is none of the method's.
    """
    known = inspect.signature(describe).parameters
    group_options = [name for name in OPTIONS if name in known]
    for where, options, allowed in (("group", own, group_options), ("options", common, [*known])):
        unknown = [name for name in options if name not in allowed]
        if unknown:
            raise ValueError(
                f"{where}: expected {' or '.join(allowed)} for this method, got {', '.join(unknown):.200}"
            )
    chosen = {name: v for name, v in {**common, **own}.items() if v is not None}
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in chosen:
            raise ValueError(f"{name}: expected one for each quantized group or for all")
    return describe(**chosen)
