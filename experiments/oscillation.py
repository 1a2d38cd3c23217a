"""Is oscillation good or bad? Dampening with either sign, and freezing, on an equal footing.

    python -m experiments.oscillation --runs RUNS                       the digits
    python -m experiments.oscillation --runs RUNS --data sentences      a small Transformer

BinaryConnect with scaled binary levels as it is; with its latent weights pulled toward the levels, which calms them;
pulled away from them, which stirs them; and with weights that oscillate frozen one by one. All have the same seeds,
steps and epochs, each kind three strengths: its own is that of the least measure on held-out data, and is compared on
the test data, seed by seed. Strengths were set from one plain run of a seed that is not used here, so that the pull is
about 0.01, 0.1 and 1 times as large as the gradient. The predictions below were written before any run. What is there
is not run again.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from experiments.counted import (
    Found,
    conduct_on,
    counted,
    data_of,
    flips,
    on_all,
    said,
    spread,
)
from experiments.options import Script
from pqtheory.cli.errors import user_errors
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.tables.paired import difference
from pqtheory.networks.training import Settings, preset
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import styled

PLAIN, TOWARD, AWAY, FREEZING = "plain", "toward", "away", "freezing"
KINDS = (TOWARD, AWAY, FREEZING)
#: as pictures and tables have them
LABELS = {
    PLAIN: "BinaryConnect",
    TOWARD: "Dampened, toward the levels",
    AWAY: "Dampened, away from the levels",
    FREEZING: "BinaryConnect, oscillating weights frozen",
}
#: from the weakest, of a pull
STRENGTHS = {"digits": (1e-4, 1e-3, 1e-2), "sentences": (1e-3, 1e-2, 1e-1)}
#: from the weakest, of the moving average of reversals above which a weight is frozen
THRESHOLDS = (0.06, 0.03, 0.015)
SEEDS = {"digits": (0, 1, 2), "sentences": (0, 1, 2)}
#: of all runs on these data
DATA: Mapping[str, Mapping[str, Any]] = {
    "digits": {
        "model": "small",
        "epochs": 10,
        "drops": (7,),
        "held_out": 200,
        "freeze_epoch": None,
    },
    "sentences": {
        "task": "language",
        "model": "transformer",
        "hidden": 64,
        "layers": 2,
        "epochs": 8,
    },
}
MEASURES = {"digits": "test error, %", "sentences": "perplexity"}
TITLES = {"digits": "digits", "sentences": "a Transformer"}


def ways(data: str) -> dict[tuple[str, float], dict[str, Any]]:
    """What is set, by kind and strength."""
    found: dict[tuple[str, float], dict[str, Any]] = {(PLAIN, 0.0): {}}
    for strength in STRENGTHS[data]:
        found[TOWARD, strength] = {"dampening": strength}
    for strength in STRENGTHS[data]:
        found[AWAY, strength] = {"dampening": -strength}
    for threshold in THRESHOLDS:
        found[FREEZING, threshold] = {"oscillation_threshold": threshold}
    return found


def settings_of(data: str, seed: int, **own: Any) -> Settings:
    """Of a run."""
    chosen = {"data": data, "levels": "scaled-binary", "seed": seed, **DATA[data], **own}
    return preset("corrected", "binaryconnect", **chosen)


def plan(data: str, load: Callable[[], Any]) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """All ways of a seed come before the next seed."""
    return {
        name_of(data, kind, strength, seed): partial(_run, data, seed, load, own)
        for seed in SEEDS[data]
        for (kind, strength), own in ways(data).items()
    }


def name_of(data: str, kind: str, strength: float, seed: int) -> str:
    """Of a run."""
    return f"{data} {kind} {strength:g} {seed}"


def _run(
    data: str, seed: int, load: Callable[[], Any], own: Mapping[str, Any]
) -> Mapping[str, Any]:
    return counted(settings_of(data, seed, **own), load())


def measure(run: Mapping[str, Any], which: str = "test") -> float:
    """Error in percent, or perplexity."""
    factor = 100 if run["settings"]["task"] == "images" else 1
    return float(factor * run["measured"][which])


def of_way(found: Found, data: str, kind: str, strength: float) -> list[Mapping[str, Any]]:
    """Its runs by seed."""
    return [found[name_of(data, kind, strength, seed)] for seed in SEEDS[data]]


def is_done(found: Found, data: str) -> bool:
    """Whether all runs on these data are there."""
    return all(name_of(data, *way, seed) in found for seed in SEEDS[data] for way in ways(data))


def best(found: Found, data: str, kind: str) -> float:
    """The strength of the least measure on held-out data, in the mean over the seeds."""

    def held_out(strength: float) -> float:
        runs = of_way(found, data, kind, strength)
        return float(np.mean([measure(run, "held_out") for run in runs]))

    return min((s for k, s in ways(data) if k == kind), key=held_out)


def against_plain(
    found: Found, data: str, kind: str
) -> tuple[float, tuple[float, float] | None, float | None]:
    """Mean difference to plain BinaryConnect in the test measure over the seeds, interval, p."""
    own = of_way(found, data, kind, best(found, data, kind))
    pairs = zip(own, of_way(found, data, PLAIN, 0.0), strict=True)
    return difference(measure(a) - measure(b) for a, b in pairs)


def strongest(found: Found, data: str, kind: str) -> float:
    """Mean flips at the largest strength, as a share of those of plain BinaryConnect."""
    strength = [s for k, s in ways(data) if k == kind][-1]
    own, plain = (
        np.mean([flips(run) for run in of_way(found, data, *way)])
        for way in ((kind, strength), (PLAIN, 0.0))
    )
    return float(own / plain)


def _on_both(found: Found, holds: Callable[[str], bool]) -> bool | None:
    return on_all(tuple(DATA), partial(is_done, found), holds)


def _no_difference(found: Found, data: str) -> bool:
    differences = [against_plain(found, data, kind) for kind in KINDS]
    # where seeds do not differ there is no interval
    return all(i[0] <= 0 <= i[1] if i else mean == 0 for mean, i, _ in differences)


#: stated before the first run
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "oscillation is neither good nor bad here: each at its own strength, none of the three differs from plain "
    "BinaryConnect, the 95 % interval of the difference holding 0 on both": lambda found: _on_both(
        found, partial(_no_difference, found)
    ),
    "a pull toward the levels calms: at its largest strength fewer flips than plain, on both": (
        lambda found: _on_both(found, lambda data: strongest(found, data, TOWARD) < 1)
    ),
    "a pull away from them stirs: at its largest strength more flips than plain, on both": (
        lambda found: _on_both(found, lambda data: strongest(found, data, AWAY) > 1)
    ),
    "freezing calms: at its lowest threshold less than half the flips, on both": (
        lambda found: _on_both(found, lambda data: strongest(found, data, FREEZING) < 0.5)
    ),
}


def report(found: Found) -> str:
    """Markdown: a table for each data set, and what held."""
    lines = [
        "BinaryConnect with scaled binary levels as it is, with a pull of the latent weights toward their levels or "
        "away from them, and with oscillating weights frozen: the test measure of the quantized network at the end and "
        "flips of a weight in the whole run, mean ± standard deviation over seeds; an asterisk marks the strength of "
        "each kind with the least measure on held-out data. At that strength: the difference to plain BinaryConnect "
        "over the same seeds, with the 95 % interval and p of Student's paired test; negative where it is better.\n"
    ]
    for data in DATA:
        if not is_done(found, data):
            continue
        heads = (MEASURES[data], "held-out", "flips a weight", "difference", "interval", "p")
        lines.append(f"**{TITLES[data]}**, {len(SEEDS[data])} seeds\n")
        lines.append(markdown(("", *heads), [_row(found, data, *way) for way in ways(data)]))
    return "\n".join([*lines, said(PREDICTIONS, found)])


def _row(found: Found, data: str, kind: str, strength: float) -> tuple[str, ...]:
    runs = of_way(found, data, kind, strength)
    own = kind != PLAIN and strength == best(found, data, kind)
    name = LABELS[kind] if kind == PLAIN else f"{LABELS[kind]}, {strength:g}{' *' if own else ''}"
    cells = ("-", "-", "-")
    if own:
        mean, interval, p = against_plain(found, data, kind)
        shown = "-" if interval is None else f"{interval[0]:+.2f} to {interval[1]:+.2f}"
        cells = (f"{mean:+.2f}", shown, "-" if p is None else f"{p:.2g}")
    return (
        name,
        spread([measure(run) for run in runs], 2),
        spread([measure(run, "held_out") for run in runs], 2),
        spread([flips(run) for run in runs], 3),
        *cells,
    )


def draw(found: Found) -> bytes:
    """The measure against flips: a point for each strength, with the standard deviations; a panel for each data set."""
    shown, ends = [data for data in DATA if is_done(found, data)], []
    with styled():
        figure, (axes,) = grid_of_axes(1, max(len(shown), 1), 5.0 * max(len(shown), 1), 4.6)
        for axis, data in zip(axes, shown, strict=False):
            for look, kind in zip(
                looks(list(LABELS.values()), one_colour=True), LABELS, strict=True
            ):
                runs = [of_way(found, data, *way) for way in ways(data) if way[0] == kind]
                x, y = ([[f(run) for run in own] for own in runs] for f in (flips, measure))
                middle = np.mean(x, axis=1), np.mean(y, axis=1)
                axis.errorbar(
                    *middle,
                    xerr=np.std(x, axis=1, ddof=1),
                    yerr=np.std(y, axis=1, ddof=1),
                    color=look.colour,
                    linestyle="",
                    alpha=0.5,
                )
                look.draw(axis, *middle, label=LABELS[kind])
                ends += [
                    f"{LABELS[kind]} on {data} {a:.3f} flips, {b:.2f}"
                    for a, b in zip(*middle, strict=True)
                ]
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.set_xlabel("flips of a weight")
            axis.set_ylabel(MEASURES[data])
            title(axis, TITLES[data])
        legend_below(figure, axes[0])
        text = "Error against flips for dampening of either sign and for freezing, three strengths each."
        return png(describe(figure, f"{text} Means: {'; '.join(ends)}."))


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data", type=click.Choice(tuple(DATA)), default="digits", show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, data: str, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / "oscillation"
    with user_errors():
        loaded = data_of(settings_of(data, 0))
        planned = {name: plan(name, lambda: loaded) for name in DATA}
        conduct_on(data, "oscillation", planned, folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
