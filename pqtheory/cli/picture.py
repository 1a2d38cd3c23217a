"""What the commands that draw share: where the picture goes, its style, its caption, and how it becomes a file."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, final

import click

from pqtheory.cli.errors import user_errors
from pqtheory.cli.names import RegistryName
from pqtheory.cli.output import say
from pqtheory.cli.places import check_output_file
from pqtheory.plotting.styles import DEFAULT, STYLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@final
class Out(NamedTuple):
    """What becomes of a picture."""

    file: Path
    style: str
    caption: bool


def picture_options(default: str | None, *, moves: bool = False) -> Callable[[Any], Any]:
    """The options --out, --style and --caption, given to the command as one ``out``; --out is checked before any work.

    Without a default there is a picture only where --out is given, and ``out`` is else None. What ``moves`` can be a
    film too.
    """

    def check(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
        return None if value is None else check_picture(value, moves=moves)

    ends = "A name that ends in .png, .svg or .pdf"
    film = "; .gif or .mp4 for a film" if moves else ""
    options = (
        click.option(
            "--out",
            type=click.Path(path_type=Path, readable=False),
            metavar="FILE",
            default=default,
            show_default=default is not None,
            callback=check,
            help=f"{'' if default else 'A picture. '}{ends}{film}.",
        ),
        click.option(
            "--style",
            type=RegistryName("style", tuple(STYLES)),
            metavar="NAME",
            default=DEFAULT,
            show_default=True,
            help=f"{', '.join(STYLES)}; pqtheory plot --help has more.",
        ),
        click.option(
            "--caption",
            is_flag=True,
            help="Print the caption that stands in the file.",
        ),
    )

    def add(command: Any) -> Any:
        def called(out: Path | None, style: str, caption: bool, **rest: Any) -> Any:
            return command(**rest, out=None if out is None else Out(out, style, caption))

        called.__name__, called.__doc__ = command.__name__, command.__doc__
        # what other decorators have added stays
        called.__dict__.update(command.__dict__)
        return reduce(lambda made, option: option(made), reversed(options), called)

    return add


def check_picture(file: Path, *, moves: bool = False) -> Path:
    """Make sure that ``--out`` names a picture that can be written, before any work."""
    from pqtheory.plotting.files import check_file

    try:
        check_file(file, moves=moves)
    except (ValueError, ImportError) as error:
        raise click.UsageError(f"--out: {error}") from error
    return check_output_file(file, "--out")


def write_picture(out: Out, draw: "Callable[[], Figure]") -> None:
    """Draw a picture in the style of ``out`` and write it."""
    from pqtheory.plotting import description, save, styled

    with user_errors():
        with styled(out.style):
            figure = draw()
        save(figure, out.file)
    say(f"wrote {out.file}")
    if out.caption:
        say(description(figure))
