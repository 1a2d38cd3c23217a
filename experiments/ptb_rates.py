"""How fast ProxQuant's strength may grow on the Penn Treebank: three rates a level, chosen on the validation text.

    python -m experiments.ptb_rates --runs RUNS --data-dir DIR --jobs 2

The schedule of two cores of ``experiments.ptb``, whose rates are estimates. The seed is one that its table has not, so
that nothing there is chosen by what it shows. Writes ``results/ptb_rates.json`` and ``.md``; it stops in time and goes
on when it is called again.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from experiments import RESULTS
from experiments.options import Script, report_failures
from experiments.predictions import Predictions, decided, listed
from experiments.ptb import SMALL, SQUARED_RATE
from pqtheory._files import write_whole
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import progress
from pqtheory.networks.metrics import PERPLEXITY, error_of
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.tables import treebank
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.training import preset
from pqtheory.provenance import provenance, write_json

SEED = 9
LEVELS = ("scaled-binary", "2-bit")
#: of the rate that the table has
FACTORS = (0.01, 0.1, 1.0)
STRAIGHT = "straight-through"

Runs = Sequence[dict[str, Any]]


def plan() -> list[Planned]:
    """Straight-through and ProxQuant at each rate, by levels."""
    base = {"task": "language", "data": "ptb", "seed": SEED, **SMALL}
    found = []
    for levels in LEVELS:
        straight = preset("corrected", "binaryconnect", **base, levels=levels)
        found.append(Planned(f"{levels} {STRAIGHT}-{SEED}", straight))
        for factor in FACTORS:
            rate = factor * SQUARED_RATE
            settings = preset("corrected", "proxquant", **base, levels=levels, rate=rate)
            found.append(Planned(f"{levels} rate {rate:g}-{SEED}", settings))
    return found


def _perplexity(runs: Runs, name: str, text: str) -> float | None:
    run = treebank.finished(runs).get(name, {}).get(SEED)
    return None if run is None else error_of(treebank.picked(run)[text])


def best(runs: Runs, levels: str) -> str | None:
    """The rate with the least validation perplexity; None where one has not ended."""
    names = [f"{levels} rate {factor * SQUARED_RATE:g}" for factor in FACTORS]
    found = {name: _perplexity(runs, name, "held_out") for name in names}
    if None in found.values():
        return None
    return min(names, key=lambda name: found[name] or math.inf)


def _slower(runs: Runs) -> bool | None:
    found = [best(runs, levels) for levels in LEVELS]
    if None in found:
        return None
    return all(name is not None and not name.endswith(f" {SQUARED_RATE:g}") for name in found)


def _near(runs: Runs) -> bool | None:
    name, straight = best(runs, "2-bit"), _perplexity(runs, f"2-bit {STRAIGHT}", "test")
    if name is None or straight is None:
        return None
    return abs(math.log((_perplexity(runs, name, "test") or math.inf) / straight)) <= 0.03


#: stated before the first run
PREDICTIONS: Predictions = {
    "the rates of the table are too fast: at both levels a slower one has the least validation perplexity": _slower,
    "at its best rate ProxQuant at 2 bits is within 3 % of straight-through, test perplexity": _near,
}


def _shown(perplexity: float | None) -> str:
    return "-" if perplexity is None else PERPLEXITY.shown(perplexity)


def report(runs: Runs) -> str:
    """Markdown: a row for each run, and what held."""
    names = [run.name.rsplit("-", 1)[0] for run in plan()]
    rows = [
        (name, *(_shown(_perplexity(runs, name, text)) for text in ("held_out", "test")))
        for name in names
    ]
    return "\n".join(
        [
            "Perplexity per word on the Penn Treebank after the epoch with the least validation perplexity of the "
            f"quantized network; schedule of two cores, seed {SEED}, one run each. The rate is that of lambda an "
            "epoch.\n",
            markdown(("levels and rate", "validation", "test"), rows),
            "Predictions, written before any run:\n",
            listed(decided(PREDICTIONS, runs)),
            "",
        ]
    )


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, data_dir: str | None, jobs: int, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    with user_errors():
        chosen = Plan(runs, tuple(plan()))
        with progress("runs") as update:
            failed = carry_out(
                chosen, data_dir=data_dir, minutes=time_budget, jobs=jobs, progress=update
            )
        found = collected(chosen, ("all",))
        if failed and not found:
            raise ValueError(next(iter(failed.values())))
        RESULTS.mkdir(exist_ok=True)
        write_json(RESULTS / "ptb_rates.json", {"runs": found, "provenance": provenance()})
        write_whole(RESULTS / "ptb_rates.md", report(found).encode())
    state = "all runs done" if chosen.is_done() else "not all runs done; call again"
    click.echo(f"results/ptb_rates.md: {state}")
    report_failures(failed)


if __name__ == "__main__":
    main()
