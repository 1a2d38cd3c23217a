r"""What two numbers y and z see of one codebook, for any number of levels: an induction over the levels.

y sees its nearest level a, and half the gap h that it lies in; the other end of that gap, a + 2 h or a - 2 h, is a level
as well. No level lies in between, and none is closer to y than a. Different levels are at least 4 eps apart.
"""

import itertools
from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, every, implies, invariant, positive, real
from pqtheory.claims.kinds import Kind
from pqtheory.claims.lemma import Instance
from pqtheory.theory.prox.one_more_level import Seen, seen_by, with_level

#: a number, its nearest level, and half the gap that it lies in
Sight = tuple[Any, Any, Any]
#: what there is to know of a codebook: its last level, and a quarter of the least gap at most
CODEBOOK: dict[str, Any] = {"last": real, "epsilon": positive}


def sight(name: str) -> dict[str, Any]:
    """The variables of a number of this name, and of what it sees."""
    return {name: real, f"at_{name}": real, f"half_{name}": real}


def other_end(y: Any, near: Any, half: Any) -> Any:
    """Of the gap that y lies in, as seen from the nearest level."""
    xp, y = as_array(y)
    return near + xp.where(y >= near, 2 * half, -2 * half)


def one_side(y: Any, near: Any, z: Any, other: Any) -> Any:
    """Both see the same level, from the same side."""
    return (near == other) & ((y >= near) == (z >= other))


def outside_gap(y: Any, near: Any, half: Any, level: Any) -> Any:
    """``level`` is none inside the gap of y, nor in its ray outside of the levels."""
    end = other_end(y, near, half)
    above = (level <= near) | (half > 0) & (level >= end)
    below = (level >= near) | (half > 0) & (level <= end)
    return implies([y >= near], above) & implies([y < near], below)


def _alone(y: Any, near: Any, half: Any, last: Any, epsilon: Any) -> Any:
    wide = (half == 0) | (half >= 2 * epsilon) & (abs(y - near) <= half)
    end = implies([y >= last], (near == last) & (half == 0))
    levels = (near <= last) & (other_end(y, near, half) <= last)
    return wide & end & levels & (abs(y - near) <= abs(y - last))


def _beside(y: Any, near: Any, half: Any, z: Any, other: Any, other_half: Any) -> Any:
    end = other_end(z, other, other_half)
    closest = (abs(y - near) <= abs(y - other)) & (abs(y - near) <= abs(y - end))
    outside = outside_gap(y, near, half, other) & outside_gap(y, near, half, end)
    return closest & outside


@invariant(
    state="last near half other other_half",
    fixed={"y": real, "z": real, "epsilon": positive},
    each={"new": real},
    first=lambda last, near, half, other, other_half, y, z: [
        *_sees(seen_by(y, last), near, half),
        *_sees(seen_by(z, last), other, other_half),
    ],
    step=lambda last, near, half, other, other_half, y, z, epsilon, new, **after: [
        new - last >= 4 * epsilon,
        after["last_next"] == new,
        *_sees(with_level(y, Seen(near, half), last, new), after["near_next"], after["half_next"]),
        *_sees(
            with_level(z, Seen(other, other_half), last, new),
            after["other_next"],
            after["other_half_next"],
        ),
    ],
)
def cells(
    last: Any, near: Any, half: Any, other: Any, other_half: Any, y: Any, z: Any, epsilon: Any
) -> Any:
    """What y sees, what z sees, and how the two are related."""
    return every(
        [
            _alone(y, near, half, last, epsilon),
            _alone(z, other, other_half, last, epsilon),
            _beside(y, near, half, z, other, other_half),
            _beside(z, other, other_half, y, near, half),
            (near == other) | (abs(near - other) >= 4 * epsilon),
            implies([one_side(y, near, z, other)], half == other_half),
            implies([y == z], near == other),
        ]
    )


def _sees(seen: Seen, level: Any, half: Any) -> list[Any]:
    return [level == seen.level, half == seen.half]


def both_see(last: Any, epsilon: Any, one: Sight, another: Sight) -> Instance:
    """How what two numbers see of one codebook is related."""
    (y, near, half), (z, other, other_half) = one, another
    numbers = {"y": y, "near": near, "half": half, "z": z, "other": other, "other_half": other_half}
    return cells.at(last=last, epsilon=epsilon, **numbers)


def levels_apart(count: int, holds: Callable[..., Any], **others: Kind) -> ForAll:
    """``holds`` for all of so many ascending levels, with gaps of at least 4 epsilon, and of the other variables."""
    names = "abcdefgh"[:count]

    def apart(epsilon: Any, **case: Any) -> list[Any]:
        return [case[high] - case[low] >= 4 * epsilon for low, high in itertools.pairwise(names)]

    return ForAll(holds, {**dict.fromkeys(names, real), "epsilon": positive, **others}, apart)


def on_two_levels(holds: Callable[..., Any], *points: str) -> ForAll:
    """``holds`` of so many points and of what they see of two levels: what a search looks at."""

    def sees(a: Any, b: Any, epsilon: Any, **numbers: Any) -> Any:
        for name, y in list(numbers.items()):
            seen = seen_by(y, a, b)
            numbers |= {f"at_{name}": seen.level, f"half_{name}": seen.half}
        return holds(epsilon=epsilon, **numbers)

    return levels_apart(2, sees, **dict.fromkeys(points, real))
