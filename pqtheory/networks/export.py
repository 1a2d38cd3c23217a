r"""Quantized networks on disk: each quantized tensor as a codebook and k bits for each weight, the rest as it is.

A tensor of n weights with 2^(k-1) < levels <= 2^k takes ceil(n k / 8) bytes beside its codebook: k/32 of float32.
One safetensors file; its header says for each packed tensor the shape and the bits, and has the SHA-256 of the file
(with zeros in its own place), which is compared whenever it is read.
"""

import hashlib
import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pqtheory._checks import check_count
from pqtheory._files import write_whole
from pqtheory._messages import brief

FORMAT = "pqtheory-quantized-2"
#: without a checksum
OLDER = "pqtheory-quantized-1"
#: where the checksum is before it is known
NONE_YET = "0" * 64
#: beside the name of a packed tensor
CODES, LEVELS = ".codes", ".levels"
MAX_BITS = 8


def pack(tensor: Tensor, max_bits: int = MAX_BITS) -> tuple[Tensor, Tensor, int]:
    """Codebook and packed codes of a tensor with few different values.

    Returns
    -------
    codes : uint8 tensor, shape (ceil(n bits / 8),)
        The place of each weight's level, ``bits`` bits each, least significant first.
    levels : tensor, shape (<= 2**bits,)
        The different values, ascending, in the dtype of ``tensor``.
    bits : int
        At least 1.

    Raises
    ------
    ValueError
        If there are more than ``2**max_bits`` different values, or NaN.
    """
    check_count(max_bits, "max_bits", 1, MAX_BITS)
    flat = tensor.detach().cpu().contiguous().flatten()
    if bool(torch.isnan(flat).any()):
        raise ValueError("pack: expected levels, got NaN")
    levels, codes = torch.unique(flat, return_inverse=True)
    bits = max(1, math.ceil(math.log2(max(1, len(levels)))))
    if bits > max_bits:
        raise ValueError(f"pack: expected at most {2**max_bits} levels, got {len(levels)} values")
    planes = (codes.numpy()[:, None] >> np.arange(bits)) & 1
    packed = np.packbits(planes.astype(np.uint8).ravel(), bitorder="little")
    return torch.from_numpy(packed), levels, bits


def unpack(codes: Tensor, levels: Tensor, bits: int, shape: tuple[int, ...]) -> Tensor:
    """The tensor that ``pack`` was given.

    Raises
    ------
    ValueError
        If there are too few codes for the shape, or a code beyond the levels.
    """
    size = math.prod(shape)
    stream = np.unpackbits(codes.cpu().numpy(), bitorder="little")
    if len(stream) < size * bits:
        raise ValueError(
            f"unpack: expected {size * bits} bits for the shape {shape}, got {len(stream)}"
        )
    planes = stream[: size * bits].reshape(size, bits)
    places = (planes.astype(np.int64) << np.arange(bits)).sum(axis=1)
    if size and places.max() >= len(levels):
        raise ValueError(f"unpack: code {places.max()} beyond the {len(levels)} levels")
    return levels[torch.from_numpy(places)].reshape(shape)


def save_quantized(
    file: str | Path, state: Mapping[str, Tensor], packed: Collection[str] = ()
) -> None:
    """Write a state_dict, its quantized tensors packed; the file appears whole or not at all.

    Parameters
    ----------
    file : path
        Usually ``.safetensors``.
    state : mapping of str to tensor
        With names to pack, as ``opt.export(model)`` gives them.
    packed : collection of str
        Names of the tensors to pack.

    Raises
    ------
    ValueError
        If a name is not in ``state``, or such a tensor has more than 256 different values.
    OSError
        If the file cannot be written.
    """
    from safetensors.torch import save

    unknown = [name for name in packed if name not in state]
    if unknown:
        raise ValueError(f"packed: no tensor {brief(unknown[0])} in the state")
    tensors: dict[str, Tensor] = {}
    described: dict[str, Any] = {}
    for name, tensor in state.items():
        if name not in packed:
            tensors[name] = tensor.detach().cpu().contiguous()
            continue
        codes, levels, bits = pack(tensor)
        tensors[name + CODES], tensors[name + LEVELS] = codes, levels
        described[name] = {"shape": list(tensor.shape), "bits": bits}
    about = {"format": FORMAT, "packed": json.dumps(described), "sha256": NONE_YET}
    content = save(tensors, about)
    digest = hashlib.sha256(content).hexdigest()
    write_whole(Path(file), content.replace(_entry(NONE_YET), _entry(digest), 1))


def _entry(digest: str) -> bytes:
    """As the header has it; before all tensors, and quotes in names or descriptions are escaped."""
    return f'"sha256":"{digest}"'.encode()


def load_quantized(file: str | Path) -> dict[str, Tensor]:
    """The state_dict that was saved, each tensor whole again; compared with its checksum, which older files lack.

    Raises
    ------
    ValueError
        If the file is damaged, or of another format.
    OSError
        If it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    content = Path(file).read_bytes()
    try:
        with safe_open(str(file), framework="pt") as stored:
            about = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{file}: not a whole safetensors file: {error}") from error
    kind, digest = about.get("format"), about.get("sha256")
    if kind not in (FORMAT, OLDER):
        raise ValueError(f"{file}: expected format {brief(FORMAT)}, got {brief(kind)}")
    if kind == FORMAT or digest is not None:
        found = hashlib.sha256(content.replace(_entry(str(digest)), _entry(NONE_YET), 1))
        if found.hexdigest() != digest:
            raise ValueError(f"{file}: its checksum differs: the file is damaged")
    try:
        state = {
            name: _unpacked(name, how, tensors) for name, how in _described(about.get("packed"))
        }
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    return {**tensors, **state}


def _described(packed: str | None) -> Collection[tuple[str, Any]]:
    try:
        found = json.loads(packed or "")
    except (ValueError, RecursionError) as error:
        raise ValueError("packed: expected JSON in the header") from error
    if not isinstance(found, dict):
        raise ValueError(f"packed: expected a mapping, got {brief(found)}")
    return found.items()


def _unpacked(name: str, how: Any, tensors: dict[str, Tensor]) -> Tensor:
    """A packed tensor; its codes and levels are taken out of ``tensors``."""
    if not isinstance(how, dict) or how.keys() != {"shape", "bits"}:
        raise ValueError(f"{brief(name)}: expected its shape and bits, got {brief(how)}")
    bits, shape = how["bits"], how["shape"]
    if type(bits) is not int or not 1 <= bits <= MAX_BITS:
        raise ValueError(f"{brief(name)}: expected 1 to {MAX_BITS} bits, got {brief(bits)}")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{brief(name)}: expected a shape, got {brief(shape)}")
    codes, levels = (tensors.pop(name + part, None) for part in (CODES, LEVELS))
    if codes is None or codes.dtype != torch.uint8 or codes.dim() != 1:
        raise ValueError(f"{brief(name)}: expected codes, one axis of uint8")
    if levels is None or levels.dim() != 1 or len(levels) > 2**bits:
        raise ValueError(f"{brief(name)}: expected at most {2**bits} levels, on one axis")
    size = math.prod(shape)
    if len(codes) != -(-size * bits // 8):
        raise ValueError(
            f"{brief(name)}: expected {-(-size * bits // 8)} bytes of codes for the shape "
            f"{brief(tuple(shape))} at {bits} bits, got {len(codes)}"
        )
    return unpack(codes, levels, bits, tuple(shape))
