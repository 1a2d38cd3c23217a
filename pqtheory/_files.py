"""Files that appear whole or not at all."""

import glob
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

#: how a file ends while it is written: ``.name.12345678.part``
UNFINISHED = ".part"


def write_whole(file: Path, content: bytes) -> None:
    """Write ``content`` so that ``file`` is either what it was or all of it, also when the disk is full.

    Links are followed, and permissions are those of a plain write. What a process that was killed left of this name is
    removed: only one process at a time may write a file.

    Raises
    ------
    OSError
        If it cannot be written; names ``file``.
    """
    try:
        if file.exists() and not file.is_file():
            # a device or a pipe: nothing to keep, and nothing that may be replaced
            file.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(file)), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error


def _replace(file: Path, content: bytes) -> None:
    for left in file.parent.glob(f".{glob.escape(file.name)}.{'?' * 8}{UNFINISHED}"):
        left.unlink(missing_ok=True)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with open(part, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            shutil.copymode(file, part)
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
