"""Tables as Markdown."""

from collections.abc import Iterable, Sequence

from pqtheory._messages import visible


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A line for each row; the first column holds words, the others numbers.

    Nothing in a cell ends it, or its line.
    """
    marks = ("---", *["---:"] * (len(heads) - 1))
    lines = (heads, marks, *rows)
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return visible(" ".join(text.splitlines())).replace("|", "/")
