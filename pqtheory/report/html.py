"""Pieces of HTML that the page's sections share; every text in them is escaped by who hands it in."""

from collections.abc import Sequence
from html import escape


def kind_badge(kind: str) -> str:
    """The kind of evidence, as a badge."""
    return f'<span class="kind {escape(kind)}">{escape(kind)}</span>'


def table_row(cells: Sequence[tuple[str, str]], attributes: str = "") -> str:
    """``cells`` are (heading, HTML); the heading shows beside the cell where the screen is narrow."""
    # one child: a cell that is laid out beside its heading has no loose words
    inner = "".join(
        f'<td data-head="{escape(head)}"><div>{html}</div></td>' for head, html in cells
    )
    return f"<tr{attributes}>{inner}</tr>"


def table(head: Sequence[str], rows: Sequence[str], kind: str = "words") -> str:
    """A table of rows made by ``table_row``; ``kind`` "numbers" keeps its cells on one line."""
    heads = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="wide"><table class="{kind}">{body}</table></div>'
