"""What a variable of a searched case may be: drawn simple first, checked, and made simpler.

A domain draws through ``pick(low, high)``, an integer out of a range that includes both ends, and through nothing else.
So one description serves Hypothesis, which guides and shrinks these integers, and a plain random generator. Small
integers stand for simple values.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory._messages import brief

#: (low, high) -> an integer from low to high
Pick = Callable[[int, int], int]
#: denominators of drawn fractions; the last is fine enough for a guided search to settle in narrow regions
DENOMINATORS = (1, 1, 2, 2, 4, 3, 5, 8, 64, 1 << 20)
#: most draws are from [-NEAR, NEAR], where there is any of the domain
NEAR = 4
#: a simpler number is looked for among the multiples of 1/q near a given one, for q up to this
SIMPLE = 24


class Domain(ABC):
    """The values of one variable."""

    @abstractmethod
    def draw(self, pick: Pick) -> Any:
        """Some value, out of picked integers."""

    @abstractmethod
    def contains(self, value: Any) -> bool:
        """Whether ``value`` is one, its type included."""

    @abstractmethod
    def simpler(self, value: Any) -> Iterator[Any]:
        """Values of the domain that are simpler than ``value``, the simplest first, finitely many."""

    @abstractmethod
    def near(self, value: Any, step: Fraction) -> Iterator[Any]:
        """Values of the domain with one number moved by ``step``, or by the least amount that moves it."""


@final
@dataclass(frozen=True)
class Integers(Domain):
    """Integers from ``low`` to ``high``.

    Raises
    ------
    ValueError
        If there is none.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        _require_some(self.low <= self.high, self)

    def draw(self, pick: Pick) -> int:
        """One of them."""
        return pick(self.low, self.high)

    def contains(self, value: Any) -> bool:
        """Whether it is an integer between them."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and self.low <= value <= self.high

    def simpler(self, value: int) -> Iterator[int]:
        """Nearer to 0."""
        nearer = dict.fromkeys((0, 1, -1, value // 2, value - 1, value + 1))
        return (n for n in nearer if _size(n) < _size(value) and self.contains(n))

    def near(self, value: int, step: Fraction) -> Iterator[int]:
        """Up and down by a whole step."""
        whole = max(1, round(step))
        return (n for n in (value + whole, value - whole) if self.contains(n))


@final
@dataclass(frozen=True)
class Fractions(Domain):
    """Fractions from ``low`` to ``high``, mostly of small denominator; with an open end that end is left out.

    Raises
    ------
    ValueError
        If there is none that can be drawn.
    """

    low: Any = -1024
    high: Any = 1024
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        _require_some(bool(self._denominators()), self)

    def draw(self, pick: Pick) -> Fraction:
        """One of them."""
        choices = self._denominators()
        denominator = choices[pick(0, len(choices) - 1)]
        lowest, highest = self._numerators(denominator)
        nearest = max(lowest, -NEAR * denominator), min(highest, NEAR * denominator)
        # one draw in eight is from everywhere
        if nearest[0] <= nearest[1] and pick(0, 7) < 7:
            lowest, highest = nearest
        return Fraction(pick(lowest, highest), denominator)

    def contains(self, value: Any) -> bool:
        """Whether it is a fraction, or an integer, between them."""
        rational = isinstance(value, Fraction | int) and not isinstance(value, bool)
        return rational and _between(value, self)

    def simpler(self, value: Any) -> Iterator[Fraction]:
        """Of smaller denominator, or of smaller numerator."""
        return (x for x in _simpler(Fraction(value)) if self.contains(x))

    def near(self, value: Any, step: Fraction) -> Iterator[Fraction]:
        """Up and down by the step."""
        return (x for x in (value + step, value - step) if self.contains(x))

    def _denominators(self) -> list[int]:
        return [d for d in DENOMINATORS if (ends := self._numerators(d))[0] <= ends[1]]

    def _numerators(self, denominator: int) -> tuple[int, int]:
        low, high = Fraction(self.low) * denominator, Fraction(self.high) * denominator
        lowest, highest = math.ceil(low), math.floor(high)
        return (
            lowest + (self.open_low and lowest == low),
            highest - (self.open_high and highest == high),
        )


@final
@dataclass(frozen=True)
class Floats(Domain):
    """Floats from ``low`` to ``high``: the drawn ``Fractions``, rounded; no NaN.

    Raises
    ------
    ValueError
        If there is none that can be drawn.
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        self._exact()

    def draw(self, pick: Pick) -> float:
        """One of them."""
        return float(self._exact().draw(pick))

    def contains(self, value: Any) -> bool:
        """Whether it is a float between them."""
        return isinstance(value, float) and _between(value, self)

    def simpler(self, value: float) -> Iterator[float]:
        """The rounded simpler fractions."""
        rounded = dict.fromkeys(float(x) for x in _simpler(Fraction(value)))
        return (x for x in rounded if x != value and self.contains(x))

    def near(self, value: float, step: Fraction) -> Iterator[float]:
        """Up and down by the step."""
        return (x for x in (value + float(step), value - float(step)) if self.contains(x))

    def _exact(self) -> Fractions:
        return Fractions(self.low, self.high, self.open_low, self.open_high)


@final
@dataclass(frozen=True)
class Choice(Domain):
    """One of a few values, the simplest first.

    Raises
    ------
    ValueError
        If there is none.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        _require_some(bool(self.values), self)

    def draw(self, pick: Pick) -> Any:
        """One of them."""
        return self.values[pick(0, len(self.values) - 1)]

    def contains(self, value: Any) -> bool:
        """Whether it is one of them, type included."""
        return any(type(v) is type(value) and v == value for v in self.values)

    def simpler(self, value: Any) -> Iterator[Any]:
        """Those before it."""
        return iter(self.values[: self.values.index(value)])

    def near(self, value: Any, step: Fraction) -> Iterator[Any]:
        """All others: nothing is known of them."""
        return (v for v in self.values if v != value)


@final
@dataclass(frozen=True)
class Lists(Domain):
    """Lists of ``least`` to ``most`` entries; ``most`` is ``least`` unless it is given.

    Raises
    ------
    ValueError
        If the lengths are negative or the wrong way round.
    """

    entries: Domain
    least: int
    most: int | None = None

    def __post_init__(self) -> None:
        _require_some(0 <= self.least <= self._most, self)

    @property
    def _most(self) -> int:
        return self.least if self.most is None else self.most

    def draw(self, pick: Pick) -> list[Any]:
        """One of them."""
        return [self.entries.draw(pick) for _ in range(pick(self.least, self._most))]

    def contains(self, value: Any) -> bool:
        """Whether it is a list of that length, of such entries."""
        sized = isinstance(value, list) and self.least <= len(value) <= self._most
        return sized and all(self.entries.contains(v) for v in value)

    def simpler(self, value: list[Any]) -> Iterator[list[Any]]:
        """Shorter by one entry, or with one entry simpler."""
        if len(value) > self.least:
            yield from (value[:i] + value[i + 1 :] for i in range(len(value)))
        for i, entry in enumerate(value):
            for simple in self.entries.simpler(entry):
                yield [*value[:i], simple, *value[i + 1 :]]

    def near(self, value: list[Any], step: Fraction) -> Iterator[list[Any]]:
        """With one entry moved."""
        for i, entry in enumerate(value):
            for moved in self.entries.near(entry, step):
                yield [*value[:i], moved, *value[i + 1 :]]


def _require_some(some: bool, domain: Domain) -> None:
    if not some:
        raise ValueError(f"domain: expected at least one value, got {brief(domain)}")


def _between(value: Any, ends: Fractions | Floats) -> bool:
    above = value > ends.low if ends.open_low else value >= ends.low
    below = value < ends.high if ends.open_high else value <= ends.high
    return above and below


def _size(value: Any) -> tuple[Any, ...]:
    """How far from simple a number is: 0, 1, -1, 2, -2, ..., 1/2, -1/2, 3/2, ..."""
    return value.denominator, abs(value), value < 0


def _simpler(value: Fraction) -> Iterator[Fraction]:
    """Fractions near ``value`` or its half, and the simplest of all, that are simpler than it."""
    # half of it: to fall by 1 from a large number takes long
    candidates = {Fraction(n) for n in (0, 1, -1, value // 2)}
    for q in range(1, min(SIMPLE, value.denominator) + 1):
        down = math.floor(value * q)
        candidates |= {Fraction(down + k, q) for k in (-1, 0, 1, 2)}
    # the best approximations with larger denominators
    candidates |= {value.limit_denominator(1 << k) for k in range(value.denominator.bit_length())}
    ordered = sorted(candidates, key=_size)
    return (x for x in ordered if _size(x) < _size(value))
