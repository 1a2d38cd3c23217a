"""Regularizers and methods as a user writes them: one file, no word about them anywhere else."""

import math
from dataclasses import dataclass
from typing import Any, final

from pqtheory.methods import Eager, Lazy, Prox
from pqtheory.regularizers import LevelRegularizer, Regularizer
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, FiniteSet


@final
@dataclass(frozen=True)
class HuberDistance(LevelRegularizer):
    """R(x) = d^2 / (2 delta) for d <= delta, else d - delta / 2, with d the distance to the nearest level."""

    set: FiniteSet
    delta: float = 0.25

    def _values(self, theta: Any) -> Any:
        def huber(xp: Any, t: Any, p: Any) -> Any:
            d = xp.abs(t - p)
            near = xp.where(d <= self.delta, d, 0 * d + self.delta)
            return near * near / (2 * self.delta) + (d - near)

        return self.set.map(huber, theta)

    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        if isinstance(weight, float) and weight == math.inf:
            return self.set.map(lambda xp, t, p: xp.where(t == t, p, t), theta, out=out)

        def toward(xp: Any, t: Any, p: Any, w: Any) -> Any:
            d = xp.abs(t - p)
            left = xp.maximum(d * (self.delta / (self.delta + w)), d - w)
            return xp.where(t >= p, p + left, p - left)

        return self.set.map(toward, theta, weight, out=out)


@final
@dataclass(frozen=True)
class HalfDistance(Regularizer):
    """R(x) = |x - sign x| / 2, from nothing but its value, its prox and where it pulls to."""

    separable = True

    def quantize(self, theta: Any) -> Any:
        return Binary().project(theta)

    def _values(self, theta: Any) -> Any:
        return Binary().map(lambda xp, t, p: xp.abs(t - p) / 2, theta)

    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        def toward(xp: Any, t: Any, p: Any, w: Any) -> Any:
            return xp.minimum(xp.maximum(p, t - w / 2), t + w / 2)

        return Binary().map(toward, theta, weight, out=out)


class GrowingHuber(Eager):
    """Eager x Huber distance at a growing strength."""

    def __init__(self, step_size: Any, set: FiniteSet, rate: float) -> None:
        super().__init__(Prox(HuberDistance(set), Linear(rate)), step_size, clip=1.5)


class LazyHuber(Lazy):
    """Lazy x Huber distance, described by its set and its strength."""

    def __init__(self, step_size: Any, set: FiniteSet, strength: Any) -> None:
        super().__init__(self.describe(set, strength), step_size)

    @staticmethod
    def describe(set: FiniteSet, strength: Any = 0.5) -> Prox:
        return Prox(HuberDistance(set), strength)
