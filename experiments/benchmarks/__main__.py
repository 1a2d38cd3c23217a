"""Run every benchmark and write experiments/results/benchmarks.md and .json: ``make bench``."""

import dataclasses
import inspect
from pathlib import Path

from rich.console import Console
from rich.progress import track

from experiments.benchmarks import (
    checkpoints,
    importing,
    optimizer,
    prox,
    signs,
    simulation,
    training,
)
from pqtheory.provenance import provenance, write_json

RESULTS = Path(__file__).parents[1] / "results"
SUITES = (importing, prox, simulation, signs, checkpoints, optimizer, training)


def main(results: Path = RESULTS, **sizes: int) -> None:
    """Measure, print, write; ``sizes`` go to every suite that knows them."""
    console = Console(stderr=True)
    rows = []
    for suite in track(SUITES, "benchmarks", console=console):
        known = inspect.signature(suite.measure).parameters
        rows += suite.measure(**{k: v for k, v in sizes.items() if k in known})
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
    origin = provenance(seed=0)
    hardware = origin["hardware"]
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    where = f"{hardware['processor']}, {hardware['cores']} cores; {versions}; {origin['time']}"
    lines += ["", where, ""]
    results.mkdir(exist_ok=True)
    (results / "benchmarks.md").write_text("\n".join(lines))
    data = {"rows": [dataclasses.asdict(row) for row in rows], "provenance": origin}
    write_json(results / "benchmarks.json", data)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
