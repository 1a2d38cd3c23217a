"""What the pages on methods feed them: numbers, schedules and levels that may be terms."""

import itertools
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, as_array, is_symbolic
from pqtheory.schedules import Schedule
from pqtheory.sets.finite import Cells, FiniteSet


def exact(number: Any) -> Array:
    """A term as it is, a fraction as an array of one element: what methods take, and keep an array."""
    array = as_array(number)[1]
    return array if is_symbolic(array) else array.reshape(1)


@final
@dataclass(frozen=True)
class Given(Schedule):
    """The same value at every step: a number, or a term."""

    value: Any

    def __call__(self, step: int) -> Any:
        """``value``."""
        return self.value


@final
@dataclass(frozen=True)
class Listed(Schedule):
    """``values[t]``."""

    values: tuple[Any, ...]

    def __call__(self, step: int) -> Any:
        """The listed value."""
        return self.values[step]


@final
class GivenLevels(FiniteSet):
    """Levels that may be terms, which the statement assumes to ascend."""

    given: tuple[Any, ...]

    def __init__(self, *levels: Any) -> None:
        object.__setattr__(self, "given", levels)

    @property
    def level_values(self) -> tuple[Any, ...]:
        """The levels as they were given."""
        return self.given

    def cells(self, theta: Array) -> Cells:
        """Cells that meet at the midpoints, in real arithmetic."""
        pairs = list(itertools.pairwise(self.given))
        middles = tuple((a + b) / 2 for a, b in pairs)
        return Cells(self.given, middles, middles, tuple((b - a) / 2 for a, b in pairs))
