"""Quadratics with no vertex s, s_i (A s + b)_i <= 0 for all i, in tens and hundreds of dimensions, and with some."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory._messages import counted
from pqtheory.evidence import Budget, Evidence, fixed_points, join, judge
from pqtheory.problems import Quadratic
from pqtheory.theory.binary_connect.no_fixed_point.lemmas import moved, sign
from pqtheory.theory.binary_connect.no_fixed_point.small_dimensions import pushes

Make = Callable[[int, np.random.Generator], Quadratic]
#: how a certificate came about
METHODS = {
    "row": "a dominant diagonal entry",
    "convexity": "convexity, in rational arithmetic",
    "search": "branch and bound over sign vectors, in integers",
    "milp": "dual bound of a mixed-integer program, HiGHS",
}
#: vertices looked at beside a certificate, and where nothing can be certified
BESIDE, SAMPLES = 64, 4096
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
    """Proofs or certificates; where there is none, what a look at some vertices can say."""
    seconds = budget.pick(20.0, 120.0)
    return join(*(_shown(make(dim, np.random.default_rng(dim)), seconds) for dim in dims))


def _shown(problem: Quadratic, seconds: float) -> Evidence:
    found = fixed_points.certify_none(problem, time_limit=seconds)
    if found.witness is not None:
        return Evidence("refuted", 1, counterexample=_case(problem, found.witness))
    if not found.certified:
        return replace(_looked(problem, SAMPLES), note=f"no certificate: {found.reason}")
    text = (
        f"dim {problem.dim}: every vertex breaks the condition by {found.margin:.3g} or more; "
        f"{METHODS[found.method]}"
    )
    if found.nodes:
        text += f", {counted(found.nodes, 'node')}"
    looked = _looked(problem, BESIDE)
    if looked.kind == "refuted" or found.step is None:
        return looked
    return Evidence(
        "proved" if found.proved else "certified",
        1,
        found.margin,
        measured={f"nodes, dim {problem.dim}": found.nodes} if found.nodes else {},
        proof=(replace(found.step, text=text),),
    )


def _looked(problem: Quadratic, count: int) -> Evidence:
    """The public condition, at some vertices."""
    s = 2.0 * np.random.default_rng(0).integers(0, 2, (count, problem.dim)) - 1
    return judge("sampled", ~stability.is_fixed_point(problem, s), {"fixed point": s})


def _case(problem: Quadratic, s: Array | None) -> dict[str, Any]:
    case = {"A": problem.A.tolist(), "b": problem.b.tolist()}
    return case if s is None else {**case, "fixed point": s.tolist()}


def on_convex(budget: Budget) -> Evidence:
    """The convex instances."""
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
    """The indefinite instances."""
    dims = budget.pick((30, 36, 45), (30, 36, 40, 45, 50, 55, 65))
    spectra = [np.linalg.eigvalsh(indefinite(d, np.random.default_rng(d)).A) for d in dims]
    both = [bool(v[0] < -1 and v[-1] > 1) for v in spectra]
    figure = "instances with eigenvalues of both signs"
    return join(
        none(indefinite, dims, budget),
        measured={figure: sum(both)},
        predicted={figure: len(dims)},
    )


def condition_is_the_codes(budget: Budget) -> Evidence:
    """``is_fixed_point``, in fractions, against the formula: 2 dimensions, entries -1, 0, 1, every vertex."""
    vertices = list(product((Fraction(-1), Fraction(1)), repeat=2))
    agree, cases = [], []
    for a11, a12, a22, *b in product(map(Fraction, (-1, 0, 1)), repeat=5):
        A = [[a11, a12], [a12, a22]]
        found = stability.is_fixed_point(Quadratic(np.array(A), np.array(b)), np.array(vertices))
        for s, fixed in zip(vertices, found, strict=True):
            agree.append(bool(fixed) == all(p <= 0 for p in pushes(A, b, s)))
            cases.append([*A[0], *A[1], *b, *s])
    return judge("enumerated", np.array(agree), {"A, b, s": np.array(cases)})


def leaves(start: Fraction, g: Fraction, eta: Fraction) -> bool | None:
    """Whether the sign of theta_0 = ``start`` has changed once the steps suffice; None where it is not pushed away."""
    s = 1 if start >= 0 else -1
    if s * g <= 0 or eta <= 0 or s * start > 100 * eta * s * g:
        return None
    theta, steps = start, math.floor(start / (eta * g)) + 1
    for _ in range(steps):
        theta = Fraction(np.asarray(moved(theta, g, eta)).item())
    return bool(sign(theta) == -s)


def has_one(make: Make, dim: int, count: int, budget: Budget) -> Evidence:
    """Has every problem a fixed point? By enumeration."""
    for seed in range(count):
        problem = make(dim, np.random.default_rng(seed))
        if not len(fixed_points.enumerate(problem)):
            return Evidence("refuted", seed + 1, counterexample=_case(problem, None))
    return Evidence("enumerated", count)
