"""``pqtheory signs``: sign changes over a series of checkpoints of any model, whatever trained it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from pqtheory._files import write_whole
from pqtheory._messages import brief
from pqtheory.cli.commands import example
from pqtheory.cli.errors import only_with, user_errors
from pqtheory.cli.names import nearest
from pqtheory.cli.output import as_it_is, complain, output, progress
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.cli.places import check_output_file, check_two_files

if TYPE_CHECKING:
    from pqtheory.networks.checkpoints import SignSeries


@click.command(
    no_args_is_help=True,
    epilog=example(
        "pqtheory signs epoch0.safetensors epoch10.safetensors epoch20.safetensors",
        "pqtheory signs epoch*.pt --layer conv.weight --layer fc.weight --out signs.png",
        "pqtheory signs last/step*.pt --key ema.state_dict --only conv",
    ),
)
@click.argument("checkpoint", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--only", metavar="PATTERN", help="Names to track must contain this expression.")
@click.option(
    "--key",
    metavar="KEY",
    help="Where in a file the state_dict lies, with dots; usual keys are found.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="For machines."
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="TENSOR",
    help="A panel of the picture; may be repeated. Default: all.",
)
@picture_options(None)
def signs(
    checkpoint: tuple[Path, ...],
    only: str | None,
    key: str | None,
    json_file: Path | None,
    layers: tuple[str, ...],
    out: Out | None,
) -> None:
    """Compare the signs of the weights in each CHECKPOINT with the first, and with the one before.

    Files of PyTorch (of any version, with any ending), safetensors, numpy.savez, indices of shards, distributed
    checkpoints, quantized networks of this package, or folders with one of these, in the order of training; nothing in
    them is run. All must hold the same tensors, of those that --only leaves; "module." and "_orig_mod." in names make
    no difference. A weight that is NaN counts as negative, with a warning.
    """
    if json_file is not None:
        check_output_file(json_file, "--json", checkpoint)
    if out is None:
        only_with("with --out", "layers", "style", "caption")
    else:
        check_two_files(out.file, json_file, "--json")
    with user_errors():
        from pqtheory.networks.checkpoints import sign_series

        with progress("tensors") as update:
            series = sign_series(checkpoint, only=only, key=key, progress=update)
        for layer in layers:
            if layer not in series.metrics:
                raise ValueError(
                    f"--layer: no tensor {brief(layer)}{nearest(layer, series.metrics)}"
                )
    if series.nans:
        counts = ", ".join(f"{name} ({count:,})" for name, count in series.nans.items())
        complain(f"warning: NaN weights count as negative: {counts}")
    if series.without_signs:
        kinds = ", ".join(f"{name} ({kind})" for name, kind in series.without_signs.items())
        complain(f"warning: not tracked, as such numbers have no signs: {kinds}")
    output().print(_table(series))
    with user_errors():
        if json_file is not None:
            content = {
                "checkpoints": series.checkpoints,
                "metrics": {name: [asdict(m) for m in ms] for name, ms in series.metrics.items()},
                "nans": series.nans,
                "without_signs": series.without_signs,
            }
            write_whole(json_file, json.dumps(content, indent=1).encode() + b"\n")
    if out is not None:
        _draw(series, layers or ("all",), out)


def _table(series: "SignSeries") -> Table:
    """One row for each tensor."""
    title = f"signs, {len(series.checkpoints)} checkpoints"
    table = Table(title=title, title_justify="left")
    for head in ("tensor", "weights", "changed since start", "flips, last", "reversals, last"):
        table.add_column(head, justify="left" if head == "tensor" else "right")
    for name, metrics in series.metrics.items():
        last = metrics[-1]
        percents = (last.change_from_start, last.flips, last.reversals)
        table.add_row(as_it_is(name), f"{last.size:,}", *(f"{100 * p:.2f} %" for p in percents))
    return table


def _draw(series: "SignSeries", layers: Sequence[str], out: Out) -> None:
    """A row for each metric, in it a panel for each layer."""
    from pqtheory.plotting.sign_curves import METRICS, metric_curves

    curves = {
        metric: {"weights": {n: [[getattr(x, metric) for x in series.metrics[n]]] for n in layers}}
        for metric in METRICS
    }
    write_picture(out, lambda: metric_curves(curves, layers, "checkpoint"))
