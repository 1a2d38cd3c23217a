"""Whether the lines of a run's metrics go together: an epoch after the other, each with the same names."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pqtheory._messages import brief

#: fields of all lines but the first: signs always, codes in all of these or in none
OF_EPOCHS = ("signs", "codes")
#: what a task watches is its own
FREE = ("watched",)


def check_lines(
    lines: Sequence[Mapping[str, Any]],
    counting: int,
    file: Path,
    metrics: Callable[[], Sequence[str]],
) -> None:
    """Make sure that each line is that of its epoch, and that its fields have the names of their first.

    Parameters
    ----------
    lines : sequence of mapping
        Of the schema, from epoch 0.
    counting : int
        How many of them: what stands in the others will be written anew.
    file : path
        Theirs.
    metrics : callable
        What the run records of codes; asked where a line has them.

    Raises
    ------
    ValueError
        Naming file, line and field.
    """
    first: dict[str, Any] = {}
    for epoch, line in enumerate(lines):
        place = f"{file}: line {epoch + 1}"
        if line["epoch"] != epoch:
            raise ValueError(
                f"{place}: field 'epoch': expected {epoch}, got {brief(line['epoch'])}"
            )
        if epoch >= counting:
            continue
        _check_fields(place, line, _expected(epoch, line, first))
        for layer, codes in line.get("codes", {}).items():
            _check_same(place, f"codes.{layer}", list(metrics()), list(codes))
        for name, value in line.items():
            if name not in FREE:
                _check_alike(place, name, first.setdefault(name, value), value)


def _expected(epoch: int, line: Mapping[str, Any], first: Mapping[str, Any]) -> set[str]:
    """Which of ``OF_EPOCHS`` a line has: none the first, and after the second what that has."""
    if epoch == 0:
        return set()
    return {"signs"} | ((line if epoch == 1 else first).keys() & {"codes"})


def _check_fields(place: str, line: Mapping[str, Any], expected: set[str]) -> None:
    for name in OF_EPOCHS:
        if (name in line) != (name in expected):
            what = "a" if name in expected else "no"
            raise ValueError(
                f"{place}: expected {what} field {brief(name)}, got {brief(list(line))}"
            )


def _check_alike(place: str, name: str, first: Any, value: Any) -> None:
    """Names the same, in all that is below, and lists as long."""
    if isinstance(first, dict) and isinstance(value, dict):
        _check_same(place, name, list(first), list(value))
        for part, own in value.items():
            _check_alike(place, f"{name}.{part}", first[part], own)
    elif isinstance(first, list) and isinstance(value, list):
        _check_same(place, name, len(first), len(value))


def _check_same(place: str, name: str, expected: Any, found: Any) -> None:
    if found != expected:
        raise ValueError(
            f"{place}: field {brief(name)}: expected {brief(expected)}, got {brief(found)}"
        )
