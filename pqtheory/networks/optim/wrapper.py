r"""A method of :mod:`pqtheory.methods` round a ``torch.optim`` optimizer: its memory, its map, its clip; freeze, state.

The base optimizer makes the gradient step, and its ``lr`` is the step size. Its groups and its state are the state of
the whole: what is ours in them are plain values and plain tensors, so that whatever moves, shards, saves and loads an
optimizer does so with this one.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pqtheory._checks import check_number
from pqtheory._messages import brief
from pqtheory.methods import Eager, Lazy
from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.around import Around
from pqtheory.networks.optim.described import OPTIONS, is_marked, make_group, memory_of
from pqtheory.networks.optim.loading import (
    check_state,
    described_by,
    values_of,
    without_latents,
)
from pqtheory.networks.optim.memory import writing
from pqtheory.networks.optim.replicas import Replicas


class QuantizingOptimizer(Around):
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

    Attributes
    ----------
    quantized_groups : dict of int to QuantizedGroup
        By the places of the marked groups.

    Raises
    ------
    TypeError, ValueError
        If ``optimizer`` is none, the method is none or steps in its own way, no group is marked, or an option is
        missing or does not fit. The optimizer is then as it was.

    Examples
    --------
    ``QuantizingOptimizer(base, methods.ProjectedSGD, set=Ternary())``, and any pair of your own:
    ``QuantizingOptimizer(base, methods.Lazy(Prox(MyRegularizer(), strength), 1))``.
    """

    #: whether another optimizer has taken over
    _over = False
    #: whether the model shows its quantized weights for a while
    _shows_quantized = False
    #: latent weights by the places of their parameters, while the base optimizer is loaded
    _loading: Mapping[int, Tensor] = {}

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
        self.base = optimizer
        self.clip = None if clip is None else float(check_number(clip, "clip", 0, open_low=True))
        # first what may be refused, then what changes the base optimizer
        self.quantized_groups = {
            index: make_group(index, group, self.method, describe, options)
            for index, group in enumerate(optimizer.param_groups)
            if is_marked(index, group)
        }
        if not self.quantized_groups:
            raise ValueError(
                'optimizer: expected a group marked {"quantize": True}, as split_parameters makes '
                "them, found none"
            )
        self._steps, self._frozen = 0, False
        latents: dict[nn.Parameter, Tensor] = {}
        for hook in [*optimizer._optimizer_load_state_dict_post_hooks.values()]:
            older = getattr(hook, "__self__", None)
            if isinstance(older, QuantizingOptimizer):
                latents = older._hand_over()
        for group in optimizer.param_groups:
            group.setdefault("quantize", False)
            for name in OPTIONS:
                group.pop(name, None)
        self._attach()
        self._say()
        with writing():
            for index, found in self.quantized_groups.items():
                found.load(self.state, latents, 0, self.param_groups[index])
        self._replicas = Replicas(self.quantized_groups.values())

    def _hand_over(self) -> dict[nn.Parameter, Tensor]:
        """Leave the latent weights to another optimizer round the same base."""
        latents = dict(self.latent_parameters())
        self._detach()
        self._over = True
        return latents

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return self._steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._steps = steps
        self._say()

    @property
    def frozen(self) -> bool:
        """Whether the weights are quantized for good."""
        return self._frozen

    def _say(self) -> None:
        """Let the groups say what the state of the whole is, for whoever saves them."""
        values = values_of(self.method.__name__, self._steps, self._frozen)
        for index in self.quantized_groups:
            self.param_groups[index].update(quantize=True, **values)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group that is not quantized.

        Raises
        ------
        ValueError
            If it is marked: quantized groups must be there from the start.
        """
        if param_group.get("quantize"):
            raise ValueError(
                "group: quantized groups must be there from the start: mark it before this is made"
            )
        self.base.add_param_group({"quantize": False, **param_group})

    def train(self) -> None:
        """Pass on to a base optimizer that shows other weights in training (schedule-free ones)."""
        self._switch("train")

    def eval(self) -> None:
        """Pass on to a base optimizer that shows other weights in evaluation (schedule-free ones)."""
        self._switch("eval")

    @writing()
    def _switch(self, mode: str) -> None:
        switch = getattr(self.base, mode, None)
        if switch is None:
            return
        self.follow()
        groups = {} if self._frozen else self.quantized_groups
        for found in groups.values():
            found.before_step(self.state)
        switch()
        for index, found in groups.items():
            found.load(self.state, {}, self._steps, self.param_groups[index])

    @writing()
    def follow(self) -> None:
        """Take up what was written into the model since the last step: ``step`` does, recorded steps cannot."""
        self._follow()

    def _follow(self) -> None:
        if not self._shows_quantized:
            for found in self.quantized_groups.values():
                found.follow(self.state)

    @writing()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; a closure is evaluated as often as the base optimizer does, where the model runs."""
        if self._shows_quantized:
            raise RuntimeError(
                "step: the model shows its quantized weights; leave quantized() first"
            )
        if self._over:
            raise RuntimeError(
                "step: another optimizer was made round the same base; step that one"
            )
        self._follow()
        self._replicas.begin()
        if closure is None and self._is_idle():
            self._set_up()
            return None
        loss = self._move(self.weights(self._steps), closure)
        self.steps += 1
        return loss

    def weights(self, step: int) -> list[Any]:
        """What each quantized group's map weighs its pull with in that step, at the step sizes of now."""
        return [
            found.weight(step, self.param_groups[index])
            for index, found in self.quantized_groups.items()
        ]

    @writing()
    def move(self, weights: Sequence[Any], closure: Callable[[], Any] | None = None) -> Any:
        """The work of a step on tensors alone, weights included: what a CUDA graph can hold. ``steps`` stays."""
        return self._move(weights, closure)

    def _move(self, weights: Sequence[Any], closure: Callable[[], Any] | None) -> Any:
        if closure is not None:
            closure = self._at_query(closure)
        arguments = () if closure is None else (closure,)
        if not self._frozen:
            with self._at_latents(weights):
                return self.base.step(*arguments)
        parameters = [p for g in self.quantized_groups.values() for p in g.parameters]
        held = [] if closure is None else [p.detach().clone() for p in parameters]
        for parameter in parameters:
            parameter.grad = None
        loss = self.base.step(*arguments)
        for parameter, value in zip(parameters, held, strict=False):
            # a base optimizer with a closure may go on in directions of its own
            parameter.copy_(value)
        return loss

    @contextmanager
    def _at_latents(self, weights: Sequence[Any]) -> Iterator[None]:
        """Let the parameters hold the latent weights, for the base optimizer; map what it makes of them."""
        groups = self.quantized_groups
        for found in groups.values():
            found.before_step(self.state)
        try:
            yield
        except BaseException:
            for index, found in groups.items():
                found.load(self.state, {}, self._steps, self.param_groups[index])
            raise
        for found, weight in zip(groups.values(), weights, strict=True):
            found.after_step(self.state, weight, self.clip)

    def _at_query(self, closure: Callable[[], Any]) -> Callable[[], Any]:
        """The closure, evaluated where the gradient is taken."""

        def evaluated() -> Any:
            with torch.enable_grad():
                loss = closure()
            if self._frozen:
                for found in self.quantized_groups.values():
                    for parameter in found.parameters:
                        parameter.grad = None
            return loss

        found: Callable[[], Any] = evaluated
        if not self._frozen:
            for index, group in self.quantized_groups.items():
                found = partial(group.at_query, found, self._steps, self.param_groups[index])
        return found

    def _is_idle(self) -> bool:
        """Whether the step is none: torch's checkpoints make one, of size 0 along 0, to have the state made."""
        return all(_is_zero(group.get("lr")) for group in self.param_groups) and not any(
            p.grad is not None and bool(p.grad.any())
            for g in self.param_groups
            for p in g["params"]
        )

    def _set_up(self) -> None:
        """Let the base optimizer make its state; the weights stay."""
        parameters = [p for g in self.param_groups for p in g["params"]]
        held = [p.detach().clone() for p in parameters]
        for group in self.quantized_groups.values():
            group.before_step(self.state)
        self.base.step()
        for parameter, value in zip(parameters, held, strict=True):
            parameter.copy_(value)
        for group in self.quantized_groups.values():
            group.keep(self.state)

    @writing()
    def freeze(self) -> None:
        """Hard quantization: the quantized parameters take their quantized values and train no more."""
        if self._frozen:
            return
        self.follow()
        for found in self.quantized_groups.values():
            found.freeze()
        self._frozen = True
        self._say()

    @contextmanager
    def quantized(self) -> Iterator[None]:
        """Let the model hold its quantized weights; what it held comes back afterwards, whatever happens.

        Frozen weights are quantized already, and stay.
        """
        if self._frozen or self._shows_quantized:
            yield
            return
        self.follow()
        with writing():
            held = [[v.clone() for v in g.values()] for g in self.quantized_groups.values()]
            for found in self.quantized_groups.values():
                found.quantize()
        self._shows_quantized = True
        try:
            yield
        finally:
            self._shows_quantized = False
            with writing():
                for found, values in zip(self.quantized_groups.values(), held, strict=True):
                    for shown, value in zip(found.values(), values, strict=True):
                        shown.copy_(value)

    def latent_parameters(self) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each quantized parameter with its latent weights."""
        self.follow()
        for found in self.quantized_groups.values():
            with writing():
                latents = found.latents()
            yield from zip(found.parameters, latents, strict=True)

    def export(self, model: nn.Module) -> tuple[dict[str, Any], list[str]]:
        """The state of ``model`` with exactly quantized weights, and the names of these: for ``export.save_quantized``.

        Tensors that are one in the model are one in the state, under all their names.

        Raises
        ------
        ValueError
            If a quantized parameter is not in the model.
        """
        named = [*model.named_parameters(remove_duplicate=False)]
        there = {id(p) for _, p in named}
        ours: set[int] = set()
        for index, found in self.quantized_groups.items():
            for name, parameter in zip(found.names, found.parameters, strict=True):
                ours.add(id(parameter))
                if id(parameter) not in there:
                    raise ValueError(
                        f"model: group {index}, {name}: this quantized parameter is not in it; "
                        "export the model that the optimizer was made for"
                    )
        with self.quantized(), writing():
            return copy.deepcopy(dict(model.state_dict())), [n for n, p in named if id(p) in ours]

    @writing()
    def _complete(self, state: dict[str, Any]) -> dict[str, Any]:
        self.follow()
        for index, found in self.quantized_groups.items():
            found.add_to(state["state"], state["param_groups"][index]["params"])
        return state

    def _checked(self, state: Any) -> dict[str, Any]:
        sizes = [len(group["params"]) for group in self.param_groups]
        return check_state(state, self.quantized_groups, sizes, self.method.__name__)

    def _before_load(self, base: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
        """Keep the latent weights of what the base optimizer is to load, which would take any state for its own."""
        self._loading, rest = without_latents(state_dict)
        return rest

    @writing()
    def _after_load(self, base: Optimizer) -> None:
        """Go on from what the base optimizer has been loaded with, by whomever."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        latents = {parameters[place]: latent for place, latent in self._loading.items()}
        self._loading = {}
        groups = [self.param_groups[index] for index in self.quantized_groups]
        self._steps, self._frozen = described_by(groups) or (self._steps, self._frozen)
        for index, found in self.quantized_groups.items():
            found.frozen = self._frozen
            found.load(self.state, latents, self._steps, self.param_groups[index])
        self._say()

    def __getstate__(self) -> dict[str, Any]:
        self.follow()
        kept = ("base", "method", "clip", "quantized_groups", "_steps", "_frozen")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._attach()
        self._say()
        self._replicas = Replicas(self.quantized_groups.values())

    def __repr__(self) -> str:
        maps = ", ".join(repr(g.map) for g in self.quantized_groups.values())
        return f"{self.method.__name__}({self.base!r}, {maps}, clip={self.clip})"


def _is_zero(lr: Any) -> bool:
    """Whether a step size is 0, or there is none; not asked of a device."""
    if isinstance(lr, Tensor) and lr.device.type != "cpu":
        return False
    return float(lr or 0) == 0
