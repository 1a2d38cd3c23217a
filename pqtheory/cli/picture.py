"""What the commands that draw share: the option ``--out``, and how a picture becomes a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pqtheory.cli.base import check_output_file, say, user_errors


def out_option(default: str) -> Callable[[Any], Any]:
    """The option ``--out``, checked before any work."""

    def check(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
        return check_picture(value)

    return click.option(
        "--out",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        default=default,
        show_default=True,
        callback=check,
        help="A name that ends in .png, .svg or .pdf.",
    )


def check_picture(file: Path) -> Path:
    """Make sure that ``--out`` names a picture that can be written, before any work."""
    from pqtheory.plotting.style import check_file

    try:
        check_file(file)
    except ValueError as error:
        raise click.UsageError(f"--out: {error}") from error
    return check_output_file(file, "--out")


def write_picture(out: Path, picture: str, /, **options: Any) -> None:
    """Draw a picture of the registry into ``out``."""
    from pqtheory.plotting import REGISTRY, save

    with user_errors():
        save(REGISTRY[picture](**options), out)
    say(f"wrote {out}")
