"""What a method is, as a group of parameters needs it: how it remembers, and its map."""

import inspect
from collections.abc import Callable
from typing import Any

from pqtheory._messages import brief
from pqtheory.methods import Eager, Lazy
from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.eager import EagerGroup
from pqtheory.networks.optim.lazy import LazyGroup
from pqtheory.networks.optim.memory import QuantizedGroup, writing
from pqtheory.networks.optim.padding import keeping_zero_row

#: options of a group that are ours, not the base optimizer's
OPTIONS = ("set", "regularizer", "strength")


def memory_of(method: Any) -> type[EagerGroup] | type[LazyGroup]:
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
    for where, options, allowed in (
        ("its options", own, group_options),
        ("options", common, [*known]),
    ):
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
    method: type[Eager] | type[Lazy],
    describe: Callable[..., Prox],
    options: dict[str, Any],
) -> QuantizedGroup:
    """The memory of a marked group; raises as ``described``, and says which group it is."""
    if not group["params"]:
        raise ValueError(f"group {index}: nothing to quantize in it, no parameters")
    own = {name: group[name] for name in OPTIONS if name in group}
    try:
        with writing():
            mapping = keeping_zero_row(described(describe, options, own), group.get("zero_row"))
            return memory_of(method)(group, mapping)
    except (TypeError, ValueError) as error:
        raise type(error)(f"group {index}: {error}") from error
