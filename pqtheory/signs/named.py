"""The weights that a tracker is given, by name: arrays, mappings and ``model.named_parameters()``."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import array_api_compat
import numpy as np

from pqtheory._arrays import Array, as_array, is_torch
from pqtheory._messages import brief

#: the name of the weights of a tracker that was given a single array
ARRAY_NAME = "weights"
#: the key of the metrics over all names
ALL = "all"


def _real(array: Any, name: str) -> Array:
    return as_array(array, name)[1]


def named_arrays(weights: Any, check: Callable[[Any, str], Array] = _real) -> dict[str, Array]:
    """``weights`` as a dict of arrays, each as ``check(array, what it is called)`` returns it.

    Raises
    ------
    TypeError, ValueError
        If they are no arrays with distinct names, or ``check`` refuses one.
    """
    pairs = weights.items() if isinstance(weights, Mapping) else weights
    if array_api_compat.is_array_api_obj(weights):
        pairs = [(ARRAY_NAME, weights)]
    if not isinstance(pairs, Iterable):
        raise TypeError(_expected(weights))
    arrays: dict[str, Array] = {}
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError(f"{_expected(weights)} of {type(pair).__name__}")
        name, array = pair
        if name in arrays or name == ALL:
            raise ValueError(
                f"weights: expected distinct names, none of them 'all', got {brief(name)}"
            )
        if not isinstance(array, np.ndarray | np.generic) and not is_torch(array):
            raise TypeError(
                f"weights: expected a NumPy array or torch tensor for {brief(name)}, "
                f"got {type(array).__name__}"
            )
        if is_torch(array) and (array.is_meta or str(array.layout) != "torch.strided"):
            raise TypeError(
                f"weights: expected a dense tensor, with numbers, for {brief(name)}, got one of layout "
                f"{array.layout} on {array.device}"
            )
        arrays[name] = check(array, f"weights[{brief(name)}]")
    if not arrays:
        raise ValueError("weights: expected at least one array, got none")
    return arrays


def check_shape(array: Array, shape: tuple[int, ...], name: str) -> None:
    """Raise unless ``array`` has the shape that ``name`` had at the start."""
    if tuple(array.shape) != shape:
        raise ValueError(
            f"weights: expected shape {shape} for {brief(name)}, got {tuple(array.shape)}"
        )


def check_names(got: Iterable[str], expected: Iterable[str], argument: str) -> None:
    """Raise unless both hold the same names."""
    missing = sorted(set(expected) - set(got))
    unknown = sorted(map(str, set(got) - set(expected)))
    if missing or unknown:
        raise ValueError(
            f"{argument}: expected the names at the start, missing {brief(missing)}, "
            f"unknown {brief(unknown)}"
        )


def _expected(weights: Any) -> str:
    return (
        "weights: expected an array, a mapping name -> array or an iterable of (name, array), "
        f"got {type(weights).__name__}"
    )
