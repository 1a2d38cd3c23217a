"""Names of variables: each named once."""

from collections.abc import Iterable


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
            raise ValueError(f"variables: expected names, got {name!r}")
        if found.count(name) > 1:
            raise ValueError(f"variables: expected distinct names, got {name!r} twice")
    return found
