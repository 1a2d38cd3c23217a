r"""What a code tracker remembers of one array: the code at the start, the last code, the way that it came.

With k bits for the last code, one for the direction of the last move (1 = up) and k for the code at the start,

    flips = last != now,    reversals = flips & moved & (up ^ (now > last)).

No weight moves *up* to the code 0: that state is free, and stands for a weight that has never moved, whose code is the
one at the start. So one bit says up, down and not yet.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._messages import brief
from pqtheory.signs import code_planes
from pqtheory.signs.memory import check_shape, check_total
from pqtheory.signs.packing import BLOCK, count_bits, packed_size

#: totals since the start: numbers, and numbers for each level
TOTALS = ("flips", "reversals")
LEVEL_TOTALS = ("held", "visits")


@dataclass(frozen=True)
class CodeCounts:
    """What one update of one array saw, in numbers of weights; ``levels`` for each level."""

    changed: int
    flips: int
    reversals: int
    levels: Array


@final
class CodeMemory:
    """Packed codes at the start and now, one direction bit, totals, and perhaps a moving average, of one array.

    Attributes
    ----------
    flips, reversals : int
        Numbers since the start.
    held, visits : int64 arrays of shape (levels,)
        Numbers of pairs (weight, time) at a level, the start being a time; of stays there, however long.
    frequencies : float16 array of shape (size,), optional
        f <- m o + (1 - m) f for each weight.
    """

    __slots__ = (
        "_all",
        "_last",
        "_start",
        "_up",
        "flips",
        "frequencies",
        "held",
        "levels",
        "reversals",
        "shape",
        "size",
        "visits",
    )

    def __init__(
        self, shape: tuple[int, ...], levels: int, planes: Array, frequencies: bool
    ) -> None:
        self.shape, self.size, self.levels = shape, math.prod(shape), levels
        self._start = planes
        self._last = np.zeros_like(self._start)
        self._all = self._up = code_planes.all_set(self.size)
        self.flips = self.reversals = 0
        self.held = code_planes.counts(self._start, self._up, levels)
        self.visits = self.held.copy()
        self.frequencies = np.zeros(self.size, dtype=np.float16) if frequencies else None

    @property
    def nbytes(self) -> int:
        """Bytes that grow with the weights."""
        arrays = (self._start, self._last, self._up, self.frequencies)
        return sum(array.nbytes for array in arrays if array is not None)

    def update(self, now: Array, momentum: float) -> CodeCounts:
        """Remember the packed codes ``now`` (only read); what they changed."""
        still = self._never_moved()
        last = self._last | (self._start & still)
        flips, up = code_planes.differ(last, now), code_planes.above(now, last)
        reversals = flips & ~still & (self._up ^ up)
        self._last = now & ~(still & ~flips)
        self._up = (flips & up) | (~flips & self._up)
        flipped, reversed_ = count_bits(flips), count_bits(reversals)
        levels = code_planes.counts(now, self._all, self.levels, self.size)
        self.flips += flipped
        self.reversals += reversed_
        self.held += levels
        self.visits += code_planes.counts(now, flips, self.levels, flipped)
        if self.frequencies is not None:
            _average(self.frequencies, reversals, momentum)
        changed = count_bits(code_planes.differ(self._start, now))
        return CodeCounts(changed, flipped, reversed_, levels)

    def planes(self) -> Array:
        """The last codes, packed."""
        last: Array = self._last | (self._start & self._never_moved())
        return last

    def codes(self) -> Array:
        """The last codes, uint8 of ``shape``."""
        return code_planes.unpack_codes(self.planes(), self.shape)

    def start(self) -> Array:
        """The codes at the start, uint8 of ``shape``."""
        return code_planes.unpack_codes(self._start, self.shape)

    def moved(self) -> Array:
        """Whether the code has ever changed, booleans of ``shape``."""
        never = np.unpackbits(self._never_moved(), count=self.size).view(np.bool_)
        return ~never.reshape(self.shape)

    def _never_moved(self) -> Array:
        return self._up & ~np.bitwise_or.reduce(self._last, axis=0)

    def state(self, name: str) -> dict[str, Any]:
        """Copy everything into a flat dict whose keys end in ``/name``."""
        state: dict[str, Any] = {
            f"shape/{name}": np.array(self.shape, dtype=np.int64),
            f"levels/{name}": self.levels,
            f"start/{name}": self._start.copy(),
            f"last/{name}": self._last.copy(),
            f"up/{name}": self._up.copy(),
        }
        state |= {f"{key}/{name}": getattr(self, key) for key in TOTALS}
        state |= {f"{key}/{name}": getattr(self, key).copy() for key in LEVEL_TOTALS}
        if self.frequencies is not None:
            state[f"frequencies/{name}"] = self.frequencies.copy()
        return state

    def loaded(self, name: str, state: Mapping[str, Any]) -> "CodeMemory":
        """Make a memory of this shape and these levels from the entries of ``state`` that end in ``/name``.

        Raises
        ------
        ValueError
            If an entry does not fit.
        """
        check_shape(state, name, self.shape)
        levels = check_total(state, f"levels/{name}")
        if levels != self.levels:
            raise ValueError(
                f"state: expected {self.levels} levels for {brief(name)}, got {brief(levels)}"
            )
        keep = self.frequencies is not None
        memory = CodeMemory(self.shape, levels, np.zeros_like(self._start), keep)
        bits, width = len(self._start), packed_size(self.size)
        memory._start = entry(state, f"start/{name}", np.uint8, (bits, width))
        memory._last = entry(state, f"last/{name}", np.uint8, (bits, width))
        memory._up = entry(state, f"up/{name}", np.uint8, (width,))
        unused = ~code_planes.all_set(self.size)
        for key in ("start", "last", "up"):
            if (getattr(memory, f"_{key}") & unused).any():
                raise ValueError(
                    f"state: expected 0 behind the {self.size} bits of {brief(f'{key}/{name}')}, got others"
                )
        highest = max(int(c.max(initial=0)) for c in (memory.start(), memory.codes()))
        if highest >= levels:
            raise ValueError(
                f"state: expected codes below {levels} for {brief(name)}, got {brief(highest)}"
            )
        memory.flips, memory.reversals = (check_total(state, f"{key}/{name}") for key in TOTALS)
        memory.held, memory.visits = (
            entry(state, f"{key}/{name}", np.int64, (levels,)) for key in LEVEL_TOTALS
        )
        if keep:
            key = f"frequencies/{name}"
            memory.frequencies = entry(state, key, np.float16, (self.size,))
        return memory

    def state_keys(self, name: str) -> list[str]:
        """List the keys of :meth:`state`."""
        optional = () if self.frequencies is None else ("frequencies",)
        keys = ("shape", "levels", "start", "last", "up", *TOTALS, *LEVEL_TOTALS, *optional)
        return [f"{key}/{name}" for key in keys]


def _average(frequencies: Array, events: Array, momentum: float) -> None:
    """Update f <- m o + (1 - m) f in place, computed in float32 and rounded to float16, in blocks."""
    weight = np.float32(momentum)
    for start in range(0, frequencies.size, BLOCK):
        block = frequencies[start : start + BLOCK]
        event = np.unpackbits(events[start // 8 : (start + BLOCK) // 8], count=block.size)
        block[...] = weight * event + (1 - weight) * block.astype(np.float32)


def entry(state: Mapping[str, Any], key: str, dtype: Any, shape: tuple[int, ...]) -> Array:
    """``state[key]`` as a copy; a ValueError unless it has that dtype and shape."""
    value = np.array(state[key])
    if value.dtype != dtype or value.shape != shape:
        raise ValueError(
            f"state: expected {np.dtype(dtype)} of shape {shape} for {brief(key)}, "
            f"got {value.dtype} of shape {value.shape}"
        )
    return value
