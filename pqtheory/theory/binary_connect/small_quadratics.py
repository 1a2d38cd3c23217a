"""What the BinaryConnect claims share: small integer quadratics by the thousand, and when a vertex is left."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory.evidence import Evidence, judge
from pqtheory.methods import Method
from pqtheory.problems.base import Problem


@final
class QuadraticFamily(Problem):
    """``x.A_n.x / 2 + b_n.x`` for n = 0, 1, ...: problem n takes ``theta[n]``.

    ``A`` has shape (n, dim, dim), ``b`` (n, dim), ``theta`` (n, points, dim).
    """

    def __init__(self, A: Array, b: Array) -> None:
        self.A, self.b = A, b
        self.dim = b.shape[-1]

    def __len__(self) -> int:
        return len(self.b)

    def _value(self, xp: Namespace, theta: Array) -> Array:
        return (theta * (theta @ self.A / 2 + self.b[:, None])).sum(axis=-1)

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return theta @ self.A + self.b[:, None]

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        return self._gradient(xp, theta)

    def points(self, points: Array) -> Array:
        """The same points, shape (points, dim), for every problem."""
        return np.broadcast_to(points, (len(self), *points.shape))

    def describe(self, index: int) -> dict[str, Any]:
        """``A`` and ``b`` of one problem, as lists."""
        return {"A": self.A[index].tolist(), "b": self.b[index].tolist()}


def product(values: Sequence[Any], repeat: int) -> Array:
    """Every vector of that length with entries out of ``values``: shape (count, repeat)."""
    return np.array(list(itertools.product(values, repeat=repeat))).reshape(-1, repeat)


def vertices(dim: int) -> Array:
    """All of {-1, +1}^dim."""
    return product((-1.0, 1.0), dim)


def pair_up(A: Array, b: Array) -> QuadraticFamily:
    """Every A with every b."""
    return QuadraticFamily(np.repeat(A, len(b), axis=0), np.tile(b, (len(A), 1)))


def every_quadratic(dim: int, curvatures: Sequence[Any], slopes: Sequence[Any]) -> QuadraticFamily:
    """Every symmetric A with entries out of ``curvatures`` and every b with entries out of ``slopes``."""
    upper = np.triu_indices(dim)
    entries = product(curvatures, len(upper[0]))
    A = np.zeros((len(entries), dim, dim), dtype=entries.dtype)
    A[:, upper[0], upper[1]] = A[:, upper[1], upper[0]] = entries
    return pair_up(A, product(slopes, dim))


def every_gram_quadratic(
    dim: int, factors: Sequence[float], slopes: Sequence[float]
) -> QuadraticFamily:
    """Every A = B^T B, B square with entries out of ``factors``, with every b: all of them convex."""
    B = product(factors, dim * dim).reshape(-1, dim, dim)
    return pair_up(np.unique(B.swapaxes(1, 2) @ B, axis=0), product(slopes, dim))


def departures(method: Method, problem: Problem, starts: Array, steps: int) -> Array:
    """First step at which the quantized iterate is not that of the start; ``steps + 1`` where it stays so long."""
    state = method.init(starts)
    first = method.query(state)
    quantized, left = first, np.full(starts.shape[:-1], steps + 1)
    for step in range(1, steps + 1):
        state = method.step(state, problem.gradient(quantized))
        quantized = method.query(state)
        moved = (quantized != first).any(axis=-1)
        left = np.where(moved & (left > steps), step, left)
    return left


def decide(
    kind: str,
    margins: Array,
    describe: Callable[[tuple[int, ...]], Mapping[str, Any]],
    counted: Array | None = None,
    measured: Mapping[str, Any] | None = None,
) -> Evidence:
    """``judge``, but the worst case is described by its index: there are too many cases to write out each.

    With ``counted``, a mask, only the cases that it marks are looked at; none is no evidence and raises.
    """
    looked_at = np.ones(margins.shape, bool) if counted is None else counted
    cases = {"index": np.flatnonzero(looked_at)}
    evidence = judge(kind, margins[looked_at], cases, measured=measured or {})
    if evidence.counterexample is None:
        return evidence
    index = np.unravel_index(evidence.counterexample["index"], margins.shape)
    found = {**describe(tuple(int(i) for i in index)), "margin": evidence.margin}
    return replace(evidence, counterexample=found)
