"""Several runs on one device in one process, step by step in turn; on a GPU each has a stream and a graph of its own.

Each run keeps its folder as if it were alone: nothing that is random or remembered is shared, only the data.
"""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import torch

from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.find import errors_with_lines
from pqtheory.networks.training.denormals import flushed
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.graphs import Recorder, own_stream
from pqtheory.networks.training.loop import begin
from pqtheory.networks.training.run import NonFiniteLossError, Run
from pqtheory.networks.training.settings import Settings


def train_together(
    runs: Sequence[tuple[Settings, RunFolder]],
    data: Any,
    *,
    device: str | torch.device = "cpu",
    seconds: float = math.inf,
    record: Recorder | None = None,
) -> list[bool | NonFiniteLossError]:
    """Train, or go on training, all runs side by side, their epochs in step.

    Parameters
    ----------
    runs : sequence of (Settings, RunFolder)
        What to train, and where it is kept; all of one task, on the same data.
    data : object
        As for ``train``.
    device : str or torch.device
        One for all.
    seconds : float
        Stop after the epoch that ends beyond this time.
    record : Recorder, optional
        Makes recordings of steps; on a GPU CUDA graphs by itself.

    Returns
    -------
    list
        For each run whether all its epochs are done, or why it stopped: one whose loss is not finite stops alone.

    Raises
    ------
    ValueError, BlockingIOError
        If the settings or the data are not those that a run was started with, or another process trains one.
    """
    with ExitStack() as folders:
        for _, folder in runs:
            folders.enter_context(folder.alone())
        on = torch.device(device)
        folders.enter_context(flushed(on))
        if runs:
            folders.enter_context(errors_with_lines(runs[0][0].task))
        return _together(runs, data, on, seconds, record)


def _together(
    runs: Sequence[tuple[Settings, RunFolder]],
    data: Any,
    on: torch.device,
    seconds: float,
    record: Recorder | None,
) -> list[bool | NonFiniteLossError]:
    started = time.monotonic()
    shared = find_task(runs[0][0].task).on_device(data, on) if runs else None
    made = []
    for settings, folder in runs:
        active = own_stream(on)
        with active():
            run = Run(settings, data, folder, on, shared, record)
            begin(run, folder, settings, data, resume=True)
        made.append((run, active))
    failed: dict[int, NonFiniteLossError] = {}
    while True:
        going = {
            index: (run.steps(), active)
            for index, (run, active) in enumerate(made)
            if run.epoch < run.settings.epochs and index not in failed
        }
        if not going:
            break
        while going:
            for index, (steps, active) in list(going.items()):
                try:
                    with active():
                        next(steps)
                except StopIteration:
                    del going[index]
                except NonFiniteLossError as error:
                    failed[index] = error
                    del going[index]
        if time.monotonic() - started > seconds:
            break
    return [
        failed.get(index, run.epoch >= run.settings.epochs) for index, (run, _) in enumerate(made)
    ]
