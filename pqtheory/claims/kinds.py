"""Kinds of variables: what a number may be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import FunctionType
from typing import Any, final

from pqtheory._messages import brief

#: what is assumed of a variable of this kind
Kind = Callable[[Any], Sequence[Any]]


def real(x: Any) -> Sequence[Any]:
    """Any number."""
    return ()


def positive(x: Any) -> Sequence[Any]:
    """A number > 0."""
    return (x > 0,)


def nonnegative(x: Any) -> Sequence[Any]:
    """A number >= 0."""
    return (x >= 0,)


@final
@dataclass(frozen=True)
class Between:
    """A number from ``low`` to ``high``; with an open end that end is left out.

    Raises
    ------
    ValueError
        If there is no number between them.
    """

    low: Any
    high: Any
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        empty = self.low == self.high and (self.open_low or self.open_high)
        if not self.low <= self.high or empty:
            raise ValueError(
                f"between: expected low < high, got {brief(self.low)} and {brief(self.high)}"
            )

    def __call__(self, x: Any) -> Sequence[Any]:
        """Its two bounds."""
        return (
            x > self.low if self.open_low else x >= self.low,
            x < self.high if self.open_high else x <= self.high,
        )

    def __repr__(self) -> str:
        return f"{'(' if self.open_low else '['}{self.low}, {self.high}{')' if self.open_high else ']'}"


@final
@dataclass(frozen=True)
class OneOf:
    """One of a few numbers.

    Raises
    ------
    ValueError
        If there is none.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("values: expected at least one number, got none")

    def __call__(self, x: Any) -> Sequence[Any]:
        """That it is one of them."""
        return (reduce(or_, (x == value for value in self.values)),)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(str, self.values))}}}"


def between(low: Any, high: Any, *, open_low: bool = False, open_high: bool = False) -> Kind:
    """A number from ``low`` to ``high``."""
    return Between(low, high, open_low, open_high)


def one_of(*values: Any) -> Kind:
    """One of these numbers."""
    return OneOf(values)


def own(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """The functions among some kinds that a claim has defined, which a name alone says too little of."""
    return {
        f"{name} is {name_of(kind)}": kind
        for name, kind in kinds.items()
        if isinstance(kind, FunctionType) and kind.__module__ != __name__
    }


def name_of(kind: Kind) -> str:
    """How a kind is shown: "real", "positive", "[0, 1]", "{-1, 1}"."""
    return getattr(kind, "__name__", None) or repr(kind)
