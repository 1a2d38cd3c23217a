"""What the commands that draw share: the option ``--out``, and how a picture becomes a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pqtheory.cli.base import check_output_file, say, user_errors


def out_option(default: str) -> Callable[[Any], Any]:
    """The option ``--out``, checked before any work."""

    def check(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
        from pqtheory.plotting.style import check_file

        try:
            check_file(value)
        except ValueError as error:
            raise click.UsageError(f"--out: {error}") from error
        return check_output_file(value, "--out")

    return click.option(
        "--out",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        default=default,
        show_default=True,
        callback=check,
        help="A name that ends in .png, .svg or .pdf.",
    )


def write_picture(out: Path, picture: str, /, **options: Any) -> None:
    """Draw a picture of the registry into ``out``."""
    from pqtheory.plotting import REGISTRY, save

    with user_errors():
        save(REGISTRY[picture](**options), out)
    say(f"wrote {out}")
