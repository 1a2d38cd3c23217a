r"""Any finite codebook l_1 < ... < l_k: P(t) is the nearest level, the upper one at a midpoint."""

from collections.abc import Sequence
from typing import Any, final

from pqtheory.sets.finite import FiniteSet, check_levels

#: levels that are all written out
WRITTEN_OUT = 16


@final
class Codebook(FiniteSet):
    """The same given levels for every coordinate.

    Parameters
    ----------
    levels : sequence of numbers
        Strictly ascending and finite, at least one.

    Raises
    ------
    ValueError
        If ``levels`` is empty, unsorted, has duplicates, or holds anything but finite numbers.
    """

    def __init__(self, levels: Sequence[Any]) -> None:
        self._levels = check_levels(levels)

    @property
    def level_values(self) -> tuple[Any, ...]:
        """The levels."""
        return self._levels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Codebook) and self._levels == other._levels

    def __hash__(self) -> int:
        return hash(self._levels)

    def __repr__(self) -> str:
        if len(self._levels) <= WRITTEN_OUT:
            return f"Codebook(levels={self._levels!r})"
        low, second, *_, high = self._levels
        return f"Codebook(levels=({low!r}, {second!r}, ..., {high!r}), {len(self._levels)} of them)"
