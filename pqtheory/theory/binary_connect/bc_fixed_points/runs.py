"""BinaryConnect on every small integer quadratic from every vertex, beside what the theory says: where does it stay?"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.evidence import Budget, Evidence, join
from pqtheory.methods import BinaryConnect
from pqtheory.problems.base import Problem
from pqtheory.schedules import Exponential, Schedule
from pqtheory.sets import Binary
from pqtheory.theory.binary_connect.small_quadratics import (
    QuadraticFamily,
    decide,
    departures,
    every_quadratic,
    vertices,
)

ETA, LARGEST, LEAST = 0.5, 8.0, 2.0**-10
#: |latent| of the coordinates in turn: tiny, that of s itself, large, mixed
MAGNITUDES = ((LEAST,), (1.0,), (LARGEST,), (LARGEST, LEAST, 1.0))
SUMMABLE = Exponential(0.5, 0.5)  # sum 1
#: after so many of them the rest, 2^-24, is too small to hide a crossing: all numbers are multiples of LEAST
SUMMABLE_STEPS = 24
STAY = "longest stay at a vertex that is not fixed, in steps"

#: (problem, vertices s, latent starts) -> should it stay?
Condition = Callable[[Problem, Array, Array], Array]


def theorem(problem: Problem, s: Array, starts: Array) -> Array:
    """Theorem 5.3, as the library decides it."""
    return stability.is_fixed_point(problem, s)


def zero_counts_as_plus(problem: Problem, s: Array, starts: Array) -> Array:
    """sign(g_i) = -s_i in every coordinate, with sign(0) = +1."""
    result: Array = (Binary().project(problem.gradient(s)) == -s).all(axis=-1)
    return result


def summable(problem: Problem, s: Array, starts: Array) -> Array:
    """S s_i g_i <= |theta_0i| in every coordinate, S = 1 being the sum of the step sizes."""
    result: Array = (s * problem.gradient(s) <= abs(starts)).all(axis=-1)
    return result


def stays_where(
    name: str, method: BinaryConnect, condition: Condition = theorem, steps: int | None = None
) -> Check:
    """Does BinaryConnect stay where, and only where, the condition holds? Without ``steps``, as many as show it."""

    def check(budget: Budget) -> Evidence:
        found = [_compared(family, method, condition, steps) for family in small(budget)]
        key = f"starts where the dynamics differ from the condition, {name}"
        apart = sum(count for _, count in found)
        return join(*(e for e, _ in found), measured={key: apart}, predicted={key: 0})

    return check


def departure(budget: Budget) -> Evidence:
    """The step at which each vertex is left, against the formula."""
    pieces, longest = [], 0
    for family in small(budget):
        starts, signs = _starts_and_signs(family)
        push = signs * family.gradient(signs)
        steps = _steps_that_show(BinaryConnect(ETA).step_size, starts, push)
        left = departures(BinaryConnect(ETA), family, family.points(starts), steps)
        sums = [ETA * step for step in range(steps + 1)]
        longest = max(longest, int(left[left <= steps].max(initial=0)))
        expected = _leaves_at(sums, family.points(starts), signs, push)
        describe = partial(_describe, family, starts)
        pieces.append(decide("enumerated", left == expected, describe))
    # the slowest: |theta_0| = LARGEST, s = +1, gradient 1, so that one step more than LARGEST / ETA is needed
    return join(*pieces, measured={STAY: longest}, predicted={STAY: int(LARGEST // ETA) + 1})


def small(budget: Budget) -> Iterator[QuadraticFamily]:
    """Quadratics in 1, 2 and 3 dimensions with small integer entries, all of them."""
    yield every_quadratic(1, (-2.0, -1.0, 0.0, 1.0, 2.0), (-2.0, -1.0, 0.0, 1.0, 2.0))
    yield every_quadratic(2, (-1.0, 0.0, 1.0), (-2.0, -1.0, 0.0, 1.0, 2.0))
    yield every_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((0.0, 1.0), (-1.0, 0.0, 1.0)))


def _starts_and_signs(family: QuadraticFamily) -> tuple[Array, Array]:
    """Latent points for every vertex, that with 0 in place of every +1 included; and their signs, per problem."""
    s = vertices(family.dim)
    scaled = [s * np.resize(np.array(m), family.dim) for m in MAGNITUDES]
    starts = np.concatenate([*scaled, np.where(s > 0, 0.0, -LEAST)])
    return starts, family.points(Binary().project(starts))


def _compared(
    family: QuadraticFamily, method: BinaryConnect, condition: Condition, steps: int | None
) -> tuple[Evidence, int]:
    """The comparison for one family, and the number of starts where the two differ."""
    starts, signs = _starts_and_signs(family)
    points = family.points(starts)
    if steps is None:
        steps = _steps_that_show(method.step_size, starts, family.gradient(signs))
    left = departures(method, family, points, steps)
    holds = condition(family, signs, points)

    def describe(index: tuple[int, ...]) -> dict[str, Any]:
        left_at = int(left[index]) if left[index] <= steps else None
        case = _describe(family, starts, index)
        return {**case, "condition": bool(holds[index]), "steps": steps, "left at step": left_at}

    agree = holds == (left > steps)
    return decide("enumerated", agree, describe), int((~agree).sum())


def _describe(family: QuadraticFamily, starts: Array, index: Sequence[int]) -> dict[str, Any]:
    return {**family.describe(index[0]), "start": starts[index[1]].tolist()}


def _steps_that_show(schedule: Schedule, starts: Array, gradients: Array) -> int:
    """So many that S_t min|g_i| > max|theta_0i|: then a coordinate that is pushed to 0 has crossed it."""
    slopes = abs(gradients[gradients != 0])
    needed = abs(starts).max() / (slopes.min() if slopes.size else 1)
    reached, steps = 0, 0
    while not reached > needed:
        reached, steps = reached + schedule(steps), steps + 1
    return steps


def _leaves_at(sums: list[float], starts: Array, signs: Array, push: Array) -> Array:
    """First step with S_t s_i g_i > |theta_0i|, or = and s_i = -1, for some i; ``len(sums)`` where there is none."""
    left = np.full(push.shape[:-1], len(sums))
    for step in range(len(sums) - 1, 0, -1):
        reach = sums[step] * push
        crosses = (reach > abs(starts)) | ((reach == abs(starts)) & (signs < 0))
        left = np.where(crosses.any(axis=-1), step, left)
    return left
