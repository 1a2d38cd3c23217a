"""Files that appear whole or not at all."""

import glob
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

#: how a file ends while it is written: ``.name.12345678.part``
UNFINISHED = ".part"
#: bytes of a JSON file that is read as a whole
LARGEST = 64 << 20
#: bytes of a file's own name in that name; a file system has room for 255
LONGEST = 200


def read_json(file: Path) -> Any:
    """What a JSON file holds, whatever that is.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no JSON, cut off, nested too deeply or larger than ``LARGEST``.
    """
    with open(file, "rb") as stream:
        # a device may have no end
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"expected at most {LARGEST >> 20} MiB")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON, or cut off: {error}") from error


def write_whole(file: Path, content: bytes) -> None:
    """Write ``content`` so that ``file`` is either what it was or all of it, also when the disk is full.

    Links are followed, and permissions are those of a plain write. What a process that was killed left of this name is
    removed: only one process at a time may write a file.

    Raises
    ------
    OSError
        If it cannot be written; names ``file``.
    """
    with whole_file(file) as stream:
        stream.write(content)


@contextmanager
def whole_file(file: Path) -> Iterator[BinaryIO]:
    """A stream whose content becomes ``file`` when the block ends; see :func:`write_whole`."""
    try:
        if file.exists() and not file.is_file():
            # a device or a pipe: nothing to keep, and nothing that may be replaced
            with open(file, "wb") as stream:
                yield stream
        else:
            with _replaced(Path(os.path.realpath(file))) as stream:
                yield stream
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error


@contextmanager
def _replaced(file: Path) -> Iterator[BinaryIO]:
    name = _bounded(file.name)
    for left in file.parent.glob(f".{glob.escape(name)}.{'?' * 8}{UNFINISHED}"):
        left.unlink(missing_ok=True)
    part = file.with_name(f".{name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with open(part, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            shutil.copymode(file, part)
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _bounded(name: str) -> str:
    """``name``, or its beginning and a digest where it is so long that with what is added it would be no name."""
    if len(os.fsencode(name)) <= LONGEST:
        return name
    return f"{name[:20]}.{sha256(os.fsencode(name)).hexdigest()}"
