"""``pqtheory lab``: the benches to play with, as one file."""

from pathlib import Path

import click

from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import say
from pqtheory.cli.places import check_output_file


def _checked(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    return check_output_file(value, "--out")


@click.command(epilog=example("pqtheory lab --out lab.html"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    default="lab.html",
    show_default=True,
    callback=_checked,
    help="An HTML file.",
)
def lab(out: Path) -> None:
    """Write the lab: the toy, one weight on a grid and the prox, to play with in a browser, without a network."""
    from pqtheory._files import write_whole
    from pqtheory.report import lab_page

    with user_errors():
        write_whole(out, lab_page().encode())
    say(f"wrote {out}")
