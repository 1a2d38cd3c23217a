"""A small Transformer at one to two bits: which of the paper's claims on stability carry over?

    python -m experiments.transformer --runs RUNS                                the text of the package, seconds a run
    python -m experiments.transformer --runs RUNS --text ptb --data-dir DIR      2,000 words, 100,000 of them trained on

BinaryConnect, ProxQuant and PARQ's map, each with binary levels that have a scale, ternary ones with the absmean scale,
and 2 bits, all by rows and with the same steps of Adam. It goes on when it is called again; what is finished goes to
``results/transformer.json`` (``transformer-ptb.json``), with a table and a picture beside it. The predictions below
were written before any run.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from experiments import RESULTS
from experiments.options import Script
from experiments.predictions import Predictions, decided, listed
from pqtheory._files import write_whole
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import progress
from pqtheory.networks.sweeps import Plan, Planned
from pqtheory.networks.tables import stability
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.training import Settings, preset
from pqtheory.networks.training.build import load_data
from pqtheory.networks.training.last_epoch import train_and_watch, watched
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import styled
from pqtheory.provenance import provenance, write_json

#: two blocks of width 64
SMALL: Mapping[str, Any] = {"hidden": 64, "layers": 2}
TEXTS: Mapping[str, Mapping[str, Any]] = {
    "sentences": {"epochs": 16, "measure_every": 4},
    "ptb": {"epochs": 6, "measure_every": 3, "vocabulary": 2_000, "tokens": 100_000},
}
METHODS = {"BC": "binaryconnect", "PQ": "proxquant", "PARQ": "parq"}
LEVELS = {"binary": "scaled-binary", "ternary": "absmean-ternary", "2-bit": "2-bit"}
#: lambda of PARQ at the end; from 1 on, after two thirds of the epochs, its map is the projection
PROJECTS = 1.5

Run = Mapping[str, Any]
Runs = Mapping[str, Run]


def plan(text: str = "sentences", **common: Any) -> list[Planned]:
    """Full precision, then each of the levels with each of the methods; ``common`` settings are those of every run."""
    shared = {
        "task": "language",
        "model": "transformer",
        "data": text,
        **SMALL,
        **TEXTS[text],
        **common,
    }
    runs = [Planned("FP", preset("corrected", "full-precision", **shared))]
    for kind, levels in LEVELS.items():
        for name, method in METHODS.items():
            own = {"rate": PROJECTS / shared["epochs"]} if method == "parq" else {}
            chosen = preset("corrected", method, levels=levels, **shared, **own)
            runs.append(Planned(f"{name} {kind}", chosen))
    return runs


def _pairs(runs: Runs, method: str, other: str) -> list[tuple[Run, Run]]:
    """The runs of two methods at each of the levels; none where one is missing."""
    names = [(f"{method} {kind}", f"{other} {kind}") for kind in LEVELS]
    if not all(name in runs for pair in names for name in pair):
        return []
    return [(runs[a], runs[b]) for a, b in names]


def _flips(run: Run) -> float:
    found = stability.moves(run)
    return 0.0 if found is None else found[0]


def _back(run: Run) -> float:
    """Share of the flips that undo the last one."""
    found = stability.moves(run)
    return found[1] / found[0] if found and found[0] else 0.0


def _start(run: Run) -> float:
    return float(run["sign_change"])


def _all(pairs: Sequence[tuple[Run, Run]], holds: Callable[[Run, Run], bool]) -> bool | None:
    return all(holds(a, b) for a, b in pairs) if pairs else None


#: the paper's claims, as they would read here, and one on PARQ, stated before the first run: sentence, whether it held
PREDICTIONS: Predictions = {
    "under BinaryConnect codes are not at rest in the last epoch: at all levels 1 in 1,000 or more change at a step": (
        lambda runs: _all(_pairs(runs, "BC", "BC"), lambda bc, _: _flips(bc) >= 1e-3)
    ),
    "ProxQuant comes to rest: fewer than half of BinaryConnect's changes, at all levels": (
        lambda runs: _all(_pairs(runs, "PQ", "BC"), lambda pq, bc: _flips(pq) < _flips(bc) / 2)
    ),
    "ProxQuant's signs end nearer to where they began than BinaryConnect's, at all levels": (
        lambda runs: _all(_pairs(runs, "PQ", "BC"), lambda pq, bc: _start(pq) < _start(bc))
    ),
    "BinaryConnect oscillates: more of its changes go back than of ProxQuant's, at all levels": (
        lambda runs: _all(_pairs(runs, "BC", "PQ"), lambda bc, pq: _back(bc) > _back(pq))
    ),
    "calm pays: ProxQuant's perplexity is no higher than BinaryConnect's, at all levels": (
        lambda runs: _all(
            _pairs(runs, "PQ", "BC"),
            lambda pq, bc: stability.perplexity(pq) <= stability.perplexity(bc),
        )
    ),
    "PARQ, lazy and in the end a projection, is as restless as BinaryConnect: at all levels within a factor of 2": (
        lambda runs: _all(
            _pairs(runs, "PARQ", "BC"),
            lambda parq, bc: _flips(bc) / 2 < _flips(parq) < 2 * _flips(bc),
        )
    ),
}


def report(runs: Runs, text: str) -> str:
    """Markdown: the table, each claim, and the paragraph that sums them up."""
    kinds = stability.kinds(runs.values())
    held = decided(PREDICTIONS, runs)
    heads = ("", "perplexity", *kinds, "signs changed since the start, %")
    table = [
        (*row, stability.NONE if run["name"] == "FP" else f"{100 * _start(run):.1f}")
        for row, run in zip(stability.rows(runs.values(), kinds), runs.values(), strict=True)
    ]
    lines = [
        f"A Transformer on the text {text!r}, {len(runs)} finished runs of one seed: perplexity per word of the test "
        "part at the end, quantized; and of 1,000 codes how many change at a step of the last epoch, in brackets how "
        "many of them go back against their own last move, by layer and for all.\n",
        markdown(heads, table),
        "The paper's claims on stability, and one on PARQ, as predictions written before any run:\n",
        listed(held) + "\n",
        _paragraph(runs, held),
    ]
    return "\n".join(lines) + "\n"


def _paragraph(runs: Runs, held: Mapping[str, bool | None]) -> str:
    if None in held.values():
        return "Which of them carry over is known when all runs are done."
    pairs = _pairs(runs, "PQ", "BC")
    calmer = _range([_flips(pq) / _flips(bc) for pq, bc in pairs if _flips(bc)])
    worse = _range([stability.perplexity(pq) / stability.perplexity(bc) for pq, bc in pairs])
    start = [" and ".join(f"{100 * _start(run):.0f} %" for run in pair) for pair in pairs]
    back = _range([100 * _back(bc) for _, bc in pairs], 0)
    return (
        f"Of the {len(held)} claims {sum(map(bool, held.values()))} hold of this Transformer. Under ProxQuant "
        f"{calmer} times as many codes change at a step of the last epoch as under BinaryConnect, and its perplexity "
        f"is {worse} times as high. From the start to the end the signs of ProxQuant and BinaryConnect change by "
        f"{', '.join(start)} at {', '.join(LEVELS)} levels. Of BinaryConnect's changes in the last epoch {back} % go "
        f"back. The step size of that epoch is {_last_step(runs):.3f} of the first, under all methods alike. One seed, "
        "one rate that was not tuned, a small network and a short schedule: a first answer, not the last."
    )


def _last_step(runs: Runs) -> float:
    settings = Settings.from_dict({**next(iter(runs.values()))["settings"], "warm_start": None})
    return settings.lr_at(settings.epochs - 1) / settings.lr


def _range(values: Sequence[float], digits: int = 2) -> str:
    """The least and the most of some numbers."""
    if not values:
        return stability.NONE
    low, high = (f"{v:.{digits}f}" for v in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def draw(runs: Runs) -> bytes:
    """Codes that change at a step of the last epoch by layer, a panel for each of the levels, a look each method."""
    kinds, ends = stability.kinds(runs.values()), []
    with styled():
        figure, (axes,) = grid_of_axes(1, len(LEVELS), 4.0 * len(LEVELS), 4.0)
        for axis, kind in zip(axes, LEVELS, strict=True):
            for look, name in zip(looks(list(METHODS.values())), METHODS, strict=True):
                run = runs.get(f"{name} {kind}")
                if run is None:
                    continue
                found = [stability.moves(run, layer) for layer in kinds]
                values = [math.nan if m is None else 1e3 * m[0] for m in found]
                look.draw(axis, kinds, values, label=name)
                ends.append(f"{run['name']} {values[-1]:.2f}")
            title(axis, kind)
            axis.set_ylabel("codes of 1,000 that change at a step")
        legend_below(figure, axes[0])
        said = "Codes of 1,000 that change at a step of the last epoch, by layer, a panel for each of the levels."
        return png(describe(figure, f"{said} Of all layers: {'; '.join(ends)}."))


def found_in(chosen: Plan) -> dict[str, Run]:
    """What finished runs found, by name."""
    done = set(chosen.finished())
    found = {}
    for run in collected(chosen, ("all",)):
        if run["name"] in done:
            changes = run["curves"].get("change_from_start, all", [math.nan])
            folder = chosen.folder_of(next(p for p in chosen.runs if p.name == run["name"]))
            own = {"last_epoch": watched(folder), "sign_change": changes[-1]}
            found[run["name"]] = {**run, **own}
    return found


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--text", type=click.Choice(tuple(TEXTS)), default="sentences", show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, data_dir: str | None, text: str, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    name = "transformer" if text == "sentences" else f"transformer-{text}"
    end = time.monotonic() + 60 * time_budget
    with user_errors():
        chosen = Plan(runs, tuple(plan(text)))
        done = set(chosen.finished())
        with progress("runs") as update:
            for number, planned in enumerate(chosen.runs, 1):
                if planned.name not in done and time.monotonic() < end:
                    data = load_data(planned.settings, data_dir)
                    train_and_watch(planned.settings, data, chosen.folder_of(planned))
                update(number, len(chosen.runs), planned.name)
        found = found_in(chosen)
        RESULTS.mkdir(exist_ok=True)
        content = {"runs": list(found.values()), "provenance": provenance()}
        write_json(RESULTS / f"{name}.json", content)
        write_whole(RESULTS / f"{name}.md", report(found, text).encode())
        write_whole(RESULTS / f"{name}.png", draw(found))
    state = "all runs done" if chosen.is_done() else "not all runs done; call again"
    click.echo(f"results/{name}.md: {state}")


if __name__ == "__main__":
    main()
