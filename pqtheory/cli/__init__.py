"""The command line: ``pqtheory verify | claims | show | falsify | replay | plot | lab | lessons | train | ...``."""

import click

from pqtheory._version import __version__
from pqtheory.cli.base import Commands, example
from pqtheory.cli.claims import claims, show
from pqtheory.cli.falsify import falsify
from pqtheory.cli.lab import lab
from pqtheory.cli.lessons import lessons
from pqtheory.cli.plot import plot
from pqtheory.cli.replay import replay
from pqtheory.cli.signs import signs
from pqtheory.cli.sweep import sweep
from pqtheory.cli.table import table
from pqtheory.cli.train import data, train
from pqtheory.cli.verify import verify


@click.group(cls=Commands, epilog=example("pqtheory verify --out out"))
@click.version_option(__version__, prog_name="pqtheory")
def main() -> None:
    """Check theorems on quantized training, and draw what they say."""


for command in (
    verify,
    claims,
    show,
    falsify,
    replay,
    plot,
    lab,
    lessons,
    train,
    sweep,
    table,
    signs,
    data,
):
    main.add_command(command)

__all__ = ["main"]
