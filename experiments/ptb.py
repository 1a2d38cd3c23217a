"""An LSTM on the Penn Treebank at one to three bits: the paper's Table 2, and a schedule that two cores carry.

    python -m experiments.ptb --runs RUNS --data-dir DIR                      hidden 100, 2,000 words, 10 epochs
    python -m experiments.ptb --runs RUNS --data-dir DIR --schedule full      as published, for a GPU

All methods of one seed come before the next seed. It stops in time and goes on when it is called again; what is
finished goes to ``results/ptb.json`` (``ptb-full.json``), with a table and a picture beside it. The predictions below
were written before any run; the table says which of them held.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from experiments import RESULTS
from experiments.options import Script, report_failures
from experiments.predictions import Predictions, decided, listed
from pqtheory._files import write_whole
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import progress
from pqtheory.networks.metrics import PERPLEXITY, error_of
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.tables import treebank
from pqtheory.networks.tables.collected import collected
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.training import preset
from pqtheory.networks.training.device import check_device
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import describe, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import styled
from pqtheory.provenance import provenance, write_json

#: two cores: a tenth of the network, a third of the text, the rest of the protocol as published
SMALL: Mapping[str, Any] = {
    "epochs": 10,
    "hidden": 100,
    "embedding": 100,
    "vocabulary": 2_000,
    "tokens": 300_000,
}
SCHEDULES: Mapping[str, Mapping[str, Any]] = {"small": SMALL, "full": {}}
#: lambda per epoch of the small schedule. At the end the prox of a step moves by 20 * 10 * rate: of W a length, so that
#: all steps together move by about 4, of a squared distance a share of the way. Not tuned
W_RATE, SQUARED_RATE = 8e-6, 5e-4
#: the rates that ``experiments.ptb_rates`` chose, on a seed that is not here
SLOWER = {"scaled-binary": 5e-5, "2-bit": 5e-6}
#: method -> what is set; names as in the paper's table
TWO_CORES: Mapping[str, Mapping[str, Any]] = {
    "FP": {"method": "full-precision"},
    "BC +-1": {"method": "binaryconnect", "levels": "binary"},
    "PQ +-1": {"method": "proxquant", "levels": "binary"},
    "BC scaled": {"method": "binaryconnect", "levels": "scaled-binary"},
    "PQ scaled": {"method": "proxquant", "levels": "scaled-binary"},
    "BC +-1 normalised": {"method": "binaryconnect", "levels": "binary", "normalised": True},
    "ALT 2-bit": {"method": "binaryconnect", "levels": "2-bit"},
    "ALT-PQ 2-bit": {"method": "proxquant", "levels": "2-bit"},
}
#: of two cores alone, after the others
TUNED: Mapping[str, Mapping[str, Any]] = {
    name: {"method": "proxquant", "levels": levels, "rate": SLOWER[levels]}
    for name, levels in (
        ("PQ scaled, slower", "scaled-binary"),
        ("ALT-PQ 2-bit, slower", "2-bit"),
    )
}
FULL: Mapping[str, Mapping[str, Any]] = {
    **TWO_CORES,
    **{
        f"ALT {k}-bit{tag}": {"method": "binaryconnect", "levels": f"{k}-bit", **factor}
        for k in (1, 2, 3)
        for tag, factor in (("", {}), (" x0.3", {"gradient_factor": 0.3}))
    },
    **{f"ALT-PQ {k}-bit": {"method": "proxquant", "levels": f"{k}-bit"} for k in (1, 2, 3)},
}
METHODS = {"small": {**TWO_CORES, **TUNED}, "full": FULL}

Runs = Sequence[Mapping[str, Any]]


def plan(schedule: str = "full", seeds: int = 3, **common: Any) -> list[Planned]:
    """All methods of seed 0, then of the next; ``common`` settings are those of every run.

    Given other data than a text, as for a dry run, it is the text of the package that is trained on.
    """
    runs = []
    own_text = {"data": "sentences"} if "data" in common else {}
    shared = {k: common[k] for k in ("amp", "compile", "epochs") if k in common}
    for seed in range(seeds):
        for name, own in METHODS[schedule].items():
            chosen = {"task": "language", "data": "ptb", **SCHEDULES[schedule], **own, "seed": seed}
            chosen |= {**shared, **own_text}
            if schedule == "small" and own["method"] == "proxquant":
                chosen.setdefault("rate", W_RATE if own["levels"] == "binary" else SQUARED_RATE)
            method = chosen.pop("method")
            runs.append(Planned(f"{name}-{seed}", preset("corrected", method, **chosen)))
    return runs


def _ratio(runs: Runs, method: str, other: str) -> float | None:
    found = treebank.log_ratio(runs, method, other)
    return None if found is None else math.exp(found[0])


def _far_worse(runs: Runs) -> bool | None:
    found = [_ratio(runs, f"{m} +-1", f"{m} scaled") for m in ("BC", "PQ")]
    return None if None in found else all(ratio is not None and ratio > 1.5 for ratio in found)


def _saturates(runs: Runs) -> bool | None:
    shares = {
        name: [
            error_of({k: w["gate saturation"] for k, w in r["last"]["watched"].items()})
            for r in own.values()
        ]
        for name, own in treebank.finished(runs).items()
    }
    pairs = [(f"{m} +-1", f"{m} scaled") for m in ("BC", "PQ")]
    if not all(name in shares for pair in pairs for name in pair):
        return None
    return all(min(shares[a]) > 2 * max(shares[b]) for a, b in pairs)


def _only_at_one(runs: Runs) -> bool | None:
    at_one = treebank.log_ratio(runs, "PQ +-1", "BC +-1")
    others = [
        treebank.log_ratio(runs, *pair)
        for pair in (("PQ scaled", "BC scaled"), ("ALT-PQ 2-bit", "ALT 2-bit"))
    ]
    # one pair has no p
    if at_one is None or at_one[2] is None or None in others:
        return None
    better = at_one[0] < 0 and at_one[2] < 0.05
    return better and not any(o is not None and o[0] < -0.03 for o in others)


def _closes(runs: Runs) -> bool | None:
    gap = treebank.log_ratio(runs, "BC +-1", "BC scaled")
    left = treebank.log_ratio(runs, "BC +-1 normalised", "BC scaled")
    return None if gap is None or left is None else gap[0] > 0 and left[0] < gap[0] / 2


#: stated before the first run: sentence, and whether it held; None where runs are missing
PREDICTIONS: Predictions = {
    "+-1 is far worse than scaled levels for both methods: 1.5 times the perplexity or more": _far_worse,
    "because a +-1 matrix of 4 h x h has norm sqrt(4 h) or more, so that gates saturate: more than twice as "
    "often as with scaled levels, for both methods and every seed": _saturates,
    "ProxQuant beats BinaryConnect only at +-1: there with p < 0.05, at scaled levels and at 2 bits by no more than "
    "3 % of the perplexity": _only_at_one,
    "weight normalisation closes most of the gap between +-1 and scaled levels under BinaryConnect: more than half of "
    "the difference in log perplexity": _closes,
}


def _ahead(method: str, other: str) -> Callable[[Runs], bool | None]:
    def held(runs: Runs) -> bool | None:
        found = treebank.log_ratio(runs, method, other)
        # one pair has no p
        return None if found is None or found[2] is None else found[0] < 0 and found[2] < 0.05

    return held


#: stated when the rates were chosen, before a run with them on these seeds
TUNED_PREDICTIONS: Predictions = {
    "at scaled levels ProxQuant at its slower rate beats BinaryConnect, with p < 0.05": _ahead(
        "PQ scaled, slower", "BC scaled"
    ),
    "at 2 bits ProxQuant at its slower rate beats straight-through, with p < 0.05": _ahead(
        "ALT-PQ 2-bit, slower", "ALT 2-bit"
    ),
}


def report(runs: Runs, schedule: str) -> str:
    """Markdown: the table, paired differences, and what held."""
    done = sum(len(own) for own in treebank.finished(runs).values())
    lines = [
        f"Perplexity per word on the Penn Treebank, schedule {schedule!r}, {done} finished runs; test and validation "
        "after the epoch with the least validation perplexity of the quantized network, mean ± standard deviation "
        "over seeds. The paper's network, text and schedule are the full ones.\n",
        markdown(treebank.HEADS, treebank.rows(runs, METHODS[schedule])),
        "Differences of the log test perplexity over common seeds, with the 95 % interval and p of Student's paired "
        "test; negative where the first is better.\n",
        markdown(("", "difference", "interval", "p", "pairs"), list(_differences(runs))),
        "Predictions, written before any run:\n",
        listed(decided(PREDICTIONS, runs)),
    ]
    if schedule == "small":
        lines += [
            "\nOf the slower rates, chosen on another seed; written before any run with them on these seeds:\n",
            listed(decided(TUNED_PREDICTIONS, runs)),
        ]
    return "\n".join(lines) + "\n"


_PAIRS = (
    ("PQ +-1", "BC +-1"),
    ("BC +-1", "BC scaled"),
    ("PQ +-1", "PQ scaled"),
    ("PQ scaled", "BC scaled"),
    ("BC +-1 normalised", "BC scaled"),
    ("ALT-PQ 2-bit", "ALT 2-bit"),
    ("PQ scaled, slower", "BC scaled"),
    ("ALT-PQ 2-bit, slower", "ALT 2-bit"),
)


def _differences(runs: Runs) -> Any:
    for method, other in _PAIRS:
        found = treebank.log_ratio(runs, method, other)
        if found is not None:
            mean, interval, p, pairs = found
            shown = "-" if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"
            yield (
                f"{method} against {other}",
                f"{mean:+.3f}",
                shown,
                "-" if p is None else f"{p:.2g}",
                str(pairs),
            )


def draw(runs: Runs) -> bytes:
    """Validation perplexity of the quantized network against epochs, a line for each run, a look for each method."""
    with styled():
        figure, ((axis,),) = grid_of_axes(1, 1, 8.0, 5.0)
        by_method = treebank.finished(runs)
        ends = []
        for look, (name, own) in zip(looks(list(by_method)), by_method.items(), strict=True):
            last = []
            for place, run in enumerate(own.values()):
                points = run["curves"]["perplexity"][1:]
                errors = [error_of(m["held_out"]) for m in points]
                epochs = [m["epoch"] for m in points]
                look.draw(axis, epochs, errors, label=None if place else name)
                last += errors[-1:]
            ends.append(f"{name} {', '.join(PERPLEXITY.shown(value) for value in last)}")
        axis.set_yscale("log")
        axis.set_xlabel("epoch")
        axis.set_ylabel(f"validation {PERPLEXITY.axis}")
        title(axis, "validation perplexity of the quantized network, a line for each run")
        legend_below(figure, axis)
        said = "Validation perplexity of the quantized network against epochs, a line for each run."
        return png(describe(figure, f"{said} At last: {'; '.join(ends)}."))


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--schedule", type=click.Choice(tuple(SCHEDULES)), default="small", show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(
    runs: Path,
    data_dir: str | None,
    schedule: str,
    seeds: int,
    device: str,
    jobs: int,
    time_budget: float,
) -> None:
    """Train, or go on training, and write what was found."""
    name = "ptb" if schedule == "small" else f"ptb-{schedule}"
    with user_errors():
        check_device(device, "--device")
        chosen = Plan(runs, tuple(plan(schedule, seeds)))
        with progress("runs") as update:
            failed = carry_out(
                chosen,
                device=device,
                data_dir=data_dir,
                minutes=time_budget,
                jobs=jobs,
                progress=update,
            )
        found = collected(chosen, ("all",))
        if failed and not found:
            raise ValueError(next(iter(failed.values())))
        RESULTS.mkdir(exist_ok=True)
        write_json(RESULTS / f"{name}.json", {"runs": found, "provenance": provenance()})
        write_whole(RESULTS / f"{name}.md", report(found, schedule).encode())
        if treebank.finished(found):
            write_whole(RESULTS / f"{name}.png", draw(found))
    state = "all runs done" if chosen.is_done() else "not all runs done; call again"
    click.echo(f"results/{name}.md: {state}")
    report_failures(failed)


if __name__ == "__main__":
    main()
