"""What ProxQuant's advantage could rest on: how the published code departs from the paper, one departure at a time.

    python -m experiments.departures --runs RUNS                                the digits, seconds a run
    python -m experiments.departures --runs RUNS --data cifar10 --data-dir DIR  3,200 images, 6 epochs

Both methods from one full-precision network a seed, as in ``experiments.error_and_flips``: the plain runs are those of
the paper's text at one step size, and each of the others changes one thing. docs/published_code.md says what each
departure is. It goes on when it is called again; ``results/departures.md`` and ``.png`` are about all data sets of
which there are runs. The predictions below were written before any run.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from experiments import error_and_flips
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
from experiments.error_and_flips import IMAGES, warm_settings, wrong
from experiments.options import Script, counted_options
from pqtheory.cli.errors import user_errors
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.tables.paired import difference
from pqtheory.networks.training import Settings
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import points, styled

SEEDS = (0, 1, 2, 3, 4)
EPOCHS = {"digits": 15, "cifar10": 6}
LABELS = {"digits": "digits, 15 epochs", "cifar10": "CIFAR-10, 3,200 images, 6 epochs"}
METHODS = {"binaryconnect": "BinaryConnect", "proxquant": "ProxQuant"}
PLAIN = "as the paper's text says"


def _falling(settings: Settings) -> Settings:
    """BinaryConnect's steps fall by 10 after a quarter and 3/8 of the epochs before the freeze, ProxQuant's do not."""
    freeze = settings.freeze_epoch or settings.epochs
    if settings.method != "binaryconnect" or freeze < 3:
        return settings
    first = max(1, round(freeze / 4))
    return replace(settings, drops=(first, max(first + 1, round(3 * freeze / 8)), freeze))


def _published(settings: Settings) -> Settings:
    return _falling(replace(settings, clip=1.0, renew=True, per_epoch=True))


def _sooner(settings: Settings) -> Settings:
    freeze = max(1, round(settings.epochs / 3))
    # the pull adds up to the same until then
    rate = settings.rate * ((settings.freeze_epoch or 0) / freeze) ** 2
    return replace(settings, freeze_epoch=freeze, drops=(freeze,), rate=rate)


#: what is changed of the plain runs
DEPARTURES: Mapping[str, Callable[[Settings], Settings]] = {
    PLAIN: lambda settings: settings,
    "weights clipped to [-1, 1]": lambda settings: replace(settings, clip=1.0),
    "a new optimizer every epoch": lambda settings: replace(settings, renew=True),
    "lambda once an epoch": lambda settings: replace(settings, per_epoch=True),
    "BinaryConnect's steps fall": _falling,
    "all of these, as published": _published,
    "a pull a third as fast": lambda settings: replace(settings, rate=settings.rate / 3),
    "a pull three times as fast": lambda settings: replace(settings, rate=3 * settings.rate),
    "steps a third as large": lambda settings: replace(settings, lr=settings.lr / 3),
    "frozen at a third, not two": _sooner,
}
#: what the published code does, each alone and together
PUBLISHED = tuple(DEPARTURES)[1:6]


def plan(
    data: str, folder: Path, load: Callable[[], Any]
) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """The warm start of each seed, then both methods from it, with each departure that means something to them."""
    runs: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for seed in SEEDS:
        warm = folder / f"{data}-warm-{seed}.pt"
        runs[f"{data} warm {seed}"] = lambda s=seed, w=warm: trained(  # type: ignore[misc]
            warm_settings(data, s), load(), w
        )
        for method in METHODS:
            plain = error_and_flips.settings_of(data, method, seed, warm, EPOCHS[data])
            for name, change in DEPARTURES.items():
                settings = change(plain)
                if name == PLAIN or settings != plain:
                    runs[run_name(data, name, method, seed)] = lambda s=settings: counted(  # type: ignore[misc]
                        s, load()
                    )
    return runs


def run_name(data: str, departure: str, method: str, seed: int) -> str:
    """Of a run, in files too."""
    return f"{data} {departure} {method} {seed}"


def of_method(found: Found, data: str, departure: str, method: str) -> list[Mapping[str, Any]]:
    """Its runs by seed, where all are there; the plain ones where the departure is none to this method."""
    own = there(found, [run_name(data, departure, method, seed) for seed in SEEDS])
    return own or there(found, [run_name(data, PLAIN, method, seed) for seed in SEEDS])


def _there(found: Found, data: str) -> bool:
    names = plan(data, Path("nowhere"), lambda: None)
    return all(name in found for name in names)


def gap(found: Found, data: str, departure: str) -> list[float]:
    """ProxQuant's error less BinaryConnect's by seed, in percentage points."""
    connect, prox = (of_method(found, data, departure, method) for method in METHODS)
    return [wrong(a) - wrong(b) for a, b in zip(prox, connect, strict=True)]


def _ahead(found: Found, data: str, departure: str) -> bool:
    """Whether ProxQuant's error is the lower one beyond what seeds do by chance."""
    _, interval, _ = difference(gap(found, data, departure))
    return interval is not None and interval[1] < 0


def _none_turns(found: Found, data: str) -> bool:
    return not any(_ahead(found, data, departure) for departure in PUBLISHED)


def _clip_frees(found: Found, data: str) -> bool:
    clipped = of_method(found, data, "weights clipped to [-1, 1]", "binaryconnect")
    plain = of_method(found, data, PLAIN, "binaryconnect")
    return all(flips(a) >= flips(b) for a, b in zip(clipped, plain, strict=True))


def _calm_by_schedule(found: Found, data: str) -> bool:
    fallen = of_method(found, data, "BinaryConnect's steps fall", "binaryconnect")
    plain = of_method(found, data, PLAIN, "binaryconnect")
    return all(flips(a) < flips(b) / 2 for a, b in zip(fallen, plain, strict=True))


def _slower_is_better(found: Found, data: str) -> bool:
    slow, fast = (
        np.mean([wrong(run) for run in of_method(found, data, name, "proxquant")])
        for name in ("a pull a third as fast", "a pull three times as fast")
    )
    return bool(slow < fast)


def _on_all(holds: Callable[[Found, str], bool], found: Found) -> bool | None:
    return on_all(tuple(EPOCHS), partial(_there, found), partial(holds, found))


#: stated before the first run
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "no departure of the published code, alone or with the others, puts ProxQuant ahead: the interval of the "
    "difference never lies below 0": partial(_on_all, _none_turns),
    "clipping makes BinaryConnect flip as often or more, since no latent weight can go far from 0, for every seed": (
        partial(_on_all, _clip_frees)
    ),
    "the published schedule calms BinaryConnect: falling steps halve its flips at least, for every seed": (
        partial(_on_all, _calm_by_schedule)
    ),
    "a slower pull is the better one: ProxQuant's mean error is lower at a third of the rate than at three times it": (
        partial(_on_all, _slower_is_better)
    ),
}


def report(found: Found) -> str:
    """Markdown: a table for each data set, and what held."""
    lines = [
        "ProxQuant and BinaryConnect with each departure of the published code, and with other rates, steps and "
        "freezes: a small network (two convolutions and a linear layer, all of them +-1), both from the same "
        "full-precision network of a seed. Test error of the quantized network after the last epoch, batch norms "
        f"estimated anew, and flips of a weight in the whole run; mean ± standard deviation over {len(SEEDS)} seeds. "
        "Differences over the same seeds with the 95 % interval of Student's paired test, in percentage points, not "
        "corrected for their number.\n"
    ]
    heads = ("", *(f"{m}: error, %" for m in METHODS.values()), "difference")
    for data in EPOCHS:
        if not _there(found, data):
            continue
        rows = [_row(found, data, departure) for departure in DEPARTURES]
        lines.append(f"**{LABELS[data]}**\n")
        lines.append(markdown((*heads, *(f"{m}: flips" for m in METHODS.values())), rows))
    return "\n".join([*lines, said(PREDICTIONS, found)])


def _row(found: Found, data: str, departure: str) -> tuple[str, ...]:
    own = [of_method(found, data, departure, method) for method in METHODS]
    mean, interval, _ = difference(gap(found, data, departure))
    shown = "" if interval is None else f" ({interval[0]:+.2f} to {interval[1]:+.2f})"
    return (
        departure,
        *(spread([wrong(run) for run in runs], 2) for runs in own),
        f"{mean:+.2f}{shown}",
        *(spread([flips(run) for run in runs], 3) for runs in own),
    )


def draw(found: Found) -> bytes:
    """A panel for each data set: ProxQuant's error less BinaryConnect's, a mark a seed, a row a departure."""
    shown = [data for data in EPOCHS if _there(found, data)]
    names = list(DEPARTURES)
    said = []
    with styled():
        figure, (axes,) = grid_of_axes(1, max(len(shown), 1), 5.5 * max(len(shown), 1), 5.0)
        (look,) = looks(["proxquant"])
        for axis, data in zip(axes, shown, strict=False):
            for place, departure in enumerate(names):
                values = gap(found, data, departure)
                line = look.draw(
                    axis,
                    values,
                    [place] * len(values),
                    linestyle="",
                    markersize=points(6.0),
                    label=None if place else "a seed",
                )
                line.set_markevery(None)
                mean = float(np.mean(values))
                axis.plot([mean, mean], [place - 0.35, place + 0.35], color="black")
                said.append(f"{departure} on {data} {mean:+.2f}")
            axis.axvline(0.0, color="black", linewidth=points(0.8), linestyle=(0, (1, 2)))
            axis.set_yticks(range(len(names)), names if axis is axes[0] else [""] * len(names))
            axis.invert_yaxis()
            axis.set_xlabel("ProxQuant less BinaryConnect, points")
            title(axis, f"test error: {LABELS[data]}")
        legend_below(figure, axes[0])
        text = "ProxQuant's test error less BinaryConnect's with each departure of the published code; left of 0 "
        return png(describe(figure, f"{text}ProxQuant is ahead. Means: {'; '.join(said)}."))


@click.command(cls=Script)
@counted_options(*EPOCHS)
def main(runs: Path, data: str, data_dir: str | None, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / "departures"
    with user_errors():
        loaded = data_of(warm_settings(data, SEEDS[0]), data_dir, *IMAGES[data])
        planned = {name: plan(name, folder, lambda: loaded) for name in EPOCHS}
        conduct_on(data, "departures", planned, folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
