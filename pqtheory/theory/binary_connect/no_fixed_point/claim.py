r"""A quadratic 1/2 x.A.x + b.x has a fixed point s, s_i (A s + b)_i <= 0, for every b  <=>  A_ii <= 0 for every i.

With A symmetric. <=: let s minimise L over the vertices, which are finitely many, and r = sum_{j != i} A_ij s_j + b_i.
Along coordinate i, L is A_ii s_i^2 / 2 + r s_i + const, so a flip of s_i adds -2 r s_i >= 0. Hence
s_i g_i = s_i (A_ii s_i + r) = A_ii + r s_i <= A_ii <= 0. Only A_ii and r enter: one proof is for every dimension.
=>: if A_ii > 0, take b_j > sum_k |A_jk| for j != i, which forces s_j = -1, and b_i = sum_{j != i} A_ij. Then g_i =
A_ii s_i points inward whichever s_i is.

For a single b a positive diagonal decides nothing. Convex quadratics whose minimiser over the box is unique and no
vertex have none: the convexity argument of :mod:`pqtheory.evidence.fixed_points` certifies this in hundreds of
dimensions. Indefinite and singular ones go to the mixed-integer program. With random integer entries it takes a second
in 50 dimensions and several in 60; convex ones of rank dim / 2 are undecided after 8 seconds in 40.
L = (sum_i x_i)^2 / 2 has binomial(dim, dim / 2) fixed points if dim is even, and none if it is odd.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from operator import and_, or_
from typing import Any

import numpy as np

from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, judge, smt
from pqtheory.theory.binary_connect.no_fixed_point.instances import (
    DIM,
    FIGURE,
    convex,
    has_one,
    none,
    on_convex,
    on_indefinite,
    planted,
)

Statement = Callable[..., tuple[list[Any], Any]]


def pushes(A: Sequence[Sequence[Any]], b: Sequence[Any], s: Sequence[int]) -> list[Any]:
    """The s_i (A s + b)_i, for entries that are terms, or arrays of the same shape."""
    found = []
    for row, c, own in zip(A, b, s, strict=True):
        gradient = c
        for a, other in zip(row, s, strict=True):
            gradient = gradient + a * other
        found.append(own * gradient)
    return found


def some_fixed_point(A: Sequence[Sequence[Any]], b: Sequence[Any]) -> Any:
    """Whether some vertex has no push above 0."""
    return _any(_all(p <= 0 for p in pushes(A, b, s)) for s in _vertices(len(b)))


def no_fixed_point(A: Sequence[Sequence[Any]], b: Sequence[Any]) -> Any:
    """Whether every vertex has some push above 0."""
    return _all(_any(p > 0 for p in pushes(A, b, s)) for s in _vertices(len(b)))


def _vertices(dim: int) -> Iterable[tuple[int, ...]]:
    return itertools.product((-1, 1), repeat=dim)


def _all(tests: Iterable[Any]) -> Any:
    return reduce(and_, tests)


def _any(tests: Iterable[Any]) -> Any:
    return reduce(or_, tests)


def symmetric(entries: Sequence[Any], dim: int) -> list[list[Any]]:
    """The matrix with ``entries`` on and above its diagonal, row by row."""
    place = dict(zip(_upper(dim), entries, strict=True))
    return [[place[min(i, j), max(i, j)] for j in range(dim)] for i in range(dim)]


def _upper(dim: int) -> list[tuple[int, int]]:
    return list(itertools.combinations_with_replacement(range(dim), 2))


def _names(dim: int) -> str:
    return " ".join(f"A{i + 1}{j + 1}" for i, j in _upper(dim))


def _exists(dim: int, diagonal: int, *entries: Any) -> tuple[list[Any], Any]:
    """If the first ``diagonal`` entries of A's diagonal are <= 0 there is a fixed point."""
    A = symmetric(entries[:-dim], dim)
    return [A[i][i] <= 0 for i in range(diagonal)], some_fixed_point(A, entries[-dim:])


def _necessary(dim: int, *entries: Any) -> tuple[list[Any], Any]:
    """If A_11 > 0 there is none for the b of the argument above."""
    A = symmetric(entries, dim)
    others = [1 + sum(abs(a) for a in row) for row in A[1:]]
    b = [0 * A[0][0] + sum(A[0][1:]), *others]
    return [A[0][0] > 0], no_fixed_point(A, b)


def _flip(curvature: Any, r: Any) -> tuple[list[Any], Any]:
    """If a flip of s does not lower a s^2 / 2 + r s, then s (a s + r) <= a."""
    along = {s: curvature * s * s / 2 + r * s for s in (-1, 1)}
    push = {s: s * (curvature * s + r) for s in (-1, 1)}
    return [], _all((along[-s] < along[s]) | (push[s] <= curvature) for s in (-1, 1))


def _convex_has_one(root: list[list[int]], b: list[int]) -> Any:
    """Whether A = B B^T + 1 and b leave a fixed point; B is ``root``."""
    B = np.array(root)
    return some_fixed_point((B @ B.T + np.eye(len(b), dtype=int)).tolist(), b)


#: what ``convex`` makes, in 2 dimensions
SMALL_CONVEX = falsify.Cases(
    _convex_has_one,
    {
        "root": falsify.Lists(falsify.Lists(falsify.Integers(-2, 2), 2), 2),
        "b": falsify.Lists(falsify.Integers(-5, 5), 2),
    },
)


def _never_with_positive(a: Any, b: Any) -> tuple[list[Any], Any]:
    return [a > 0], no_fixed_point([[a]], [b])


def _not_symmetric(*entries: Any) -> tuple[list[Any], Any]:
    a, b, c, d, e, f = entries
    return [a <= 0, d <= 0], some_fixed_point([[a, b], [c, d]], [e, f])


def _proved(statement: Statement, variables: str) -> Check:
    """For all reals by a solver, else for all small integers."""
    return smt.or_else(statement, variables, partial(_on_integers, statement, variables))


def _on_integers(statement: Statement, variables: str, budget: Budget) -> Evidence:
    names = variables.split()
    values = range(-2, 3) if len(names) < 7 else range(-1, 2)
    grid = np.array(list(itertools.product(values, repeat=len(names))))
    assumptions, conclusion = statement(*grid.T)
    looked_at = np.ones(len(grid), bool)
    for assumption in assumptions:
        looked_at &= assumption
    cases = dict(zip(names, grid[looked_at].T, strict=True))
    return judge("enumerated", conclusion[looked_at], cases)


def _existence(dim: int, diagonal: int) -> Check:
    slopes = " ".join(f"b{i + 1}" for i in range(dim))
    return _proved(partial(_exists, dim, diagonal), f"{_names(dim)} {slopes}")


CLAIM = Claim(
    name="no-fixed-point",
    source="arXiv 1810.00861, after Theorem 5.3",
    statement="There are convex quadratics in 100 dimensions and indefinite ones in 30 and more without a fixed point "
    "of BinaryConnect, which then converges from no start; a symmetric A leaves a fixed point for every b iff its "
    "diagonal is nonpositive.",
    formula="(for all b there is s with s_i (A s + b)_i <= 0 for all i)  <=>  A_ii <= 0 for all i",
    parts=(
        Part("convex", "convex quadratics without a fixed point in 100 dimensions", on_convex),
        Part(
            "indefinite",
            "indefinite quadratics without a fixed point in 30 dimensions and more",
            on_indefinite,
        ),
        Part(
            "one flip",
            "s_i g_i <= A_ii at every minimiser over the vertices, in every dimension",
            _proved(_flip, "A11 r"),
        ),
        Part(
            "existence",
            "A_ii <= 0 for all i gives a fixed point for every b, in up to 3 dimensions directly",
            falsify.joined(*(_existence(dim, dim) for dim in (1, 2, 3))),
        ),
        Part(
            "necessity",
            "A_11 > 0 leaves none for some b, in up to 3 dimensions directly",
            falsify.joined(*(_proved(partial(_necessary, dim), _names(dim)) for dim in (1, 2, 3))),
        ),
    ),
    controls=(
        Control(
            "planted",
            "a convex quadratic with a planted fixed point has none",
            partial(none, planted, (DIM,)),
        ),
        Control(
            "convex is enough",
            "every convex quadratic has a fixed point",
            falsify.with_cases(partial(has_one, convex, DIM, 20), SMALL_CONVEX),
        ),
        Control(
            "one entry is enough",
            "A_11 <= 0 alone gives a fixed point for every b",
            _existence(2, 1),
        ),
        Control(
            "positive excludes",
            "with A_11 > 0 no b leaves a fixed point",
            _proved(_never_with_positive, "A11 b1"),
        ),
        Control(
            "symmetry is not needed",
            "A_ii <= 0 for all i gives a fixed point, A symmetric or not",
            _proved(_not_symmetric, "A11 A12 A21 A22 b1 b2"),
        ),
    ),
    headline=FIGURE,
)
