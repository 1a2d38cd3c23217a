r"""The flip law beside flips counted in a network, on the digits, by layer.

    python -m experiments.flip_law --runs RUNS

A weight of BinaryConnect that is at +1 in the share f of some T steps flips at most 2 T min(f, 1 - f) + 1 times, by
counting alone; on a line it does so, as it never holds the rarer level twice (the claim flip-law). How near do weights
of networks come? With full gradients on 512 images and plain steps, and with batches and Adam on all images.

The predictions were written before any run. What is there is not run again.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from experiments.counted import (
    Found,
    conduct,
    data_of,
    new_run,
    range_of,
    said,
    steps_of,
    told,
)
from experiments.error_and_flips import warm_settings
from experiments.full_gradients import FOLDER, PLAIN, SEEDS, WINDOW, full_runs, of
from experiments.law import Law
from experiments.options import Script
from pqtheory.cli.errors import user_errors
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.training import preset
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import BLACK, looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import points, styled

#: epochs with batches and Adam
ADAM_EPOCHS = 6
ADAM = "Adam"
KINDS = {PLAIN: "full gradients, plain steps", ADAM: "batches, Adam"}


def with_adam(seed: int, data: Any) -> dict[str, Any]:
    """BinaryConnect as it trains networks, with batches and Adam: the law at the end."""
    settings = preset(
        "corrected",
        "binaryconnect",
        data="digits",
        epochs=ADAM_EPOCHS,
        held_out=0,
        freeze_epoch=None,
        drops=(),
        seed=seed,
    )
    run = new_run(settings, data)
    law, steps = Law(run.optimizer, run.model), ADAM_EPOCHS * len(run.batches)
    for step in steps_of(run):
        law.look(counts=step > steps - WINDOW)
    return {**told(settings, data), "weights": law.weights, "law": law.by_layer()}


def plan(folder: Path, load: Callable[[], Any]) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """All runs of a seed come before the next seed."""
    runs: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for seed in SEEDS:
        runs |= full_runs(seed, folder, load)
        runs[f"{ADAM} {seed}"] = partial(_with_adam, seed, load)
    return runs


def _with_adam(seed: int, load: Callable[[], Any]) -> dict[str, Any]:
    return with_adam(seed, load())


def nearness(run: Mapping[str, Any], layer: str = "all") -> float:
    """Flips as a share of 2 min(f, 1 - f)."""
    own = run["law"][layer]
    return float(own["flips"] / own["law"]) if own["law"] else 0.0


def _never_above(found: Found) -> bool | None:
    runs = [*of(found, PLAIN), *of(found, ADAM)]
    if len(runs) < 2 * len(SEEDS):
        return None
    return not any(own["above_it"] for run in runs for own in run["law"].values())


def _nearer(found: Found) -> bool | None:
    plain, adam = of(found, PLAIN), of(found, ADAM)
    if not plain or not adam:
        return None
    return min(map(nearness, plain)) > max(map(nearness, adam))


def _below_half(found: Found) -> bool | None:
    adam = of(found, ADAM)
    return max(map(nearness, adam)) < 0.5 if adam else None


#: stated before the first run
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "no weight flips more often than counting lets it, 2 min(f, 1 - f) T + 1": _never_above,
    "with full gradients and plain steps weights come nearer to the flip law than with batches and Adam, for every "
    "seed": _nearer,
    "with batches and Adam they flip less than half as often as the law says, for every seed": _below_half,
}


def report(found: Found) -> str:
    """Markdown: the table, and what held."""
    lines = [
        f"Flips of 1,000 weights of BinaryConnect per step on the digits, over the last {WINDOW} steps, beside 2 "
        "min(f, 1 - f), f the share of these steps that a weight is at +1; by layer, least and most of the seeds.\n",
        markdown(("", "layer", "flips", "2 min(f, 1 - f)", "share"), list(_rows(found))),
    ]
    return "\n".join([*lines, said(PREDICTIONS, found)])


def _rows(found: Found) -> Iterator[tuple[str, ...]]:
    for kind, name in KINDS.items():
        runs = of(found, kind)
        for layer in runs[0]["law"] if runs else ():
            yield (
                name,
                layer.removesuffix(".weight"),
                range_of([1e3 * run["law"][layer]["flips"] for run in runs], ".2f"),
                range_of([1e3 * run["law"][layer]["law"] for run in runs], ".2f"),
                range_of([nearness(run, layer) for run in runs], ".2f"),
            )


def draw(found: Found) -> bytes:
    """Flips against the law, a mark for each layer and seed; on the line it is the law."""
    ends: list[str] = []
    with styled():
        figure, ((axis,),) = grid_of_axes(1, 1, 6.0, 5.0)
        for filled, (kind, name) in zip((True, False), KINDS.items(), strict=True):
            runs = of(found, kind)
            if not runs:
                continue
            (look,) = looks(["BinaryConnect"])
            shares = [
                (own["law"], own["flips"])
                for r in runs
                for n, own in r["law"].items()
                if n != "all"
            ]
            x, y = (1e3 * np.array(column) for column in zip(*shares, strict=True))
            look.draw(
                axis,
                x,
                y,
                linestyle="",
                markevery=None,
                markeredgecolor=look.colour,
                markerfacecolor=look.colour if filled else "white",
                label=f"layers, {name}",
            )
            ends.append(f"{name}: {np.mean([nearness(run) for run in runs]):.2f} of the law")
        ends_of_line = np.array(axis.get_xlim())
        axis.plot(
            ends_of_line, ends_of_line, color=BLACK, linewidth=points(1.0), label="the flip law"
        )
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel("2 min(f, 1 - f), of 1,000 weights")
        axis.set_ylabel("flips of 1,000 weights per step")
        title(axis, "BinaryConnect's flips by layer, beside the flip law")
        legend_below(figure, axis)
        text = "BinaryConnect's flips beside the flip law, a mark for each layer and seed."
        return png(describe(figure, f"{text} In the mean over seeds: {'; '.join(ends)}."))


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / FOLDER
    with user_errors():
        loaded = data_of(warm_settings("digits", SEEDS[0]))
        conduct("flip_law", plan(folder, lambda: loaded), folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
