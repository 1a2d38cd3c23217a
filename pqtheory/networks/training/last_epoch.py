"""A run whose last epoch is watched step by step: how often codes change, and how often they go back.

What a run records by ``metrics`` with ``track="step"`` remembers the moves of all epochs. By its end nearly all weights
that move have moved before, and of two levels every move but a weight's first goes back, so that nearly all would; here
the memory begins with the last epoch.
"""

import json
from dataclasses import asdict
from typing import Any

import torch

from pqtheory._files import write_whole
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.training.denormals import flushed
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.loop import begin
from pqtheory.networks.training.run import Run
from pqtheory.networks.training.settings import Settings
from pqtheory.signs import CodeTracker

#: beside the checkpoint
FILE = "last_epoch.json"
#: what is kept of the metrics of codes
KEPT = ("size", "flips_per_weight", "reversals_per_weight", "change_from_start")


def train_and_watch(settings: Settings, data: Any, folder: RunFolder) -> None:
    """As ``train`` with ``resume`` on the CPU, to the end; nothing that is trained changes by being watched.

    The file is whole before the last checkpoint is written: a run that is done has it.

    Raises
    ------
    BlockingIOError, NonFiniteLossError, ValueError
        As ``train``.
    """
    on = torch.device("cpu")
    with flushed(on):
        run = Run(settings, data, folder, on)
        with folder.alone():
            begin(run, folder, settings, data, True)
            while run.epoch < settings.epochs - 1:
                run.train_epoch(None)
            if run.epoch < settings.epochs:
                _watch(run)


def watched(folder: RunFolder) -> dict[str, dict[str, float]]:
    """By layer and for "all": size, flips and reversals a weight per step, and the change over the last epoch."""
    file = folder.path / FILE
    found: dict[str, dict[str, float]] = json.loads(file.read_bytes()) if file.exists() else {}
    return found


def _watch(run: Run) -> None:
    levels: dict[str, Any] = {}
    if isinstance(run.optimizer, QuantizingOptimizer):
        for group in run.optimizer.quantized_groups.values():
            levels |= {run.names[id(p)]: group.map.quantized_by for p in group.parameters}
    if not levels:
        write_whole(run.folder.path / FILE, b"{}")
        run.train_epoch(None)
        return
    tracker, steps = CodeTracker(run._tracked(), levels), len(run.batches)
    for step, _ in enumerate(run.steps(), 1):
        seen = tracker.update(run._tracked())
        if step == steps:
            write_whole(run.folder.path / FILE, _file(seen, steps))


def _file(seen: Any, steps: int) -> bytes:
    found = {}
    for name, metrics in seen.items():
        numbers = {key: value for key, value in asdict(metrics).items() if key in KEPT}
        flips, back = numbers.pop("flips_per_weight"), numbers.pop("reversals_per_weight")
        numbers |= {"flips_per_step": flips / steps, "reversals_per_step": back / steps}
        found[name] = numbers
    return json.dumps(found).encode()
