"""Safetensors files, those of quantized networks too, each tensor from a map of just its bytes."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pqtheory.networks.quantized_file import QuantizedFile, is_quantized
from pqtheory.networks.saved.stored import StoredTensor, as_tensor, mapped

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}


def read_safetensors(file: Path) -> dict[str, StoredTensor]:
    """The tensors of a file by name.

    Raises
    ------
    ValueError
        If it is none, or cut off.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="pt") as stored:
            about = stored.metadata()
    except SafetensorError as error:
        raise ValueError(f"not a whole safetensors file: {error}") from error
    if is_quantized(about):
        return _quantized(file)
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
    return {
        name: _stored(file, 8 + size, entry)
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _stored(file: Path, data: int, entry: Any) -> StoredTensor:
    shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
    dtype = _dtype(entry["dtype"])

    def read() -> Tensor:
        # one of a kind that torch has not is not asked for
        known = torch.uint8 if dtype is None else dtype
        return as_tensor(mapped(file, data + begin, end - begin), known).view(shape)

    return StoredTensor(shape, dtype, read, (str(file), begin, end) if end > begin else None)


def _dtype(kind: str) -> torch.dtype | None:
    found = vars(torch).get(DTYPES.get(kind, ""))
    return found if isinstance(found, torch.dtype) else None


def _quantized(file: Path) -> dict[str, StoredTensor]:
    stored = QuantizedFile(file)
    found = {}
    for name in stored.names:
        shape = stored.shape(name)
        if shape is not None:
            found[name] = StoredTensor(
                shape,
                _dtype(stored.dtype(name)),
                partial(stored.__getitem__, name),
                stored.place(name),
            )
    return found
