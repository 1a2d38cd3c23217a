"""BinaryConnect and ProxQuant on the handwritten digits, from one full-precision warm start.

    python -m experiments.digits --tune    step size and rate, chosen on a held-out part of the training set
    python -m experiments.digits           the comparison on the test set

The first writes ``results/digits_tuning.json``, the second ``results/digits.json``: the main comparison, all methods at
the same constant step size, and beside it each method at its own best one.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from pqtheory.digits import DigitsSettings, held_out, run_digits
from pqtheory.problems import DigitsSplit, digits_split
from pqtheory.provenance import provenance, write_json

RESULTS = Path(__file__).parent / "results"
STEP_SIZES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
RATES = (3e-8, 1e-7, 3e-7, 1e-6)
#: ProxQuant must end this close to the levels: mean distance of a weight to the nearer of -1 and +1
LARGEST_QUANTIZATION_ERROR = 0.01
#: seeds of the warm starts that the tuning sees; the comparison's own is none of them
TUNING_SEEDS = (1, 2, 3)

OnEpoch = Callable[[int, int], None] | None


def tune(
    settings: DigitsSettings,
    data: DigitsSplit,
    step_sizes: Sequence[float] = STEP_SIZES,
    rates: Sequence[float] = RATES,
    seeds: Sequence[int] = TUNING_SEEDS,
    on_epoch: OnEpoch = None,
) -> dict[str, Any]:
    """Validation errors over the grid, and what they choose.

    The error is that of the quantized weights on the held-out part, averaged over warm starts, runs
    from each, and the last tenth of the epochs. For each step size ProxQuant takes its best rate
    among those that quantize; the common step size is the one with the smallest sum of both
    methods' errors.
    """
    inner = held_out(data)
    grid: list[dict[str, Any]] = []
    for step_size in step_sizes:
        trial = replace(settings, step_size=step_size)
        grid.append(_trial("BinaryConnect", trial, inner, seeds, on_epoch))
        for rate in rates:
            grid.append(_trial("ProxQuant", replace(trial, rate=rate), inner, seeds, on_epoch))
    return {"grid": grid, "chosen": choose(grid)}


def choose(grid: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The common setting and each method's own best, from the rows of ``tune``."""

    def error(row: dict[str, Any]) -> float:
        return float(row["validation_error"])

    binary_connect = [r for r in grid if r["method"] == "BinaryConnect"]
    quantizing = [
        r
        for r in grid
        if r["method"] == "ProxQuant" and r["quantization_error"] <= LARGEST_QUANTIZATION_ERROR
    ]
    pairs = [
        (b, min((p for p in quantizing if p["step_size"] == b["step_size"]), key=error))
        for b in binary_connect
        if any(p["step_size"] == b["step_size"] for p in quantizing)
    ]
    if not pairs:
        raise ValueError("rates: no rate of the grid quantizes the weights; add larger ones")
    _, common = min(pairs, key=lambda pair: error(pair[0]) + error(pair[1]))
    own_bc, own_pq = min(binary_connect, key=error), min(quantizing, key=error)
    return {
        "common": {"step_size": common["step_size"], "rate": common["rate"]},
        "BinaryConnect": {"step_size": own_bc["step_size"]},
        "ProxQuant": {"step_size": own_pq["step_size"], "rate": own_pq["rate"]},
    }


def _trial(
    method: str,
    settings: DigitsSettings,
    data: DigitsSplit,
    seeds: Sequence[int],
    on_epoch: OnEpoch,
) -> dict[str, Any]:
    last = max(1, settings.epochs // 10)
    errors, distances = [], []
    for seed in seeds:
        run = run_digits(replace(settings, seed=seed), data, methods=(method,), on_epoch=on_epoch)
        errors.append(run.curves[method].quantized_error[-last:].mean())
        distances.append(run.curves[method].quantization_error[-1].mean())
    return {
        "method": method,
        "step_size": settings.step_size,
        "rate": settings.rate if method == "ProxQuant" else None,
        "validation_error": round(float(np.mean(errors)), 6),
        "quantization_error": round(float(np.mean(distances)), 6),
    }


def compare(
    settings: DigitsSettings,
    data: DigitsSplit,
    chosen: dict[str, Any],
    on_epoch: OnEpoch = None,
) -> dict[str, Any]:
    """The main comparison at one step size, and each method at its own best."""
    own = {}
    for method in ("BinaryConnect", "ProxQuant"):
        best = replace(settings, **chosen[method])
        result = run_digits(best, data, methods=(method,), on_epoch=on_epoch)
        own[method] = {**chosen[method], **result.to_dict()["summary"][method]}
    main_run = run_digits(settings, data, on_epoch=on_epoch).to_dict()
    return {**main_run, "each_at_its_own_best": own}


@click.command(help=__doc__)
@click.option("--tune", "tuning", is_flag=True, help="Choose step size and rate.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=RESULTS)
def main(tuning: bool, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    settings, data = DigitsSettings(), digits_split()
    X, y = data.train
    source = provenance(
        seed=settings.seed, data={"X": X, "y": y, "X_test": data.test[0], "y_test": data.test[1]}
    )
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("training")

        def on_epoch(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        if tuning:
            name = "digits_tuning.json"
            content = tune(replace(settings, seeds=3), data, on_epoch=on_epoch)
            content["seeds"] = list(TUNING_SEEDS)
        else:
            chosen = json.loads((RESULTS / "digits_tuning.json").read_text())["chosen"]
            name = "digits.json"
            content = compare(settings, data, chosen, on_epoch)
    write_json(out / name, {**content, "provenance": source})
    Console().print(f"wrote {name}", content.get("chosen", content.get("summary")))


if __name__ == "__main__":
    main()
