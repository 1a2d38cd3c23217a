"""What the runs found, by part, and as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.mutating.mutants import Mutant
from experiments.mutating.parts import PARTS
from experiments.mutating.runs import ENDLESS, KILLED, UNSEEN, Outcome, digest
from pqtheory.provenance import provenance

TARGET = 0.95


def collected(
    every: int, chosen: Sequence[Mutant], known: Mapping[str, Outcome], seed: int
) -> dict[str, Any]:
    """What came of the mutants of a part that were chosen and have run."""
    ran = {
        mutant: known[mutant.name]
        for mutant in chosen
        if mutant.name in known and known[mutant.name].digest == digest(mutant)
    }
    return {
        "mutants": every,
        "seed": None if len(ran) == every else seed,
        "at_first": dict(Counter(outcome.at_first for outcome in ran.values()).most_common()),
        "kinds": dict(Counter(outcome.kind for outcome in ran.values()).most_common()),
        "survivors": {
            mutant.name: mutant.change() for mutant, outcome in ran.items() if not outcome.caught
        },
        "unseen": [mutant.name for mutant, outcome in ran.items() if outcome.kind == UNSEEN],
        "versions": provenance()["versions"],
    }


def share(kinds: Mapping[str, int]) -> float:
    """Of the mutants, how many are caught."""
    return (kinds.get(KILLED, 0) + kinds.get(ENDLESS, 0)) / max(sum(kinds.values()), 1)


def report(found: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The results as Markdown."""
    whole, first, samples = Counter[str](), Counter[str](), Counter[str]()
    for part in found.values():
        # a few of many weigh nothing beside all of a few
        if part["seed"] is None:
            whole.update(part["kinds"])
        else:
            first.update(part["at_first"])
            samples.update(part["kinds"])
    # parts that were run together have one entry
    run = {part for name in found for part in name.split(", ")}
    missing = [f"`{part}`" for part in PARTS if part not in run]
    lines = [
        "# Mutation testing",
        "",
        f"Samples: of {sum(first.values())} mutants drawn at random {share(first):.1%} were caught by the tests as "
        f"they were, and {share(samples):.1%} are since what these samples showed was closed (the first is the "
        f"estimate for mutants that nobody looked at). Of all {sum(whole.values())} mutants of parts that ran whole "
        f"{share(whole):.1%} are caught. The aim is {TARGET:.0%}. Written by `python -m experiments.mutation`, which "
        "runs on any part.",
        "",
        "| part | mutants run | caught at first | caught | |",
        "|---|---|---|---|---|",
    ]
    for name, part in found.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in part["kinds"].items())
        before = f"{share(part['at_first']):.1%}" if "at_first" in part else ""
        lines.append(
            f"| `{name}` | {_size(part)} | {before} | {share(part['kinds']):.1%} | {kinds} |"
        )
    lines += ["", f"Not run yet: {', '.join(missing) or 'nothing'}.", ""]
    for name, part in found.items():
        versions = ", ".join(f"{key} {value}" for key, value in part["versions"].items())
        lines += [f"## Survivors of `{name}`", "", f"With {versions}.", ""]
        for mutant, diff in part["survivors"].items():
            word = words.get(mutant, words.get(diff, "not looked at yet"))
            unseen = " (run by no test)" if mutant in part.get("unseen", ()) else ""
            lines += [f"`{mutant}`{unseen}: {word}", "", "```diff", diff, "```", ""]
    return "\n".join(lines)


def _size(part: Mapping[str, Any]) -> str:
    """How many mutants, of how many."""
    size = str(sum(part["kinds"].values()))
    if part["seed"] is not None:
        size += f" of {part['mutants']}, drawn with seed {part['seed']}"
    return f"{size}, {part['note']}" if "note" in part else size
