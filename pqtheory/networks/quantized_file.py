"""A file of ``save_quantized`` opened to be read tensor by tensor, in each of the formats that there have been."""

import hashlib
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import torch

from pqtheory._messages import brief
from pqtheory.networks.packing import MAX_BITS, Packed, unpack

FORMAT = "pqtheory-quantized-3"
#: one codebook for each tensor, ``{"shape": ..., "bits": ...}`` of it; the first of them without a checksum
OLDER = ("pqtheory-quantized-2", "pqtheory-quantized-1")
#: where the checksum is before it is known
NONE_YET = "0" * 64
#: bytes that are read at once
CHUNK = 1 << 22


def digest_entry(digest: str) -> bytes:
    """As the header has it; before all tensors, and quotes in names or descriptions are escaped."""
    return f'"sha256":"{digest}"'.encode()


def is_quantized(metadata: Mapping[str, str] | None) -> bool:
    """Whether a safetensors file with this metadata is one of ours."""
    return (metadata or {}).get("format") in (FORMAT, *OLDER)


@final
class QuantizedFile:
    """The entries of a quantized network by name; the checksum is compared first.

    Parameters
    ----------
    file : path
        As ``save_quantized`` wrote it.

    Raises
    ------
    ValueError
        If the file is damaged, or of another format.
    OSError
        If it cannot be read.
    """

    def __init__(self, file: str | Path) -> None:
        from safetensors import SafetensorError, safe_open

        self.file = Path(file)
        with self.file.open("rb"):
            pass
        try:
            self._stored: Any = safe_open(str(file), framework="pt")
            about = self._stored.metadata() or {}
            self._tensors = set(self._stored.keys())
        except SafetensorError as error:
            raise ValueError(f"{file}: not a whole safetensors file: {error}") from error
        kind, digest = about.get("format"), about.get("sha256")
        if kind not in (FORMAT, *OLDER):
            raise ValueError(f"{file}: expected format {brief(FORMAT)}, got {brief(kind)}")
        if (kind != OLDER[-1] or digest is not None) and _digest(self.file, str(digest)) != digest:
            raise ValueError(f"{file}: its checksum differs: the file is damaged")
        try:
            self._packed = _json(about, "packed")
            self._same = _json(about, "same") if "same" in about else {}
            self._objects = _json(about, "objects") if "objects" in about else {}
            if kind in OLDER:
                self._packed = {name: _older(name, how) for name, how in self._packed.items()}
            self._check()
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error

    def _check(self) -> None:
        parts: set[str] = set()
        for name, how in self._packed.items():
            parts.update(_described(name, how)[:2])
            self._check_parts(name, how)
        for name, key in (*self._same.items(), *self._objects.items()):
            if not isinstance(key, str) or key not in self._tensors:
                raise ValueError(f"{brief(name)}: expected the name of a tensor, got {brief(key)}")
        parts.update(self._objects.values())
        plain = [name for name in self._tensors if name not in parts]
        self.names = tuple(sorted({*plain, *self._packed, *self._same, *self._objects}))

    def _check_parts(self, name: str, how: list[Any]) -> None:
        codes, levels = (
            self._stored.get_slice(part) if part in self._tensors else None for part in how[:2]
        )
        bits, size = how[2], math.prod(how[3])
        if codes is None or codes.get_dtype() != "U8" or len(codes.get_shape()) != 1:
            raise ValueError(f"{brief(name)}: expected codes, one axis of uint8")
        if (
            levels is None
            or not 1 <= len(levels.get_shape()) <= 2
            or levels.get_shape()[-1] > 2**bits
        ):
            raise ValueError(
                f"{brief(name)}: expected at most {2**bits} levels, in codebooks of one length"
            )
        if codes.get_shape()[0] != -(-size * bits // 8):
            raise ValueError(
                f"{brief(name)}: expected {-(-size * bits // 8)} bytes of codes for the shape "
                f"{brief(tuple(how[3]))} at {bits} bits, got {brief(codes.get_shape()[0])}"
            )

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of the tensor of that name; None for what is no plain tensor."""
        if name in self._objects:
            return None
        if name in self._packed:
            *_, shape, axis, _ = self._packed[name]
            return (*shape[1 : axis + 1], *shape[:1], *shape[axis + 1 :])
        return tuple(self._stored.get_slice(self._same.get(name, name)).get_shape())

    def dtype(self, name: str) -> str:
        """The numbers of the tensor of that name, as safetensors calls them."""
        return str(self._stored.get_slice(self.place(name)).get_dtype())

    def place(self, name: str) -> str:
        """Which tensor of the file it is, or has its levels in; the same for tied ones."""
        return self._packed[name][1] if name in self._packed else self._same.get(name, name)

    def __getitem__(self, name: str) -> Any:
        """The entry of that name, whole; a tensor of its own."""
        if name in self._packed:
            codes, levels, bits, shape, axis, zero_rows = self._packed[name]
            # older files have one codebook, on one axis
            books = torch.atleast_2d(self._stored.get_tensor(levels))
            found = Packed(
                self._stored.get_tensor(codes), books, bits, tuple(shape), axis, tuple(zero_rows)
            )
            try:
                return unpack(found)
            except ValueError as error:
                raise ValueError(f"{self.file}: {brief(name)}: {error}") from error
        if name in self._objects:
            content = self._stored.get_tensor(self._objects[name]).numpy().tobytes()
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return self._stored.get_tensor(self._same.get(name, name))


def _digest(file: Path, digest: str) -> str:
    """SHA-256 of the file with zeros in the place of ``digest``."""
    found = hashlib.sha256()
    with file.open("rb") as stream:
        size = stream.read(8)
        header = stream.read(int.from_bytes(size, "little"))
        found.update(size + header.replace(digest_entry(digest), digest_entry(NONE_YET), 1))
        while part := stream.read(CHUNK):
            found.update(part)
    return found.hexdigest()


def _json(about: Mapping[str, str], key: str) -> dict[str, Any]:
    try:
        found = json.loads(about.get(key) or "")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{key}: expected JSON in the header") from error
    if not isinstance(found, dict):
        raise ValueError(f"{key}: expected a mapping, got {brief(found)}")
    return found


def _older(name: str, how: Any) -> list[Any]:
    if not isinstance(how, dict) or how.keys() != {"shape", "bits"}:
        raise ValueError(f"{brief(name)}: expected its shape and bits, got {brief(how)}")
    bits = how["bits"]
    if type(bits) is not int or not 1 <= bits <= 8:
        raise ValueError(f"{brief(name)}: expected 1 to 8 bits, got {brief(bits)}")
    return [f"{name}.codes", f"{name}.levels", bits, how["shape"], 0, []]


def _described(name: str, how: Any) -> list[Any]:
    """What the header says of a packed tensor, if it can be that."""
    if not isinstance(how, list) or len(how) != 6:
        raise ValueError(
            f"{brief(name)}: expected six entries for a packed tensor, got {brief(how)}"
        )
    codes, levels, bits, shape, axis, zero_rows = how
    if not isinstance(codes, str) or not isinstance(levels, str):
        raise ValueError(f"{brief(name)}: expected two names, got {brief(how[:2])}")
    if type(bits) is not int or not 1 <= bits <= MAX_BITS:
        raise ValueError(f"{brief(name)}: expected 1 to {MAX_BITS} bits, got {brief(bits)}")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{brief(name)}: expected a shape, got {brief(shape)}")
    if type(axis) is not int or not 0 <= axis < max(len(shape), 1):
        raise ValueError(f"{brief(name)}: expected an axis of {len(shape)}, got {brief(axis)}")
    rows = shape[0] if shape else 0
    if not isinstance(zero_rows, list) or not all(
        type(r) is int and 0 <= r < rows for r in zero_rows
    ):
        raise ValueError(f"{brief(name)}: expected rows below {rows}, got {brief(zero_rows)}")
    return how
