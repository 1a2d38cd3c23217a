r"""Schedules: functions from the step t = 0, 1, 2, ... to a value (a step size eta_t or a strength lambda_t).

========================  ==========================================
Constant(value)           value
Linear(rate, start)       start + rate t                (the paper's homotopy: lambda_t = rate t)
Polynomial(scale, power)  scale (t + offset)^power
Exponential(start, f)     start f^t
Sigmoid(final, mid, w)    final / (1 + exp(-(t - mid) / w))
Staircase(schedule, k)    schedule(floor(t / k))        (values that change once per epoch of k steps)
Hardened(schedule, k)     schedule(t), infinity from t = k on     (a strength: hard quantization from there)
========================  ==========================================

Numbers keep their type, so schedules of :class:`fractions.Fraction` are exact.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory._checks import check_count, check_number


class Schedule(ABC):
    """A function from the step number to a value."""

    @abstractmethod
    def __call__(self, step: int) -> Any:
        """Value at ``step`` (0, 1, 2, ...)."""


def as_schedule(value: Any, name: str) -> Schedule:
    """``value`` itself if it is a schedule, else the constant schedule.

    Raises
    ------
    TypeError, ValueError
        If it is neither a schedule nor a number, or NaN.
    """
    return value if isinstance(value, Schedule) else Constant(check_number(value, name))


@final
@dataclass(frozen=True)
class Constant(Schedule):
    """``value`` at every step.

    Raises
    ------
    TypeError, ValueError
        If ``value`` is no number, or NaN.
    """

    value: Any

    def __post_init__(self) -> None:
        check_number(self.value, "value")

    def __call__(self, step: int) -> Any:
        """``value``."""
        return self.value


@final
@dataclass(frozen=True)
class Linear(Schedule):
    """``start + rate * t``; with ``start = 0`` the homotopy of the paper, ``rate`` its regularization rate.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` or ``start`` is no number, or NaN.
    """

    rate: Any
    start: Any = 0

    def __post_init__(self) -> None:
        check_number(self.rate, "rate")
        check_number(self.start, "start")

    def __call__(self, step: int) -> Any:
        """``start + rate * step``."""
        return self.start + self.rate * step


@final
@dataclass(frozen=True)
class Polynomial(Schedule):
    """``scale * (t + offset)**power``; a negative power needs an offset > 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is no number, or NaN, or ``offset`` is not >= 0 (> 0 where ``power`` < 0).
    """

    scale: Any
    power: Any
    offset: Any = 0

    def __post_init__(self) -> None:
        check_number(self.scale, "scale")
        check_number(self.power, "power")
        check_number(self.offset, "offset", 0, open_low=self.power < 0)

    def __call__(self, step: int) -> Any:
        """``scale * (step + offset)**power``."""
        base = step + self.offset
        if isinstance(self.scale, Fraction):
            base = Fraction(base)
        return self.scale * base**self.power


@final
@dataclass(frozen=True)
class Exponential(Schedule):
    """``start * factor**t``; summable for ``factor < 1``.

    Raises
    ------
    TypeError, ValueError
        If ``start`` is no number, or NaN, or ``factor`` is no number > 0.
    """

    start: Any
    factor: Any

    def __post_init__(self) -> None:
        check_number(self.start, "start")
        check_number(self.factor, "factor", 0, open_low=True)

    def __call__(self, step: int) -> Any:
        """``start * factor**step``, infinite where that overflows."""
        try:
            return self.start * self.factor**step
        except OverflowError:
            return math.copysign(math.inf, self.start) if self.start else self.start


@final
@dataclass(frozen=True)
class Sigmoid(Schedule):
    """``final / (1 + exp(-(t - midpoint) / width))``: grows from about 0 to ``final`` around ``midpoint``.

    Raises
    ------
    TypeError, ValueError
        If ``final`` or ``midpoint`` is no number, or NaN, or ``width`` is no number > 0.
    """

    final: Any
    midpoint: float
    width: float

    def __post_init__(self) -> None:
        check_number(self.final, "final")
        check_number(self.midpoint, "midpoint")
        check_number(self.width, "width", 0, open_low=True)

    def __call__(self, step: int) -> Any:
        """``final * sigmoid((step - midpoint) / width)``."""
        return self.final * 0.5 * (1.0 + math.tanh(0.5 * (step - self.midpoint) / self.width))


@final
@dataclass(frozen=True)
class Staircase(Schedule):
    """``schedule(t // every)``: the published code advances its strength once per epoch of ``every`` steps.

    Raises
    ------
    TypeError, ValueError
        If ``schedule`` is no schedule, or ``every`` no integer >= 1.
    """

    schedule: Schedule
    every: int

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule):
            raise TypeError(f"schedule: expected a schedule, got {self.schedule!r}")
        check_count(self.every, "every")

    def __call__(self, step: int) -> Any:
        """``schedule(step // every)``."""
        return self.schedule(step // self.every)


@final
@dataclass(frozen=True)
class Hardened(Schedule):
    """``schedule(t)`` before ``harden_at``, infinite from there on: a strength that ends in hard quantization.

    Raises
    ------
    TypeError, ValueError
        If ``schedule`` is no schedule, or ``harden_at`` no integer >= 0.
    """

    schedule: Schedule
    harden_at: int

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule):
            raise TypeError(f"schedule: expected a schedule, got {self.schedule!r}")
        check_count(self.harden_at, "harden_at", 0)

    def __call__(self, step: int) -> Any:
        """``schedule(step)`` or infinity."""
        return self.schedule(step) if step < self.harden_at else math.inf
