"""Quadratics with all their entries as variables, in a few dimensions: every vertex is written out."""

import itertools
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from pqtheory.claims import ForAll, every, forall, positive, real


def pushes(A: Sequence[Sequence[Any]], b: Sequence[Any], s: Sequence[Any]) -> list[Any]:
    """The s_i (A s + b)_i."""
    return [
        own * (sum((a * other for a, other in zip(row, s, strict=True)), 0 * c) + c)
        for row, c, own in zip(A, b, s, strict=True)
    ]


def some_fixed_point(A: Sequence[Sequence[Any]], b: Sequence[Any]) -> Any:
    """Whether some vertex has no push above 0."""
    vertices = itertools.product((-1, 1), repeat=len(b))
    return reduce(or_, (every([p <= 0 for p in pushes(A, b, s)]) for s in vertices))


def no_fixed_point(A: Sequence[Sequence[Any]], b: Sequence[Any]) -> Any:
    """Whether every vertex has some push above 0."""
    vertices = itertools.product((-1, 1), repeat=len(b))
    return every([reduce(or_, (p > 0 for p in pushes(A, b, s))) for s in vertices])


def entries(dim: int) -> list[str]:
    """Names of those on and above the diagonal."""
    places = itertools.combinations_with_replacement(range(1, dim + 1), 2)
    return [f"A{i}{j}" for i, j in places]


def matrix(case: dict[str, Any], dim: int, symmetric: bool = True) -> list[list[Any]]:
    """A, out of its named entries."""
    indices = range(1, dim + 1)
    return [
        [case[f"A{min(i, j)}{max(i, j)}" if symmetric else f"A{i}{j}"] for j in indices]
        for i in indices
    ]


def exists(dim: int, diagonal: int, symmetric: bool = True) -> ForAll:
    """If the first ``diagonal`` entries of A's diagonal are <= 0 there is a fixed point, for every b."""
    slopes = [f"b{i}" for i in range(1, dim + 1)]
    square = [f"A{i}{j}" for i in range(1, dim + 1) for j in range(1, dim + 1)]

    def given(**case: Any) -> list[Any]:
        return [case[f"A{i}{i}"] <= 0 for i in range(1, diagonal + 1)]

    def has_one(**case: Any) -> Any:
        return some_fixed_point(matrix(case, dim, symmetric), [case[b] for b in slopes])

    names = [*(entries(dim) if symmetric else square), *slopes]
    return ForAll(has_one, dict.fromkeys(names, real), given)


def necessary(dim: int) -> ForAll:
    """If A_11 > 0 there is none for the b of the argument above."""

    def has_none(**case: Any) -> Any:
        A = matrix(case, dim)
        others = [1 + sum(abs(a) for a in row) for row in A[1:]]
        return no_fixed_point(A, [0 * A[0][0] + sum(A[0][1:]), *others])

    return ForAll(has_none, dict.fromkeys(entries(dim), real), lambda A11: [A11 > 0])


@forall(a=positive, b=real)
def never_with_positive(a: Any, b: Any) -> Any:
    """In one dimension, with a positive curvature, no b leaves a fixed point."""
    return no_fixed_point([[a]], [b])
