"""Tables as Markdown."""

from collections.abc import Iterable, Sequence


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A line for each row; the first column holds words, the others numbers."""
    marks = ("---", *["---:"] * (len(heads) - 1))
    lines = (heads, marks, *rows)
    return "".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |\n" for line in lines)
