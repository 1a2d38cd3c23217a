"""Formulas and their forms in place give the same numbers bit for bit: all of float16, and round every threshold."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory._elementwise import InPlace
from pqtheory.regularizers import DistanceL1
from pqtheory.regularizers.distance_l1 import toward, write_toward
from pqtheory.sets import Binary, Codebook, Set, Ternary, UniformGrid
from pqtheory.sets.base import nearest

# float16 has NaNs that signal
pytestmark = pytest.mark.filterwarnings("ignore:invalid value")
HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16)
SETS: tuple[Any, ...] = (
    Binary(),
    Binary(0.3),
    Ternary(0.7),
    Codebook((-1.5, -0.25, 0.1, 2.0)),
    UniformGrid(4, -1.0, 2.0),
)
WEIGHTS = (0.0, 1e-5, 0.125, 0.3, 1.0, 100.0, math.inf)
DTYPES = {"float32": np.dtype(np.float32), "float64": np.dtype(np.float64)}
#: half of a level of one of the sets: up to there the distance to it is exact
HALF_LEVELS = (0.05, 0.15, 0.35, 0.5)
#: numbers on either side of a threshold that are looked at
BESIDE = 64


def around_thresholds(set_: Any, dtype: np.dtype, weight: float) -> np.ndarray:
    """Levels, midpoints and what a weight away from them the prox stops at, each with its next neighbours."""
    cells = set_.cells(np.empty(0, dtype))
    places = [0.0, *cells.levels, *cells.thresholds]
    if weight < math.inf:
        places += [v + s * weight for v in places for s in (-1, 1)]
    whole = np.dtype(f"i{dtype.itemsize}")
    centres = np.array(places, dtype).view(whole)
    steps = np.arange(-BESIDE, BESIDE + 1).astype(whole)
    return (centres[:, None] + steps).ravel().view(dtype)


def same_bits(one: Any, other: Any) -> bool:
    """NaN in the same places, and every other number the same, the sign of 0 too."""
    a, b = np.asarray(one), np.asarray(other)
    nan = np.isnan(a)
    bits = a.view(f"i{a.dtype.itemsize}") == b.view(f"i{b.dtype.itemsize}")
    return a.dtype == b.dtype and bool((np.isnan(b) == nan).all() and (bits | nan).all())


def points(set_: Set, dtype: np.dtype, weight: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.concatenate([HALVES.astype(dtype), around_thresholds(set_, dtype, weight)])


def by_both(kernel: InPlace, theta: Any, p: Any, *arguments: Any) -> tuple[Any, Any, Any]:
    """The formula, and the form in place into new memory and into ``theta`` itself."""
    xp: Any = np if isinstance(theta, np.ndarray) else torch
    new, own = xp.empty_like(theta), theta.copy() if xp is np else theta.clone()
    formula = kernel(xp, theta, p, *arguments)
    kernel.write(xp, new, theta, p, *arguments)
    kernel.write(xp, own, own, p, *arguments)
    return formula, new, own


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("set_", SETS, ids=str)
def test_toward(set_: Any, weight: float, dtype: str, library: str) -> None:
    theta = points(set_, DTYPES[dtype], weight)
    p = set_.nearest(np, theta, set_.cells(theta))
    arrays: Any = (theta, p) if library == "numpy" else map(torch.from_numpy, (theta, p))
    formula, *others = by_both(InPlace(toward, write_toward), *arrays, weight)
    assert all(same_bits(formula, other) for other in others)


@pytest.mark.parametrize("with_nan", [True, False])
@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("set_", SETS, ids=str)
def test_nearest(set_: Any, dtype: str, library: str, with_nan: bool) -> None:
    theta = points(set_, DTYPES[dtype], 0.0)
    theta = theta if with_nan else theta[~np.isnan(theta)]
    p = set_.nearest(np, theta, set_.cells(theta))
    arrays: Any = [theta, p] if library == "numpy" else [*map(torch.from_numpy, (theta, p))]
    formula, *others = by_both(nearest, *arrays)
    # the projection of an array makes the nearest levels where they belong
    new, own = arrays[0] + 0, arrays[0] + 0
    assert set_.project(arrays[0], out=new) is new
    set_.project(own, out=own[:])
    nearest.write(np if library == "numpy" else torch, arrays[1], *arrays)
    assert all(same_bits(formula, other) for other in (*others, new, own, arrays[1]))


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", ["float16", *DTYPES])
@pytest.mark.parametrize("weight", [*WEIGHTS, *HALF_LEVELS])
@pytest.mark.parametrize("set_", [*SETS, Codebook([0.5])], ids=str)
def test_prox_into_memory_is_the_prox(set_: Any, weight: float, dtype: str, library: str) -> None:
    regularizer = DistanceL1(set_)
    theta = HALVES if dtype == "float16" else points(set_, DTYPES[dtype], weight)
    given: Any = theta.copy() if library == "numpy" else torch.from_numpy(theta.copy())
    # in pieces too small for blocks the formula runs, into memory the form in place
    parts = [np.asarray(regularizer.prox(part, weight)) for part in np.array_split(given, 7)]
    assert regularizer.prox(given, weight, out=given) is given
    assert same_bits(np.concatenate(parts), given)
