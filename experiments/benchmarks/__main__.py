"""Run every benchmark and write experiments/results/benchmarks.md and .json: ``make bench``."""

import dataclasses
import json
from pathlib import Path

from rich.console import Console
from rich.progress import track

from experiments.benchmarks import importing, prox, signs, simulation
from pqtheory.provenance import provenance

RESULTS = Path(__file__).parents[1] / "results"
SUITES = (importing, prox, simulation, signs)


def main() -> None:
    """Measure, print, write."""
    rows = [row for suite in track(SUITES, "benchmarks") for row in suite.measure()]
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
    origin = provenance("python -m experiments.benchmarks", seed=0)
    lines += [
        "",
        f"{origin['hardware']}; " + ", ".join(f"{k} {v}" for k, v in origin["versions"].items()),
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "benchmarks.md").write_text("\n".join(lines))
    data = {"rows": [dataclasses.asdict(row) for row in rows], "provenance": origin}
    (RESULTS / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n")
    Console().print("\n".join(lines))


if __name__ == "__main__":
    main()
