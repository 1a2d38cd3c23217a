r"""What a tracker remembers of one array; from packed sign bits s (last) and s_new,

    flips = s ^ s_new,   reversals = flips & flipped,   flipped |= flips,   reversed |= reversals:

a sign that flips again moves against its own last move.
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.signs.packing import count_bits, packed_size

#: one bit per weight for each of these
PLANES = ("start", "last", "flipped", "reversed")
#: numbers of events since the start
TOTALS = ("flips", "reversals")


@final
class SignMemory:
    """Packed bits start, last, flipped, reversed (``planes``) and two totals, of one array."""

    __slots__ = ("flips", "planes", "reversals", "shape", "size")

    def __init__(self, shape: tuple[int, ...], start: Array) -> None:
        self.shape, self.size = shape, math.prod(shape)
        never = np.zeros_like(start)
        self.planes = {"start": start, "last": start, "flipped": never, "reversed": never}
        self.flips = self.reversals = 0

    def update(self, now: Array) -> tuple[int, int, int]:
        """Remember the bits ``now``; how many weights differ from the start, flip, reverse."""
        planes = self.planes
        flips = planes["last"] ^ now
        reversals = flips & planes["flipped"]
        self.planes = {
            "start": planes["start"],
            "last": now,
            "flipped": planes["flipped"] | flips,
            "reversed": planes["reversed"] | reversals,
        }
        flip_count, reversal_count = count_bits(flips), count_bits(reversals)
        self.flips += flip_count
        self.reversals += reversal_count
        return count_bits(planes["start"] ^ now), flip_count, reversal_count

    def state(self, name: str) -> dict[str, Any]:
        """Copy everything into a flat dict whose keys end in ``/name``."""
        state: dict[str, Any] = {f"shape/{name}": np.array(self.shape, dtype=np.int64)}
        state |= {f"{plane}/{name}": self.planes[plane].copy() for plane in PLANES}
        return state | {f"flips/{name}": self.flips, f"reversals/{name}": self.reversals}

    def loaded(self, name: str, state: Mapping[str, Any]) -> "SignMemory":
        """Make a memory of this shape from the entries of ``state`` that end in ``/name``.

        Raises
        ------
        ValueError
            If an entry does not fit.
        """
        check_shape(state, name, self.shape)
        memory = SignMemory(self.shape, self.planes["start"])
        memory.planes = {p: _check_bits(state, f"{p}/{name}", self.size) for p in PLANES}
        memory.flips, memory.reversals = (check_total(state, f"{t}/{name}") for t in TOTALS)
        return memory


def state_keys(name: str) -> list[str]:
    """List the keys of :meth:`SignMemory.state`."""
    return [f"{key}/{name}" for key in ("shape", *PLANES, *TOTALS)]


def check_shape(state: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> None:
    """Raise unless the state of ``name`` is of this shape."""
    there = tuple(np.asarray(state[f"shape/{name}"]).tolist())
    if there != shape:
        raise ValueError(f"state: expected shape {shape} for {brief(name)}, got {brief(there)}")


def check_total(state: Mapping[str, Any], key: str) -> int:
    """``state[key]`` as an integer; a ValueError unless it is one and at least 0."""
    value = np.asarray(state[key])
    if value.ndim or value.dtype.kind not in "iu" or value < 0:
        raise ValueError(
            f"state: expected an integer >= 0 for {brief(key)}, got {brief(state[key])}"
        )
    return int(value)


def _check_bits(state: Mapping[str, Any], key: str, size: int) -> Array:
    bits = np.array(state[key])
    if bits.dtype != np.uint8 or bits.shape != (packed_size(size),):
        raise ValueError(
            f"state: expected {size} bits packed into uint8 of shape ({packed_size(size)},) "
            f"for {brief(key)}, got {bits.dtype} of shape {bits.shape}"
        )
    if size % 8 and bits[-1] & (0xFF >> size % 8):
        raise ValueError(
            f"state: expected 0 behind the {size} bits of {brief(key)}, got {bits[-1]:08b}"
        )
    return bits
