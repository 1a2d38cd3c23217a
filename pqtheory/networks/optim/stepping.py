r"""One step of a method round a base optimizer, and what a step needs: latent weights there, their map behind it.

The base optimizer makes the gradient step, and its ``lr`` is the step size.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pqtheory.methods import Bop, Eager, Lazy
from pqtheory.networks.optim.applied import writing
from pqtheory.networks.optim.around import Around
from pqtheory.networks.optim.described import is_marked
from pqtheory.networks.optim.loading import SUMMED, values_of
from pqtheory.networks.optim.memory import QuantizedGroup, check_unchanged
from pqtheory.networks.optim.replicas import Replicas
from pqtheory.networks.optim.sharded import local
from pqtheory.networks.optim.values import Values, are_apart


class Stepping(Around):
    """Steps of quantized groups; :class:`QuantizingOptimizer` makes them, and freezes, shows and exports.

    Attributes
    ----------
    method : type of Eager, Lazy or Bop
        Whose memory and map.
    clip : float or None
        Latent weights are clipped to [-clip, clip] after each step.
    quantized_groups : dict of int to QuantizedGroup
        By the places of the marked groups.
    """

    method: type[Eager] | type[Lazy] | type[Bop]
    clip: float | None
    quantized_groups: dict[int, QuantizedGroup]
    _steps: int
    _frozen: bool
    _replicas: Replicas
    #: where the quantized parameters were at the last step, and whether no two of all had memory in common then
    _places: Sequence[Values] = ()
    _apart = False
    #: whether another optimizer has taken over
    _over = False
    #: whether the model shows its quantized weights for a while
    _shows_quantized = False

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return self._steps

    @steps.setter
    def steps(self, steps: int) -> None:
        for index, found in self.quantized_groups.items():
            if found.parts.sums_steps:
                found.summed += (steps - self._steps) * float(self.param_groups[index]["lr"])
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
            if self.quantized_groups[index].parts.sums_steps:
                self.param_groups[index][SUMMED] = self.quantized_groups[index].summed

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group that is not quantized.

        Raises
        ------
        ValueError
            If it is marked, as quantized groups must be there from the start; or has an option of ours.
        """
        if is_marked(len(self.param_groups), param_group):
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
        self._check_shows_latent(mode)
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
        if self._over:
            raise RuntimeError(
                "optimizer: another was made round the same base; go on with that one"
            )
        check_unchanged(self.param_groups, self.quantized_groups)
        if not self._shows_quantized:
            for found in self.quantized_groups.values():
                found.follow(self.state)
                if not self._steps:
                    found.begin_again()

    def _check_shows_latent(self, what: str) -> None:
        """Refuse what would be undone, or lost, when the latent weights are shown again."""
        if self._shows_quantized:
            raise RuntimeError(
                f"{what}: the model shows its quantized weights; leave quantized() first"
            )

    @writing()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; a closure is evaluated as often as the base optimizer does, where the model runs."""
        self._check_shows_latent("step")
        self._follow()
        if self._replicas.begin() and not self._steps:
            for found in self.quantized_groups.values():
                found.begin_again()
        if closure is None and self._is_idle():
            self._set_up()
            return None
        loss = self._move(self.weights(self._steps), closure)
        self.steps += 1
        return loss

    def weights(self, step: int) -> list[Any]:
        """What changes from step to step: the numbers of each quantized group for that step, one after the other."""
        numbers: list[Any] = []
        for index, found in self.quantized_groups.items():
            try:
                numbers += found.numbers(step, self.param_groups[index])
            except (TypeError, ValueError) as error:
                raise type(error)(f"group {index}: {error}") from error
        return numbers

    @writing()
    def move(self, weights: Sequence[Any], closure: Callable[[], Any] | None = None) -> Any:
        """The work of a step on tensors alone, weights included: what a CUDA graph can hold. ``steps`` stays."""
        for found in self.quantized_groups.values():
            found.seen()
        return self._move(weights, closure)

    def _move(self, weights: Sequence[Any], closure: Callable[[], Any] | None) -> Any:
        if self._frozen:
            return self._move_others(closure)
        numbers = self._by_group(weights)
        with self._at_latents(numbers, lend=closure is None), self._with_gradients():
            if closure is not None:
                return self.base.step(self._at_query(closure, numbers))
            for found, own in zip(self.quantized_groups.values(), numbers, strict=True):
                found.correct(own)
            return self.base.step()

    def _move_others(self, closure: Callable[[], Any] | None) -> Any:
        """Step without the quantized parameters."""
        groups = [*self.quantized_groups.values()]
        parameters = [p for g in groups for p in g.parameters]
        held = [] if closure is None else [p.detach().clone() for p in parameters]
        for parameter in parameters:
            parameter.grad = None

        def evaluated() -> Any:
            with torch.enable_grad():
                loss = closure() if closure is not None else None
            for parameter in parameters:
                parameter.grad = None
            return loss

        loss = self.base.step() if closure is None else self.base.step(evaluated)
        for parameter, value in zip(parameters, held, strict=False):
            # a base optimizer with a closure may go on in directions of its own
            parameter.copy_(value)
        return loss

    def _by_group(self, weights: Sequence[Any]) -> list[Sequence[Any]]:
        """The numbers of each group."""
        found, start = [], 0
        for group in self.quantized_groups.values():
            found.append(weights[start : start + group.width])
            start += group.width
        return found

    @contextmanager
    def _at_latents(self, numbers: Sequence[Sequence[Any]], lend: bool) -> Iterator[None]:
        """Let the parameters hold the latent weights, for the base optimizer; map what it makes of them.

        With ``lend`` they are the latent weights themselves, where that is the same.
        """
        groups = self.quantized_groups
        lend = lend and self._can_lend()
        try:
            for found in groups.values():
                found.before_step(self.state, lend)
            yield
            for found, own in zip(groups.values(), numbers, strict=True):
                found.after_step(self.state, own, self.clip)
        except BaseException:
            # first all of them: to load one may raise again
            for found in groups.values():
                found.end_loan()
            for index, found in groups.items():
                found.load(self.state, {}, self._steps, self.param_groups[index])
            raise

    def _can_lend(self) -> bool:
        """Whether the parameters may be in other memory while the base optimizer steps.

        Torch's own optimizers touch parameters and gradients alone; others may know memory. Parameters that have
        memory in common step together only there.
        """
        groups = [found for found in self.quantized_groups.values() if found.apart]
        if not groups or not type(self.base).__module__.startswith("torch.optim."):
            return False
        places = [found.seen_in_step() for found in groups]
        if places != self._places:
            everything = [p for group in self.param_groups for p in group["params"]]
            self._places, self._apart = places, are_apart([*map(local, everything)])
        return self._apart

    @contextmanager
    def _with_gradients(self) -> Iterator[None]:
        """Give the parameters their own gradients back, whatever the base optimizer was shown in their place."""
        try:
            yield
        finally:
            for found in self.quantized_groups.values():
                found.give_back()

    def _at_query(
        self, closure: Callable[[], Any], numbers: Sequence[Sequence[Any]]
    ) -> Callable[[], Any]:
        """The closure, evaluated where the gradient is taken, which is then corrected."""

        def evaluated() -> Any:
            with torch.enable_grad():
                return closure()

        query: Callable[[], Any] = evaluated
        for index, group in self.quantized_groups.items():
            query = partial(group.at_query, query, self._steps, self.param_groups[index])

        def corrected() -> Any:
            loss = query()
            with writing():
                for group, own in zip(self.quantized_groups.values(), numbers, strict=True):
                    group.correct(own)
            return loss

        return corrected

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
        numbers = self._by_group(self.weights(self._steps))
        with self._with_gradients():
            for group, own in zip(self.quantized_groups.values(), numbers, strict=True):
                group.before_step(self.state)
                group.correct(own)
            self.base.step()
        for parameter, value in zip(parameters, held, strict=True):
            parameter.copy_(value)
        for group in self.quantized_groups.values():
            group.keep(self.state)


def _is_zero(lr: Any) -> bool:
    """Whether a step size is 0, or there is none; not asked of a device."""
    if isinstance(lr, Tensor) and lr.device.type != "cpu":
        return False
    return float(lr or 0) == 0
