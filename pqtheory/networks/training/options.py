"""Options of a task: settings that only it has, names with plain values."""

from collections.abc import Mapping
from typing import Any, final

from pqtheory._checks import python_number
from pqtheory._messages import brief, nearest
from pqtheory.networks.tasks.base import Option, Options, has_bounds


@final
class FrozenOptions(dict[str, Option]):
    """Options of a frozen object: hashable, and never changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def plain_options(options: Any) -> dict[str, Option]:
    """``options`` in the order of their names, with numbers of NumPy's and torch's as Python's.

    Raises
    ------
    TypeError, ValueError
        If a name is no text, or a value no finite number, word or truth value.
    """
    if not isinstance(options, Mapping):
        raise TypeError(f"options: expected names with values, got {brief(options)}")
    found = {name: python_number(value) for name, value in options.items()}
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, (bool, int, float, str)):
            raise TypeError(
                f"options: expected numbers, words or true and false, got {brief(name)}: {brief(value)}"
            )
        if not has_bounds(value):
            raise ValueError(f"{name}: expected a number that is finite, got {brief(value)}")
    return {name: found[name] for name in sorted(found)}


def check_options(given: Options, known: Options) -> None:
    """Make sure that each of ``given`` is one of ``known``, with a value of the type of its default.

    Raises
    ------
    TypeError, ValueError
        If not.
    """
    for name, value in given.items():
        if name not in known:
            hint = nearest(name, known)
            expected = ", ".join(known) or "none, this task has no options"
            raise ValueError(f"options: expected {expected}, got {brief(name)}{hint}")
        default = known[name]
        whole = isinstance(default, float) and type(value) is int
        if type(value) is not type(default) and not whole:
            raise TypeError(
                f"options: {name}: expected {_KINDS[type(default)]}, as {brief(default)} is, got {brief(value)}"
            )


_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a word"}
