r"""Ternary levels {-s, 0, +s}: P(t) = s where t >= s/2, -s where t < -s/2, else 0."""

from dataclasses import dataclass
from typing import Any, final

from pqtheory._checks import check_number, store
from pqtheory.sets.finite import FiniteSet


@final
@dataclass(frozen=True)
class Ternary(FiniteSet):
    """The set {-scale, 0, +scale} for every coordinate.

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
        """``(-scale, 0, scale)``."""
        return (-self.scale, 0 * self.scale, self.scale)
