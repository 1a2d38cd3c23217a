r"""Binary levels {-s, +s}: P(t) = s sign(t), with sign(0) = +1."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace, sign
from pqtheory._checks import check_number, store
from pqtheory.sets.finite import Cells, FiniteSet


@final
@dataclass(frozen=True)
class Binary(FiniteSet):
    """The set {-scale, +scale} for every coordinate.

    Raises
    ------
    TypeError, ValueError
        If ``scale`` is not a finite number > 0.
    """

    scale: Any = 1.0

    def __post_init__(self) -> None:
        scale = check_number(self.scale, "scale", 0, open_low=True, finite=True)
        store(self, scale=scale)

    @property
    def level_values(self) -> tuple[Any, ...]:
        """``(-scale, scale)``."""
        return (-self.scale, self.scale)

    def nearest(self, xp: Namespace, t: Array, cells: Cells) -> Array:
        """``scale * sign(t)``."""
        s = sign(xp, t)
        return s if cells.levels[1] == 1 else s * cells.levels[1]

    def nearest_of_block(
        self, xp: Namespace, t: Array, cells: Cells, room: Array | None = None
    ) -> Array:
        """``scale * (1 - 2 [t < 0])``: of all that torch vectorises the fewest passes over memory."""
        if xp is np:
            s = sign(xp, t, room)
            return s if cells.levels[1] == 1 else np.multiply(s, cells.levels[1], out=room)
        below = xp.lt(t, 0, out=xp.empty_like(t))
        s = xp.sub(xp.ones((), dtype=t.dtype), below, alpha=2, out=below)
        return s if cells.levels[1] == 1 else s.mul_(cells.levels[1])
