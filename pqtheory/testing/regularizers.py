"""The conformance of a regularizer: its prox is a global minimiser, on every kind of array."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.level_regularizer import LevelRegularizer
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
from pqtheory.testing.failure import answer, expect, fail, shown
from pqtheory.testing.minimisers import TRIED, check_slopes, levels_pulled_to, objective, rivals

WEIGHTS = (0.0, 0.01, 0.125, 0.3, 1.0, 2.5)
SHAPE = (3, 4)


@np.errstate(all="ignore")
def check_regularizer(
    regularizer: Regularizer,
    *,
    arrays: Sequence[str] | None = None,
    dtypes: Sequence[str] = DTYPES,
) -> None:
    """Raise unless ``regularizer`` is what :class:`~pqtheory.regularizers.Regularizer` promises.

    The value is >= 0 and smallest on quantized points. Of a separable regularizer no rival beats the prox, whose twin
    ``prox_naive`` agrees with it, ``prox_set``, where there is one, has it as its largest member; of one that couples
    the coordinates the prox is no worse than theta, the quantized point and what lies between and beside them. Weight 0
    moves nothing that has a finite value, an infinite weight quantizes, weights in an array are those of their entries.
    The envelope is the objective's least value, the subdifferential, where there is one, the interval of the slopes on
    either side. Shape, dtype and library stay; ``out`` may be ``theta``; NaN stays where it is.

    Parameters
    ----------
    regularizer : Regularizer
        What to check.
    arrays : sequence of str, optional
        Of "numpy", "torch" and "fractions"; None: the first two where they are installed, and fractions where the
        regularizer says in exact arithmetic where its minimisers are (``_candidates``).
    dtypes : sequence of str
        Those that can tell its levels apart.

    Raises
    ------
    ConformanceError
        Saying what is wrong, with the smallest case that was found.
    TypeError, ValueError
        If ``regularizer`` is none, or ``arrays`` names a library that is unknown or missing.
    """
    if not isinstance(regularizer, Regularizer):
        raise TypeError(f"regularizer: expected a regularizer, got {type(regularizer).__name__}")
    chosen = libraries(arrays)
    double = Kind("numpy", "float64")
    _check_values(regularizer, double)
    if regularizer.separable:
        _check_prox(regularizer, double)
        _check_twin(regularizer)
        check_slopes(regularizer)
    else:
        _check_coupled_prox(regularizer)
    _check_bad_weights(regularizer)
    for kind in kinds(arrays, dtypes):
        _check_kind(regularizer, kind)
        _check_arrays(regularizer, kind)
    # by default only what says in exact arithmetic where its minimisers are is held to fractions
    is_exact = isinstance(regularizer, LevelRegularizer) and regularizer.has_candidates
    if "fractions" in chosen and regularizer.separable and (is_exact or arrays is not None):
        _check_fractions(regularizer)


def points_of(regularizer: Regularizer) -> np.ndarray:
    """Points everywhere, and at what the regularizer may have kinks at."""
    return sample_points(levels_pulled_to(regularizer)[:TRIED].tolist())


def _check_values(regularizer: Regularizer, kind: Kind) -> None:
    theta = kind.array(points_of(regularizer))
    each = answer(regularizer, "value with axis=-1", regularizer.value, theta[:, None], -1)
    expect(
        np.shape(each) == theta.shape,
        regularizer,
        f"value: expected shape {theta.shape} with axis=-1 of {theta[:, None].shape}, got {np.shape(each)}",
    )
    wrong = ~(each >= 0)
    if wrong.any():
        i = int(np.argmax(wrong))
        fail(regularizer, f"value: expected a number >= 0 at {theta[i]!s}, got {each[i]!s}")
    total = float(answer(regularizer, "value", regularizer.value, theta))
    if regularizer.separable:
        expect(
            np.isclose(total, each.sum(), rtol=1e-12) or total == each.sum(),
            regularizer,
            f"value: separable, but of all entries it is {total!r}, and their sum {float(each.sum())!r}",
        )
    for shape in ((len(theta),), (7, len(theta) // 7)):
        part = theta[: math.prod(shape)].reshape(shape)
        quantized = answer(regularizer, "quantize", regularizer.quantize, part)
        there = float(regularizer.value(quantized))
        here = float(regularizer.value(part))
        if regularizer.separable and not isinstance(regularizer, LevelRegularizer):
            # it may pull to some of its levels alone
            there = float(np.min(regularizer.value(quantized[..., None], -1)))
            here = float(np.min(regularizer.value(part[..., None], -1)))
        expect(
            there <= here + 1e-9,
            regularizer,
            f"value: expected least on quantized points, got {there:.6g} there and {here:.6g} elsewhere",
        )
    if isinstance(regularizer, LevelRegularizer):
        at = regularizer.value(regularizer.quantize(theta)[:, None], -1)
        worse = at > each + 1e-12
        if worse.any():
            i = int(np.argmax(worse))
            fail(
                regularizer,
                f"value: expected at quantize({theta[i]!s}) at most {each[i]!s}, its value there, got {at[i]!s}",
            )


def _check_prox(regularizer: Regularizer, kind: Kind) -> None:
    theta = kind.array(points_of(regularizer))
    for weight in WEIGHTS:
        x = np.asarray(
            answer(regularizer, f"prox with weight {weight}", regularizer.prox, theta, weight)
        )
        mine = objective(regularizer, x, theta, weight)
        others = rivals(theta, x, weight)
        costs = objective(regularizer, others, theta, weight)
        least = costs.min(axis=0)
        wrong = ~(mine <= least + 64 * kind.eps * (1 + theta**2 + least))
        if wrong.any():
            i: Any = min(np.flatnonzero(wrong), key=lambda k: len(repr(float(theta[k]))))
            best: Any = np.argmin(costs[:, i])
            fail(
                regularizer,
                f"prox: expected the minimiser for theta = {theta[i]!s}, weight {weight}: {x[i]:.9g} costs "
                f"{mine[i]:.9g}, but {others[best, i]:.9g} costs {costs[best, i]:.9g}",
            )
        envelope = [float(regularizer.envelope(t.reshape(1), weight)) for t in theta[::9]]
        off = ~np.isclose(envelope, mine[::9], rtol=1e-9, atol=1e-12)
        if off.any():
            i = int(np.argmax(off))
            fail(
                regularizer,
                f"envelope: expected {mine[::9][i]:.9g} for theta = {theta[::9][i]!s}, weight {weight}, the least of "
                f"the objective, got {envelope[i]:.9g}",
            )
        finite = np.isfinite(regularizer.value(theta[:, None], -1))
        rounding = 4 * kind.eps * (1 + np.abs(theta).max())
        if weight == 0 and not np.allclose(x[finite], theta[finite], rtol=1e-12, atol=rounding):
            fail(regularizer, "prox: expected theta itself for weight 0, where its value is finite")


def _check_coupled_prox(regularizer: Regularizer) -> None:
    rng = np.random.default_rng(0)
    for weight in (*WEIGHTS[1:], 10.0):
        theta = rng.standard_normal((2, 3))
        x = np.asarray(
            answer(regularizer, f"prox with weight {weight}", regularizer.prox, theta, weight)
        )

        def cost(point: np.ndarray, t: np.ndarray = theta, w: float = weight) -> float:
            return float(np.sum((point - t) ** 2) / 2 + w * regularizer.value(point))

        near = [x + s * rng.standard_normal(x.shape) for s in (1e-3, 1e-2) for _ in range(30)]
        quantized = regularizer.quantize(theta)
        between = [theta + s * (quantized - theta) for s in np.linspace(0, 1, 11)]
        best = min((*near, *between), key=cost)
        expect(
            cost(x) <= cost(best) + 1e-9,
            regularizer,
            f"prox: expected a minimiser for theta = {shown(theta.round(3))}, weight {weight}: {shown(x.round(3))} "
            f"costs {cost(x):.6g}, but {shown(best.round(3))} costs {cost(best):.6g}",
        )
        envelope = float(regularizer.envelope(theta, weight))
        expect(
            # the prox of an indicator misses its set by rounding
            cost(x) == math.inf or math.isclose(envelope, cost(x), rel_tol=1e-9, abs_tol=1e-12),
            regularizer,
            f"envelope: expected {cost(x):.9g}, the objective at the prox, got {envelope:.9g}",
        )


def _check_twin(regularizer: Regularizer) -> None:
    theta = np.arange(-20, 21) / 8
    for weight in (*WEIGHTS, math.inf):
        x = np.asarray(regularizer.prox(theta, weight))
        naive = answer(regularizer, "prox_naive", regularizer.prox_naive, theta, weight)
        wrong = ~np.isclose(x, naive, rtol=1e-6, atol=1e-6)
        if wrong.any():
            i = min(np.flatnonzero(wrong), key=lambda k: abs(theta[k]))
            fail(
                regularizer,
                f"prox: expected {naive[i]:.9g} for theta = {theta[i]!s}, weight {weight}, as its definition has it "
                f"(the largest minimiser at a tie), got {x[i]:.9g}",
            )


def _check_bad_weights(regularizer: Regularizer) -> None:
    theta = np.ones(SHAPE)
    for name in ("prox", "envelope"):
        for weight in (-1.0, math.nan):
            try:
                getattr(regularizer, name)(theta, weight)
            except ValueError:
                continue
            except Exception as other:
                fail(
                    regularizer,
                    f"{name}: expected ValueError for weight {weight}, got {type(other).__name__}",
                )
            fail(regularizer, f"{name}: expected ValueError for weight {weight}, got an answer")


def _check_kind(regularizer: Regularizer, kind: Kind) -> None:
    """Every kind agrees with NumPy's float64, as far as it can tell; infinite weights, NaN."""
    theta = kind.array(np.arange(-40, 41) / 16 + 1 / 64)
    for weight in WEIGHTS:
        asked = f"prox of a {kind} array with weight {weight}"
        got = numbers(answer(regularizer, asked, regularizer.prox, theta, weight))
        expected = np.asarray(regularizer.prox(numbers(theta), weight))
        # levels that the dtype rounds move ties and minimisers: what counts is the objective, and where R is infinite
        # beside a level, that of the level
        nearest = np.asarray(regularizer.quantize(got))
        beside = np.abs(got - nearest) <= 16 * kind.eps * (1 + np.abs(nearest))
        mine, best = (
            objective_of(regularizer, x, numbers(theta), weight)
            for x in (np.where(beside, nearest, got), expected)
        )
        slack = 64 * kind.eps * (1 + numbers(theta) ** 2) * (1 + weight)
        close = np.abs(got - expected) <= 16 * kind.eps * (1 + np.abs(expected))
        wrong = ~(close | (np.abs(mine - best) <= slack))
        if wrong.any():
            i = int(np.argmax(wrong))
            fail(
                regularizer,
                f"prox: expected {expected.flat[i]:.6g} for theta = {numbers(theta).flat[i]!s}, weight {weight} in "
                f"{kind}, got {got.flat[i]:.6g}",
            )
    projected = regularizer.quantize(theta)
    for weight in (math.inf, kind.array([math.inf])):
        x = answer(regularizer, f"prox of {kind} with weight inf", regularizer.prox, theta, weight)
        close = np.allclose(numbers(x), numbers(projected), rtol=4 * kind.eps, atol=0)
        expect(close, regularizer, f"prox: expected quantize(theta) for weight inf in {kind}")
    spoilt = kind.array([[0.5, np.nan, -2.0], [0.25, 1.0, -0.125]])
    for weight in (0.3, math.inf):
        x = numbers(answer(regularizer, f"prox of NaN in {kind}", regularizer.prox, spoilt, weight))
        expect(
            np.isnan(x[0, 1]), regularizer, f"prox: expected NaN for NaN in {kind}, weight {weight}"
        )
        if regularizer.separable:
            spread = np.isnan(x).sum() > 1
            expect(not spread, regularizer, f"prox: separable, but one NaN spreads in {kind}")


def objective_of(
    regularizer: Regularizer, x: np.ndarray, t: np.ndarray, weight: float
) -> np.ndarray:
    """The objective of each entry, or of the whole where entries are coupled."""
    if regularizer.separable:
        return objective(regularizer, x, t, weight)
    return np.sum((x - t) ** 2 / 2) + weight * np.asarray(regularizer.value(x))


def _check_arrays(regularizer: Regularizer, kind: Kind) -> None:
    for shape in (SHAPE, (5,), (2, 0)):
        theta = kind.array(1.2 * np.random.default_rng(0).standard_normal(shape))
        before, given = bits(theta), described(theta)
        value = answer(regularizer, f"value of {given}", regularizer.value, theta)
        expect(
            np.shape(value) == () and value.dtype == theta.dtype,
            regularizer,
            f"value: expected one {kind.dtype} number for {given}, got {described(value)}",
        )
        for name, call in (
            ("prox", lambda t: regularizer.prox(t, 0.3)),
            ("quantize", regularizer.quantize),
        ):
            got = answer(regularizer, f"{name} of {given}", call, theta)
            ok = same_kind(got, theta)
            expect(ok, regularizer, f"{name}: expected {given}, got {described(got)}")
        expect(
            bits(theta) == before,
            regularizer,
            f"prox or value changes the {kind} array it is given",
        )
        x = regularizer.prox(theta, 0.3)
        if regularizer.separable:
            weight = kind.array(np.full(shape, 0.3))
            by_array = answer(
                regularizer, "prox with an array of weights", regularizer.prox, theta, weight
            )
            exact = np.allclose(
                numbers(by_array), numbers(x), rtol=16 * kind.eps, atol=16 * kind.eps
            )
            expect(
                exact, regularizer, f"prox: an array of weights differs from one weight ({kind})"
            )
        out = kind.array(np.full(shape, 7.0))
        got = answer(regularizer, "prox with out=", regularizer.prox, theta, 0.3, out)
        expect(
            got is out and bits(out) == bits(x),
            regularizer,
            f"prox: out= has another result ({kind})",
        )
        answer(regularizer, "prox with out=theta", regularizer.prox, theta, 0.3, theta)
        expect(bits(theta) == bits(x), regularizer, f"prox: out=theta has another result ({kind})")


def _check_fractions(regularizer: Regularizer) -> None:
    theta = np.array([Fraction(i, 8) for i in range(-20, 21)], dtype=object)
    for weight in (Fraction(0), Fraction(1, 16), Fraction(1, 3), Fraction(2), math.inf):
        x = answer(
            regularizer, f"prox of fractions with weight {weight}", regularizer.prox, theta, weight
        )
        if not are_fractions(x):
            fail(
                regularizer,
                f"prox: expected fractions for fractions, weight {weight}, got {shown(x.flat[0])}",
            )
        floats = regularizer.prox(theta.astype(float), float(weight))
        got, expected = np.asarray(x, float), np.asarray(floats)
        if weight < math.inf:
            # at a tie rounding may choose the other minimiser
            t, w = theta.astype(float), float(weight)
            got, expected = (objective(regularizer, v, t, w) for v in (got, expected))
        expect(
            np.allclose(got, expected, rtol=1e-9, atol=1e-9),
            regularizer,
            f"prox: fractions differ from floats, weight {weight}",
        )
    if not isinstance(regularizer, LevelRegularizer) or not regularizer.has_candidates:
        return
    for t in theta[::3]:
        for weight in (Fraction(1, 16), Fraction(1, 3), Fraction(2)):
            members = answer(regularizer, "prox_set", regularizer.prox_set, t, weight)
            x = regularizer.prox(np.array([t], dtype=object), weight)[0]
            expect(
                members and members[-1] == x,
                regularizer,
                f"prox: expected {shown(members[-1:])}, the largest of prox_set, for theta = {t}, weight {weight}, "
                f"got {shown(x)}",
            )
