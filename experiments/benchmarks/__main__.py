"""Run every benchmark and write experiments/results/benchmarks.md and .json: ``make bench``."""

import dataclasses
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from experiments.benchmarks import (
    checkpoints,
    codes,
    fitted,
    importing,
    language,
    optimizer,
    prox,
    signs,
    simulation,
    training,
)
from experiments.benchmarks.timing import Row
from experiments.options import Script
from pqtheory._files import write_whole
from pqtheory.provenance import provenance, write_json

RESULTS = Path(__file__).parents[1] / "results"
SUITES = {
    "importing": importing,
    "prox": prox,
    "simulation": simulation,
    "signs": signs,
    "codes": codes,
    "checkpoints": checkpoints,
    "optimizer": optimizer,
    "fitted": fitted,
    "training": training,
    "language": language,
}


def measure(names: Sequence[str] = tuple(SUITES), **sizes: int) -> list[Row]:
    """The rows of these suites; ``sizes`` go to every suite that knows them."""
    rows = []
    for name in track(names, "benchmarks", console=Console(stderr=True)):
        suite = SUITES[name]
        known = inspect.signature(suite.measure).parameters
        rows += suite.measure(**{k: v for k, v in sizes.items() if k in known})
    return rows


def table(rows: Sequence[Row], origin: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        "# Benchmarks",
        "",
        "Ratios of medians, both sides timed in turns in one run. Written by `make bench`.",
        "",
        "| what | ratio | limit | seconds | baseline | within |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        relation = ">=" if row.at_least else "<="
        lines.append(
            f"| {row.name} | {row.ratio:.2f} | {relation} {row.limit:g} | {row.seconds:.4f} "
            f"| {row.baseline_seconds:.4f} | {'yes' if row.within else 'NO'} |"
        )
    hardware = origin["hardware"]
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    where = f"{hardware['processor']}, {hardware['cores']} cores; {versions}; {origin['time']}"
    return "\n".join([*lines, "", where, ""])


def write(results: Path, rows: Sequence[Row]) -> None:
    """Write and print the table, and write the same as JSON."""
    origin = provenance(seed=0)
    text = table(rows, origin)
    results.mkdir(parents=True, exist_ok=True)
    write_whole(results / "benchmarks.md", text.encode())
    data = {"rows": [dataclasses.asdict(row) for row in rows], "provenance": origin}
    write_json(results / "benchmarks.json", data)
    print(text)


@click.command(cls=Script)
@click.option(
    "--only", multiple=True, type=click.Choice(tuple(SUITES)), help="These; writes no file."
)
def main(only: tuple[str, ...]) -> None:
    """Speed, as ratios measured side by side; writes experiments/results/benchmarks.md and .json."""
    if only:
        print(table(measure(only), provenance(seed=0)))
    else:
        write(RESULTS, measure())


if __name__ == "__main__":
    main()
