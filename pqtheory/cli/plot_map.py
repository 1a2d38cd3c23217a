"""``pqtheory plot map``: the theorems of the book by chapter, with arrows to what each uses."""

from pathlib import Path
from typing import Any

import click

from pqtheory._files import read_json, write_whole
from pqtheory._messages import brief
from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import say
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.plotting.book_layout import Entry, layout
from pqtheory.plotting.book_map import book_map as drawn
from pqtheory.plotting.styles import DEFAULT
from pqtheory.report.text import in_words
from pqtheory.theory import BOOK


@click.command(
    "map",
    epilog=example(
        "pqtheory verify --json claims.json",
        "pqtheory plot map --results claims.json --out map.svg",
    ),
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What pqtheory verify --json wrote, for the colours; without it none is coloured.",
)
@picture_options("map.svg")
def book_map(results: Path | None, out: Out) -> None:
    """Draw the theorems of the book by chapter, with arrows to what each uses."""
    with user_errors():
        found = {} if results is None else _kinds(results)
        entries = [
            Entry(c.name, c.chapter.replace("_", " "), c.uses, *found.get(c.name, ("", "")))
            for c in map(BOOK.load, BOOK.names)
        ]
        if out.file.suffix.lower() == ".svg" and out.style == DEFAULT:
            # for pages: it follows light and dark
            from pqtheory.report.book_map import book_map as as_svg

            write_whole(out.file, as_svg(entries, alone=True).encode())
            say(f"wrote {out.file}")
            if out.caption:
                say(layout(entries).in_words())
            return
    write_picture(out, lambda: drawn(entries))


def _kinds(results: Path) -> dict[str, tuple[str, str]]:
    """Kind, and kind in words, of each claim.

    Raises
    ------
    ValueError
        If the file is none of ``verify --json``.
    """
    try:
        claims: list[dict[str, Any]] = read_json(results)["claims"]
        found = {c["name"]: (c["kind"], in_words(c["kind"], c["prose"])) for c in claims}
        if not all(isinstance(t, str) for name, (kind, _) in found.items() for t in (name, kind)):
            raise TypeError("expected texts")
        return found
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"--results: {brief(str(results))} is no result of verify --json"
        ) from error
