"""Train: start a run or go on with it, stopped at any moment as if it had not been."""

import math
import time
from typing import Any

import torch

from pqtheory.networks.tasks.find import errors_with_lines
from pqtheory.networks.training.denormals import flushed
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.graphs import own_stream
from pqtheory.networks.training.run import Progress, Run
from pqtheory.networks.training.settings import Settings


def train(
    settings: Settings,
    data: Any,
    folder: RunFolder,
    *,
    device: str | torch.device = "cpu",
    resume: bool = False,
    seconds: float = math.inf,
    progress: Progress | None = None,
) -> bool:
    """Train, or go on training, and keep everything in ``folder``.

    Parameters
    ----------
    settings : Settings
        What to train; of a run that is resumed, those in its folder count, and must be the same.
    data : object
        What its task loads: ``build.load_data``.
    folder : RunFolder
        Where.
    device : str or torch.device
        On what.
    resume : bool
        Whether to go on where ``folder`` stopped; where nothing is there yet, to start.
    seconds : float
        Stop after the epoch that ends beyond this time.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    bool
        Whether all epochs are done.

    Raises
    ------
    FileExistsError, BlockingIOError
        If there is a run and ``resume`` is not given, or another process trains there.
    ValueError
        If the settings or the data are not those that the run was started with.
    NonFiniteLossError
        If the loss is not finite.
    """
    started = time.monotonic()
    on = torch.device(device)
    with errors_with_lines(settings.task), own_stream(on)(), flushed(on):
        # first what may be refused: a bad start leaves no folder of a run
        run = Run(settings, data, folder, on)
        with folder.alone():
            begin(run, folder, settings, data, resume)
            while run.epoch < settings.epochs:
                run.train_epoch(progress)
                if time.monotonic() - started > seconds:
                    break
    return run.epoch >= settings.epochs


def begin(run: Run, folder: RunFolder, settings: Settings, data: Any, resume: bool) -> None:
    """Start the folder of a run, or see that it holds this run, and take up what is there; raises as ``train``.

    What fails before there is a first network leaves no run that the right one could collide with.
    """
    if resume and (folder.path / "settings.json").exists():
        folder.check_same(settings, data.sha256)
    else:
        folder.start(settings, data.sha256)
    try:
        run.restore()
    except BaseException:
        folder.forget_start()
        raise
