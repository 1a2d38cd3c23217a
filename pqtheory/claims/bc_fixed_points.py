r"""BinaryConnect stays at s for ever  <=>  sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0.

For eta_t > 0 with infinite sum, and from any latent theta_0 with sign theta_0 = s. Until s is left the gradient is
g = grad L(s), so theta_t = theta_0 - S_t g with S_t = sum_{k<t} eta_k: coordinate i leaves at the first t with

    S_t s_i g_i > |theta_0i|   (s_i = +1)          S_t s_i g_i >= |theta_0i|   (s_i = -1: sign 0 = +1),

never if s_i g_i <= 0. With a finite sum S it leaves iff S s_i g_i > |theta_0i|, whichever sign: more than the fixed
points are stable. A coordinate with g_i = 0 is free; to count its sign as +1 would be wrong.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.claims._binary_connect_checks import (
    QuadraticFamily,
    decide,
    departures,
    every_quadratic,
    random_quadratics,
    vertices,
)
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, join
from pqtheory.methods import BinaryConnect
from pqtheory.problems.base import Problem
from pqtheory.schedules import Exponential, Polynomial, Schedule

ETA, LARGEST, LEAST = 0.5, 8.0, 2.0**-10
#: |latent| of the coordinates in turn: tiny, that of s itself, large, mixed
MAGNITUDES = ((LEAST,), (1.0,), (LARGEST,), (LARGEST, LEAST, 1.0))
SUMMABLE = Exponential(0.5, 0.5)  # sum 1
SUMMABLE_STEPS = 24

Condition = Callable[[Problem, Array], Array]


def _starts(dim: int) -> Array:
    """Latent points for every vertex, that with 0 in place of every +1 included: shape (points, dim)."""
    s = vertices(dim)
    scaled = [s * np.resize(np.array(m), dim) for m in MAGNITUDES]
    return np.concatenate([*scaled, np.where(s > 0, 0.0, -LEAST)])


def _signs(starts: Array) -> Array:
    return np.where(starts >= 0, 1.0, -1.0) if starts.dtype != object else 1 - 2 * (starts < 0)


def _condition(problem: Problem, s: Array) -> Array:
    return stability.is_fixed_point(problem, s)


def _zero_counts_as_plus(problem: Problem, s: Array) -> Array:
    result: Array = (_signs(problem.gradient(s)) == -s).all(axis=-1)
    return result


def _leaves_at(sums: list[Any], starts: Array, signs: Array, gradients: Array) -> Array:
    """First step that leaves each vertex by the formula above; ``len(sums)`` where none of these does."""
    push = signs * gradients
    left = np.full(push.shape[:-1], len(sums))
    for step in range(len(sums) - 1, 0, -1):
        reach = sums[step] * push
        crosses = (reach > abs(starts)) | ((reach == abs(starts)) & (signs < 0))
        left = np.where((crosses & (push > 0)).any(axis=-1), step, left)
    return left


def _sums(schedule: Schedule, steps: int) -> list[Any]:
    sums: list[Any] = [0]
    for step in range(steps):
        sums.append(sums[-1] + schedule(step))
    return sums


def _steps_that_show(schedule: Schedule, starts: Array, gradients: Array) -> int:
    """So many that S_t min|g_i| > max|theta_0i|: then a coordinate that is pushed to 0 has crossed it."""
    slopes = abs(gradients[gradients != 0])
    needed = abs(starts).max() / (slopes.min() if slopes.size else 1)
    reached, steps = 0, 0
    while not reached > needed:
        reached, steps = reached + schedule(steps), steps + 1
    return steps


def _equivalence(
    kind: str,
    family: QuadraticFamily,
    starts: Array,
    method: BinaryConnect,
    *,
    condition: Condition = _condition,
    steps: int | None = None,
) -> Evidence:
    """Does BinaryConnect stay where, and only where, the condition holds? All vertices, all problems."""
    points = family.points(starts)
    signs = family.points(_signs(starts).astype(starts.dtype))
    if steps is None:
        steps = _steps_that_show(method.step_size, starts, family.gradient(signs))
    left = departures(method, family, points, steps)
    fixed = condition(family, signs)

    def describe(index: tuple[int, ...]) -> dict[str, Any]:
        return {
            **family.describe(index[0]),
            "start": starts[index[1]].tolist(),
            "condition": bool(fixed[index]),
            "steps": steps,
            "left at step": int(left[index]) if left[index] <= steps else None,
        }

    return decide(kind, fixed == (left > steps), describe)


def _small(budget: Budget) -> Iterator[QuadraticFamily]:
    yield every_quadratic(1, (-2.0, -1.0, 0.0, 1.0, 2.0), (-2.0, -1.0, 0.0, 1.0, 2.0))
    yield every_quadratic(2, (-1.0, 0.0, 1.0), (-2.0, -1.0, 0.0, 1.0, 2.0))
    yield every_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((0.0, 1.0), (-1.0, 0.0, 1.0)))


def _with(method: BinaryConnect, **options: Any) -> Callable[[Budget], Evidence]:
    def check(budget: Budget) -> Evidence:
        return join(
            *(
                _equivalence("enumerated", family, _starts(family.dim), method, **options)
                for family in _small(budget)
            )
        )

    return check


def _larger(budget: Budget) -> Evidence:
    rng = np.random.default_rng(0)
    pieces = []
    for dim in range(4, budget.pick(6, 8)):
        family = random_quadratics(dim, budget.pick(300, 1000), rng)
        pieces.append(_equivalence("sampled", family, _starts(dim), BinaryConnect(ETA)))
    return join(*pieces)


def _harmonic(budget: Budget) -> Evidence:
    """eta_t = 1 / (t + 1) in fractions: the steps vanish, their sum does not stay finite."""
    entries = [Fraction(n) for n in (-1, 0, 1)]
    method = BinaryConnect(Polynomial(Fraction(1), -1, offset=Fraction(1)))
    pieces = []
    for dim in (1, 2):
        family = every_quadratic(dim, entries, entries[: budget.pick(2, 3)])
        scales = [Fraction(1, 7), Fraction(1), Fraction(budget.pick(2, 3))]
        starts = np.concatenate([vertices(dim).astype(int) * scale for scale in scales])
        pieces.append(_equivalence("enumerated", family, starts, method))
    return join(*pieces)


def _departure(budget: Budget) -> Evidence:
    """The step at which each vertex is left, against the formula."""
    pieces, longest = [], 0
    for family in _small(budget):
        starts = _starts(family.dim)
        signs = family.points(_signs(starts))
        gradients = family.gradient(signs)
        steps = _steps_that_show(BinaryConnect(ETA).step_size, starts, gradients)
        left = departures(BinaryConnect(ETA), family, family.points(starts), steps)
        sums = _sums(BinaryConnect(ETA).step_size, steps)
        predicted = _leaves_at(sums, family.points(starts), signs, gradients)
        longest = max(longest, int(left[left <= steps].max(initial=0)))

        def describe(
            index: tuple[int, ...], family: QuadraticFamily = family, starts: Array = starts
        ) -> dict[str, Any]:
            return {**family.describe(index[0]), "start": starts[index[1]].tolist()}

        pieces.append(decide("enumerated", left == predicted, describe))
    key = "longest stay at a vertex that is not fixed, in steps"
    # the slowest: |theta_0| = LARGEST, s = +1, gradient 1, so that one step more than LARGEST / ETA is needed
    predicted_stay = int(LARGEST // ETA) + 1
    return join(*pieces, measured={key: longest}, predicted={key: predicted_stay})


def _summable(budget: Budget) -> Evidence:
    """Stays iff S s_i g_i <= |theta_0i| for all i, where S = 1 is the sum of the step sizes."""
    pieces = []
    for family in _small(budget):
        starts = _starts(family.dim)
        signs = family.points(_signs(starts))
        push = signs * family.gradient(signs)

        def condition(
            problem: Problem, s: Array, push: Array = push, starts: Array = starts
        ) -> Array:
            result: Array = (push <= abs(starts)).all(axis=-1)
            return result

        # S - S_t = 2^-t: after so many steps it is too small to hide a crossing, as all numbers are multiples of LEAST
        method = BinaryConnect(SUMMABLE)
        pieces.append(
            _equivalence(
                "enumerated", family, starts, method, condition=condition, steps=SUMMABLE_STEPS
            )
        )
    return join(*pieces)


def _always_one(budget: Budget) -> Evidence:
    """Does some vertex stay in every problem?"""
    pieces = []
    for family in _small(budget):
        starts = family.points(vertices(family.dim))
        steps = _steps_that_show(BinaryConnect(ETA).step_size, starts, family.gradient(starts))
        stays = departures(BinaryConnect(ETA), family, starts, steps) > steps

        def describe(index: tuple[int, ...], family: QuadraticFamily = family) -> dict[str, Any]:
            return family.describe(index[0])

        pieces.append(decide("enumerated", stays.any(axis=1), describe))
    return join(*pieces)


CLAIM = Claim(
    name="bc-fixed-points",
    source="arXiv 1810.00861, Definition 5.1 and Theorem 5.3",
    statement="A vertex is a fixed point of BinaryConnect iff the gradient there points outward or vanishes in every "
    "coordinate; from every latent point of that sign, clipped or not, if the step sizes have an infinite sum.",
    formula="s fixed <=> sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0",
    parts=(
        Part("constant steps", "stays iff the condition holds", _with(BinaryConnect(ETA))),
        Part("clipped", "the same with clipping to [-1, 1]", _with(BinaryConnect(ETA, clip=1.0))),
        Part("harmonic steps", "the same with eta_t = 1 / (t + 1)", _harmonic),
        Part("larger dimensions", "the same on random integer quadratics", _larger),
        Part("when it leaves", "a vertex is left at the predicted step", _departure),
        Part(
            "summable steps",
            "with a finite sum S it stays iff S s_i g_i <= |theta_0i| for all i",
            _summable,
        ),
    ),
    controls=(
        Control(
            "summable steps do as well",
            "stays iff the condition holds, with eta_t = 2^-(t+1)",
            _with(BinaryConnect(SUMMABLE), steps=SUMMABLE_STEPS),
        ),
        Control("always one", "every problem has a fixed point", _always_one),
        Control(
            "zero gradients count",
            "stays iff sign(g_i) = -s_i for every i, with sign(0) = +1",
            _with(BinaryConnect(ETA), condition=_zero_counts_as_plus),
        ),
    ),
    headline="longest stay at a vertex that is not fixed, in steps",
)
