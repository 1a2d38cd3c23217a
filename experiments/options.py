"""What the experiments on CIFAR-10 share: options, errors of one line, and how a plan is carried out and written."""

import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

import click

from experiments import RESULTS
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import progress
from pqtheory.networks.data import NAMES
from pqtheory.networks.models import REGISTRY
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.training.device import check_device
from pqtheory.plotting.result_curves import draw
from pqtheory.provenance import provenance, write_json


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


def counted_options(
    *data: str,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Those of an experiment on one of several data sets, the first by default, counted step by step."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES"),
            click.option("--data-dir", help="Else the variable PQTHEORY_DATA."),
            click.option("--data", type=click.Choice(data), default=data[0], show_default=True),
            click.option(
                "--runs",
                type=click.Path(path_type=Path),
                required=True,
                help="Where runs are kept.",
            ),
        ):
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
    """Make a plan of what is given, carry it out, and write what was found; exit code 1 if a run failed."""
    with user_errors():
        check_device(device, "--device")
        plan = Plan(runs, tuple(make(**given)))
        with progress("runs") as update:
            failed = carry_out(
                plan,
                device=device,
                data_dir=data_dir,
                minutes=time_budget,
                jobs=jobs,
                progress=update,
            )
        found = collected(plan)
        if failed and not found:
            raise ValueError(next(iter(failed.values())))
        write(name, found)
    state = "all runs done" if plan.is_done() else "not all runs done; call again"
    click.echo(f"results/{name}.json: {state}")
    report_failures(failed)


def write(name: str, runs: list[dict[str, Any]]) -> None:
    """Write ``results/NAME.json`` and its picture."""
    content = {"runs": runs, "provenance": provenance()}
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{name}.json", content)
    draw(content, RESULTS / f"{name}.png")


def report_failures(failed: Mapping[str, str]) -> None:
    """A line on standard error for each run that failed, and exit code 1 where there is one."""
    for name, why in failed.items():
        click.echo(f"Error: run {name!r} failed: {' '.join(why.split())}", err=True)
    if failed:
        click.get_current_context().exit(1)
