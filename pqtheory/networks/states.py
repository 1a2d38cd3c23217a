"""Files of ``torch.save`` that are checked as they are read: a zip archive has a CRC-32 for each of its members."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from pqtheory._messages import brief


def state_bytes(state: Mapping[str, Any]) -> bytes:
    """``state`` as a file of ``torch.save``, with checksums whatever torch is told elsewhere."""
    told = torch.serialization.get_crc32_options()
    buffer = io.BytesIO()
    try:
        torch.serialization.set_crc32_options(True)
        torch.save(dict(state), buffer)
    finally:
        torch.serialization.set_crc32_options(told)
    return buffer.getvalue()


def read_state(content: bytes, name: str) -> Any:
    """What ``torch.save`` wrote: tensors and plain values only, every byte as it was written.

    Raises
    ------
    ValueError
        If it is damaged, or holds anything else; begins with ``name``.
    """
    try:
        check_crc(io.BytesIO(content))
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises what it happens to meet: zip, pickle and runtime errors
        raise ValueError(f"{name}: not a whole checkpoint: {said_by_torch(error)}") from error


def said_by_torch(error: Exception) -> str:
    """What torch says of a pickle in one line, without its advice on how to run what is in it all the same."""
    before, _, reason = str(error).partition("WeightsUnpickler error: ")
    said = (reason or before).partition(". Please use")[0].strip()
    return (said or type(error).__name__).splitlines()[0]


@contextmanager
def taken_up(name: str) -> Iterator[None]:
    """What a state is taken up in: what has no place for it says so in words of its own, here in a line with ``name``.

    Raises
    ------
    ValueError
        If it does not fit.
    """
    try:
        yield
    except (RuntimeError, LookupError, AttributeError, TypeError, ValueError) as error:
        first = " ".join(str(error).split())[:300]
        raise ValueError(f"{name}: not the state of this run: {first}") from error


def check_crc(stream: Any) -> None:
    """Compare the members of an archive with their checksums; what is no archive, or has none, is let pass.

    Raises
    ------
    ValueError, zipfile.BadZipFile
        If one differs.
    """
    if not zipfile.is_zipfile(stream):
        # torch's format before its version 1.6
        return
    with zipfile.ZipFile(stream) as archive:
        if not any(member.CRC for member in archive.infolist()):
            return
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"checksum of {brief(damaged)} differs: the file is damaged")
