"""What the shell offers when Tab is pressed: names of claims, and files of one's own."""

import click
from click.shell_completion import CompletionItem


def claims(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """The claims of the book whose names begin so; files where none does."""
    from pqtheory.theory import BOOK

    found = [CompletionItem(name) for name in BOOK.names if name.startswith(begun)]
    return found or [CompletionItem(begun, type="file")]
