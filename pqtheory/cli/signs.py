"""``pqtheory signs``: sign changes over a series of checkpoints of any model, whatever trained it."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from pqtheory.cli.base import check_output_file, example, output, progress, user_errors


@click.command(
    no_args_is_help=True,
    epilog=example("pqtheory signs epoch0.safetensors epoch10.safetensors epoch20.safetensors"),
)
@click.argument("checkpoint", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--only", metavar="PATTERN", help="Names to track must contain this expression.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="For machines."
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="A picture: .png, .svg or .pdf."
)
def signs(
    checkpoint: tuple[Path, ...], only: str | None, json_file: Path | None, out: Path | None
) -> None:
    """Compare the signs of the weights in each CHECKPOINT with the first, and with the one before.

    PyTorch files, safetensors files, indices of shards, or folders with one of these, in the order of training.
    """
    for option, file in (("--json", json_file), ("--out", out)):
        if file is not None:
            check_output_file(file, option)
    with user_errors():
        from pqtheory.networks.checkpoints import sign_series

        if out is not None:
            from pqtheory.plotting.style import check_file

            check_file(out)
        with progress("tensors") as update:
            series = sign_series(checkpoint, only=only, progress=update)
    table = Table(title=f"signs, {len(checkpoint)} checkpoints", title_justify="left")
    for head in ("tensor", "weights", "changed since start", "flips, last", "reversals, last"):
        table.add_column(head, justify="left" if head == "tensor" else "right")
    for name, metrics in series.metrics.items():
        last = metrics[-1]
        percents = (last.change_from_start, last.flips, last.reversals)
        table.add_row(name, f"{last.size:,}", *(f"{100 * p:.2f} %" for p in percents))
    output().print(table)
    if json_file is not None:
        content = {
            "checkpoints": series.checkpoints,
            "metrics": {name: [asdict(m) for m in ms] for name, ms in series.metrics.items()},
        }
        json_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if out is not None:
        from pqtheory.plotting import save
        from pqtheory.plotting.sign_curves import METRICS, sign_curves

        every = {m: [[getattr(x, m) for x in series.metrics["all"]]] for m in METRICS}
        curves = {metric: {"all": rows} for metric, rows in every.items()}
        save(sign_curves(curves, ["all"], unit="checkpoint"), out)
