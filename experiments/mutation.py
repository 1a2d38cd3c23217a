"""Mutation testing of any part of the package: ``python -m experiments.mutation pqtheory/stability``.

Each part has a folder of its own under mutants/, where mutmut runs the tests that PARTS names for it. A run that was
stopped goes on where it was, and mutants of functions that did not change since are not run again. What was found is
kept by part in experiments/results/mutation.json; experiments/results/mutation.md shows it: the share of mutants that
the tests kill, and each survivor with its change and the word on it from experiments/mutation_survivors.toml.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pqtheory._files import write_whole
from pqtheory.provenance import provenance

ROOT = Path(__file__).parents[1]
WORK = ROOT / "mutants"
FOUND = ROOT / "experiments" / "results" / "mutation.json"
RESULT = FOUND.with_suffix(".md")
WORDS = ROOT / "experiments" / "mutation_survivors.toml"
TARGET = 0.95
MUTMUT = [sys.executable, "-m", "mutmut"]
#: exit codes of mutmut's workers: a failing test or a crash of the tests, and a run that never ends
KILLED, TIMEOUT, SURVIVED = {1, 3}, {-24, 24, 36, 152, 255}, {0}
#: what the package is cut into, and the tests that must kill the mutants of each
PARTS: Mapping[str, tuple[str, ...]] = {
    "pqtheory/sets": (
        "testing/test_sets.py",
        "conformance/test_sets.py",
        "conformance/test_numbers.py",
        "test_mutants.py",
    ),
    "pqtheory/regularizers": (
        "testing/test_regularizers.py",
        "conformance",
        "regularizers",
        "test_mutants.py",
    ),
    "pqtheory/quantizers": ("quantizers", "conformance/test_numbers.py"),
    "pqtheory/schedules.py": ("test_schedules.py", "conformance/test_numbers.py"),
    "pqtheory/problems": ("problems", "testing/test_problems.py"),
    "pqtheory/methods": (
        "testing/test_methods.py",
        "methods",
        "conformance/test_methods.py",
        "conformance/test_numbers.py",
    ),
    "pqtheory/simulate.py": ("test_simulate.py",),
    "pqtheory/trajectory.py": ("test_trajectory.py", "test_simulate.py"),
    "pqtheory/signs": ("signs", "test_mutants.py"),
    "pqtheory/stability": ("stability",),
    "pqtheory/testing": ("testing",),
    "pqtheory/_*.py": ("test_arrays.py", "test_files.py", "test_simulate.py", "conformance"),
    "pqtheory/evidence": ("evidence", "claims"),
    "pqtheory/claims": ("claims", "theory/test_falsify.py"),
    "pqtheory/networks": ("networks",),
    "pqtheory/networks/data": ("networks/data",),
    "pqtheory/networks/models": ("networks/models",),
    "pqtheory/networks/optim": ("networks/optim",),
    "pqtheory/networks/sweeps": ("networks/sweeps",),
    "pqtheory/networks/tables": ("networks/tables",),
    "pqtheory/networks/training": ("networks/training",),
    "pqtheory/theory": ("theory",),
    "pqtheory/digits": ("digits",),
    "pqtheory/plotting": ("plotting",),
    "pqtheory/report": ("report",),
    "pqtheory/cli": ("cli",),
}


def tests_of(part: str) -> Sequence[str]:
    """The tests of the narrowest part that holds ``part``.

    Raises
    ------
    click.UsageError
        If there is no such file or folder, or it belongs to none.
    """
    within = [p for p in PARTS if part == p or part.startswith(f"{p}/")]
    if not within or not list(ROOT.glob(part)):
        raise click.UsageError(f"no part {part!r} of the package; there are {', '.join(PARTS)}")
    return [f"tests/{test}" for test in PARTS[max(within, key=len)]]


def patterns(part: str) -> list[str]:
    """The files of a part, without those of the parts inside it, as mutmut matches them."""
    if part.endswith(".py"):
        return [part]
    inner = [p for p in PARTS if p.startswith(f"{part}/")]
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / part).rglob("*.py"))
    return [f for f in files if not any(f.startswith(f"{p}/") for p in inner)]


def prepare(part: str) -> Path:
    """The folder in which mutmut runs on a part: links to the checkout, and its settings."""
    folder = WORK / part.removesuffix(".py").replace("/", ".").replace("*", "ground")
    folder.mkdir(parents=True, exist_ok=True)
    copied = ("experiments", "docs", "README.md", "Makefile", "constraints.txt", "CHANGELOG.md")
    for name in ("pqtheory", "tests", "pyproject.toml", *copied):
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    settings = {
        "source_paths": ["pqtheory"],
        "only_mutate": patterns(part),
        "also_copy": list(copied),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-q", "-x", "-k", "not compile"],
        "pytest_add_cli_args_test_selection": tests_of(part),
        "process_isolation": ["forkserver"],
        # a worker collects the tests before it runs those of its mutant; seconds for that
        "timeout_constant": ["20.0"],
        "timeout_multiplier": ["4.0"],
        "use_git_change_detection": ["false"],
    }
    lines = [f"{key} = " + "\n    ".join(values) for key, values in settings.items()]
    write_whole(folder / "setup.cfg", "\n".join(["[mutmut]", *lines, ""]).encode())
    return folder


def outcomes(folder: Path) -> dict[str, int | None]:
    """Exit code by mutant."""
    codes: dict[str, int | None] = {}
    for meta in sorted((folder / "mutants").rglob("*.meta")):
        codes.update(json.loads(meta.read_text())["exit_code_by_key"])
    return codes


def change(mutant: str, folder: Path) -> str:
    """The lines that a mutant changes, as a diff without its header."""
    command = [*MUTMUT, "show", mutant]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    lines = [
        line
        for line in shown.stdout.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    return "\n".join(lines)


def kind(code: int | None) -> str:
    """What an exit code says."""
    if code in KILLED:
        return "killed"
    if code in TIMEOUT:
        return "stopped (endless)"
    return "survived" if code in SURVIVED else "not run, counted as not caught"


def collect(part: str, folder: Path) -> dict[str, Any]:
    """What came of a part so far."""
    codes = outcomes(folder)
    survivors = [mutant for mutant, code in codes.items() if code in SURVIVED]
    return {
        "kinds": dict(Counter(map(kind, codes.values())).most_common()),
        "survivors": {mutant: change(mutant, folder) for mutant in survivors},
        "versions": provenance()["versions"],
    }


def share(kinds: Mapping[str, int]) -> float:
    """Of the mutants, how many are caught."""
    return (kinds.get("killed", 0) + kinds.get("stopped (endless)", 0)) / max(
        sum(kinds.values()), 1
    )


def report(found: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The results as Markdown."""
    every: Counter[str] = Counter()
    for part in found.values():
        every.update(part["kinds"])
    # parts that were run together have one entry
    run = {part for name in found for part in name.split(", ")}
    missing = [part for part in PARTS if part not in run]
    lines = [
        "# Mutation testing",
        "",
        f"{share(every):.1%} of {sum(every.values())} mutants are caught (aim: {TARGET:.0%}). Written by "
        "`python -m experiments.mutation`, which runs on any part.",
        "",
        "| part | mutants | caught | |",
        "|---|---|---|---|",
    ]
    for part, result in found.items():
        kinds = result["kinds"]
        parts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        lines.append(f"| `{part}` | {sum(kinds.values())} | {share(kinds):.1%} | {parts} |")
    lines += ["", f"Not run yet: {', '.join(f'`{p}`' for p in missing) or 'nothing'}.", ""]
    for part, result in found.items():
        versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        lines += [f"## Survivors of `{part}`", "", f"With {versions}.", ""]
        for mutant, diff in result["survivors"].items():
            word = words.get(mutant, words.get(diff, "not looked at yet"))
            lines += [f"`{mutant}`: {word}", "", "```diff", diff, "```", ""]
    return "\n".join(lines)


@click.command()
@click.argument("parts", nargs=-1)
@click.option("--report", "only_report", is_flag=True, help="Report on the runs so far.")
@click.option("--jobs", default=1, show_default=True, help="Processes side by side.")
@click.option("--fresh", is_flag=True, help="Begin anew.")
def main(parts: tuple[str, ...], only_report: bool, jobs: int, fresh: bool) -> None:
    """Run mutmut on PARTS of the package (all, if none is named), collect, write; exit code 1 below the target."""
    chosen = [part.rstrip("/") for part in parts] or list(PARTS)
    for part in chosen:
        tests_of(part)
    found = json.loads(FOUND.read_text()) if FOUND.exists() else {}
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutation"}
    words = tomllib.loads(WORDS.read_text())["words"]
    for part in chosen:
        folder = prepare(part)
        if fresh:
            shutil.rmtree(folder / "mutants", ignore_errors=True)
        if not only_report:
            run = [*MUTMUT, "run", "--max-children", str(jobs)]
            subprocess.run(run, cwd=folder, check=True, env=environment)
        if outcomes(folder):
            found[part] = collect(part, folder)
            # parts in the order of the package, those that no table names behind them
            order = [*PARTS, *sorted(set(found) - set(PARTS))]
            found = {name: found[name] for name in order if name in found}
            write_whole(FOUND, (json.dumps(found, indent=1) + "\n").encode())
            write_whole(RESULT, report(found, words).encode())
            print(f"{part}: {share(found[part]['kinds']):.1%} caught")
    below = [part for part in chosen if part in found and share(found[part]["kinds"]) < TARGET]
    print(f"see {RESULT.relative_to(ROOT)}" + (f"; below {TARGET:.0%}: {below}" if below else ""))
    sys.exit(bool(below))


if __name__ == "__main__":
    main()
