"""Pickles from elsewhere, read without running what is in them: arrays of numbers and plain containers only.

What a pickle of arrays calls by name is replaced by what checks its arguments first: NumPy's own functions end the
process where those are damaged.
"""

import io
import math
import pickle
import pickletools
import re
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory._messages import brief


@final
class _Dtype:
    """In place of ``numpy.dtype``: a name, and then a state with the byte order."""

    def __init__(self, name: str | bytes, *_: Any) -> None:
        self._name, self._order = name, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._order = state[1]

    def found(self) -> np.dtype[Any]:
        """The data type itself, if it is one of numbers."""
        parts = (self._order, self._name)
        order, name = (p.decode("ascii") if isinstance(p, bytes) else str(p) for p in parts)
        if not re.fullmatch("[<>|=](b1|[iu][1248]|f[248])", order + name):
            raise pickle.UnpicklingError(f"it asks for numbers of type {brief(order + name)}")
        return np.dtype(order + name)


@final
class _Array(np.ndarray):
    """In place of what makes an array: an empty one, which is then given its state."""

    def __new__(cls, *_: Any) -> "_Array":
        return super().__new__(cls, 0, np.uint8)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        dtype = kind.found()
        if not all(type(n) is int and n >= 0 for n in shape):
            raise pickle.UnpicklingError(f"it asks for an array of shape {brief(shape)}")
        if not isinstance(data, bytes) or math.prod(shape) * dtype.itemsize != len(data):
            raise pickle.UnpicklingError(f"an array of shape {brief(shape)} has not so many bytes")
        whole: Any = (1, tuple(shape), dtype, bool(fortran), data)
        super().__setstate__(whole)


def _encode(text: str, *_: Any) -> bytes:
    """Bytes, as Python 3 writes them for Python 2."""
    return text.encode("latin1")


#: module and name of all that a pickle of arrays needs, what Python 2 wrote included, and what takes its place
ALLOWED = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("_codecs", "encode"): _encode,
}


@final
class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what takes the place of what an array is made of, and nothing else."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return ALLOWED[module, name]


def read_arrays(file: Path) -> Any:
    """The content of a pickle that holds arrays, numbers, strings, bytes, lists, tuples and dicts.

    Raises
    ------
    ValueError
        If it asks for anything else, such as code to run, or is no whole pickle.
    """
    content = file.read_bytes()
    try:
        for code, place, _ in pickletools.genops(content):
            # memory is taken for all places up to the one that is named; a pickle has fewer than bytes
            if code.name in ("PUT", "LONG_BINPUT") and int(str(place)) > len(content):
                raise pickle.UnpicklingError(f"it asks for {place} places")
        return _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    except Exception as error:
        # a damaged one raises whatever the objects raise that it asks for
        reason = str(error) or type(error).__name__
        raise ValueError(f"{file}: refused, not a pickle of plain arrays: {reason}") from error
