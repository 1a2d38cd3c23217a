"""Reading JSON of a schema; an error names file, line and field.

A schema is a function that raises ``WrongValueError`` for a value it does not allow.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from pqtheory._messages import brief

Schema = Callable[[Any], None]


@final
class WrongValueError(ValueError):
    """A value that a schema does not allow, and the way to it from the top."""

    def __init__(self, expected: str, value: Any, where: Sequence[str] = ()) -> None:
        at = f"field {'.'.join(where)[:120]!r}: " if where else ""
        super().__init__(f"{at}expected {expected}, got {brief(value)}")
        self.expected, self.value, self.where = expected, value, tuple(where)


def parse(text: str, schema: Schema, place: str) -> Any:
    """JSON of that schema; ``place`` is the file, and in it the line if each line is for itself.

    Raises
    ------
    ValueError
        Naming the place and the field.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        schema(content)
    except json.JSONDecodeError as error:
        line = f" in line {error.lineno}" if "\n" in text.strip() else ""
        raise ValueError(f"{place}: not JSON: {error.msg}{line}") from error
    except RecursionError as error:
        raise ValueError(f"{place}: not JSON that is meant: nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    return content


def read_text(file: Path) -> str:
    """The text of a file; of one that is not UTF-8 a ValueError that names it."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text") from error


def lines(file: Path, schema: Schema) -> Iterator[Any]:
    """What the lines of a file say; a last one without an end was cut off while it was written, and does not count."""
    if file.is_file():
        for number, line in enumerate(read_text(file).split("\n")[:-1], 1):
            yield parse(line, schema, f"{file}: line {number}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise WrongValueError("each field once", next(n for n in names if names.count(n) > 1))
    return found


def _no_constant(name: str) -> Any:
    raise WrongValueError("numbers that are finite", name)


def anything(value: Any) -> None:
    """No demands."""


def text(value: Any) -> None:
    """A string."""
    if not isinstance(value, str):
        raise WrongValueError("a string", value)


def count(value: Any) -> None:
    """An integer from 0."""
    if type(value) is not int or value < 0:
        raise WrongValueError("an integer >= 0", value)


def flag(value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise WrongValueError("true or false", value)


def number(low: float = -math.inf, high: float = math.inf) -> Schema:
    """A finite number from ``low`` to ``high``."""
    bounds = (
        ""
        if low == -math.inf
        else f" >= {low:g}"
        if high == math.inf
        else f" from {low:g} to {high:g}"
    )

    def check(value: Any) -> None:
        if type(value) not in (int, float) or not low <= value <= high or not math.isfinite(value):
            raise WrongValueError(f"a finite number{bounds}", value)

    return check


def or_none(schema: Schema) -> Schema:
    """That, or null."""
    return lambda value: None if value is None else schema(value)


def each(schema: Schema) -> Schema:
    """A list of those."""

    def check(value: Any) -> None:
        if not isinstance(value, list):
            raise WrongValueError("a list", value)
        for place, item in enumerate(value):
            inside(str(place), item, schema)

    return check


def by_name(schema: Schema, *needed: str) -> Schema:
    """A mapping of any names to those; some are ``needed``."""

    def check(value: Any) -> None:
        _mapping(value, needed)
        for name, item in value.items():
            inside(name, item, schema)

    return check


def record(needed: Mapping[str, Schema], other: Mapping[str, Schema] | None = None) -> Schema:
    """A mapping of these names and no more; those of ``other`` may be missing."""
    known = {**needed, **(other or {})}

    def check(value: Any) -> None:
        _mapping(value, needed)
        for name, item in value.items():
            if name not in known:
                raise WrongValueError(f"fields out of {', '.join(known)}", name)
            inside(name, item, known[name])

    return check


def _mapping(value: Any, needed: Iterable[str]) -> None:
    if not isinstance(value, dict):
        raise WrongValueError("a mapping", value)
    for name in needed:
        if name not in value:
            raise WrongValueError(f"a field {brief(name)}", list(value))


def inside(name: str, value: Any, schema: Schema) -> None:
    """Ask that of a field; where it is wrong, the error says in which."""
    try:
        schema(value)
    except WrongValueError as error:
        raise WrongValueError(error.expected, error.value, (name, *error.where)) from None
