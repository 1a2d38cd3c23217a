"""``pqtheory sweep`` and ``pqtheory table``: many runs side by side, and what came of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from pqtheory._messages import counted
from pqtheory.cli.commands import example
from pqtheory.cli.errors import only_with, user_errors
from pqtheory.cli.figures import FIGURE, draw_sweep
from pqtheory.cli.output import as_it_is, complain, output, progress, say

#: what a sweep writes beside its runs
TABLE = "table.md"
SWEEP_FILES = (TABLE, FIGURE)

if TYPE_CHECKING:
    from pqtheory.networks.sweeps import Plan
    from pqtheory.networks.tables.summary import Row


#: a sweep file, for the help
_FILE = (
    'folder = "runs"             # where the runs go',
    "[settings]                  # what all runs share",
    "epochs = 30",
    'warm_start = "warm"',
    "[grid]                      # every combination is a run",
    'method = ["binaryconnect", "proxquant"]',
    "seed = [0, 1, 2]",
)


@click.command(
    no_args_is_help=True,
    epilog=example("pqtheory sweep seeds.toml --jobs 2", "where seeds.toml is", *_FILE),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Runs side by side, in N processes.",
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, ...")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where CIFAR-10 or ptb/ is; else the variable PQTHEORY_DATA.",
)
@click.option(
    "--backend",
    type=click.Choice(("loky", "dask")),
    default="loky",
    show_default=True,
    help="Processes of this machine, or a Dask cluster.",
)
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

    The names are the settings of pqtheory.networks.training.Settings; what is not said is what the preset has, such as
    300 epochs. Paths are relative to FILE. docs/training.md has the format in full.
    The sweep's folder gets a table and a figure of all finished runs, table.md and figure.png.
    Exit code 1 if a run failed.
    """
    if backend != "dask":
        only_with("with --backend dask", "scheduler")
    with user_errors():
        from pqtheory._files import write_whole
        from pqtheory.networks.sweeps import carry_out, read_grid
        from pqtheory.networks.tables.markdown import markdown
        from pqtheory.networks.tables.summary import cells_of, rows
        from pqtheory.networks.training import RunFolder
        from pqtheory.networks.training.device import check_device
        from pqtheory.networks.training.distances import advice_from

        check_device(device, "--device")
        plan = read_grid(file)
        plan.check_same()
        say(_what(plan))
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
        # before what may fail itself
        for name, why in failed.items():
            complain(f"run {name!r} failed: {why}")
        finished = [plan.folder / name for name in plan.finished()]
        for folder in map(RunFolder, finished):
            if said := advice_from(folder.settings, folder.metrics()):
                complain(f"warning: run {folder.path.name!r}: {said}")
        if finished:
            shown = rows(finished)
            output().print(runs_table(shown))
            write_whole(plan.folder / TABLE, markdown(*cells_of(shown)).encode())
            draw_sweep(shown, plan.folder)
    if failed:
        click.get_current_context().exit(1)


def _what(plan: "Plan") -> str:
    """How many runs there are, of how many epochs, where, and how many are finished."""
    epochs = sorted({run.settings.epochs for run in plan.runs})
    most = counted(epochs[-1], "epoch")
    each = " or ".join([*map(str, epochs[:-1]), most]) if len(epochs) < 3 else f"up to {most}"
    count, done = len(plan.runs), len(list(plan.finished()))
    return f"{plan.folder}: {counted(count, 'run')} of {each}, {done} finished already"


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
