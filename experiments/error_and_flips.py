"""Error against sign flips, all methods in one picture: on the digits, and on CIFAR-10 at a very short schedule.

    python -m experiments.error_and_flips --runs RUNS                                the digits, seconds a run
    python -m experiments.error_and_flips --runs RUNS --data cifar10 --data-dir DIR  3,200 images, 3 epochs

Every method of binary weights that trains networks, from one full-precision network a seed, with the same steps of
Adam: constant up to the freeze after two thirds of the epochs, a tenth of it after it. Strengths are those of the
presets, not tuned. It goes on when it is called again; ``results/error_and_flips.md`` and ``.png`` are about all data
sets of which there are runs. The predictions below were written before any run.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy.stats import spearmanr

from experiments.counted import (
    Found,
    conduct_on,
    counted,
    data_of,
    flips,
    on_all,
    said,
    spread,
    there,
    trained,
)
from experiments.options import Script, counted_options
from pqtheory.cli.errors import user_errors
from pqtheory.methods.registry import FULL_PRECISION, REGISTRY, registered
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.tables.paired import difference
from pqtheory.networks.tasks.images import published_pull, strength_at_freeze
from pqtheory.networks.training import Settings, preset
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import BLACK, looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import points, styled

SEEDS = (0, 1, 2)
METHODS = tuple(name for name, method in REGISTRY.items() if method.trained)
#: settings of all runs on these data
DATA: Mapping[str, Mapping[str, Any]] = {
    "digits": {"epochs": 15},
    "cifar10": {"epochs": 3, "batch_size": 64, "augment": True},
}
#: the first so many training and test images; None: all
IMAGES = {"digits": (None, None), "cifar10": (3_200, 4_000)}
#: epochs of the networks that they start from
WARM = {"digits": 15, "cifar10": 8}
LABELS = {"digits": "digits", "cifar10": "CIFAR-10, 3,200 images, 3 epochs"}


def warm_settings(data: str, seed: int) -> Settings:
    """Of the full-precision network."""
    shared = {**DATA[data], "held_out": 0, "epochs": WARM[data]}
    return preset("corrected", FULL_PRECISION.name, data=data, model="small", seed=seed, **shared)


def settings_of(
    data: str, method: str, seed: int, warm: Path | None = None, epochs: int | None = None
) -> Settings:
    """Of a method's run, of other ``epochs`` than those here if they are given."""
    shared = {**DATA[data], "held_out": 0}
    shared["epochs"] = epochs or shared["epochs"]
    freeze = round(2 * shared["epochs"] / 3)
    own: dict[str, Any] = {"freeze_epoch": freeze, "drops": (freeze,)}
    if method == "proxquant" and data == "cifar10":
        # the published rate is for 391 steps an epoch
        steps = freeze * (IMAGES[data][0] or 0) // shared["batch_size"]
        own["rate"] = strength_at_freeze(0.01, steps, published_pull("binary")) / freeze
    start = None if warm is None else str(warm)
    return preset(
        "corrected", method, data=data, model="small", seed=seed, warm_start=start, **shared, **own
    )


def plan(
    data: str, folder: Path, load: Callable[[], Any]
) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """The warm start of each seed, then all methods from it."""
    runs: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for seed in SEEDS:
        warm = folder / f"{data}-warm-{seed}.pt"
        runs[f"{data} warm {seed}"] = lambda s=seed, w=warm: trained(  # type: ignore[misc]
            warm_settings(data, s), load(), w
        )
        for method in METHODS:
            runs[f"{data} {method} {seed}"] = lambda m=method, s=seed, w=warm: counted(  # type: ignore[misc]
                settings_of(data, m, s, w), load()
            )
    return runs


def of_method(found: Found, data: str, method: str) -> list[Mapping[str, Any]]:
    """Its runs by seed, where all are there."""
    return there(found, [f"{data} {method} {seed}" for seed in SEEDS])


def wrong(run: Mapping[str, Any]) -> float:
    """Test error in percent."""
    return 100 * float(run["measured"]["test"])


def _on_all(found: Found, holds: Callable[[str], bool]) -> bool | None:
    return on_all(tuple(DATA), lambda data: all(of_method(found, data, m) for m in METHODS), holds)


def correlation(found: Found, data: str) -> float:
    """Spearman's rho of flips and errors over the means of the methods."""
    means = [
        [np.mean([figure(run) for run in of_method(found, data, m)]) for m in METHODS]
        for figure in (flips, wrong)
    ]
    return float(spearmanr(*means).statistic)


def _eager_rests(found: Found, data: str) -> bool:
    others = [m for m in METHODS if m not in ("proxquant", "bop")]
    return all(
        flips(a) < flips(b)
        for method in others
        for a, b in zip(
            of_method(found, data, "proxquant"), of_method(found, data, method), strict=True
        )
    )


def _no_worse(found: Found, data: str) -> bool:
    pairs = zip(
        of_method(found, data, "proxquant"), of_method(found, data, "binaryconnect"), strict=True
    )
    return all(wrong(pq) <= wrong(bc) for pq, bc in pairs)


#: stated before the first run
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "ProxQuant, the one eager method, flips fewer signs than every lazy method, for every seed and on both data sets": (
        lambda found: _on_all(found, partial(_eager_rests, found))
    ),
    "fewer flips are no better: over the methods flips and errors go against each other, Spearman's rho below 0 on "
    "both data sets": lambda found: _on_all(found, lambda data: correlation(found, data) < 0),
    "flips alone do not say the error: rho lies between -0.8 and 0.8 on both data sets": (
        lambda found: _on_all(found, lambda data: abs(correlation(found, data)) < 0.8)
    ),
    "ProxQuant's error is no higher than BinaryConnect's, for every seed and on both data sets": (
        lambda found: _on_all(found, partial(_no_worse, found))
    ),
}


def label(method: str) -> str:
    """As the registry has it."""
    found = registered(method)
    return method if found is None else found.label


def report(found: Found) -> str:
    """Markdown: a table for each data set, and what held."""
    lines = [
        "Error against sign flips: a small network (two convolutions and a linear layer, all of them +-1), each "
        "method from the same full-precision network of a seed. Test error of the quantized network after the last "
        "epoch, batch norms estimated anew; flips of a weight in the whole run, up to the freeze; "
        f"mean ± standard deviation over {len(SEEDS)} seeds. Differences to BinaryConnect over the same seeds with "
        "the 95 % interval of Student's paired test, in percentage points, not corrected for their number.\n"
    ]
    heads = ("", "test error, %", "flips a weight", "of them back, %", "changed at the end, %")
    for data in DATA:
        present = [method for method in METHODS if of_method(found, data, method)]
        if not present:
            continue
        warm = [found[f"{data} warm {seed}"] for seed in SEEDS]
        rows = [(FULL_PRECISION.label, spread([wrong(w) for w in warm], 2), *["-"] * 4)]
        rows += [_row(found, data, method) for method in present]
        lines.append(f"**{LABELS[data]}**\n")
        lines.append(markdown((*heads, "error against BinaryConnect"), rows))
        if len(present) == len(METHODS):
            rho = correlation(found, data)
            lines.append(f"Spearman's rho of flips and errors over the methods: {rho:+.2f}.\n")
    return "\n".join([*lines, said(PREDICTIONS, found)])


def _row(found: Found, data: str, method: str) -> tuple[str, ...]:
    own, reference = of_method(found, data, method), of_method(found, data, "binaryconnect")
    against = "-"
    if method != "binaryconnect" and reference:
        mean, interval, _ = difference(
            wrong(a) - wrong(b) for a, b in zip(own, reference, strict=True)
        )
        shown = "" if interval is None else f" ({interval[0]:+.2f} to {interval[1]:+.2f})"
        against = f"{mean:+.2f}{shown}"
    moved = [run for run in own if flips(run)]
    back = [100 * run["reversals_per_weight"] / flips(run) for run in moved]
    return (
        label(method),
        spread([wrong(run) for run in own], 2),
        spread([flips(run) for run in own], 3),
        spread(back, 0) if back else "-",
        spread([100 * run["change_from_start"] for run in own], 1),
        against,
    )


def draw(found: Found) -> bytes:
    """A panel for each data set: a mark for each seed, a look for each method; a line for full precision."""
    shown = [data for data in DATA if any(of_method(found, data, method) for method in METHODS)]
    ends: list[str] = []
    handles: dict[str, Any] = {}
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    with styled():
        figure, (axes,) = grid_of_axes(1, max(len(shown), 1), 5.0 * max(len(shown), 1), 5.0)
        for axis, data in zip(axes, shown, strict=False):
            for look, method in zip(looks(METHODS), METHODS, strict=True):
                own = of_method(found, data, method)
                if not own:
                    continue
                x, y = [flips(run) for run in own], [wrong(run) for run in own]
                line = look.draw(
                    axis, x, y, linestyle="", markersize=points(7.0), label=label(method)
                )
                # every mark counts here
                line.set_markevery(None)
                handles.setdefault(method, line)
                ends.append(f"{label(method)} on {data} {np.mean(x):.3f} flips, {np.mean(y):.2f} %")
            warm = [wrong(found[f"{data} warm {seed}"]) for seed in SEEDS]
            handles[""] = axis.axhline(
                float(np.mean(warm)),
                color=BLACK,
                linewidth=points(1.0),
                linestyle=(0, (1, 2)),
                label=FULL_PRECISION.label,
            )
            axis.set_xscale("log")
            axis.set_yscale("log")
            for own_axis in (axis.xaxis, axis.yaxis):
                own_axis.set_major_formatter(ScalarFormatter())
                own_axis.set_minor_formatter(NullFormatter())
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_xlabel("flips of a weight")
            axis.set_ylabel("test error, %")
            title(axis, LABELS[data])
        legend_below(figure, axes[0], list(handles.values()))
        text = "Test error against sign flips, a mark for each of three seeds and each method."
        return png(describe(figure, f"{text} Means: {'; '.join(ends)}."))


@click.command(cls=Script)
@counted_options(*DATA)
def main(runs: Path, data: str, data_dir: str | None, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / "error_and_flips"
    with user_errors():
        loaded = data_of(warm_settings(data, SEEDS[0]), data_dir, *IMAGES[data])
        planned = {name: plan(name, folder, lambda: loaded) for name in DATA}
        conduct_on(data, "error_and_flips", planned, folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
