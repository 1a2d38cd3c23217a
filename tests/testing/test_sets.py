"""``check_set``: every registered set passes, and each thing that can be wrong is said."""

from typing import Any

import numpy as np
import pytest

from pqtheory.sets import REGISTRY, Binary, FiniteSet, ScaledBinary, Set
from pqtheory.testing import ConformanceError, check_set

from .whole import fits


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_sets_conform(name: str) -> None:
    check_set(REGISTRY[name]())


@pytest.mark.parametrize("groups", ["tensor", "channel", "row", 2, 4, 5, 128], ids=str)
def test_scales_of_any_groups_conform(groups: Any) -> None:
    check_set(ScaledBinary(per=groups), dtypes=("float32",))


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -4, (0, 1), (1, 2, 3)], ids=str)
def test_scales_along_any_axes_conform(axis: Any) -> None:
    check_set(ScaledBinary(axis), dtypes=("float32",))


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
    (
        Unordered,
        (
            "Unordered: level_values, (1.0, -1.0), raised ValueError: 'level_values: expected "
            "strictly ascending levels, got (1.0, -1.0)'"
        ),
    ),
    (
        NoLevels,
        (
            "NoLevels: level_values, (), raised ValueError: 'level_values: expected a non-empty "
            "list of numbers, got ()'"
        ),
    ),
    (
        TieDown,
        (
            "TieDown: project: expected 0.3333333333333333 for -0.3333333333333333 in "
            "numpy-float64, the nearest level, got -1.0"
        ),
    ),
    (
        OffByAThreshold,
        (
            "OffByAThreshold: project: expected 1.0 for 0.66796875 in numpy-float16, the nearest "
            "level, got 0.333251953125"
        ),
    ),
    (
        WrongInHalf,
        (
            "WrongInHalf: project: expected 0.333984375 for 0.0 in numpy-bfloat16, the nearest "
            "level, got 0.5859375"
        ),
    ),
    (
        WrongLevels,
        (
            "WrongLevels: levels: expected level_values, as numpy-float16 has them, got [-2.0, "
            "0.66650390625, 2.0]"
        ),
    ),
    (Copies, "Copies: project: out= has another result (numpy-float16)"),
    (LosesNaN, "LosesNaN: project: expected NaN for NaN in numpy-float16, got 1.0"),
    (Touches, "Touches: project or distance changes the numpy-float16 array"),
    (
        SquaredDistance,
        (
            "SquaredDistance: distance: expected |theta - project(theta)| in numpy-float16, got "
            "something else"
        ),
    ),
    (
        Widens,
        (
            "Widens: project: expected ndarray of float16, shape (3, 4), got ndarray of float64, "
            "shape (3, 4)"
        ),
    ),
    (RoundsFractions, "RoundsFractions: project: expected fractions for fractions, got -1.0"),
    (
        TooSmallAScale,
        (
            "TooSmallAScale: project: expected a nearest point for … in numpy-float16, got … at "
            "distance …; … is at …"
        ),
    ),
    (
        SaysSeparable,
        (
            "SaysSeparable: project: separable, but 0.15087890625 goes to "
            "np.float64(0.15087890625) alone and to np.float64(0.84814453125) beside others "
            "(numpy-float16)"
        ),
    ),
    (Raises, "Raises: project of numpy-float16 raised KeyError: \"'no\\\\nsuch level'\""),
]


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_set(make())
    assert fits(str(caught.value), message), str(caught.value)
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
