"""Where a result comes from: command, versions, seed, hash of the data, hardware, time."""

import hashlib
import importlib.metadata
import json
import numbers
import os
import platform
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pqtheory._checks import check_count, python_number
from pqtheory._files import write_whole
from pqtheory._messages import brief
from pqtheory._version import __version__

#: in the environment of a process that another one started to do its work: the command of that one
STARTED_BY = "PQTHEORY_STARTED_BY"
#: what a result may depend on; those that are not installed are left out
PACKAGES = ("numpy", "scipy", "array-api-compat", "scikit-learn", "matplotlib", "torch", "sympy")
#: where Linux names the processor
CPUINFO = Path("/proc/cpuinfo")


def provenance(*, seed: int | None = None, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Collect what a reader needs to run the same thing again.

    Parameters
    ----------
    seed : int, optional
        The seed of the run.
    data : mapping of str to array, optional
        The arrays that went in; only their hash is kept.

    Returns
    -------
    dict
        JSON's own types, under "command", "versions", "seed", "data_sha256", "hardware", "time".

    Raises
    ------
    TypeError, ValueError
        If the seed is no integer >= 0, or as ``data_hash``.
    """
    return {
        "command": started_by(),
        "versions": {
            "pqtheory": __version__,
            "python": platform.python_version(),
            **{name: v for name in PACKAGES if (v := _version(name)) is not None},
        },
        "seed": None if seed is None else check_count(seed, "seed", 0),
        "data_sha256": None if data is None else data_hash(data),
        "hardware": {
            "machine": platform.machine(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def started_by() -> str:
    """The command that is behind this process, or behind the one that started it to do its work."""
    return os.environ.get(STARTED_BY) or command(sys.orig_argv)


def command(arguments: Sequence[str]) -> str:
    """The command line as a shell takes it, absolute paths cut to their last part: they say nothing elsewhere."""
    parts = [Path(a).name if os.path.isabs(a) else a for a in arguments]
    if parts and parts[0].startswith("python"):
        parts[0] = "python"
    return shlex.join(parts)


def data_hash(data: Mapping[str, Any]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of the arrays, in the order of their names.

    Of objects, such as fractions, it is over what Python writes them as.

    Raises
    ------
    TypeError
        If one of them is no number and no text: what it is written as differs from process to process.
    """
    digest = hashlib.sha256()
    for name in sorted(data):
        array = np.asarray(data[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(_written(array) if array.dtype == object else array.tobytes())
    return digest.hexdigest()


def _written(array: np.ndarray) -> bytes:
    # the bytes of objects are where they lie in memory
    entries = [python_number(entry) for entry in array.ravel()]
    for entry in entries:
        if not isinstance(entry, numbers.Number | str):
            raise TypeError(f"data: expected numbers or texts, got {brief(entry)}")
    return "\n".join(map(repr, entries)).encode()


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as JSON that a reader can compare line by line; ``file`` appears whole or not at all.

    Raises
    ------
    TypeError, ValueError
        If it holds anything that JSON lacks, NaN included.
    OSError
        If the file cannot be written.
    """
    text = json.dumps(content, indent=1, allow_nan=False)
    # a list of numbers on one line; no text of JSON's holds a line break
    text = re.sub(r"\[\n[-+.\de,\s]+\]", lambda m: " ".join(m[0].split()), text)
    write_whole(file, f"{text}\n".encode())


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    if CPUINFO.is_file():
        for line in CPUINFO.read_bytes().decode(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
