"""BinaryConnect on random quadratics in exact arithmetic, beside the constants that are proved for its average."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.claims.cases import Cases, Integers
from pqtheory.evidence import Budget, Evidence, judge
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.bc_average import constants as formula

#: what the constants, in floating point, may be off by
ROUNDING = 1e-9
INSIDE = tuple(Fraction(n, 12) for n in (-9, -4, 0, 3, 6, 8, 11))


@final
@dataclass(frozen=True)
class Herd:
    """A quadratic with its minimiser x* over the box, the gradient g there, a start and a step size.

    Attributes
    ----------
    A, point, slope : array of Fraction
        The loss is x.A.x / 2 + (g - A x*).x, with ``point`` x* and ``slope`` g.
    start : array of Fraction
        theta_0.
    eta : Fraction
        The step size.
    """

    A: Array
    point: Array
    slope: Array
    start: Array
    eta: Fraction

    @property
    def pinned(self) -> Array:
        """Which coordinates of x* are at an end of [-1, 1]."""
        return abs(self.point) == 1

    def quantized(self, steps: int) -> Array:
        """x_0, ..., x_{steps - 1}, exactly."""
        problem = Quadratic(self.A, self.slope - self.A @ self.point)
        method = BinaryConnect(self.eta)
        return simulate(method, problem, self.start, steps - 1, fields=("quantized",)).quantized


@final
@dataclass(frozen=True)
class Constants:
    """What is proved for one instance.

    Attributes
    ----------
    mean : array
        C_i: T |mean_i - x*_i| <= C_i for every T (in the range of A where A is singular).
    wrong : float
        M: no more signs than this are ever wrong on the pinned coordinates, all taken together.
    """

    mean: Array
    wrong: float


def constants(herd: Herd) -> Constants:
    """The constants of the claim, in the notation of its docstring."""
    A, point, start = (v.astype(np.float64) for v in (herd.A, herd.point, herd.start))
    eta, out = float(herd.eta), herd.pinned
    inverse = np.linalg.pinv(A)
    W, inner = _floor(A[~out][:, ~out], point[~out], start[~out], eta)
    V, w = _squared(start, inverse), inverse @ start
    top = float(formula.initial(V, min(inner, V), W))
    tau = _squared(point[out], inverse[out][:, out])
    behind = max(0.0, -(point[out] @ w[out]))
    e = formula.growth(eta, _largest(A, point), 0.0)
    wrong = formula.most_mistakes(behind, tau, e, W, np.sqrt(tau * top), eta)
    per_mistake = e + W if out.any() else 0.0
    lengths = np.sqrt(np.maximum(inverse.diagonal(), 0))
    mean = formula.spread(lengths, np.sqrt(V), np.sqrt(top + wrong * per_mistake), eta)
    return Constants(mean, wrong)


def _floor(A: Array, point: Array, start: Array, eta: float) -> tuple[float, float]:
    """W and V_0 of the coordinates inside."""
    if not len(A):
        return 0.0, 0.0
    inverse = np.linalg.pinv(A)
    across = start - A @ inverse @ start
    N = abs((_corners(len(A)) - point) @ across).max()
    e, room = formula.growth(eta, _largest(A, point), N), 1 - abs(point).max()
    return float(formula.floor(e, inverse.diagonal().max(), eta, room)), _squared(start, inverse)


def _squared(vector: Array, metric: Array) -> float:
    """v.M.v for a semidefinite M, which rounding may not make negative."""
    return max(0.0, float(vector @ metric @ vector))


def _largest(A: Array, point: Array) -> float:
    """D, the largest d.A.d over the vertices."""
    d = _corners(len(A)) - point
    return float(((d @ A) * d).sum(axis=-1).max())


def _corners(dim: int) -> Array:
    return np.array(list(product((-1.0, 1.0), repeat=dim)))


def draw(rng: np.random.Generator, dim: int, boundary: bool) -> Herd:
    """A random instance; with ``boundary`` A is definite and some coordinate of x* is pinned."""
    factor = rng.integers(-2, 3, (dim, dim))
    gram = factor.T @ factor + (np.eye(dim, dtype=int) if boundary else 0)
    point = rng.choice(np.array(INSIDE, dtype=object), dim)
    slope = np.full(dim, Fraction(0), dtype=object)
    if boundary:
        pinned = rng.random(dim) < 0.5
        pinned[rng.integers(dim)] = True
        point[pinned] = _exact(rng.choice((-1, 1), dim))[pinned]
        slope[pinned] = (-point * _exact(rng.choice((0, 0, 1, 3), dim)))[pinned]
    eta = Fraction(1, int(rng.choice((1, 7))))
    return Herd(_exact(gram), point, slope, _exact(rng.integers(-3, 4, dim)), eta)


def _exact(values: Array) -> Array:
    return np.vectorize(lambda n: Fraction(int(n)), otypes=[object])(values)


def in_one_dimension(point: Fraction) -> Herd:
    """x^2 / 2 - x* x from theta_0 = 0 with eta = 1."""
    one, zero = _exact(np.ones(1)), _exact(np.zeros(1))
    return Herd(_exact(np.eye(1)), point * one, zero, zero, Fraction(1))


def box_minimiser(herd: Herd) -> Array:
    """x*."""
    return herd.point.astype(np.float64)


def clipped_minimiser(herd: Herd) -> Array:
    """The minimiser over all of R^n, clipped to the box."""
    free = box_minimiser(herd) - np.linalg.pinv(herd.A.astype(float)) @ herd.slope.astype(float)
    return np.clip(free, -1, 1)


def keeps_to_bounds(boundary: bool, point: Callable[[Herd], Array] = box_minimiser) -> Check:
    """Random instances, every T: T |mean - point| <= C_i, wrong signs <= M, flips <= T (1 - |point_i|) + C_i."""

    def check(budget: Budget) -> Evidence:
        rng, steps = np.random.default_rng(0), budget.pick(150, 600)
        herds = [draw(rng, 1 + index % 4, boundary) for index in range(budget.pick(16, 160))]
        found = [_slack(herd, point(herd), steps) for herd in herds]
        margins = np.array([slack for slack, _ in found])
        where = "boundary" if boundary else "interior"
        held = f"runs of {len(herds)} within the bounds, {where}"
        return judge(
            "sampled",
            margins,
            {
                "A": _column([herd.A.tolist() for herd in herds]),
                "minimiser": _column([herd.point.tolist() for herd in herds]),
                "gradient": _column([herd.slope.tolist() for herd in herds]),
                "start": _column([herd.start.tolist() for herd in herds]),
                "eta": _column([herd.eta for herd in herds]),
            },
            tolerance=ROUNDING,
            measured={
                held: int((margins >= -ROUNDING).sum()),
                f"largest T |mean - x*| / C, {where}": max(share for _, share in found),
            },
            predicted={held: len(herds)},
        )

    return check


def _slack(herd: Herd, point: Array, steps: int) -> tuple[float, float]:
    """The least slack in the bounds, and the largest T |mean - point| / C."""
    x, bound = herd.quantized(steps).astype(np.float64), constants(herd)
    A, out = herd.A.astype(np.float64), herd.pinned
    total = np.cumsum(x - point, axis=0)
    apart = abs(total @ np.linalg.pinv(A) @ A).max(axis=0)
    slack = [(bound.mean - apart).min(), bound.wrong - (x != box_minimiser(herd))[:, out].sum()]
    if np.linalg.matrix_rank(A) == len(A):
        flipped = np.cumsum(abs(np.diff(x, axis=0)), axis=0) / 2
        allowed = np.arange(2, steps + 1)[:, None] * (1 - abs(point)) + bound.mean
        slack.append((allowed - flipped).min())
    return float(min(slack)), float((apart / np.maximum(bound.mean, ROUNDING)).max())


def _within(seed: int, dim: int, boundary: int) -> float:
    """The least slack of one random run."""
    herd = draw(np.random.default_rng(seed), dim, bool(boundary))
    return _slack(herd, box_minimiser(herd), 40)[0]


#: what stands in for the variables of the theorem where no solver is at hand
RUNS = Cases(
    _within,
    {"seed": Integers(0, 10**6), "dim": Integers(1, 4), "boundary": Integers(0, 1)},
    tolerance=ROUNDING,
)


def _column(values: list[Any]) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
