"""The conformance of a problem: gradient, stochastic gradient, constants, arrays."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pqtheory.problems.base import Problem
from pqtheory.testing.arrays import (
    Kind,
    are_fractions,
    bits,
    described,
    fractions,
    kinds,
    libraries,
    numbers,
    same_kind,
)
from pqtheory.testing.constants import check_constants
from pqtheory.testing.failure import answer, expect, fail, first_of, shown, simplest

#: points, and draws of the stochastic gradient at one of them
POINTS, DRAWS = 24, 10_000
#: step of the differences, relative to 1 + |x|
STEP = 1e-4


@np.errstate(all="ignore")
def check_problem(
    problem: Problem, *, arrays: Sequence[str] | None = None, scale: float = 1.5
) -> None:
    """Raise unless ``problem`` is what :class:`~pqtheory.problems.Problem` promises.

    The gradient is compared with differences of the value (at kinks: lies between the slopes on either side), the
    stochastic gradient with the gradient in the mean, ``value_and_gradient`` with both; ``smoothness``,
    ``lower_bound``, ``minimisers`` and ``is_convex`` are tried on many points; a batch is compared with its rows, and
    every array library and dtype with float64.

    Parameters
    ----------
    problem : Problem
        What to check.
    arrays : sequence of str, optional
        Of "numpy", "torch" and "fractions"; None: all that are installed. Problems with a ``transcendental`` function
        must refuse fractions.
    scale : float
        Standard deviation of the points; smaller for a problem that overflows at 2 or 3.

    Raises
    ------
    ConformanceError
        Saying what is wrong, with the smallest case that was found.
    TypeError, ValueError
        If ``problem`` is no problem, or ``arrays`` names a library that is unknown or missing.
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected a problem, got {type(problem).__name__}")
    chosen = libraries(arrays)
    dim = getattr(problem, "dim", None)
    is_count = isinstance(dim, int) and not isinstance(dim, bool) and dim >= 1
    expect(is_count, problem, f"dim: expected an integer >= 1, got {dim!r:.60}")
    x = points(problem, scale)
    _check_shapes(problem, x)
    _check_gradient(problem, x)
    _check_rows(problem, x)
    _check_stochastic_gradient(problem, x)
    check_constants(problem, scale)
    for kind in kinds(arrays, ("float32", "float64")):
        _check_kind(problem, x, kind)
    if "fractions" in chosen:
        _check_fractions(problem, x)
    _check_errors(problem)


def points(problem: Problem, scale: float, count: int = POINTS, seed: int = 1) -> np.ndarray:
    """Random points, and a few where problems have kinks."""
    x = scale * np.random.default_rng(seed).standard_normal((count, problem.dim))
    special = np.array([0.0, 0.5, -0.5, 1.0, -1.0])[:, None] * np.ones(problem.dim)
    return np.concatenate([special, x])


def _check_shapes(problem: Problem, x: np.ndarray) -> None:
    for given in (x, x[0], x[:6].reshape(2, 3, -1), x[:0]):
        theta, shape = given.copy(), given.shape
        asked = f"an array of shape {shape}"
        value = answer(problem, f"value of {asked}", problem.value, theta)
        _expect_shape(problem, "value", shape[:-1], value)
        gradient = answer(problem, f"gradient of {asked}", problem.gradient, theta)
        _expect_shape(problem, "gradient", shape, gradient)
        untouched = np.array_equal(theta, given)
        expect(untouched, problem, "value or gradient changes the array it is given")
        rng = np.random.default_rng(0)
        drawn = answer(
            problem, f"stochastic_gradient of {asked}", problem.stochastic_gradient, theta, rng
        )
        _expect_shape(problem, "stochastic_gradient", shape, drawn)
        untouched = np.array_equal(theta, given)
        expect(untouched, problem, "stochastic_gradient changes the array it is given")
    finite = np.isfinite(problem.value(x))
    if not finite.all():
        where = first_of(x, ~finite)
        fail(problem, f"value: expected a finite number at {shown(where)}; a smaller scale=, maybe")


def _expect_shape(problem: Problem, name: str, shape: tuple[int, ...], got: Any) -> None:
    found = np.shape(got)
    expect(found == shape, problem, f"{name}: expected shape {shape}, got {found}")


def _slopes(problem: Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The least and the largest slope per coordinate that differences allow, and the gradient, all (count, dim)."""
    h = STEP * (1 + np.abs(x))
    shifts = h[:, :, None] * np.eye(problem.dim)
    value = np.asarray(problem.value(x))[:, None]

    def differences(part: float) -> tuple[np.ndarray, np.ndarray]:
        forward, backward = (
            problem.value(x[:, None] + part * shifts),
            problem.value(x[:, None] - part * shifts),
        )
        return (forward - value) / (part * h), (value - backward) / (part * h)

    right, left = differences(1.0)
    near_right, near_left = differences(0.5)
    # extrapolated to a step of 0; what the two steps differ by beyond the first order bounds the error
    right, left = 2 * near_right - right, 2 * near_left - left
    gradient = np.asarray(problem.gradient(x))
    middle = np.abs(near_right + near_left) / 2
    rounding = 64 * np.finfo(np.float64).eps * (1 + np.abs(value)) / h
    bend = np.abs(near_right - near_left)
    # a curvature of second order alone leaves nothing; a kink leaves the two slopes
    slack = 1e-3 * bend + 1e-6 * (1 + middle) + rounding
    return np.minimum(left, right) - slack, np.maximum(left, right) + slack, gradient


def _check_gradient(problem: Problem, x: np.ndarray) -> None:
    low, high, gradient = _slopes(problem, x)
    wrong = ~((gradient >= low) & (gradient <= high))
    if wrong.any():

        def fails(case: np.ndarray) -> bool:
            below, above, slope = _slopes(problem, case[None])
            return bool(np.isfinite(slope).all() and ((slope < below) | (slope > above)).any())

        case = first_of(x, wrong.any(axis=-1))
        case = simplest(case, fails)
        below, above, slope = (array[0] for array in _slopes(problem, case[None]))
        j = int(np.argmax(~((slope >= below) & (slope <= above))))
        fail(
            problem,
            f"gradient: expected {(below[j] + above[j]) / 2:.6g}, the slope of value, at {shown(case)} in "
            f"coordinate {j}, got {slope[j]:.6g}",
        )
    value, slope = answer(problem, "value_and_gradient", problem.value_and_gradient, x)
    for name, got, expected in (
        ("value", value, problem.value(x)),
        ("gradient", slope, gradient),
    ):
        if not np.allclose(got, expected, rtol=1e-9, atol=1e-9):
            off = ~np.isclose(got, expected, rtol=1e-9, atol=1e-9)
            where = first_of(x, off.reshape(len(x), -1).any(axis=-1))
            fail(
                problem,
                f"value_and_gradient: its {name} differs from {name}(theta) at {shown(where)}",
            )


def _check_rows(problem: Problem, x: np.ndarray) -> None:
    """A batch is its rows, one that is NaN too; inputs stay, results are fresh."""
    theta, kept = x.copy(), x.copy()
    for name in ("value", "gradient"):
        call = getattr(problem, name)
        whole = np.asarray(call(theta))
        for i in (0, len(x) - 1):
            alone = call(x[i])
            if not np.allclose(whole[i], alone, rtol=1e-9, atol=1e-9):
                fail(
                    problem,
                    f"{name}: expected of a batch what its rows have, got another {name} at {shown(x[i])}",
                )
        spoilt = x[:3].copy()
        spoilt[1, 0] = np.nan
        got = np.asarray(answer(problem, f"{name} beside NaN", call, spoilt)).reshape(3, -1)
        expect(
            np.isnan(got[1]).any(),
            problem,
            f"{name}: expected NaN where theta has NaN, got {shown(got[1])}",
        )
        expect(
            np.allclose(got[[0, 2]], whole[[0, 2]].reshape(2, -1), rtol=1e-9, atol=1e-9),
            problem,
            f"{name}: NaN in one row changes the others",
        )
    first = problem.gradient(theta)
    first += 1
    expect(
        np.array_equal(theta, kept) and np.allclose(problem.gradient(theta) + 1, first),
        problem,
        "gradient: expected a fresh array, got one that theta or the next call shares",
    )


def _check_stochastic_gradient(problem: Problem, x: np.ndarray) -> None:
    def draw(theta: np.ndarray, seed: int) -> np.ndarray:
        return np.asarray(problem.stochastic_gradient(theta, np.random.default_rng(seed)))

    expect(
        np.array_equal(draw(x, 7), draw(x, 7)),
        problem,
        "stochastic_gradient: two generators of one seed give different gradients; all its "
        "random numbers come from rng",
    )
    # an asymmetric point: at some others every bias cancels
    at = 0.3 + 0.1 * np.arange(problem.dim) / problem.dim
    drawn = draw(np.repeat(at[None], DRAWS, axis=0), 3)
    spread = drawn.std(axis=0)
    error = np.abs(drawn.mean(axis=0) - problem.gradient(at))
    allowed = 5 * spread / math.sqrt(DRAWS) + 1e-9 * (1 + np.abs(drawn).max(axis=0))
    if (error > allowed).any():
        j = int(np.argmax(error - allowed))
        fail(
            problem,
            f"stochastic_gradient: expected {problem.gradient(at)[j]:.6g} in the mean at {shown(at)} in "
            f"coordinate {j}, got {drawn.mean(axis=0)[j]:.6g} over {DRAWS} draws",
        )
    varies = not np.array_equal(draw(at[None], 3), draw(at[None], 4))
    expect(
        not varies or spread.any(),
        problem,
        "stochastic_gradient: expected draws of their own along the leading axes, got one for all",
    )


def _check_kind(problem: Problem, x: np.ndarray, kind: Kind) -> None:
    theta = kind.array(x)
    before = bits(theta)
    value = answer(problem, f"value of a {kind} array", problem.value, theta)
    gradient = answer(problem, f"gradient of a {kind} array", problem.gradient, theta)
    drawn = answer(
        problem,
        f"stochastic_gradient of a {kind} array",
        problem.stochastic_gradient,
        theta,
        np.random.default_rng(0),
    )
    for name, got, like in (
        ("value", value, theta[..., 0]),
        ("gradient", gradient, theta),
        ("stochastic_gradient", drawn, theta),
    ):
        expect(
            same_kind(got, like),
            problem,
            f"{name}: expected {described(like)}, got {described(got)}",
        )
    expect(
        bits(theta) == before, problem, f"value or gradient changes the {kind} array it is given"
    )
    slack = 1e-9 if kind.dtype == "float64" else 2e-3
    for name, got in (("value", value), ("gradient", gradient)):
        expected = np.asarray(getattr(problem, name)(x))
        size = 1 + np.abs(expected).max()
        off = np.abs(numbers(got) - expected) > slack * size
        if off.any():
            where = first_of(x, off.reshape(len(x), -1).any(axis=-1))
            fail(problem, f"{name}: {kind} differs from NumPy's float64 at {shown(where)}")
    got = numbers(problem.stochastic_gradient(theta, np.random.default_rng(5)))
    expected = np.asarray(problem.stochastic_gradient(x, np.random.default_rng(5)))
    expect(
        np.allclose(got, expected, rtol=slack, atol=slack * (1 + np.abs(expected).max())),
        problem,
        f"stochastic_gradient: {kind} differs from NumPy's float64 for the same generator",
    )


def _check_fractions(problem: Problem, x: np.ndarray) -> None:
    theta = fractions(np.round(4 * x[:8]) / 4)
    if problem.transcendental:
        try:
            problem.value(theta)
        except TypeError:
            return
        fail(
            problem,
            f"value: expected a TypeError for fractions, which lack {problem.transcendental}",
        )
    for name in ("value", "gradient"):
        call = getattr(problem, name)
        exact = answer(problem, f"{name} of fractions", call, theta)
        if not are_fractions(exact):
            entry = next(v for v in np.asarray(exact, object).flat if not are_fractions(v))
            fail(
                problem,
                f"{name}: expected fractions for fractions, got {shown(entry)}; constants become fractions by "
                "number_like and constant_like, and what needs exp or log says so as `transcendental`",
            )
        floats = np.asarray(call(theta.astype(float)))
        expect(
            np.allclose(np.asarray(exact, float), floats, rtol=1e-9, atol=1e-9),
            problem,
            f"{name}: fractions differ from floats",
        )


def _check_errors(problem: Problem) -> None:
    dim = problem.dim
    for name in ("value", "gradient"):
        call = getattr(problem, name)
        for wrong, error in ((np.ones(dim + 1), ValueError), (np.ones(dim, int), TypeError)):
            try:
                call(wrong)
            except error:
                continue
            except Exception as other:
                fail(
                    problem,
                    f"{name}: expected {error.__name__} for {described(wrong)}, got {type(other).__name__}",
                )
            fail(
                problem, f"{name}: expected {error.__name__} for {described(wrong)}, got an answer"
            )
