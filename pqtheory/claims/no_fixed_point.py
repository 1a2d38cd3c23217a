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

import importlib.util
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import and_, or_
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.evidence import (
    Budget,
    Check,
    Claim,
    Control,
    Evidence,
    Part,
    Step,
    falsify,
    fixed_points,
    join,
    judge,
    smt,
)
from pqtheory.problems import Quadratic

Make = Callable[[int, np.random.Generator], Quadratic]
Statement = Callable[..., tuple[list[Any], Any]]
#: how a certificate came about
METHODS = {
    "row": "a dominant diagonal entry",
    "convexity": "convexity, in rational arithmetic",
    "milp": "dual bound of a mixed-integer program, HiGHS",
}
#: vertices looked at where nothing can be certified
SAMPLES = 4096
DIM = 12
FIGURE = f"fixed points of (x_1 + ... + x_{DIM})^2 / 2"


def convex(dim: int, rng: np.random.Generator, slope: int = 1) -> Quadratic:
    """Positive definite with integer entries; the larger ``slope``, the more of the minimiser lies on the boundary."""
    B = rng.integers(-2, 3, (dim, dim))
    return Quadratic(B @ B.T + np.eye(dim), slope * rng.integers(-5, 6, dim))


def indefinite(dim: int, rng: np.random.Generator) -> Quadratic:
    """Off the diagonal -1, 0 or 1, so the spectrum is about +-1.6 sqrt(dim); diagonal >= 0, below 2 sqrt(dim)."""
    upper = np.triu(rng.integers(-1, 2, (dim, dim)), 1)
    diagonal = rng.integers(0, int(2 * math.sqrt(dim)), dim)
    return Quadratic(upper + upper.T + np.diag(diagonal), rng.integers(-5, 6, dim))


def planted(dim: int, rng: np.random.Generator) -> Quadratic:
    """Convex, with some vertex s where the gradient is -k s, k in {0, 1, 2}^dim."""
    A = convex(dim, rng).A
    s = 2.0 * rng.integers(0, 2, dim) - 1
    return Quadratic(A, -A @ s - rng.integers(0, 3, dim) * s)


def _none(make: Make, dims: Iterable[int], budget: Budget) -> Evidence:
    """Certificates; where there is none, what a search among vertices can say."""
    pieces = []
    for dim in dims:
        problem = make(dim, np.random.default_rng(dim))
        pieces.append(_certified(problem, budget.pick(20.0, 120.0)))
    return join(*pieces)


def _certified(problem: Quadratic, seconds: float) -> Evidence:
    if importlib.util.find_spec("scipy") is None:
        return _searched(problem, "with scipy installed it would be certified")
    found = fixed_points.certify_none(problem, time_limit=seconds)
    if found.witness is not None:
        return Evidence("refuted", 1, counterexample=_case(problem, found.witness))
    if not found.certified:
        return _searched(problem, f"no certificate: {found.reason}")
    how = METHODS[found.method]
    text = (
        f"dim {problem.dim}: every vertex breaks the condition by {found.margin:.3g} or more; {how}"
    )
    told = Step(text) if found.step is None else replace(found.step, text=text)
    return Evidence("certified", 1, found.margin, proof=(told,))


def _searched(problem: Quadratic, note: str) -> Evidence:
    s = 2.0 * np.random.default_rng(0).integers(0, 2, (SAMPLES, problem.dim)) - 1
    evidence = judge("sampled", ~stability.is_fixed_point(problem, s), {"fixed point": s})
    return replace(evidence, note=note)


def _case(problem: Quadratic, s: Array | None) -> dict[str, Any]:
    case = {"A": problem.A.tolist(), "b": problem.b.tolist()}
    return case if s is None else {**case, "fixed point": s.tolist()}


def _convex(budget: Budget) -> Evidence:
    pieces = [
        _none(partial(convex, slope=slope), budget.pick((100,), (100, 200)), budget)
        for slope in (1, 30, 1000)
    ]
    ones = Quadratic(np.ones((DIM, DIM)), np.zeros(DIM))
    return join(
        *pieces,
        measured={FIGURE: len(fixed_points.enumerate(ones))},
        predicted={FIGURE: math.comb(DIM, DIM // 2)},
    )


def _indefinite(budget: Budget) -> Evidence:
    dims = budget.pick((30, 36), (30, 36, 40, 50, 60))
    spectra = [np.linalg.eigvalsh(indefinite(d, np.random.default_rng(d)).A) for d in dims]
    both = [bool(v[0] < -1 and v[-1] > 1) for v in spectra]
    figure = "instances with eigenvalues of both signs"
    return join(
        _none(indefinite, dims, budget),
        measured={figure: sum(both)},
        predicted={figure: len(dims)},
    )


def _has_one(make: Make, dim: int, count: int, budget: Budget) -> Evidence:
    """Has every problem a fixed point? By enumeration."""
    for seed in range(count):
        problem = make(dim, np.random.default_rng(seed))
        if not len(fixed_points.enumerate(problem)):
            return Evidence("refuted", seed + 1, counterexample=_case(problem, None))
    return Evidence("enumerated", count)


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
        Part("convex", "convex quadratics without a fixed point in 100 dimensions", _convex),
        Part(
            "indefinite",
            "indefinite quadratics without a fixed point in 30 dimensions and more",
            _indefinite,
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
            partial(_none, planted, (DIM,)),
        ),
        Control(
            "convex is enough",
            "every convex quadratic has a fixed point",
            falsify.with_cases(partial(_has_one, convex, DIM, 20), SMALL_CONVEX),
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
