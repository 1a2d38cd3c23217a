"""Names of devices."""

import torch

from pqtheory._messages import brief


def check_device(device: str, name: str = "device") -> torch.device:
    """The device of that name.

    Parameters
    ----------
    device : str
        cpu, cuda or cuda:N.
    name : str
        What errors call it.

    Raises
    ------
    ValueError
        If torch does not have it.
    """
    try:
        on = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"{name}: no device {brief(device)}; expected cpu, cuda or cuda:N"
        ) from error
    if on.type not in ("cpu", "cuda"):
        raise ValueError(f"{name}: expected cpu, cuda or cuda:N, got {brief(device)}")
    if on.type == "cuda" and (on.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"{name}: there are {torch.cuda.device_count()} CUDA devices, no {brief(device)}"
        )
    return on
