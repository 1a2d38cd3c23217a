r"""A method of :mod:`pqtheory.methods` round a ``torch.optim`` optimizer: its parts; freeze, show, export, state.

:mod:`stepping` has its steps. The base optimizer's groups and state are the state of the whole: what is ours in them
are plain values and plain tensors, so that whatever moves, shards, saves and loads an optimizer does so with this one.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pqtheory._checks import check_count, check_float, check_number
from pqtheory._messages import brief
from pqtheory.methods import Bop, Eager, Lazy
from pqtheory.methods.corrections import Pull
from pqtheory.networks.optim.applied import writing
from pqtheory.networks.optim.described import OPTIONS, describe_method, is_marked, make_group
from pqtheory.networks.optim.loading import (
    SUMMED,
    check_state,
    described_by,
    without_ours,
)
from pqtheory.networks.optim.memory import LATENT
from pqtheory.networks.optim.oscillation import Freezing
from pqtheory.networks.optim.replicas import Replicas
from pqtheory.networks.optim.stepping import Stepping
from pqtheory.schedules import Schedule


class QuantizingOptimizer(Stepping):
    """A method round an unmodified model: it quantizes the groups of an optimizer marked ``{"quantize": True}``.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Makes the gradient step. Its groups and its state are shared: learning-rate schedulers may hold either.
    method : Eager, Lazy or Bop, or a class of them
        Whose memory and map. A method gives its regularizer, strength, correction and clip, and its step size is of no
        account: each group has its ``lr``. A class is given what it is described by (``describe``, ``correct``) as
        ``options``.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.
    dampening : float or Schedule, optional
        lambda_t by step, of either sign: lambda_t (theta - P(theta)) is added to the gradient, a pull of the latent
        weights toward their levels, or away from them.
    freezing : Freezing, optional
        Weights that oscillate are frozen, one by one.
    refit_every : int, optional
        Levels are fitted anew after the first step and every so many steps from it, and stay meanwhile; for the
        regularizer ``FittedBump``, as PARQ has it.
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
        If ``optimizer`` is none, or quantizes already, the method is none or steps in its own way, no group is marked,
        or an option is missing or does not fit. The optimizer is then as it was.

    Examples
    --------
    ``QuantizingOptimizer(base, methods.ProjectedSGD, set=Ternary())``, and any pair of your own:
    ``QuantizingOptimizer(base, methods.Lazy(Prox(MyRegularizer(), strength), 1))``.
    """

    #: our state by the places of the parameters, while the base optimizer is loaded
    _loading: Mapping[int, Mapping[str, Tensor]] = {}
    _freeze_hooks: tuple[Callable[["QuantizingOptimizer"], object], ...] = ()

    def __init__(
        self,
        optimizer: Optimizer,
        method: Eager | Lazy | Bop | type[Eager] | type[Lazy] | type[Bop],
        *,
        clip: float | None = None,
        dampening: Any = None,
        freezing: Freezing | None = None,
        refit_every: int | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer: expected a torch.optim optimizer, got {brief(optimizer)}")
        if isinstance(optimizer, QuantizingOptimizer):
            raise TypeError(
                f"optimizer: expected one that quantizes nothing, got a {type(optimizer).__name__}: give its base"
            )
        description = describe_method(method, options)
        self.base, self.method = optimizer, description.method
        if clip is None and isinstance(method, Eager | Lazy):
            clip = method.clip
        self.clip = None if clip is None else check_float(clip, "clip", 0, open_low=True)
        if freezing is not None and not isinstance(freezing, Freezing):
            raise TypeError(f"freezing: expected a Freezing, got {brief(freezing)}")
        if refit_every is not None:
            refit_every = check_count(refit_every, "refit_every", 1)
        pulls = () if dampening is None else (_dampening(dampening, self.method),)
        # first what may be refused, then what changes the base optimizer
        self.quantized_groups = {
            index: make_group(index, group, description, pulls, freezing, refit_every)
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
        self._check_shows_latent("optimizer")
        latents = dict(self.latent_parameters())
        for found in self.quantized_groups.values():
            found.beside.take(self.state)
        self._detach()
        self._over = True
        return latents

    @writing()
    def freeze(self) -> None:
        """Hard quantization: the quantized parameters take their quantized values and train no more."""
        if self._frozen:
            return
        self._check_shows_latent("freeze")
        self.follow()
        for hook in self._freeze_hooks:
            hook(self)
        for found in self.quantized_groups.values():
            found.freeze()
        _forget_casts()
        self._frozen = True
        self._say()

    def register_freeze_pre_hook(self, hook: Callable[["QuantizingOptimizer"], object]) -> None:
        """Have ``hook(optimizer)`` called before weights are quantized for good; copies and pickles have no hooks."""
        self._freeze_hooks = (*self._freeze_hooks, hook)

    def compile(self, **options: Any) -> None:
        """Have maps that fit levels to whole tensors run by ``torch.compile``; steps are the same but for rounding.

        The first step takes some seconds more. Maps of each weight by itself, and levels that are kept for a while,
        are as quick without.

        Parameters
        ----------
        **options
            Those of ``torch.compile``.
        """
        for found in self.quantized_groups.values():
            found.compile(options)

    @contextmanager
    def quantized(self) -> Iterator[None]:
        """Let the model hold its quantized weights; what it held comes back afterwards, whatever happens.

        Frozen weights are quantized already, and stay. Meanwhile the latent weights are there as ever, and ``step``,
        ``freeze`` and ``load_state_dict`` raise a RuntimeError.
        """
        if self._frozen or self._shows_quantized:
            yield
            return
        self.follow()
        with writing():
            for found in self.quantized_groups.values():
                found.hold()
        self._shows_quantized = True
        try:
            with writing():
                for found in self.quantized_groups.values():
                    found.quantize()
            _forget_casts()
            yield
        finally:
            self._shows_quantized = False
            with writing():
                for found in self.quantized_groups.values():
                    found.show_held()
            _forget_casts()

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
            state = model.state_dict(keep_vars=True)
            # a hook of the model's may rename an entry, or put another tensor in its place
            own = {name for name, p in named if id(p) in ours}
            quantized = [n for n, v in state.items() if n in own or id(v) in ours]
            plain = {n: v.detach() if isinstance(v, Tensor) else v for n, v in state.items()}
            return copy.deepcopy(plain), quantized

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
        self._check_shows_latent("load_state_dict")
        self._loading, rest = without_ours(state_dict)
        return rest

    @writing()
    def _after_load(self, base: Optimizer) -> None:
        """Go on from what the base optimizer has been loaded with, by whomever."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        ours = {parameters[place]: found for place, found in self._loading.items()}
        latents = {p: found[LATENT] for p, found in ours.items() if LATENT in found}
        self._loading = {}
        groups = [self.param_groups[index] for index in self.quantized_groups]
        self._steps, self._frozen = described_by(groups) or (self._steps, self._frozen)
        for index, found in self.quantized_groups.items():
            found.frozen = self._frozen
            found.ascends = bool(self.param_groups[index].get("maximize"))
            found.summed = float(self.param_groups[index].get(SUMMED, found.summed))
            found.beside.load(ours)
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


def _forget_casts() -> None:
    """Have a region of autocast cast the weights anew: it keeps what it has cast, also where that was written to."""
    torch.clear_autocast_cache()


def _dampening(strength: Any, method: type) -> Pull:
    """The pull that was asked for."""
    if not isinstance(strength, Schedule):
        check_number(strength, "dampening", finite=True)
    if issubclass(method, Bop):
        raise ValueError(
            f"dampening: expected none, as Bop has no latent weights, got {brief(strength)}"
        )
    return Pull(strength, "dampening")
