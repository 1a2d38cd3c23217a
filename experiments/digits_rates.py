"""The rate at which lambda grows, chosen on the digits: where it must be when the network is frozen after few steps.

    python -m experiments.digits_rates           train the warm start and the runs of digits_rates.toml that are missing
    python -m experiments.digits_rates --jobs 2  two at a time; finished runs are not run again

Writes ``results/digits_rates.json``: for each point of the grid the means over its seeds of the test error and of the
error on the held-out images at the last epoch, and of the distance of the weights to their levels at the freeze; and
the point of the least held-out error of those whose weights come near their levels, which is what the preset has for
the digits.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from experiments import RESULTS
from experiments.options import Script
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import progress
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import carry_out, read_grid
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.networks.training.distances import FAR
from pqtheory.provenance import provenance, write_json

SWEEP = Path(__file__).parent / "digits_rates.toml"
WARM_EPOCHS = 20
#: what a point of the grid is
POINT = ("batch_size", "lr", "rate")


def of_run(folder: RunFolder) -> dict[str, Any]:
    """The figures of a finished run."""
    settings, lines = folder.settings, folder.metrics()
    (frozen,) = [line for line in lines if line["epoch"] == settings.freeze_epoch]
    last = lines[-1]["error"]
    return {
        **{name: getattr(settings, name) for name in (*POINT, "seed")},
        "held_out_error": last["held_out"]["quantized"],
        "test_error": last["test"]["quantized"],
        "distance_at_freeze": frozen["quantization_error"]["all"],
        "signs_changed": lines[-1]["signs"]["all"]["change_from_start"],
    }


def of_points(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Means over the seeds, a row for each point, in the order of the runs."""
    rows = []
    for point in dict.fromkeys(tuple(run[name] for name in POINT) for run in runs):
        of_it = [run for run in runs if tuple(run[name] for name in POINT) == point]
        figures = [name for name in of_it[0] if name not in (*POINT, "seed")]
        means = {name: float(np.mean([run[name] for run in of_it])) for name in figures}
        rows.append({**dict(zip(POINT, point, strict=True)), "seeds": len(of_it), **means})
    return rows


def chosen(points: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The point of the least error on the held-out images, of those whose weights come near their levels.

    Raises
    ------
    ValueError
        If none do.
    """
    settled = [row for row in points if row["distance_at_freeze"] <= FAR]
    if not settled:
        raise ValueError(
            "rate: no rate of the grid brings the weights to their levels; add larger ones"
        )
    return min(settled, key=lambda row: float(row["held_out_error"]))


def as_markdown(points: Sequence[Mapping[str, Any]]) -> str:
    """The table that ``docs/training.md`` shows."""
    heads = ("batches of", "step size", "rate", "held-out error", "test error", "distance")
    rows = [
        (
            *(f"{row[name]:g}" for name in POINT),
            *(f"{100 * row[name]:.1f}" for name in ("held_out_error", "test_error")),
            f"{row['distance_at_freeze']:.2f}",
        )
        for row in points
    ]
    lines = [heads, ("---:",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@click.command(cls=Script)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--sweep", "file", type=click.Path(path_type=Path), default=SWEEP)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / "digits_rates.json")
def main(jobs: int, file: Path, out: Path) -> None:
    """Run the sweep, and write what came of it."""
    with user_errors():
        plan, images = read_grid(file), load("digits")
        warm = plan.runs[0].settings.warm_start
        if warm is not None and not RunFolder(warm).is_done(WARM_EPOCHS):
            settings = preset("corrected", "full-precision", epochs=WARM_EPOCHS)
            train(settings, images, RunFolder(warm), resume=True)
        with progress("runs", time_left=True) as update:
            failed = carry_out(plan, jobs=jobs, progress=update)
        if failed:
            raise click.ClickException("; ".join(f"{name}: {why}" for name, why in failed.items()))
        runs = [of_run(plan.folder_of(run)) for run in plan.runs]
        points = of_points(runs)
        content = {
            "sweep": file.name,
            "points": points,
            "chosen": chosen(points),
            "runs": runs,
            "provenance": provenance(seed=0, data={"train": images.train, "test": images.test}),
        }
        write_json(out, content)
    click.echo(as_markdown(points))
    click.echo(f"wrote {out}; least held-out error at {dict(chosen(points))}")


if __name__ == "__main__":
    main()
