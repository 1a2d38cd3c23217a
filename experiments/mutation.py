"""Mutation testing of the sets, the regularizers and the sign tracking: ``make mutate``.

Runs mutmut (configured in pyproject.toml), then writes experiments/results/mutation.md: the share of mutants that the
tests kill, and each survivor with its change and the word on it from experiments/mutation_survivors.toml.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from pqtheory._files import write_whole
from pqtheory.provenance import provenance

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "experiments" / "results" / "mutation.md"
WORDS = ROOT / "experiments" / "mutation_survivors.toml"
TARGET = 0.9
MUTMUT = [sys.executable, "-m", "mutmut"]
#: exit codes of mutmut's workers: a failing test or a crash of the tests, and a run that never ends
KILLED, TIMEOUT, SURVIVED = {1, 3}, {-24, 24, 36, 152, 255}, {0}


def outcomes(folder: Path) -> dict[str, int | None]:
    """Exit code by mutant."""
    codes: dict[str, int | None] = {}
    for meta in sorted(folder.rglob("*.meta")):
        codes.update(json.loads(meta.read_text())["exit_code_by_key"])
    return codes


def change(mutant: str) -> str:
    """The lines that a mutant changes, as a diff without its header."""
    shown = subprocess.run(
        [*MUTMUT, "show", mutant], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [
        line
        for line in shown.stdout.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    return "\n".join(lines)


def report(codes: dict[str, int | None], words: dict[str, str], diffs: dict[str, str]) -> str:
    """The result as Markdown."""
    kinds = Counter(
        "killed"
        if code in KILLED
        else "stopped (endless)"
        if code in TIMEOUT
        else "survived"
        if code in SURVIVED
        else "not run, counted as not caught"
        for code in codes.values()
    )
    caught = (kinds["killed"] + kinds["stopped (endless)"]) / len(codes)
    origin = provenance()
    lines = [
        "# Mutation testing",
        "",
        f"{caught:.1%} of {len(codes)} mutants of `pqtheory/sets/`, `pqtheory/regularizers/` and `pqtheory/signs/` "
        f"are caught (aim: {TARGET:.0%}): "
        + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
        + ".",
        "",
        "Written by `make mutate`; "
        + ", ".join(f"{k} {v}" for k, v in origin["versions"].items())
        + ".",
        "",
        "## Survivors",
        "",
    ]
    for mutant, diff in diffs.items():
        word = words.get(mutant, words.get(diff, "not looked at yet"))
        lines += [f"`{mutant}`: {word}", "", "```diff", diff, "```", ""]
    return "\n".join(lines)


@click.command()
@click.option(
    "--report", "only_report", is_flag=True, help="Report on the last run, without another."
)
def main(only_report: bool) -> None:
    """Run mutmut, collect, write; exit code 1 below the target."""
    if not only_report:
        environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutation"}
        run = [*MUTMUT, "run", "--max-children", "2"]
        subprocess.run(run, cwd=ROOT, check=True, env=environment)
    codes = outcomes(ROOT / "mutants")
    survivors = [m for m, code in codes.items() if code in SURVIVED]
    with ThreadPoolExecutor() as pool:
        diffs = dict(zip(survivors, pool.map(change, survivors), strict=True))
    words = tomllib.loads(WORDS.read_text())["words"] if WORDS.exists() else {}
    write_whole(RESULT, report(codes, words, diffs).encode())
    caught = sum(code in KILLED | TIMEOUT for code in codes.values()) / len(codes)
    print(f"{caught:.1%} of {len(codes)} mutants caught; see {RESULT.relative_to(ROOT)}")
    sys.exit(caught < TARGET)


if __name__ == "__main__":
    main()
