"""Names of variables: each named once."""

from collections.abc import Iterable

from pqtheory._messages import brief


def variable_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """The names, from a text with spaces between them or one by one.

    Raises
    ------
    ValueError
        If one of them is no name, or stands there twice: two variables of one name would be one.
    """
    found = tuple(names.split() if isinstance(names, str) else names)
    for name in found:
        if not name.isidentifier():
            raise ValueError(f"variables: expected names, got {brief(name)}")
        if found.count(name) > 1:
            raise ValueError(f"variables: expected distinct names, got {brief(name)} twice")
    return found
