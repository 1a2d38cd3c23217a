"""Parameters that several processes share (FSDP2's DTensor): what this process has of one, and the whole of it.

A map that takes each coordinate by itself works on the part. One that couples them, by rows or by the whole tensor, is
given the whole, so that every process finds the levels that one alone would find.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def local(tensor: Tensor) -> Tensor:
    """What this process has of it; the tensor itself where it is not shared. Writing there writes the tensor."""
    return tensor.to_local() if is_shared(tensor) else tensor


def on_whole(function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """The part of this process of ``function(*tensors)``, a function of the whole ones, of the first one's shape."""
    return part(function(*(whole(tensor) for tensor in tensors)), tensors[0])


def whole(tensor: Tensor) -> Tensor:
    """All of it, on every process."""
    if not is_shared(tensor):
        return tensor
    shared: Any = tensor
    found: Tensor = shared.full_tensor()
    return found


def part(found: Tensor, tensor: Tensor) -> Tensor:
    """What this process has of a whole that is to be shared as ``tensor`` is."""
    if not is_shared(tensor):
        return found
    from torch.distributed.tensor import DTensor, Replicate

    shared: Any = tensor
    mesh = shared.device_mesh
    everywhere = DTensor.from_local(found, mesh, [Replicate()] * mesh.ndim, run_check=False)
    own: Tensor = everywhere.redistribute(mesh, shared.placements).to_local()
    return own


def is_shared(tensor: Tensor) -> bool:
    """Whether other processes have parts of it."""
    if type(tensor) in (nn.Parameter, Tensor) or not torch.distributed.is_available():
        return False
    from torch.distributed.tensor import DTensor

    return isinstance(tensor, DTensor)


def check_whole(parameter: nn.Parameter) -> None:
    """Refuse a parameter whose shape and memory are not its own, or which has none.

    Raises
    ------
    ValueError
        If it is on the meta device, was made in inference mode, or FSDP1 has flattened it.
    """
    if parameter.is_meta:
        raise ValueError(
            "it is on the meta device, without values: make the optimizer after the model has its weights"
        )
    if parameter.is_inference():
        raise ValueError(
            "it was made in inference mode, and no step may write to it: make the model outside of it"
        )
    # FSDP1 marks what it flattens, also where it shows the original parameters
    if getattr(parameter, "_fsdp_flattened", False):
        raise ValueError(
            "FSDP1 has flattened it; expected a parameter of its own shape: "
            "shard with torch.distributed.fsdp.fully_shard (FSDP2)"
        )
