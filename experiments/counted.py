"""Runs counted step by step: what the experiments on flips share.

A run is short, measured at its end alone, and kept as one JSON file, so that an experiment goes on when it is called
again: what is there is not run again. Flips are those of :class:`pqtheory.networks.tracking.OptimizerCodes`.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from experiments import RESULTS
from experiments.predictions import Predictions, decided, listed
from pqtheory._files import whole_file, write_whole
from pqtheory.cli.output import progress
from pqtheory.networks.data import Images
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.networks.training import RunFolder, Settings
from pqtheory.networks.training.build import load_data
from pqtheory.networks.training.denormals import flushed
from pqtheory.networks.training.measure import reestimated
from pqtheory.networks.training.run import Run
from pqtheory.provenance import provenance, write_json

CPU = torch.device("cpu")
#: what a run found, by its name
Found = Mapping[str, Mapping[str, Any]]


def new_run(settings: Settings, data: Any) -> Run:
    """A run that is kept nowhere."""
    return Run(settings, data, RunFolder("nowhere"), CPU)


def codes_of(run: Run, metrics: Sequence[str] = ("flips",)) -> OptimizerCodes:
    """What counts its flips from here on."""
    return OptimizerCodes(run.optimizer, run.model.named_parameters(), metrics)


def steps_of(run: Run, count: int | None = None) -> Iterator[int]:
    """Train all epochs that are left, or so many steps; after each its number, from 1."""
    done = 0
    while run.epoch < run.settings.epochs and done != count:
        for _ in run.unmeasured_steps():
            done += 1
            yield done
            # the last step of an epoch ends it
            if done == count and done % len(run.batches):
                return


def counted(settings: Settings, data: Any) -> dict[str, Any]:
    """A whole run: flips, changes from the start, flips of a weight by epoch, errors at the end."""
    run = new_run(settings, data)
    codes, by_epoch = codes_of(run), [0.0] * settings.epochs
    for step in steps_of(run):
        seen = codes.update()["all"]
        by_epoch[(step - 1) // len(run.batches)] += seen.flips
    return {
        **told(settings, data),
        "weights": seen.size,
        "steps": step,
        "flips_per_weight": seen.flips_per_weight,
        "reversals_per_weight": seen.reversals_per_weight,
        "change_from_start": seen.change_from_start,
        "flips_by_epoch": [round(flips, 7) for flips in by_epoch],
        "measured": measured(run),
    }


def trained(settings: Settings, data: Any, file: Path) -> dict[str, Any]:
    """A full-precision run, its network kept in ``file`` for others to start from; its errors."""
    run = new_run(settings, data)
    for _ in steps_of(run):
        pass
    with whole_file(file) as stream:
        torch.save(run.model.state_dict(), stream)
    return {**told(settings, data), "measured": measured(run)}


def told(settings: Settings, data: Any) -> dict[str, Any]:
    """What a run was made of: settings, without the folder of the warm start, and the hash of the data."""
    warm = settings.warm_start
    shown = {**settings.to_dict(), "warm_start": warm and Path(warm).stem}
    return {"settings": shown, "data_sha256": data.sha256}


def measured(run: Run) -> dict[str, float]:
    """The error or perplexity of the quantized network, with batch norms estimated anew, on each set."""
    is_quantized = isinstance(run.optimizer, QuantizingOptimizer)
    shown = run.optimizer.quantized() if is_quantized else nullcontext()
    with shown, reestimated(run.task, run.model, run.batches):
        return {name: run.task.measured(run.model, images) for name, images in run.sets.items()}


def subset(images: Images, trained: int | None, tested: int | None = None) -> Images:
    """The first so many training and test images."""
    return replace(
        images,
        train=images.train[:trained],
        train_labels=images.train_labels[:trained],
        test=images.test[:tested],
        test_labels=images.test_labels[:tested],
    )


def data_of(
    settings: Settings,
    data_dir: str | None = None,
    trained: int | None = None,
    tested: int | None = None,
) -> Any:
    """What a run is trained on: all of it, or of images the first so many."""
    found = load_data(settings, data_dir)
    return subset(found, trained, tested) if isinstance(found, Images) else found


def carry_out(
    runs: Mapping[str, Callable[[], Mapping[str, Any]]], folder: Path, minutes: float
) -> dict[str, dict[str, Any]]:
    """What each of the runs found, as JSON has it, from its file or else run now, as long as there is time.

    Sums depend on the number of threads: a run has one.
    """
    end, found = time.monotonic() + 60 * minutes, {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with progress("runs") as update, flushed(CPU):
            for number, (name, run) in enumerate(runs.items(), 1):
                file = folder / f"{name}.json"
                if not file.is_file() and time.monotonic() < end:
                    folder.mkdir(parents=True, exist_ok=True)
                    began = time.process_time()
                    content = {"name": name, **run(), "seconds": time.process_time() - began}
                    write_json(file, content)
                if file.is_file():
                    found[name] = json.loads(file.read_bytes())
                update(number, len(runs), name)
    finally:
        torch.set_num_threads(threads)
    return found


def write(
    name: str,
    found: Found,
    report: Callable[[Found], str],
    draw: Callable[[Found], bytes],
    *,
    planned: int,
) -> None:
    """Write ``results/NAME.json``, ``.md`` and ``.png``, and say whether all runs are done."""
    if not found:
        raise ValueError("time-budget: expected more, no run is done")
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{name}.json", {"runs": list(found.values()), "provenance": provenance()})
    write_whole(RESULTS / f"{name}.md", report(found).encode())
    write_whole(RESULTS / f"{name}.png", draw(found))
    state = "all runs done" if len(found) == planned else "not all runs done; call again"
    click.echo(f"results/{name}.md: {state}")


def conduct(
    name: str,
    runs: Mapping[str, Callable[[], Mapping[str, Any]]],
    folder: Path,
    minutes: float,
    report: Callable[[Found], str],
    draw: Callable[[Found], bytes],
) -> None:
    """Carry out an experiment, and write what was found."""
    write(name, carry_out(runs, folder, minutes), report, draw, planned=len(runs))


def conduct_on(
    data: str,
    name: str,
    runs: Mapping[str, Mapping[str, Callable[[], Mapping[str, Any]]]],
    folder: Path,
    minutes: float,
    report: Callable[[Found], str],
    draw: Callable[[Found], bytes],
) -> None:
    """The same on one of several data sets; what is written has the runs on the others that are there."""
    found: dict[str, dict[str, Any]] = {}
    for other, own in runs.items():
        found |= carry_out(own, folder, minutes if other == data else 0)
    write(name, found, report, draw, planned=sum(map(len, runs.values())))


def there(found: Found, names: Sequence[str]) -> list[Mapping[str, Any]]:
    """These runs, if all of them are there."""
    return [found[name] for name in names] if all(name in found for name in names) else []


def flips(run: Mapping[str, Any]) -> float:
    """Of a weight, in the whole run."""
    return float(run["flips_per_weight"])


def range_of(values: Sequence[Any], form: str) -> str:
    """The least and the most, in a format."""
    low, high = (format(v, form) for v in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def spread(values: Sequence[float], digits: int) -> str:
    """Mean and standard deviation over runs."""
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"{np.mean(values):.{digits}f} ± {deviation:.{digits}f}"


def on_all(
    data: Sequence[str], done: Callable[[str], bool], holds: Callable[[str], bool]
) -> bool | None:
    """Whether something holds on all of the data: one that is done is enough to refute it, all are needed to hold."""
    there = [name for name in data if done(name)]
    if not all(map(holds, there)):
        return False
    return True if len(there) == len(data) else None


def said(predictions: Predictions, found: Found) -> str:
    """Each prediction, and whether it held."""
    return f"Predictions, written before any run:\n\n{listed(decided(predictions, found))}\n"
