"""``pqtheory plot`` of training runs: sign changes, and distances to the levels."""

from pathlib import Path

import click

from pqtheory.cli.base import example, user_errors
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.cli.sweep import run_folders


def draw_sign_changes(
    run: tuple[Path, ...], layers: tuple[str, ...], metric: str, out: Out
) -> None:
    """Draw a sign metric of runs, a panel for each layer."""
    from pqtheory.plotting.sign_curves import sign_curves

    with user_errors():
        from pqtheory.networks.tables.curves import sign_rows
        from pqtheory.networks.tables.summary import rows

        curves = {row.label: sign_rows(row, metric) for row in rows(run_folders(run))}
    write_picture(out, lambda: sign_curves(curves, layers or ("all",), metric))


@click.command(
    no_args_is_help=True,
    epilog=example(
        "pqtheory plot distances runs/* --layer conv.weight --layer fc.weight --out distances.png"
    ),
)
@click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--layer", "layers", multiple=True, help="Up to four of them. Default: all.")
@picture_options("distances.png")
def distances(run: tuple[Path, ...], layers: tuple[str, ...], out: Out) -> None:
    """Draw how far each RUN's weights were from their levels just before they were frozen."""
    from pqtheory.plotting.distances import distances as draw

    with user_errors():
        from pqtheory.networks.tables.curves import distance_rows
        from pqtheory.networks.tables.summary import rows

        found = distance_rows(rows(run_folders(run)))
    write_picture(out, lambda: draw(found, layers or ("all",)))
