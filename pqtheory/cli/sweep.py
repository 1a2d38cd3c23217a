"""``pqtheory sweep`` and ``pqtheory table``: many runs side by side, and what came of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from pqtheory.cli.base import example, output, progress, user_errors

if TYPE_CHECKING:
    from pqtheory.networks.summary import Row


@click.command(no_args_is_help=True, epilog=example("pqtheory sweep seeds.toml --jobs 2"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N")
@click.option("--device", default="cpu", show_default=True)
@click.option("--data-dir", type=click.Path(path_type=Path))
@click.option("--backend", type=click.Choice(("loky", "dask")), default="loky", show_default=True)
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster.")
def sweep(
    file: Path,
    jobs: int,
    device: str,
    data_dir: Path | None,
    backend: str,
    scheduler: str | None,
) -> None:
    """Run every combination of the grid in FILE (TOML); finished runs are not run again.

    Exit code 1 if a run failed.
    """
    with user_errors():
        from pqtheory.cli.train import check_device
        from pqtheory.networks.summary import rows
        from pqtheory.networks.sweep import Sweep

        check_device(device)
        found = Sweep.read(file)
        with progress("runs") as update:
            failed = found.go(
                jobs=jobs,
                device=device,
                data_dir=data_dir,
                backend=backend,
                scheduler=scheduler,
                told=update,
            )
        finished = [found.folder / name for name in found.finished()]
        if finished:
            output().print(runs_table(rows(finished)))
    for name, why in failed.items():
        click.echo(f"pqtheory: run {name!r} failed: {why}", err=True)
    if failed:
        click.get_current_context().exit(1)


@click.command(no_args_is_help=True, epilog=example("pqtheory table runs/first/*"))
@click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
def table(run: tuple[Path, ...]) -> None:
    """Show each RUN's errors and sign changes at its last epoch; seeds become mean and deviation."""
    with user_errors():
        from pqtheory.networks.summary import rows

        output().print(runs_table(rows(run)))


def runs_table(rows: "list[Row]") -> Table:
    """One row for each setting."""
    from pqtheory.networks.summary import spread

    shown = Table()
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    for head in ("runs", "seeds", "epochs", *names):
        shown.add_column(head, justify="left" if head == "runs" else "right")
    for row in rows:
        cells = [spread(row.figures[n]) if n in row.figures else "–" for n in names]
        shown.add_row(escape(row.label), str(len(row.runs)), str(row.epochs), *cells)
    return shown
