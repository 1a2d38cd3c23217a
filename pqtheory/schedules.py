r"""Schedules: functions from the step t = 0, 1, 2, ... to a value (a step size eta_t or a strength lambda_t).

========================  ==========================================
Constant(value)           value
Linear(rate, start)       start + rate t                (the paper's homotopy: lambda_t = rate t)
Polynomial(scale, power)  scale (t + offset)^power
Exponential(start, f)     start f^t
Sigmoid(final, mid, w)    final / (1 + exp(-(t - mid) / w))
Staircase(schedule, k)    schedule(floor(t / k))        (values that change once per epoch of k steps)
Hardened(schedule, k)     schedule(t), infinity from t = k on     (a strength: hard quantization from there)
Summed(schedule, scale)   scale (schedule(0) + ... + schedule(t - 1))   (a strength: it grows with the step sizes)
========================  ==========================================

Numbers keep their type, so schedules of integers and of :class:`fractions.Fraction` are exact. In floats a value is
infinite or 0 where it is beyond their range, and 0 times infinity is 0. The step may be an integer of NumPy's or
torch's.
"""

import math
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from pqtheory._arrays import as_float, is_symbolic
from pqtheory._checks import check_count, check_number, store
from pqtheory._messages import brief

#: relative to the start, how far from 0 rounding leaves two floats that cancel
ROUNDING = 2 * sys.float_info.epsilon


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
        store(self, value=check_number(self.value, "value"))

    def __call__(self, step: int) -> Any:
        """``value``."""
        check_step(step)
        return self.value


@final
@dataclass(frozen=True)
class Linear(Schedule):
    """``start + rate * t``; with ``start = 0`` the homotopy of the paper, ``rate`` its regularization rate.

    Where floats cancel to within their rounding the value is 0: ``Linear(-0.1, 0.3)(3)`` is no negative strength.

    Raises
    ------
    TypeError, ValueError
        If ``rate`` or ``start`` is no number, or NaN, or they are opposite infinities.
    """

    rate: Any
    start: Any = 0

    def __post_init__(self) -> None:
        rate, start = check_number(self.rate, "rate"), check_number(self.start, "start")
        if abs(rate) == abs(start) == math.inf and rate != start:
            raise ValueError(
                f"rate: expected no infinity opposite to start = {start}, got {brief(rate)}"
            )
        store(self, rate=rate, start=start)

    def __call__(self, step: int) -> Any:
        """``start + rate * step``."""
        step = check_step(step)
        if step == 0 and abs(self.rate) == math.inf:
            return self.start
        if abs(self.start) == math.inf or abs(self.rate) == math.inf:
            return self.rate if abs(self.rate) == math.inf else self.start
        try:
            value = self.start + self.rate * step
        except OverflowError:
            value = math.inf
        if isinstance(value, float) and abs(value) == math.inf:
            return as_float(Fraction(self.start) + Fraction(self.rate) * step)
        is_rounding = isinstance(value, float) and abs(value) <= ROUNDING * abs(self.start)
        return 0.0 if is_rounding else value


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
        scale = check_number(self.scale, "scale")
        power = check_number(self.power, "power", finite=True)
        offset = check_number(self.offset, "offset", 0, open_low=power < 0)
        store(self, scale=scale, power=power, offset=offset)

    def __call__(self, step: int) -> Any:
        """``scale * (step + offset)**power``."""
        base = _sum(check_step(step), self.offset)
        if isinstance(self.scale, Fraction) and base < math.inf:
            base = Fraction(base)
        return _scaled_power(self.scale, base, self.power)


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
        start = check_number(self.start, "start")
        store(self, start=start, factor=check_number(self.factor, "factor", 0, open_low=True))

    def __call__(self, step: int) -> Any:
        """``start * factor**step``."""
        return _scaled_power(self.start, self.factor, check_step(step))


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
        final, midpoint = check_number(self.final, "final"), check_number(self.midpoint, "midpoint")
        width = check_number(self.width, "width", 0, open_low=True)
        store(self, final=final, midpoint=midpoint, width=width)

    def __call__(self, step: int) -> Any:
        """``final * sigmoid((step - midpoint) / width)``."""
        step = check_step(step)
        if math.inf in (abs(self.midpoint), self.width):
            z = 0.0 if self.width == math.inf else -self.midpoint
        else:
            z = as_float((step - Fraction(self.midpoint)) / Fraction(self.width))
        # exp of what is not above 0, so that it cannot overflow
        share = 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))
        return as_float(self.final) * share if share else 0.0


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
            raise TypeError(f"schedule: expected a schedule, got {brief(self.schedule)}")
        store(self, every=check_count(self.every, "every"))

    def __call__(self, step: int) -> Any:
        """``schedule(step // every)``."""
        return self.schedule(check_step(step) // self.every)


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
            raise TypeError(f"schedule: expected a schedule, got {brief(self.schedule)}")
        store(self, harden_at=check_count(self.harden_at, "harden_at", 0))

    def __call__(self, step: int) -> Any:
        """``schedule(step)`` or infinity."""
        step = check_step(step)
        return self.schedule(step) if step < self.harden_at else math.inf


@final
@dataclass(frozen=True)
class Summed(Schedule):
    """``scale * (schedule(0) + ... + schedule(t - 1))``: the strength of ProxConnect, from the step sizes.

    Raises
    ------
    TypeError, ValueError
        If ``schedule`` is neither a schedule nor a number, or ``scale`` is no number, or NaN.
    """

    schedule: Any
    scale: Any = 1
    _sums: list[Any] = field(default_factory=lambda: [0], init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(
            self,
            schedule=as_schedule(self.schedule, "schedule"),
            scale=check_number(self.scale, "scale"),
        )

    def __call__(self, step: int) -> Any:
        """``scale * (schedule(0) + ... + schedule(step - 1))``."""
        step = check_step(step)
        if isinstance(self.schedule, Constant):
            return _product(self.scale, _product(self.schedule.value, step) if step else 0)
        while len(self._sums) <= step:
            self._sums.append(_sum(self._sums[-1], self.schedule(len(self._sums) - 1)))
        return _product(self.scale, self._sums[step])


def check_step(step: Any) -> int:
    """``step`` as a Python integer, which does not overflow, if it is an integer >= 0."""
    return check_count(step, "step", 0)


def _sum(a: Any, b: Any) -> Any:
    """``a + b``, exact where an integer or a fraction is beyond the floats."""
    try:
        return a + b
    except OverflowError:
        infinite = [number for number in (a, b) if abs(number) == math.inf]
        return infinite[0] if infinite else Fraction(a) + Fraction(b)


def _product(a: Any, b: Any) -> Any:
    """``a * b``, 0 where one of them is; infinite beyond the floats. A term is neither."""
    if is_symbolic(a) or is_symbolic(b):
        return a * b
    if math.inf in (abs(a), abs(b)):
        return 0.0 if 0 in (a, b) else math.inf if (a > 0) == (b > 0) else -math.inf
    try:
        return a * b
    except OverflowError:
        return as_float(Fraction(a) * Fraction(b))


def _scaled_power(scale: Any, base: Any, exponent: Any) -> Any:
    """``scale * base**exponent``; infinite or 0 only where the product, and not the power alone, leaves the floats."""
    if scale == 0:
        return scale
    if abs(scale) == math.inf:
        return 0.0 if base == 0 < exponent else scale
    try:
        power = base**exponent
        if base == 0 or not isinstance(power, float) or 0 < power < math.inf:
            return scale * power
    except OverflowError:
        pass
    # to twelve digits
    doublings = _log2(abs(scale)) + _product(as_float(exponent), _log2(base))
    size = math.inf if doublings >= 1024 else 0.0 if doublings < -1080 else 2.0**doublings
    return size if scale > 0 else -size


def _log2(number: Any) -> float:
    nearest = as_float(number)
    if isinstance(number, float) or 0 < nearest < math.inf:
        return math.log2(nearest)
    return math.log2(number.numerator) - math.log2(number.denominator)


__all__ = [
    "Constant",
    "Exponential",
    "Hardened",
    "Linear",
    "Polynomial",
    "Schedule",
    "Sigmoid",
    "Staircase",
    "Summed",
    "as_schedule",
    "check_step",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
