"""``pqtheory plot`` of training runs: sign changes, and distances to the levels."""

from pathlib import Path

import click

from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.cli.sweep import run_folders
from pqtheory.signs.metric_names import code_metrics


def draw_sign_changes(
    run: tuple[Path, ...], layers: tuple[str, ...], metrics: tuple[str, ...], out: Out
) -> None:
    """Draw metrics of signs and codes of runs: a panel for each layer, a row for each metric."""
    from pqtheory.plotting.sign_curves import metric_curves, sign_curves

    with user_errors():
        from pqtheory.networks.tables.curves import freezes, metric_rows
        from pqtheory.networks.tables.summary import rows

        found = rows(run_folders(run))
        curves = {metric: metric_rows(found, metric) for metric in code_metrics(metrics)}
        frozen = freezes(found, (label for of in curves.values() for label in of))
    shown = layers or ("all",)
    if len(curves) == 1:
        ((metric, of_metric),) = curves.items()
        write_picture(out, lambda: sign_curves(of_metric, shown, metric, freezes=frozen))
    else:
        write_picture(out, lambda: metric_curves(curves, shown, freezes=frozen))


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
