"""Pickles from elsewhere, read without running what is in them: arrays and plain containers only."""

import io
import pickle
from pathlib import Path
from typing import Any, final

#: module and name of all that a pickle of arrays needs; what Python 2 wrote included
ALLOWED = frozenset(
    {
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("_codecs", "encode"),
    }
)


@final
class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what an array is made of, and nothing else."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def read_arrays(file: Path) -> Any:
    """The content of a pickle that holds arrays, numbers, strings, bytes, lists, tuples and dicts.

    Raises
    ------
    ValueError
        If it asks for anything else, such as code to run, or is no whole pickle.
    """
    try:
        return _ArraysOnly(io.BytesIO(file.read_bytes()), encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: refused, not a pickle of plain arrays: {error}") from error
