"""Where a network begins: with the weights of a run of ours, or with any state_dict that fits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from pqtheory._messages import brief, counted
from pqtheory.networks.saved import Checkpoint, aligned
from pqtheory.networks.saved.files import RUN, read_file
from pqtheory.networks.training.folder import load_checkpoint
from pqtheory.networks.training.settings import Settings

#: what batch norm of older versions of torch did not count
COUNTS = "num_batches_tracked"


def load_warm_start(model: nn.Module, settings: Settings) -> None:
    """Give ``model`` the weights that ``settings.warm_start`` names.

    Raises
    ------
    FileNotFoundError, ValueError
        If there are none, they are of another network, or were trained on images that are to be held out.
    """
    place = Path(str(settings.warm_start))
    file = place / "checkpoint.pt"
    if file.is_file() or _is_run(place):
        file = file if file.is_file() else place
        run = load_checkpoint(file)
        _check_apart(file, settings, run.get("settings", {}))
        state = run.get("model")
    else:
        file, state = place, _fitting(place, model, settings.model)
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        first = str(error).strip().splitlines()[0]
        raise ValueError(f"{file}: not a checkpoint of {settings.model}: {first}") from error


def _is_run(place: Path) -> bool:
    if not place.is_file():
        return False
    content = read_file(place)
    return isinstance(content, dict) and content.keys() >= RUN


def _check_apart(file: Path, settings: Settings, before: Mapping[str, Any]) -> None:
    kept = before.get("held_out", settings.held_out)
    if before.get("data") == settings.data and kept < settings.held_out:
        raise ValueError(
            f"{file}: was trained with {counted(kept, 'image')} held out, so {settings.held_out} can't be now"
        )


def _fitting(place: Path, model: nn.Module, name: str) -> dict[str, Tensor]:
    """The tensors of any checkpoint by the names of the model's, if they are just these."""
    checkpoint, wanted = Checkpoint(place), model.state_dict()
    called = aligned(list(wanted), checkpoint.names)
    left = [
        n for n, t in checkpoint.tensors.items() if n not in set(called.values()) and len(t.shape)
    ]
    found = {}
    for own, like in wanted.items():
        if own not in called:
            if own.endswith(COUNTS):
                found[own] = like
                continue
            raise ValueError(
                f"{place}: not a checkpoint of {name}: no tensor {brief(own)}; it has {brief(left or called)}"
            )
        stored = checkpoint.tensors[called[own]]
        fits = stored.dtype is not None and (
            stored.dtype.is_floating_point or not like.is_floating_point()
        )
        if stored.shape != tuple(like.shape) or not fits:
            kind = str(stored.dtype).removeprefix("torch.")
            raise ValueError(
                f"{place}: not a checkpoint of {name}: expected shape {tuple(like.shape)} for {brief(own)}, "
                f"got {stored.shape} of {kind}"
            )
        found[own] = checkpoint[called[own]].to(like.dtype)
    if left:
        raise ValueError(f"{place}: not a checkpoint of {name}: it has {brief(left)} too")
    return found
