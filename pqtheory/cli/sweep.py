"""``pqtheory sweep`` and ``pqtheory table``: many runs side by side, and what came of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from pqtheory.cli.base import as_it_is, complain, example, output, progress, user_errors
from pqtheory.cli.figures import FIGURE, draw_sweep

#: what a sweep writes beside its runs
TABLE = "table.md"
SWEEP_FILES = (TABLE, FIGURE)

if TYPE_CHECKING:
    from pqtheory.networks.tables.summary import Row


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

    The sweep's folder gets a table and a figure of all finished runs, table.md and figure.png.
    Exit code 1 if a run failed.
    """
    with user_errors():
        from pqtheory._files import write_whole
        from pqtheory.networks.sweeps import carry_out, read_grid
        from pqtheory.networks.tables.markdown import markdown
        from pqtheory.networks.tables.summary import cells_of, rows
        from pqtheory.networks.training.device import check_device

        check_device(device, "--device")
        plan = read_grid(file)
        plan.check_same()
        with progress("runs") as update:
            failed = carry_out(
                plan,
                jobs=jobs,
                device=device,
                data_dir=data_dir,
                backend=backend,
                scheduler=scheduler,
                progress=update,
            )
        finished = [plan.folder / name for name in plan.finished()]
        if finished:
            shown = rows(finished)
            output().print(runs_table(shown))
            write_whole(plan.folder / TABLE, markdown(*cells_of(shown)).encode())
            draw_sweep(shown, plan.folder)
    for name, why in failed.items():
        complain(f"run {name!r} failed: {why}")
    if failed:
        click.get_current_context().exit(1)


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """``paths`` without what a sweep writes beside its runs, so that ``runs/*`` names the runs."""
    return [p for p in paths if p.name not in SWEEP_FILES or p.is_dir()]


def runs_table(rows: "list[Row]") -> Table:
    """One row for each setting."""
    from pqtheory.networks.tables.summary import cells_of

    heads, cells = cells_of(rows)
    shown = Table()
    for head in heads:
        shown.add_column(head, justify="left" if head == "runs" else "right")
    for row in cells:
        shown.add_row(*(as_it_is(cell) for cell in row))
    return shown
