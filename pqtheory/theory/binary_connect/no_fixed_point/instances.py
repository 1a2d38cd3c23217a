"""Quadratics with no vertex s, s_i (A s + b)_i <= 0 for all i, in tens and hundreds of dimensions, and with some."""

import importlib.util
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.evidence import Budget, Evidence, Step, fixed_points, join, judge
from pqtheory.problems import Quadratic

Make = Callable[[int, np.random.Generator], Quadratic]
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


def none(make: Make, dims: Iterable[int], budget: Budget) -> Evidence:
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


def on_convex(budget: Budget) -> Evidence:
    """The convex instances, certified."""
    pieces = [
        none(partial(convex, slope=slope), budget.pick((100,), (100, 200)), budget)
        for slope in (1, 30, 1000)
    ]
    ones = Quadratic(np.ones((DIM, DIM)), np.zeros(DIM))
    return join(
        *pieces,
        measured={FIGURE: len(fixed_points.enumerate(ones))},
        predicted={FIGURE: math.comb(DIM, DIM // 2)},
    )


def on_indefinite(budget: Budget) -> Evidence:
    """The indefinite instances, certified."""
    dims = budget.pick((30, 36), (30, 36, 40, 50, 60))
    spectra = [np.linalg.eigvalsh(indefinite(d, np.random.default_rng(d)).A) for d in dims]
    both = [bool(v[0] < -1 and v[-1] > 1) for v in spectra]
    figure = "instances with eigenvalues of both signs"
    return join(
        none(indefinite, dims, budget),
        measured={figure: sum(both)},
        predicted={figure: len(dims)},
    )


def has_one(make: Make, dim: int, count: int, budget: Budget) -> Evidence:
    """Has every problem a fixed point? By enumeration."""
    for seed in range(count):
        problem = make(dim, np.random.default_rng(seed))
        if not len(fixed_points.enumerate(problem)):
            return Evidence("refuted", seed + 1, counterexample=_case(problem, None))
    return Evidence("enumerated", count)
