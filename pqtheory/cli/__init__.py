"""The command line: ``pqtheory verify | claims | show | falsify | replay | plot | lab | lessons | train | ...``."""

import click

from pqtheory._version import __version__
from pqtheory.cli.claims import claims, show
from pqtheory.cli.commands import Commands, block, example
from pqtheory.cli.data import data
from pqtheory.cli.export import export
from pqtheory.cli.falsify import falsify
from pqtheory.cli.lab import lab
from pqtheory.cli.lessons import lessons
from pqtheory.cli.plot import plot
from pqtheory.cli.replay import replay
from pqtheory.cli.signs import signs
from pqtheory.cli.sweep import sweep
from pqtheory.cli.table import table
from pqtheory.cli.train import train
from pqtheory.cli.verify import verify

#: headings of the help and the commands below them
COMMANDS = {
    "The book": (claims, show, verify, falsify, replay),
    "Lessons and pictures": (lessons, lab, plot),
    "Networks": (train, sweep, table, export, signs, data),
}


@click.group(
    cls=Commands,
    sections={heading: [str(c.name) for c in found] for heading, found in COMMANDS.items()},
    epilog="\n\n".join(
        (
            example("pqtheory verify --out out"),
            block(
                "Names at the Tab key, for bash; zsh_source and fish_source for others:",
                'eval "$(_PQTHEORY_COMPLETE=bash_source pqtheory)"',
            ),
        )
    ),
)
@click.version_option(__version__, prog_name="pqtheory")
def main() -> None:
    """Check theorems on quantized training, draw what they say, and train networks.

    pqtheory COMMAND --help has the options of a command, and an example.
    """


for found in COMMANDS.values():
    for command in found:
        main.add_command(command)

__all__ = ["main"]
