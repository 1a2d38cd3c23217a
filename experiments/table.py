"""What each run of a result file found, a row for each: the figures that the pages in ``docs/`` quote.

    python -m experiments.table cifar10
    python -m experiments.table cifar10 --paired

The columns: ``pqtheory/networks/tables/run_table.py``. Paired: as ``pqtheory table cifar10 --paired``.
"""

import click

from experiments import RESULTS
from experiments.options import Script
from pqtheory.cli.errors import user_errors
from pqtheory.networks.tables.results import read_runs
from pqtheory.networks.tables.run_table import paired_table, run_table


@click.command(cls=Script)
@click.argument("name")
@click.option("--paired", "differences", is_flag=True, help="Differences of the methods instead.")
def main(name: str, differences: bool) -> None:
    """Print the finished runs of results/NAME.json as a Markdown table."""
    with user_errors():
        runs = read_runs(RESULTS / f"{name}.json", name)
        click.echo((paired_table if differences else run_table)(runs), nl=False)


if __name__ == "__main__":
    main()
