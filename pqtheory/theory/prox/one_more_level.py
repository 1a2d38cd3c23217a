r"""Codebooks of any number of levels: what a set reads at a number y, and what one more level on the right changes.

P_1(y) = l_1, and with one more level P_{k+1}(y) = l_{k+1} if y >= (l_k + l_{k+1}) / 2, else P_k(y): the turns of the
loop that the sets run. What a turn keeps holds for any number of levels: the inductions of this chapter.
"""

import itertools
from collections.abc import Callable
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, constant_like
from pqtheory.claims import ForAll, invariant, real
from pqtheory.claims.kinds import Kind
from pqtheory.sets.finite import Cells, FiniteSet, step_function
from pqtheory.theory.given import GivenLevels

#: numbers of levels of the codebooks that are looked at whole
COUNTS = (2, 3, 4)


@final
class Seen(FiniteSet):
    """A set as one number sees it: the nearest level, and half the gap that the number lies in (0: outside)."""

    def __init__(self, level: Any, half: Any = 0) -> None:
        object.__setattr__(self, "level", _number(level))
        object.__setattr__(self, "half", _number(half))

    level: Any
    half: Any

    @property
    def level_values(self) -> tuple[Any, ...]:
        """The nearest level."""
        return (self.level,)

    def cells(self, theta: Array) -> Cells:
        """A single cell."""
        return Cells((self.level,), (), (), ())

    def half_gap(self, xp: Namespace, t: Array, cells: Cells) -> Array:
        """Half the gap."""
        return constant_like(xp, self.half, t)


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) else value


def with_level(y: Any, seen: Seen, last: Any, new: Any) -> Seen:
    """What y sees once ``new`` stands to the right of the ``last`` level: one more turn of the sets' loop."""
    xp, y = as_array(y)
    middle, half = (last + new) / 2, (new - last) / 2
    return Seen(
        step_function(xp, y, (middle,), (seen.level, new)),
        step_function(xp, y, (last, new), (seen.half, half, 0)),
    )


def seen_by(y: Any, *levels: Any) -> Seen:
    """What y sees of these levels."""
    xp, y = as_array(y)
    book = GivenLevels(*levels)
    cells = book.cells(y)
    return Seen(book.nearest(xp, y, cells), book.half_gap(xp, y, cells))


def nearest_of(y: Any, *levels: Any) -> Any:
    """P(y) for these levels."""
    return seen_by(y, *levels).level


def levels_of(count: int, holds: Callable[..., Any], **others: Kind) -> ForAll:
    """``holds`` for all ascending levels, so many of them, and all of the other variables."""
    names = "abcdefgh"[:count]

    def ascending(**case: Any) -> list[Any]:
        return [case[low] < case[high] for low, high in itertools.pairwise(names)]

    return ForAll(holds, {**dict.fromkeys(names, real), **others}, ascending)


def is_built_level_by_level(count: int) -> ForAll:
    """What a set of so many levels sees is what it sees without the last, changed by ``with_level``; P projects."""

    def one_more(y: Any, **case: Any) -> Any:
        *before, last, new = case.values()
        whole = seen_by(y, *before, last, new)
        built = with_level(y, seen_by(y, *before, last), last, new)
        same = (whole.level == built.level) & (whole.half == built.half)
        return same & (GivenLevels(*before, last, new).project(y) == whole.level)

    return levels_of(count, one_more, y=real)


@invariant(
    state="last near other",
    fixed={"y": real, "z": real},
    each={"new": real},
    first=lambda last, near, other, y, z: [
        near == nearest_of(y, last),
        other == nearest_of(z, last),
    ],
    step=lambda last, last_next, near, near_next, other, other_next, y, z, new: [
        new >= last,
        last_next == new,
        near_next == with_level(y, Seen(near), last, new).level,
        other_next == with_level(z, Seen(other), last, new).level,
    ],
)
def nearest_is_closest(last: Any, near: Any, other: Any, y: Any) -> Any:
    """No P(z) is closer to y than P(y), nor is the last level; levels may coincide."""
    closest = (abs(y - near) <= abs(y - other)) & (abs(y - near) <= abs(y - last))
    return closest & (other <= last)
