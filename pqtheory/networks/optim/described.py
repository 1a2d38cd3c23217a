"""What a method is, as a group of parameters needs it: how it remembers, its map, what corrects its gradients."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from pqtheory._messages import brief
from pqtheory.methods import Bop, Eager, EagerPull, Lazy, Map, Method
from pqtheory.methods.corrections import Correction
from pqtheory.networks.optim.applied import writing
from pqtheory.networks.optim.bop import BopGroup
from pqtheory.networks.optim.eager import EagerGroup
from pqtheory.networks.optim.lazy import LazyGroup
from pqtheory.networks.optim.memory import QuantizedGroup
from pqtheory.networks.optim.oscillation import Freezing
from pqtheory.networks.optim.padding import check_zero_row, keeping_zero_row
from pqtheory.networks.optim.parts import Parts
from pqtheory.networks.optim.pulled import PulledGroup
from pqtheory.schedules import Schedule

#: options of a group that are ours, not the base optimizer's
OPTIONS = ("set", "regularizer", "strength")
#: whose steps, and what remembers as they do
MEMORIES: tuple[tuple[Any, type[QuantizedGroup]], ...] = (
    (EagerPull, PulledGroup),
    (Eager, EagerGroup),
    (Lazy, LazyGroup),
    (Bop, BopGroup),
)


def memory_of(method: Any) -> type[QuantizedGroup]:
    """What remembers as ``method`` does, a class that steps as one of ``MEMORIES`` and leaves all else to its parts.

    Raises
    ------
    TypeError
        If it is no such class.
    """
    for memory, group in MEMORIES:
        if isinstance(method, type) and issubclass(method, Method) and issubclass(method, memory):
            kept = (method.step, method.query, method.output)
            if kept != (memory.step, memory.query, memory.output):
                raise TypeError(
                    f"method: expected the steps of {memory.__name__}, got {method.__name__} with its own"
                )
            return group
    raise TypeError(f"method: expected one of the kind Eager or Lazy, got {brief(method)}")


@final
@dataclass(frozen=True)
class Description:
    """A method, given as such or as a class with options.

    Attributes
    ----------
    method : type
        Its class.
    describe, correct : callable
        The map and the correction from options; no correction: None.
    options : dict
        For the groups that carry none of their own.
    corrections : tuple of Correction
        Those that a method brings.
    """

    method: type[Eager] | type[Lazy] | type[Bop]
    describe: Callable[..., Map]
    correct: Callable[..., Correction] | None
    options: dict[str, Any]
    corrections: tuple[Correction, ...] = ()

    @property
    def known(self) -> dict[str, inspect.Parameter]:
        """The options that there are."""
        found = dict(inspect.signature(self.describe).parameters)
        return found if self.correct is None else found | self._of(self.correct)

    @staticmethod
    def _of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
        return dict(inspect.signature(function).parameters)

    def parts(self, own: dict[str, Any]) -> Parts:
        """The parts for a group, from its own options and those of all groups.

        Raises
        ------
        TypeError, ValueError
            If an option is missing, or is none of the method's.
        """
        known = self.known
        for where, options, allowed in (
            ("its options", own, [name for name in OPTIONS if name in known]),
            ("options", self.options, [*known]),
        ):
            unknown = [name for name in options if name not in allowed]
            if unknown:
                raise ValueError(
                    f"{where}: expected {' or '.join(allowed)} for this method, got {', '.join(unknown):.200}"
                )
        chosen = {name: v for name, v in {**self.options, **own}.items() if v is not None}
        for name, parameter in known.items():
            if parameter.default is parameter.empty and name not in chosen:
                raise ValueError(f"{name}: expected one for each quantized group or for all")
        corrections = self.corrections
        if self.correct is not None:
            corrections = (*corrections, self.correct(**_taken(self.correct, chosen)))
        # a schedule says what it is at each step; a number is multiplied
        sums = _sums_steps(self.method) and not isinstance(chosen.get("strength"), Schedule)
        return Parts(self.describe(**_taken(self.describe, chosen)), corrections, sums)


def describe_method(method: Any, options: dict[str, Any]) -> Description:
    """A method, or a class of them with options.

    Raises
    ------
    TypeError
        If it is none that a torch optimizer can have.
    """
    if isinstance(method, Bop):
        return Description(Bop, Bop.describe, None, {"threshold": method.threshold, **options})
    if isinstance(method, Eager | Lazy):
        memory_of(type(method))
        describe = type(method.map)
        own = {name: getattr(method.map, name) for name in Description._of(describe)}
        if method.sums_steps:
            own["strength"] = method.strength  # type: ignore[union-attr]
        corrections = () if method.correction is None else (method.correction,)
        return Description(type(method), describe, None, {**own, **options}, corrections)
    memory_of(method)
    correct = None if method is Bop else method.correct
    return Description(method, method.describe, correct, options)


def _taken(function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    names = Description._of(function)
    return {name: value for name, value in options.items() if name in names}


def _sums_steps(method: Any) -> bool:
    return method is not Bop and bool(method.sums_steps)


def is_marked(index: int, group: dict[str, Any]) -> bool:
    """Whether a group is to be quantized.

    Raises
    ------
    ValueError
        If it is not, but has an option of ours.
    """
    own = [name for name in OPTIONS if name in group]
    if own and not group.get("quantize"):
        raise ValueError(
            f"group {index}: {', '.join(own)} given, but not quantize=True: mark it, or leave them out"
        )
    return bool(group.get("quantize"))


def make_group(
    index: int,
    group: dict[str, Any],
    description: Description,
    corrections: tuple[Correction, ...],
    freezing: Freezing | None,
    refit_every: int | None,
) -> QuantizedGroup:
    """The memory of a marked group; raises as ``Description.parts``, and says which group it is."""
    if not group["params"]:
        raise ValueError(f"group {index}: nothing to quantize in it, no parameters")
    own = {name: group[name] for name in OPTIONS if name in group}
    try:
        with writing():
            found = description.parts(own)
            parts = Parts(
                keeping_zero_row(found.map, check_zero_row(group)),
                (*found.corrections, *corrections),
                found.sums_steps,
                freezing,
                refit_every,
            )
            return memory_of(description.method)(group, parts)
    except (TypeError, ValueError) as error:
        raise type(error)(f"group {index}: {error}") from error
