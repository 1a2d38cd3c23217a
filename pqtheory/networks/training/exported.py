"""The quantized network of a run, without its training: for ``networks.export.save_quantized``."""

from typing import Any

import torch

from pqtheory._messages import brief
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.states import taken_up
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.run import Run


def exported(folder: RunFolder, data: Any, last: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The state of the network with exactly quantized weights, and the names of these.

    Parameters
    ----------
    folder : RunFolder
        Of the run; nothing in it changes.
    data : object
        What its task loads: ``build.load_data(folder.settings)``.
    last : bool
        Whether it is the network after the last epoch; otherwise that of the best one, if one was picked.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no run, it has other data, no network yet, or a method that leaves no weights to pack.
    """
    settings = folder.settings
    folder.check_same(settings, data.sha256)
    state = (None if last else folder.load("best.pt")) or folder.load("checkpoint.pt")
    if state is None:
        raise ValueError(f"{folder.path}: no network there yet")
    run = Run(settings, data, folder, torch.device("cpu"))
    if not isinstance(run.optimizer, QuantizingOptimizer):
        raise ValueError(
            f"{folder.path}: expected a run of a method whose levels can be packed, got {brief(settings.method)}"
        )
    with taken_up(str(folder.path)):
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
    return run.optimizer.export(run.model)
