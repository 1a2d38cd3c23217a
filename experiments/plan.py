"""Plans: runs in an order, some after the warm start that they need; stopped in time, they go on where they were."""

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from experiments.picture import draw
from pqtheory.networks import summary
from pqtheory.networks.data import load
from pqtheory.networks.models import REGISTRY, binary_weights
from pqtheory.networks.training import RunFolder, Settings, train, train_together
from pqtheory.networks.workers import end_with
from pqtheory.provenance import STARTED_BY, provenance, started_by, write_json

RESULTS = Path(__file__).parent / "results"
#: seconds kept for the end of a run and for what its process takes to start
MARGIN = 20.0

#: (runs done, runs, what was done last)
Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Planned:
    """A run by name; ``after`` names the run whose network it starts from."""

    name: str
    settings: Settings
    after: str | None = None


def is_done(runs: Path, planned: Planned) -> bool:
    """Whether all its epochs are."""
    return summary.is_done(RunFolder(runs / planned.name), planned.settings.epochs)


@cache
def layers_of(model: str) -> tuple[str, ...]:
    """What is kept of a network layer by layer, as in the paper: first and last convolution, linear layer; and all."""
    net = REGISTRY[model](3, 10)
    names = [f"{name}.weight" for name, m in net.named_modules() if binary_weights(m, "weight")]
    return names[0], names[-2], names[-1], "all"


def carry_out(
    plan: Sequence[Planned],
    runs: Path,
    *,
    device: str = "cpu",
    data_dir: str | None = None,
    minutes: float = math.inf,
    jobs: int = 1,
    told: Told | None = None,
) -> bool:
    """Run what is not done and can be, ``jobs`` at a time; whether the whole plan is done.

    No run is begun, and none goes on past an epoch, beyond ``minutes``. On the CPU runs at a time are processes, on a
    GPU they share one; there a run whose loss is not finite is left, and the others go on.
    """
    end = time.monotonic() + 60 * minutes
    failed: set[str] = set()
    while True:
        done = {p.name for p in plan if is_done(runs, p)}
        if told is not None:
            told(len(done), len(plan), f"{len(done)} of {len(plan)} runs")
        waiting = [p for p in plan if p.name not in done | failed]
        ready = [p for p in waiting if p.after is None or p.after in done]
        left = end - time.monotonic()
        if not ready or left < MARGIN:
            return len(done) == len(plan)
        if torch.device(device).type == "cuda":
            chosen = [p for p in ready if p.settings.data == ready[0].settings.data][:jobs]
            outcomes = train_together(
                [(_settled(p, runs), RunFolder(runs / p.name)) for p in chosen],
                load(ready[0].settings.data, data_dir),
                device=device,
                seconds=left - MARGIN / 2,
            )
            failed |= {
                p.name for p, o in zip(chosen, outcomes, strict=True) if o not in (True, False)
            }
            if False in outcomes:
                return False
            continue
        tasks = [
            (_settled(p, runs), str(runs / p.name), device, data_dir, left - MARGIN / 2)
            for p in ready[:jobs]
        ]
        if len(tasks) == 1:
            finished = [_one(*tasks[0])]
        else:
            threads = max(1, (os.cpu_count() or 1) // len(tasks))
            with ProcessPoolExecutor(
                len(tasks), get_context("spawn"), _begin, (threads, os.getpid(), started_by())
            ) as pool:
                finished = [f.result() for f in [pool.submit(_one, *task) for task in tasks]]
        if not all(finished):
            return False


def _begin(threads: int, parent: int, command: str) -> None:
    os.environ[STARTED_BY] = command
    torch.set_num_threads(threads)
    end_with(parent)


def _settled(planned: Planned, runs: Path) -> Settings:
    if planned.after is None:
        return planned.settings
    return replace(planned.settings, warm_start=str(runs / planned.after))


def _one(settings: Settings, folder: str, device: str, data_dir: Any, seconds: float) -> bool:
    images = load(settings.data, data_dir)
    return train(settings, images, RunFolder(folder), device=device, resume=True, seconds=seconds)


def collected(
    plan: Iterable[Planned], runs: Path, layers: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """What each run that has begun found: its last epoch, its curves, its times; None: of ``layers_of`` its network."""
    found = []
    for planned in plan:
        folder = RunFolder(runs / planned.name)
        metrics = folder.metrics()
        if not metrics:
            continue
        # those it was started with: of a finished run the plan may have changed since
        settings = folder.settings
        kept = layers_of(settings.model) if layers is None else layers
        signs = [m["signs"] for m in metrics if "signs" in m]
        found.append(
            {
                "name": planned.name,
                "settings": {**settings.to_dict(), "warm_start": planned.after},
                "epochs": metrics[-1]["epoch"],
                "last": {k: v for k, v in metrics[-1].items() if k not in ("signs", "distance")},
                "fixed_point_share": {
                    str(m["epoch"]): m["fixed_point_share"]["all"]
                    for m in metrics
                    if "fixed_point_share" in m
                },
                "distance_at_freeze": _distance(metrics, kept),
                "curves": {
                    "error": [{"epoch": m["epoch"], **m["error"]} for m in metrics if "error" in m],
                    "quantization_error": [
                        m["quantization_error"]["all"] for m in metrics if "quantization_error" in m
                    ],
                    **{
                        f"{metric}, {layer}": [round(s[layer][metric], 6) for s in signs]
                        for layer in kept
                        if signs and layer in signs[0]
                        for metric in ("change_from_start", "flips", "reversals")
                    },
                },
                "seconds": folder.seconds(),
                "provenance": folder.provenance,
            }
        )
    return found


def _distance(metrics: Iterable[Mapping[str, Any]], layers: Sequence[str]) -> dict[str, Any] | None:
    """Histograms of the distances to the levels just before the freeze; None where there was none yet."""
    for m in metrics:
        if "distance" in m:
            kept = {
                name: found for name, found in m["distance"]["layers"].items() if name in layers
            }
            return {"epoch": m["epoch"], "upper": m["distance"]["upper"], "layers": kept}
    return None


def write(name: str, plan: Sequence[Planned], runs: Path) -> Mapping[str, Any]:
    """Write ``results/NAME.json`` and its picture; gives its content."""
    content = {"runs": collected(plan, runs), "provenance": provenance()}
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{name}.json", content)
    draw(content, RESULTS / f"{name}.png")
    return content
