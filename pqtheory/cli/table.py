"""``pqtheory table``: runs side by side, or published figures beside ours."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.names import CodeMetricName
from pqtheory.cli.output import as_it_is, output, say
from pqtheory.cli.sweep import run_folders, runs_table

if TYPE_CHECKING:
    from pqtheory.networks.tables.comparison import Comparison

#: name -> beginning of the names of its result files
PUBLISHED = {"cifar10": "cifar10", "sign-change": "sign_change"}
#: heads of columns that hold no numbers
_WORDS = (
    "network",
    "levels",
    "method",
    "paper",
    "that figure is",
    "those figures are",
    "our settings",
    "its settings",
    "settings of binaryconnect",
)
#: in a checkout
RESULTS = Path("experiments/results")


@click.command(
    no_args_is_help=True,
    epilog=example(
        "pqtheory table runs/first/*",
        "pqtheory table cifar10 --results my_results",
        "pqtheory table cifar10 --paired",
    ),
)
@click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=f"Of cifar10 and sign-change: a result file, or a folder of them; else {RESULTS}, or those that were shipped.",
)
@click.option(
    "--paired",
    is_flag=True,
    help="Of cifar10 and sign-change: the methods' differences over the same seeds and warm starts, with a t-test.",
)
@click.option(
    "--metric",
    "metrics",
    type=CodeMetricName(),
    multiple=True,
    help="Of the runs' codes, as --metrics of train; may be repeated. Default: those that a run recorded.",
)
def table(
    run: tuple[Path, ...], results: Path | None, paired: bool, metrics: tuple[str, ...]
) -> None:
    """Show each RUN's errors and sign changes at its last epoch; seeds become mean and deviation.

    In place of runs: cifar10 or sign-change, the figures of the paper beside ours. A folder of that name is ./cifar10.
    """
    name = str(run[0])
    with user_errors():
        if len(run) == 1 and name in PUBLISHED:
            if metrics:
                raise ValueError(f"--metric: only of runs, not of {name}")
            _compare(name, results, paired)
            return
        if results is not None or paired:
            option = "--paired" if results is None else "--results"
            raise ValueError(f"{option}: only with {' or '.join(PUBLISHED)} alone")
        from pqtheory.networks.tables.summary import rows

        output().print(runs_table(rows(run_folders(run), metrics or None)))


def _compare(name: str, results: Path | None, paired: bool) -> None:
    from pqtheory.networks.tables import comparison
    from pqtheory.networks.tables.results import MEASURED, read_runs

    place = results or next((p for p in (RESULTS, *MEASURED) if p.is_dir()), RESULTS)
    runs = read_runs(place, PUBLISHED[name]) if results or place.is_dir() else []
    make = comparison.cifar10 if name == "cifar10" else comparison.sign_change
    if paired:
        from pqtheory.networks.tables.paired import paired as make
    output().print(_shown(make(runs)))
    if not runs:
        say(
            f"ours: no results of {name} in {str(place)!r}; they come from experiments/{PUBLISHED[name]}.py, "
            "--results PATH"
        )


def _shown(found: "Comparison") -> Table:
    shown = Table(
        title=as_it_is(found.title),
        title_justify="left",
        caption=as_it_is(found.caption),
        caption_justify="left",
    )
    for head in found.heads:
        shown.add_column(head, justify="left" if head in _WORDS else "right")
    for row in found.rows:
        shown.add_row(*(as_it_is(cell) for cell in row))
    return shown
