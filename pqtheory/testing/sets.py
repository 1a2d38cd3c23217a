"""The conformance of a set: its projection is a nearest point, on every kind of array."""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.sets.base import Set
from pqtheory.sets.finite import FiniteSet, check_levels
from pqtheory.testing.arrays import (
    DTYPES,
    Kind,
    are_fractions,
    bits,
    described,
    kinds,
    libraries,
    numbers,
    same_kind,
    sample_points,
)
from pqtheory.testing.failure import answer, expect, fail, first_of, shown

SHAPE = (3, 4)
#: a group of a set has at most so many entries, for all that is tried
LONGEST = 4096


@np.errstate(all="ignore")
def check_set(
    set: Set, *, arrays: Sequence[str] | None = None, dtypes: Sequence[str] = DTYPES
) -> None:
    """Raise unless ``set`` is what :class:`~pqtheory.sets.Set` promises.

    The projection is compared with the definition: of a :class:`~pqtheory.sets.FiniteSet` with the nearest of its
    levels, ties going up, in exact arithmetic and around every threshold of every dtype; of another set with other
    points of it, none of which may be nearer. Projecting again changes nothing; shape, dtype and library stay; ``out``
    may be ``theta``; NaN stays where it is; of a separable set an entry does not depend on the others. Arrays have a
    shape that the set takes: where ``weight_shape`` refuses a shape, one with more axes or longer ones.

    Parameters
    ----------
    set : Set
        What to check.
    arrays : sequence of str, optional
        Of "numpy", "torch" and "fractions"; None: all that are installed.
    dtypes : sequence of str
        Those that can tell the levels apart.

    Raises
    ------
    ConformanceError
        Saying what is wrong, with the smallest case that was found.
    TypeError, ValueError
        If ``set`` is no set, or ``arrays`` names a library that is unknown or missing.
    """
    if not isinstance(set, Set):
        raise TypeError(f"set: expected a quantization set, got {type(set).__name__}")
    chosen = libraries(arrays)
    finite = set if isinstance(set, FiniteSet) else None
    levels = None if finite is None else _levels(finite)
    for kind in kinds(arrays, dtypes):
        if finite is None or levels is None:
            _check_nearest_of_some(set, kind)
        else:
            _check_nearest_level(finite, levels, kind)
        _check_arrays(set, kind)
        _check_nan(set, kind)
    if "fractions" in chosen:
        _check_fractions(set, levels)


def _levels(set: FiniteSet) -> tuple[Fraction, ...]:
    values = answer(set, "level_values", lambda: set.level_values)
    checked = answer(set, f"level_values, {shown(values)},", check_levels, values, "level_values")
    return tuple(Fraction(v) for v in checked)


def _check_nearest_level(set: FiniteSet, values: tuple[Fraction, ...], kind: Kind) -> None:
    theta = kind.array([0.0])
    levels = answer(set, f"levels of a {kind} array", set.levels, theta)
    expected = kind.array([float(v) for v in values])
    expect(
        same_kind(levels, expected) and bits(levels) == bits(expected),
        set,
        f"levels: expected level_values, as {kind} has them, got {shown(numbers(levels))}",
    )
    known = [Fraction(v) for v in numbers(levels).tolist()]
    theta = kind.array(_points(known, kind))
    t, p = numbers(theta), numbers(answer(set, f"project of {kind}", set.project, theta))
    nearest = np.array([float(_nearest(Fraction(v), known)) for v in t.tolist()])
    wrong = p != nearest
    if wrong.any():
        at = first_of(t, wrong)
        i = int(np.flatnonzero(t == at)[0])
        gaps = sorted(abs(Fraction(at) - v) for v in known)
        tie = " (a tie goes up)" if len(gaps) > 1 and gaps[0] == gaps[1] else ""
        fail(
            set,
            f"project: expected {nearest[i]!s} for {at!s} in {kind}, the nearest level{tie}, got {p[i]!s}",
        )
    ends = numbers(set.project(kind.array([-math.inf, math.inf])))
    outside = numbers(set.distance(kind.array([-math.inf, math.inf])))
    expect(
        outside.tolist() == [math.inf, math.inf],
        set,
        f"distance: expected infinity from infinity in {kind}, got {shown(outside)}",
    )
    expect(
        ends.tolist() == [float(known[0]), float(known[-1])],
        set,
        f"project: expected the outermost levels for -inf and inf in {kind}, got {shown(ends)}",
    )


def _points(levels: Sequence[Fraction], kind: Kind) -> np.ndarray:
    """Points everywhere, and each midpoint with its neighbours in the dtype."""
    inner = sample_points([float(v) for v in levels[:64]])
    middles = [float((a + b) / 2) for a, b in itertools.pairwise(levels)]
    beside = [m * (1 + s * kind.eps) for m in middles for s in (-2, -1, 0, 1, 2)]
    beyond = [2 * float(levels[0]) - 1, 2 * float(levels[-1]) + 1]
    return np.concatenate([inner, beside, beyond, [float(v) for v in levels]])


def _nearest(t: Fraction, levels: Sequence[Fraction]) -> Fraction:
    """The nearest level, the upper one of two."""
    return max(levels, key=lambda v: (-abs(t - v), v))


def _taken(set: Set, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, or else the next one with more axes of two and a longer last one that the set has groups for."""
    for axes in range(4):
        for length in range(shape[-1], LONGEST):
            found = (*shape[:-1], *(2,) * axes, length)
            try:
                set.weight_shape(found)
            except ValueError:
                continue
            return found
    return shape


def _theta(kind: Kind, shape: tuple[int, ...], seed: int = 0) -> Any:
    return kind.array(1.2 * np.random.default_rng(seed).standard_normal(shape))


def _check_nearest_of_some(set: Set, kind: Kind) -> None:
    """No point of the set that can be found is nearer than the projection."""
    rng = np.random.default_rng(3)
    for seed in range(6):
        theta = _theta(kind, _taken(set, (2, 3)), seed)
        t = numbers(theta)
        p = numbers(answer(set, f"project of {kind}", set.project, theta))
        distance = np.linalg.norm(t - p)
        starts = [t + s * rng.standard_normal(t.shape) for s in (0.1, 1.0, 3.0) for _ in range(40)]
        for start in [*starts, -t, 0 * t, 2 * t]:
            rival = numbers(set.project(kind.array(start)))
            if np.linalg.norm(t - rival) < distance * (1 - 16 * kind.eps) - 16 * kind.eps:
                fail(
                    set,
                    f"project: expected a nearest point for {shown(t.round(4))} in {kind}, got {shown(p.round(4))} at "
                    f"distance {distance:.4g}; {shown(rival.round(4))} is at {np.linalg.norm(t - rival):.4g}",
                )


def _check_arrays(set: Set, kind: Kind) -> None:
    """Shape, dtype and library; ``out``; entries that do not depend on each other."""
    for shape in (_taken(set, shape) for shape in (SHAPE, (5,), (2, 0))):
        theta = _theta(kind, shape)
        before = bits(theta)
        given = described(theta)
        projected = answer(set, f"project of {given}", set.project, theta)
        distance = answer(set, f"distance of {given}", set.distance, theta)
        for name, got in (("project", projected), ("distance", distance)):
            expect(same_kind(got, theta), set, f"{name}: expected {given}, got {described(got)}")
        expect(bits(theta) == before, set, f"project or distance changes the {kind} array")
        gap = np.abs(numbers(theta) - numbers(projected))
        expect(
            np.allclose(numbers(distance), gap, rtol=8 * kind.eps, atol=8 * kind.eps),
            set,
            f"distance: expected |theta - project(theta)| in {kind}, got something else",
        )
        again, once = numbers(set.project(projected)), numbers(projected)
        # a scale that is a mean of equal numbers may round
        slack = 0.0 if set.separable else 16 * kind.eps
        expect(
            np.allclose(again, once, rtol=slack, atol=0),
            set,
            f"project: expected that projecting again changes nothing in {kind}, got {shown(again)} from {shown(once)}",
        )
        out = kind.array(np.full(shape, 7.0))
        got = answer(set, "project with out=", lambda t=theta, o=out: set.project(t, out=o))
        expect(
            got is out and bits(out) == bits(projected),
            set,
            f"project: out= has another result ({kind})",
        )
        answer(set, "project with out=theta", lambda t=theta: set.project(t, out=t))
        expect(
            bits(theta) == bits(projected), set, f"project: out=theta has another result ({kind})"
        )
    rows, *between, length = _taken(set, (3, 3))
    whole = _theta(kind, (2 * rows, *between, 3 * length - 1))
    strided, copy = whole[::2, ..., 1::3], kind.array(numbers(whole)[::2, ..., 1::3])
    expect(
        np.allclose(numbers(set.project(strided)), numbers(set.project(copy)), rtol=8 * kind.eps),
        set,
        f"project: an array with gaps in memory has another result ({kind})",
    )
    if set.separable:
        values = numbers(set.project(whole))
        for index in ((0,) * whole.ndim, (-1,) * whole.ndim):
            alone = numbers(set.project(whole[index].reshape(1)))[0]
            expect(
                alone == values[index],
                set,
                f"project: separable, but {shown(numbers(whole)[index])} goes to {alone!r} alone and to "
                f"{values[index]!r} beside others ({kind})",
            )


def _check_nan(set: Set, kind: Kind) -> None:
    values = np.resize([0.5, np.nan, -2.0, 0.25, 1.0, -0.125], _taken(set, (2, 3)))
    for name in ("project", "distance"):
        got = numbers(answer(set, f"{name} of NaN", getattr(set, name), kind.array(values)))
        at = got.flat[1]
        expect(np.isnan(at), set, f"{name}: expected NaN for NaN in {kind}, got {at}")
        if set.separable:
            expect(
                not np.isnan(got[~np.isnan(values)]).any(),
                set,
                f"{name}: separable, but one NaN spreads in {kind}",
            )


def _check_fractions(set: Set, levels: tuple[Fraction, ...] | None) -> None:
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels or ())]
    tiny = Fraction(1, 10**40)
    points = [Fraction(i, 7) for i in range(-20, 22)]
    points += [m + s * tiny for m in middles for s in (-1, 0, 1)]
    rows, *others = _taken(set, (len(points), 2))
    theta = np.resize(np.array(points, dtype=object), (rows, *others))
    projected = answer(set, "project of fractions", set.project, theta)
    if not are_fractions(projected):
        fail(set, f"project: expected fractions for fractions, got {shown(projected.flat[0])}")
    if levels is None:
        floats = set.project(theta.astype(float))
        close = np.allclose(projected.astype(float), floats, rtol=1e-9, atol=1e-9)
        expect(close, set, "project: fractions differ from floats")
        return
    for t, p in zip(theta.flat, projected.flat, strict=True):
        nearest = _nearest(t, levels)
        expect(
            p == nearest,
            set,
            f"project: expected {nearest} for the fraction {shown(float(t))}, the nearest level, got {p}",
        )
    expect(are_fractions(set.distance(theta)), set, "distance: expected fractions for fractions")
