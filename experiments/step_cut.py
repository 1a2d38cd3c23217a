"""Theorem bc-scale-invariance on a network: the step size is cut by 10 in mid-training; do flips dip and come back?

    python -m experiments.step_cut --runs RUNS

BinaryConnect with +-1 weights on a small Transformer, by Adam. After 16 epochs at one step size each run goes on in
three ways for 48 more: without a cut; with the steps of the quantized weights cut by 10, of which the theorem speaks;
and with all steps cut. The theorem itself is looked at as well: a run with steps cut by 8 beside one whose latent
weights are multiplied by 8 in place of that must have the same signs at every step, bit for bit.

Step size and lengths were chosen by one run without a cut, of a seed that is not used here, whose flips no longer fell
after 16 epochs. The predictions below were written before any run with a cut. What is there is not run again.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from experiments.counted import (
    Found,
    codes_of,
    conduct,
    data_of,
    measured,
    new_run,
    range_of,
    said,
    steps_of,
    told,
)
from experiments.options import Script
from pqtheory._files import whole_file
from pqtheory.cli.errors import user_errors
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.training import Settings, preset
from pqtheory.networks.training.run import Run
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import BLACK, looks
from pqtheory.plotting.parts import describe, draw_band, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import points, styled

SEEDS = (0, 1, 2)
BEFORE, AFTER = 16, 48
CUT, EXACT = 10, 8
#: epochs in which the cut and the scaled run are held beside each other
BESIDE = 4
#: epochs at the end that a flip rate is the mean of
LAST = 8
NONE, WEIGHTS, ALL = "no cut", "quantized weights cut", "all cut"
WAYS = (NONE, WEIGHTS, ALL)


def settings_of(seed: int, **changes: Any) -> Settings:
    """Of a whole run, at one step size."""
    chosen: dict[str, Any] = {"hidden": 64, "layers": 2, "epochs": BEFORE + AFTER, **changes}
    task = {"task": "language", "model": "transformer", "data": "sentences"}
    return preset(
        "corrected", "binaryconnect", levels="binary", seed=seed, drops=(), **task, **chosen
    )


def begin(settings: Settings, data: Any, before: int, file: Path) -> dict[str, Any]:
    """The epochs before the cut; what the others go on from is kept in ``file``."""
    run = new_run(settings, data)
    by_epoch = _flips(run, before)
    state = {"model": run.model.state_dict(), "optimizer": run.optimizer.state_dict()}
    with whole_file(file) as stream:
        torch.save({**state, "epoch": run.epoch}, stream)
    return {**told(settings, data), "flips_by_epoch": by_epoch, "measured": measured(run)}


def go_on(settings: Settings, data: Any, way: str, file: Path) -> dict[str, Any]:
    """The epochs after it."""
    run = _restored(settings, data, file)
    if way != NONE:
        _slow_down(run, 1 / CUT, everything=way == ALL)
    by_epoch = _flips(run, settings.epochs - run.epoch)
    return {
        **told(settings, data),
        "way": way,
        "flips_by_epoch": by_epoch,
        "measured": measured(run),
    }


def beside(settings: Settings, data: Any, epochs: int, file: Path) -> dict[str, Any]:
    """Steps cut by 8, and latent weights 8 times as large: how many signs differ, of all weights at all steps."""
    cut, scaled = (_restored(settings, data, file) for _ in range(2))
    _slow_down(cut, 1 / EXACT)
    for _, latent in scaled.optimizer.latent_parameters():
        latent.mul_(EXACT)
    differ = compared = off = 0
    for _ in zip(steps_of(cut, epochs * len(cut.batches)), steps_of(scaled), strict=False):
        for (_, a), (_, b) in zip(
            cut.optimizer.latent_parameters(), scaled.optimizer.latent_parameters(), strict=True
        ):
            differ += int(((a < 0) != (b < 0)).sum())
            off += int((EXACT * a != b).sum())
            compared += a.numel()
    return {**told(settings, data), "signs": compared, "differ": differ, "not_8_times": off}


def _restored(settings: Settings, data: Any, file: Path) -> Run:
    run, state = new_run(settings, data), torch.load(file, weights_only=True)
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.epoch = state["epoch"]
    return run


def _slow_down(run: Run, factor: float, everything: bool = False) -> None:
    """Steps of the quantized weights, or all, so many times as long; the run itself sets lr by ``lr_factor``."""
    for group in run.optimizer.param_groups:
        if everything or group.get("quantize"):
            group["lr_factor"] = factor * group.get("lr_factor", 1.0)


def _flips(run: Run, epochs: int) -> list[float]:
    """Flips of a weight per step, by epoch."""
    codes, each = codes_of(run), len(run.batches)
    found = [0.0] * epochs
    for step in steps_of(run, epochs * each):
        found[(step - 1) // each] += codes.update()["all"].flips / each
    return [round(rate, 9) for rate in found]


def plan(
    folder: Path, load: Callable[[], Any], **changes: Any
) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """All runs of a seed come before the next seed."""
    runs: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for seed in SEEDS:
        settings, file = settings_of(seed, **changes), folder / f"{seed}.pt"
        runs[f"before {seed}"] = lambda s=settings, f=file: begin(s, load(), BEFORE, f)  # type: ignore[misc]
        for way in WAYS:
            runs[f"{way} {seed}"] = lambda s=settings, f=file, w=way: go_on(s, load(), w, f)  # type: ignore[misc]
        runs[f"exact {seed}"] = lambda s=settings, f=file: beside(s, load(), BESIDE, f)  # type: ignore[misc]
    return runs


def _rates(found: Found, way: str) -> list[np.ndarray]:
    """Flips by epoch, of each seed that has all its runs."""
    return [
        np.array(found[f"{way} {seed}"]["flips_by_epoch"])
        for seed in SEEDS
        if all(f"{other} {seed}" in found for other in WAYS)
    ]


def dip(found: Found, way: str) -> list[float]:
    """Flips in the epoch after the cut, as a share of those without it, by seed."""
    pairs = zip(_rates(found, way), _rates(found, NONE), strict=True)
    return [float(cut[0] / whole[0]) for cut, whole in pairs]


def back(found: Found, way: str) -> list[float]:
    """The same in the last epochs."""
    pairs = zip(_rates(found, way), _rates(found, NONE), strict=True)
    return [float(cut[-LAST:].mean() / whole[-LAST:].mean()) for cut, whole in pairs]


def _each(found: Found, holds: Callable[[], bool]) -> bool | None:
    """Of every seed: one is enough to refute it, all are needed to hold."""
    seeds = len(_rates(found, NONE))
    if not seeds:
        return None
    return (None if seeds < len(SEEDS) else True) if holds() else False


def _exact(found: Found) -> bool | None:
    runs = [found[f"exact {seed}"] for seed in SEEDS if f"exact {seed}" in found]
    if any(run["differ"] for run in runs):
        return False
    return True if len(runs) == len(SEEDS) else None


#: stated before the first run with a cut
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "flips dip: in the epoch after the cut there are less than half of those without it, for every seed, whether the "
    "steps of the quantized weights or all are cut": lambda found: _each(
        found, lambda: max(dip(found, WEIGHTS) + dip(found, ALL)) < 0.5
    ),
    f"they come back where the steps of the quantized weights are cut: in the last {LAST} epochs there are 0.8 times "
    "as many as without it or more, for every seed": lambda found: _each(
        found, lambda: min(back(found, WEIGHTS)) >= 0.8
    ),
    f"they come back as well where all steps are cut, of which the theorem does not speak: 0.8 times as many in the "
    f"last {LAST} epochs, for every seed": lambda found: _each(
        found, lambda: min(back(found, ALL)) >= 0.8
    ),
    f"no sign differs between steps cut by {EXACT} and latent weights {EXACT} times as large, at no step of {BESIDE} "
    "epochs and for no seed": _exact,
}


def report(found: Found) -> str:
    """Markdown: the table, and what held."""
    rows = []
    for way in WAYS:
        rates = _rates(found, way)
        if not rates:
            continue
        perplexity = [
            found[f"{way} {seed}"]["measured"]["test"] for seed in SEEDS if f"{way} {seed}" in found
        ]
        rows.append(
            (
                way,
                range_of([1e3 * rate[0] for rate in rates], ".2f"),
                range_of([1e3 * rate[-LAST:].mean() for rate in rates], ".2f"),
                "-" if way == NONE else range_of(dip(found, way), ".2f"),
                "-" if way == NONE else range_of(back(found, way), ".2f"),
                range_of(perplexity, ".2f"),
            )
        )
    heads = (
        "",
        "in the first epoch",
        f"in the last {LAST}",
        "first, of no cut",
        "last, of no cut",
        "perplexity",
    )
    exact = [found[f"exact {seed}"] for seed in SEEDS if f"exact {seed}" in found]
    lines = [
        f"BinaryConnect's flips on a Transformer with +-1 weights, {BEFORE} epochs at one step size of Adam and "
        f"{AFTER} after it: flips of 1,000 weights per step after the cut by {CUT}, and as shares of those without "
        f"a cut; least and most over the seeds, of which {len(_rates(found, NONE))} of {len(SEEDS)} are done.\n",
        markdown(heads, rows),
    ]
    if exact:
        signs, differ, off = (sum(r[k] for r in exact) for k in ("signs", "differ", "not_8_times"))
        lines.append(
            f"Steps cut by {EXACT} beside latent weights {EXACT} times as large, {len(exact)} of {len(SEEDS)} seeds: "
            f"of {signs:,} signs that were compared {differ:,} differ, and {off:,} latent weights are not {EXACT} "
            "times the other bit for bit.\n"
        )
    return "\n".join([*lines, said(PREDICTIONS, found)])


def draw(found: Found) -> bytes:
    """Flips against epochs: mean and standard deviation over seeds, a line for each way to go on."""
    with styled():
        figure, ((axis,),) = grid_of_axes(1, 1, 7.5, 4.5)
        before = [
            np.array(found[f"before {seed}"]["flips_by_epoch"])
            for seed in SEEDS
            if all(f"{way} {seed}" in found for way in ("before", *WAYS))
        ]
        # the first way is that of the method, as it is everywhere; the others have what is left
        names = (f"BinaryConnect, {NONE}", *(f"BinaryConnect, {way}" for way in WAYS[1:]))
        ends = []
        for look, name, way in zip(looks(names, one_colour=True), names, WAYS, strict=True):
            rates = _rates(found, way)
            if not rates:
                continue
            values, start = 1e3 * np.array(rates).T, 1
            if way == NONE and len(before) == len(rates):
                values, start = np.concatenate([1e3 * np.array(before).T, values]), 1 - BEFORE
            draw_band(axis, np.arange(start, start + len(values)), values, look, name)
            ends.append(f"{way} {values[-LAST:].mean():.2f}")
        axis.axvline(0.5, color=BLACK, linewidth=points(0.8), linestyle=(0, (1, 2)))
        axis.set_yscale("log")
        axis.set_xlabel("epochs after the cut")
        axis.set_ylabel("flips of 1,000 weights per step")
        title(axis, f"the step size is cut by {CUT}: flips dip, and what comes then")
        legend_below(figure, axis)
        text = f"BinaryConnect's flips on a Transformer against epochs, the step size cut by {CUT} at 0."
        return png(
            describe(figure, f"{text} Flips of 1,000 weights per step at last: {'; '.join(ends)}.")
        )


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / "step_cut"
    with user_errors():
        loaded = data_of(settings_of(SEEDS[0]))
        conduct("step_cut", plan(folder, lambda: loaded), folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
