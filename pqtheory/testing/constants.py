"""The constants of a problem, tried on many points: smoothness, lower bound, minimisers, convexity."""

import numpy as np

from pqtheory.problems.base import Problem
from pqtheory.testing.failure import expect, fail, first_of, shown, simplest

#: points and pairs that are tried
TRIED = 2000


def check_constants(problem: Problem, scale: float) -> None:
    """Raise unless the constants hold wherever they are tried."""
    rng = np.random.default_rng(2)
    x = scale * rng.standard_normal((TRIED, problem.dim))
    y = x + np.geomspace(1e-3, 5.0, TRIED)[:, None] * rng.standard_normal(x.shape)
    y[::4] = -x[::4]
    _check_smoothness(problem, x, y)
    _check_lower_bound(problem, x)
    _check_convexity(problem, x, y)
    _check_minimisers(problem, rng)


def _check_smoothness(problem: Problem, x: np.ndarray, y: np.ndarray) -> None:
    beta = problem.smoothness
    if beta is None:
        return
    expect(beta >= 0, problem, f"smoothness: expected a number >= 0, got {shown(beta)}")
    bound = float(beta) * (1 + 1e-9)

    def excess(pairs: np.ndarray) -> np.ndarray:
        ends = [np.asarray(problem.gradient(pairs[:, side])) for side in (0, 1)]
        rise = np.linalg.norm(ends[0] - ends[1], axis=-1)
        rounding = 1e-13 * sum(np.linalg.norm(g, axis=-1) for g in ends)
        return rise - bound * np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=-1) - rounding

    pairs = np.stack([x, y], axis=1)
    wrong = excess(pairs) > 0
    if wrong.any():
        case = simplest(first_of(pairs, wrong), lambda pair: bool(excess(pair[None])[0] > 0))
        rise = np.linalg.norm(np.subtract(*problem.gradient(case)))
        ratio = rise / np.linalg.norm(np.subtract(*case))
        fail(
            problem,
            f"smoothness: expected at least {ratio:.6g}, from the gradients at {shown(case[0])} and "
            f"{shown(case[1])}, got {float(beta):.6g}",
        )


def _check_lower_bound(problem: Problem, x: np.ndarray) -> None:
    least = float(problem.lower_bound)
    expect(not np.isnan(least), problem, "lower_bound: expected a number, got nan")

    def below(points: np.ndarray) -> np.ndarray:
        values = np.asarray(problem.value(points))
        return values < least - 1e-9 * (1 + abs(least)) if np.isfinite(least) else values < least

    for factor in (0.1, 1.0, 5.0):
        wrong = below(factor * x)
        if wrong.any():
            case = simplest(first_of(factor * x, wrong), lambda point: bool(below(point[None])[0]))
            fail(
                problem,
                f"lower_bound: expected at most {float(problem.value(case)):.6g}, the value at {shown(case)}, "
                f"got {least:.6g}",
            )


def _check_convexity(problem: Problem, x: np.ndarray, y: np.ndarray) -> None:
    if not problem.is_convex:
        return

    def gap(pairs: np.ndarray) -> np.ndarray:
        ends = np.asarray(problem.value(pairs))
        middle = np.asarray(problem.value(pairs.mean(axis=1)))
        return middle - ends.mean(axis=1) - 1e-11 * (1 + np.abs(ends).max(axis=1))

    pairs = np.stack([x, y], axis=1)
    wrong = gap(pairs) > 0
    if wrong.any():
        case = simplest(first_of(pairs, wrong), lambda pair: bool(gap(pair[None])[0] > 0))
        fail(
            problem,
            f"is_convex: expected False: between {shown(case[0])} and {shown(case[1])} the value is larger than "
            "its mean at both",
        )


def _check_minimisers(problem: Problem, rng: np.random.Generator) -> None:
    minimisers = problem.minimisers
    if minimisers is None:
        return
    expect(
        np.ndim(minimisers) == 2 and np.shape(minimisers)[1] == problem.dim,
        problem,
        f"minimisers: expected shape (count, {problem.dim}), got {np.shape(minimisers)}",
    )
    at = np.asarray(minimisers, dtype=np.float64)
    values = np.asarray(problem.value(at))
    around = np.concatenate([s * rng.standard_normal((400, problem.dim)) for s in (1e-3, 0.1, 1.0)])
    for point, value in zip(at, values, strict=True):
        rivals = np.concatenate([point + around, at])
        better = np.asarray(problem.value(rivals)) < value - 1e-9 * (1 + abs(value))
        if better.any():
            rival = first_of(rivals, better)
            fail(
                problem,
                f"minimisers: expected none with less value than {shown(point)}, which has {value:.6g}; "
                f"{shown(rival)} has {float(problem.value(rival)):.6g}",
            )
