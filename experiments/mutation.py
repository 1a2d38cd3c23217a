"""Mutation testing of any part of the package: ``python -m experiments.mutation pqtheory/stability``.

Each test file of a part (mutating/parts.py) runs once, followed line by line; a mutant then meets the tests that run
its lines, the fastest first, in a process that has torch and the like from its parent, and in a copy of the checkout
under mutants/, which processes that a test starts see as well. A mutant is killed when a test fails on it that passes
without it. A run that was stopped goes on where it was, and a mutant that is still the same does not run again. What
was found is kept by part in experiments/results/mutation.json; experiments/results/mutation.md shows it: the share of
mutants that the tests kill, and each survivor with its change and the word on it from mutation_survivors.toml.

``--sample N --seed S`` draws N mutants of each part instead of all; a larger sample of the same seed holds the smaller
one. ``--limit`` starts no mutant of a part after so many seconds. ``--again`` runs those that were not caught once
more, with the tests of today.
"""

import json
import sys
import tomllib
from pathlib import Path

import click

from experiments.mutating.forked import load
from experiments.mutating.lines import failing
from experiments.mutating.mutants import drawn, mutants_of
from experiments.mutating.parts import PARTS, ROOT, files_of, part_of, tests_of
from experiments.mutating.report import TARGET, collected, report, share
from experiments.mutating.runs import digest, forget, outcomes, run
from pqtheory._files import write_whole

FOUND = ROOT / "experiments" / "results" / "mutation.json"
WORDS = Path(__file__).with_name("mutation_survivors.toml")


@click.command()
@click.argument("parts", nargs=-1)
@click.option("--report", "only_report", is_flag=True, help="Report on the runs so far.")
@click.option("--jobs", default=1, show_default=True, help="Processes side by side.")
@click.option("--fresh", is_flag=True, help="Begin anew.")
@click.option("--sample", type=click.IntRange(1), help="So many mutants of each part, at random.")
@click.option("--seed", default=0, show_default=True, help="Of the sample.")
@click.option("--again", is_flag=True, help="Run those that were not caught once more.")
@click.option("--limit", type=click.FloatRange(0), help="Seconds for each part.")
@click.option(
    "--seconds",
    default=30.0,
    show_default=True,
    help="What the tests that a mutant meets may take together without it.",
)
def main(
    parts: tuple[str, ...],
    only_report: bool,
    jobs: int,
    fresh: bool,
    sample: int | None,
    seed: int,
    again: bool,
    limit: float | None,
    seconds: float,
) -> None:
    """Run mutants of PARTS of the package (all, if none is named), collect, write; exit code 1 below the target."""
    chosen = [part.rstrip("/") for part in parts] or list(PARTS)
    for part in chosen:
        try:
            part_of(part)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    found = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    words = tomllib.loads(WORDS.read_text())["words"]
    if not only_report:
        load()
    for part in chosen:
        every = [mutant for file in files_of(part) for mutant in mutants_of(file)]
        sampled = drawn(every, sample, seed)
        if fresh:
            forget(part)
        if not only_report:
            known = outcomes(part)
            same = {m for m in sampled if m.name in known and known[m.name].digest == digest(m)}
            done = {mutant for mutant in same if known[mutant.name].caught or not again}
            left = [mutant for mutant in sampled if mutant not in done]
            run(part, left, jobs=jobs, limit=limit, seconds=seconds)
            for name in [name for file in tests_of(part) for name in failing(file)] if left else ():
                print(f"does not pass without a mutant, and kills none: {name}")
        known = outcomes(part)
        if known:
            found[part] = collected(len(every), sampled, known, seed)
            # parts in the order of the package, those that no table names behind them
            order = [*PARTS, *sorted(set(found) - set(PARTS))]
            found = {name: found[name] for name in order if name in found}
            write_whole(FOUND, (json.dumps(found, indent=1) + "\n").encode())
            write_whole(FOUND.with_suffix(".md"), report(found, words).encode())
            print(f"{part}: {share(found[part]['kinds']):.1%} caught")
            for name, diff in found[part]["survivors"].items():
                if name not in words and diff not in words:
                    print(f"\n{name}\n{diff}")
    below = [part for part in chosen if part in found and share(found[part]["kinds"]) < TARGET]
    shown = FOUND.with_suffix(".md").relative_to(ROOT)
    print(f"see {shown}" + (f"; below {TARGET:.0%}: {', '.join(below)}" if below else ""))
    sys.exit(bool(below))


if __name__ == "__main__":
    main()
