"""Arrays of every kind that an operator may be given, and how two of them compare."""

import functools
import importlib
import importlib.util
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._arrays import PRECISION, is_torch
from pqtheory._messages import brief

#: the libraries of arrays
LIBRARIES = ("numpy", "torch", "fractions")
DTYPES = ("float16", "bfloat16", "float32", "float64")


@final
@dataclass(frozen=True)
class Kind:
    """An array library with a dtype."""

    backend: str
    dtype: str

    @property
    def eps(self) -> float:
        """Distance from 1 to the next number."""
        return 2.0 ** (1 - PRECISION[self.dtype])

    def array(self, values: Any) -> Any:
        """``values`` as an array of this kind (always a copy)."""
        array = np.array(values, dtype=np.float64)
        if self.backend == "torch":
            torch = importlib.import_module("torch")
            return torch.tensor(array, dtype=getattr(torch, self.dtype))
        if self.dtype == "bfloat16":
            return array.astype(importlib.import_module("ml_dtypes").bfloat16)
        return array.astype(self.dtype)

    def __str__(self) -> str:
        return f"{self.backend}-{self.dtype}"


@functools.cache
def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def libraries(arrays: Sequence[str] | None) -> tuple[str, ...]:
    """The array libraries to check: those named, or all that are installed.

    Raises
    ------
    ValueError
        If one is unknown or not installed.
    """
    if arrays is None:
        return tuple(name for name in LIBRARIES if name != "torch" or _is_installed("torch"))
    for name in arrays:
        if name not in LIBRARIES:
            raise ValueError(f"arrays: expected some of {', '.join(LIBRARIES)}, got {brief(name)}")
        if name == "torch" and not _is_installed("torch"):
            raise ValueError("arrays: torch is not installed: pip install 'pqtheory[torch]'")
    return tuple(arrays)


def kinds(arrays: Sequence[str] | None, dtypes: Sequence[str] = DTYPES) -> tuple[Kind, ...]:
    """The kinds of floats of these libraries; NumPy has bfloat16 where ml_dtypes is installed."""
    found = [Kind(b, d) for b in libraries(arrays) if b != "fractions" for d in dtypes]
    no_bfloat = Kind("numpy", "bfloat16")
    return tuple(k for k in found if k != no_bfloat or _is_installed("ml_dtypes"))


def fractions(values: Any) -> np.ndarray:
    """Floats as fractions."""
    array = np.asarray(values, dtype=np.float64)
    exact = np.empty(array.shape, dtype=object)
    for index, number in np.ndenumerate(array):
        exact[index] = Fraction(float(number))
    return exact


def are_fractions(array: Any) -> bool:
    """Whether a NumPy array or number holds fractions (and integers) alone."""
    return all(isinstance(v, Fraction | int) for v in np.asarray(array, dtype=object).flat)


def numbers(array: Any) -> np.ndarray:
    """Any array as float64 NumPy (exact for all our dtypes)."""
    if is_torch(array):
        array = array.detach().cpu().double().numpy()
    return np.array(array, dtype=np.float64)


def same_kind(result: Any, like: Any) -> bool:
    """Whether library, dtype, device and shape agree."""
    if is_torch(like):
        return (
            is_torch(result)
            and result.dtype == like.dtype
            and result.device == like.device
            and result.shape == like.shape
        )
    return (
        isinstance(result, np.ndarray)
        and result.dtype == like.dtype
        and result.shape == np.shape(like)
    )


def described(array: Any) -> str:
    """An array's library, dtype and shape."""
    if isinstance(array, np.ndarray) or is_torch(array):
        return f"{type(array).__name__} of {array.dtype}, shape {tuple(array.shape)}"
    return brief(array)


def bits(array: Any) -> bytes:
    """The entries bit for bit."""
    return numbers(array).tobytes()


def sample_points(levels: Sequence[float] = (-1.0, 0.0, 1.0), seed: int = 0) -> np.ndarray:
    """A grid, random points, signed zeros, every level, and every midpoint with its neighbours."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    beside = [np.nextafter(m, s) for m in middles for s in (-9, 9)]
    rng = np.random.default_rng(seed)
    parts = [
        np.arange(-44, 45) / 16,
        1.2 * rng.standard_normal(40),
        [0.0, -0.0],
        levels,
        middles,
        beside,
    ]
    return np.concatenate([np.asarray(p, dtype=np.float64) for p in parts])
