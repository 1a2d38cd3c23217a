"""``pqtheory data``: the images for runs."""

from pathlib import Path

import click

from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import say
from pqtheory.cli.places import check_folder


@click.command(epilog=example("pqtheory data cifar10 --data-dir ~/data"))
@click.argument("name", type=click.Choice(("cifar10",)))
@click.option(
    "--data-dir", type=click.Path(path_type=Path), required=True, help="Where it is to be."
)
def data(name: str, data_dir: Path) -> None:
    """Download an image set NAME from its authors, and check it."""
    with user_errors():
        from pqtheory.networks.data.download import download_cifar10

        check_folder(data_dir)
        say(f"{name}: {download_cifar10(data_dir)}")
