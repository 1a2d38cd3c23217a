"""``check_set``: every registered set passes, and each thing that can be wrong is said."""

from typing import Any

import numpy as np
import pytest

from pqtheory.sets import REGISTRY, Binary, FiniteSet, ScaledBinary, Set
from pqtheory.testing import ConformanceError, check_set


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_sets_conform(name: str) -> None:
    check_set(REGISTRY[name]())


class Thirds(FiniteSet):
    """Levels -1, 1/3, 1, right in every respect, from which each wrong one differs in one."""

    level_values = (-1.0, 1 / 3, 1.0)  # type: ignore[assignment]


def test_a_right_set_passes() -> None:
    check_set(Thirds())


class Unordered(FiniteSet):
    level_values = (1.0, -1.0)  # type: ignore[assignment]


class NoLevels(FiniteSet):
    level_values = ()  # type: ignore[assignment]


class TieDown(Thirds):
    def nearest(self, xp: Any, t: Any, cells: Any) -> Any:
        middle = -1 / 3
        up = super().nearest(xp, t, cells)
        return xp.where(t == middle, up * 0 - 1, up)


class OffByAThreshold(Thirds):
    def nearest(self, xp: Any, t: Any, cells: Any) -> Any:
        return super().nearest(xp, t - 0.01, cells)


class WrongInHalf(Thirds):
    def nearest(self, xp: Any, t: Any, cells: Any) -> Any:
        p = super().nearest(xp, t, cells)
        return p + 0.25 if cells.levels[1] != 1 / 3 and len(str(cells.levels[1])) < 12 else p


class WrongLevels(Thirds):
    def levels(self, theta: Any) -> Any:
        return super().levels(theta) * 2


class Copies(Thirds):
    def project(self, theta: Any, out: Any = None) -> Any:
        return super().project(theta)


class LosesNaN(Thirds):
    def project(self, theta: Any, out: Any = None) -> Any:
        p = super().project(theta, out)
        p[p != p] = 1
        return p


class Touches(Thirds):
    def distance(self, theta: Any) -> Any:
        theta += 1
        return super().distance(theta - 1)


class SquaredDistance(Thirds):
    def distance(self, theta: Any) -> Any:
        return super().distance(theta) ** 2


class Widens(Thirds):
    def project(self, theta: Any, out: Any = None) -> Any:
        p = super().project(theta, out)
        return p.astype(np.float64) if isinstance(p, np.ndarray) and p.dtype != object else p


class RoundsFractions(Thirds):
    def project(self, theta: Any, out: Any = None) -> Any:
        p = super().project(theta, out)
        return (
            p.astype(float).astype(object) if getattr(p, "dtype", None) == np.dtype(object) else p
        )


class TooSmallAScale(Set):
    """{alpha b}, with an alpha that is not the best."""

    separable = False

    def map(self, kernel: Any, theta: Any, *arguments: Any, out: Any = None) -> Any:
        def smaller(xp: Any, t: Any, p: Any, *rest: Any) -> Any:
            return kernel(xp, t, p * 0.5, *rest)

        return ScaledBinary().map(smaller, theta, *arguments, out=out)

    def levels(self, theta: Any) -> Any:
        return ScaledBinary().levels(theta)


class SaysSeparable(TooSmallAScale):
    separable = True

    def map(self, kernel: Any, theta: Any, *arguments: Any, out: Any = None) -> Any:
        return ScaledBinary().map(kernel, theta, *arguments, out=out)


class Raises(Thirds):
    def project(self, theta: Any, out: Any = None) -> Any:
        raise KeyError("no\nsuch level")


BROKEN = [
    (Unordered, "level_values, .* raised ValueError: .*expected strictly ascending levels"),
    (NoLevels, "level_values, .* raised ValueError: .*non-empty list"),
    (TieDown, r"project: expected 0.3333333333333333 for -0.3333333333333333 in numpy-float64"),
    (OffByAThreshold, r"project: expected \S+ for \S+ in numpy-float16, the nearest level, got"),
    (WrongInHalf, r"project: expected .* for .* in numpy-bfloat16, the nearest level, got"),
    (WrongLevels, "levels: expected level_values, as numpy-float16 has them, got"),
    (Copies, "project: out= has another result"),
    (LosesNaN, "project: expected NaN for NaN in numpy-float16"),
    (Touches, "project or distance changes the numpy-float16 array"),
    (SquaredDistance, r"distance: expected \|theta - project\(theta\)\|"),
    (Widens, "project: expected ndarray of float16, shape"),
    (RoundsFractions, "project: expected fractions for fractions"),
    (TooSmallAScale, "project: expected a nearest point for"),
    (SaysSeparable, "project: separable, but .* alone and to .* beside others"),
    (Raises, "project of numpy-float16 raised KeyError: "),
]


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError, match=message) as caught:
        check_set(make())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_dtypes_that_cannot_tell_the_levels_apart_can_be_left_out() -> None:
    class Close(FiniteSet):
        level_values = (1.0, 1.0 + 2.0**-12)  # type: ignore[assignment]

    with pytest.raises(ConformanceError, match="coincide with the next one in float16"):
        check_set(Close())
    check_set(Close(), dtypes=("float32", "float64"))


def test_what_is_no_set_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="set: expected a quantization set, got ABCMeta"):
        check_set(Binary)  # type: ignore[arg-type]
