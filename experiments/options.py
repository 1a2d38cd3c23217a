"""What the experiments on CIFAR-10 share: options, errors of one line, and how a plan is carried out and reported."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import click

from experiments.plan import Planned, carry_out, write
from pqtheory.cli.base import progress, user_errors
from pqtheory.cli.train import check_device
from pqtheory.networks.data.images import NAMES
from pqtheory.networks.models import REGISTRY


@final
class Script(click.Command):
    """A command whose errors are one line on standard error, with exit code 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.ClickException as error:
            click.echo(f"Error: {' '.join(error.format_message().split())}", err=True)
            code = 2
        except click.Abort:
            click.echo("stopped", err=True)
            code = 130
        sys.exit(code)


def shared_options(
    name: str, epochs: int, model: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Those of every experiment; given are the defaults that are its own."""
    folder, number = click.Path(path_type=Path), click.IntRange(min=1)
    options = [
        click.option("--runs", type=folder, required=True, help="Where runs are kept."),
        click.option("--data-dir", help="Else the variable PQTHEORY_DATA."),
        click.option("--device", default="cpu", show_default=True),
        click.option("--epochs", type=click.IntRange(min=3), default=epochs, show_default=True),
        click.option("--warm-epochs", type=number, help="Of each warm start."),
        click.option("--seeds", type=number, default=4, show_default=True),
        click.option("--rate", type=float, help="ProxQuant's lambda per epoch."),
        click.option("--amp", is_flag=True, help="bfloat16 autocast."),
        click.option("--compile", is_flag=True, help="torch.compile."),
        click.option("--jobs", type=number, default=1, show_default=True, help="At a time."),
        click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES"),
        click.option(
            "--data",
            type=click.Choice(NAMES),
            default="cifar10",
            show_default=True,
            help="digits for a dry run.",
        ),
        click.option(
            "--model",
            type=click.Choice(tuple(REGISTRY)),
            default=model,
            show_default=True,
            help="small for a dry run.",
        ),
        click.option("--held-out", type=int, default=5000, show_default=True),
        click.option("--name", default=name, show_default=True, help="Of the result file."),
    ]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def go(
    make: Callable[..., list[Planned]],
    *,
    name: str,
    runs: Path,
    device: str,
    data_dir: str | None,
    time_budget: float,
    jobs: int,
    **given: Any,
) -> None:
    """Make a plan of what is given, carry it out, and write what was found."""
    with user_errors():
        check_device(device)
        planned = make(**given)
        with progress("runs") as told:
            done = carry_out(
                planned,
                runs,
                device=device,
                data_dir=data_dir,
                minutes=time_budget,
                jobs=jobs,
                told=told,
            )
        write(name, planned, runs)
    click.echo(
        f"results/{name}.json: {'all runs done' if done else 'not all runs done; call again'}"
    )
