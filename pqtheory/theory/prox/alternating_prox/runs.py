"""The alternating prox on numbers: how J runs, the nearest point by enumeration of every sign matrix, and figures."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence import Budget, Evidence, join, judge
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers.alternating_distance import AlternatingDistance, best_point

BITS = (1, 2, 3, 4)
WEIGHTS = (Fraction(1, 2), Fraction(2), Fraction(8))
ROUNDS = 3
#: so many pairs of a row and a choice of columns at a time
BLOCK = 1 << 19
#: J = 1/4, 1/12, 1/6, 1/9, ... under a fresh greedy start with 3 bits and w = 2
AWKWARD = (4, 2, 0, -1)

#: J after every half-step, one row at a time: (bits, theta, weight) -> 2 ROUNDS arrays (m,)
History = Callable[[int, Array, Any], list[Array]]


def continued(bits: int, theta: Array, weight: Any) -> list[Array]:
    """J when each fit starts from the last one."""
    regularizer = AlternatingDistance(AlternatingMultiBit(bits, axis=-1), ROUNDS)
    return regularizer.history(theta, weight, axis=-1)


def restarted(bits: int, theta: Array, weight: Any) -> list[Array]:
    """J when each fit starts from the greedy one, as is often coded."""
    quantizer = AlternatingMultiBit(bits, axis=-1)
    regularizer, history, x = AlternatingDistance(quantizer), [], theta
    for _ in range(ROUNDS):
        fit = quantizer.fit(x)
        history.append(regularizer.objective(x, theta, weight, fit, axis=-1))
        x = best_point(theta, fit.values, weight)
        history.append(regularizer.objective(x, theta, weight, fit, axis=-1))
    return history


def integers(budget: Budget, dim: int, seed: int) -> Array:
    """Rows of small integers as fractions, ``AWKWARD`` the first where it fits."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-6, 7, (budget.pick(12, 200), dim)).tolist()
    rows[0] = list(AWKWARD[:dim]) + rows[0][len(AWKWARD) :]
    return np.array([[Fraction(n) for n in row] for row in rows], dtype=object)


def entries(budget: Budget) -> Iterator[tuple[Fraction, ...]]:
    """(t, q, w, x) of one entry."""
    points = [Fraction(n, 2) for n in range(-3, 4, budget.pick(2, 1))]
    yield from itertools.product(points, points, WEIGHTS, points)


def descent(history: History, budget: Budget) -> Evidence:
    """Exact for small integers; relative to the first J, up to rounding, for normal vectors."""
    small = integers(budget, 4, 0)
    large = np.random.default_rng(1).standard_normal((budget.pick(200, 5000), 16))
    exact = _descent_of(history, small, WEIGHTS, 0.0)
    rounded = _descent_of(history, large, [float(w) for w in WEIGHTS], 1e-12)
    # an exact counterexample is the better one
    return (
        join(exact, measured=rounded.measured) if exact.kind == "refuted" else join(exact, rounded)
    )


def _descent_of(history: History, theta: Array, weights: Any, tolerance: float) -> Evidence:
    settings = list(itertools.product(BITS, weights))
    margins, paths = [], []
    for bits, weight in settings:
        path = np.stack(history(bits, theta, weight), axis=-1)
        scale = np.where(path[:, :1] == 0, 1, path[:, :1])
        margins.append(((path[:, :-1] - path[:, 1:]) / scale).min(axis=-1))
        paths.append(path)
    what = "integer" if theta.dtype == object else "normal"
    grows = [np.mean(m < -tolerance) for m in margins]
    share = {
        f"share of {what} inputs where J grows, {bits}-bit": float(
            np.mean([g for g, s in zip(grows, settings, strict=True) if s[0] == bits])
        )
        for bits in BITS
    }
    each = len(theta)
    return judge(
        "sampled",
        np.concatenate(margins).astype(np.float64),
        {
            "theta": np.tile(theta, (len(settings), 1)),
            "bits": np.repeat([bits for bits, _ in settings], each),
            "weight": np.repeat(np.array([weight for _, weight in settings]), each),
            "J": np.concatenate(paths),
        },
        tolerance=tolerance,
        measured=share,
        predicted=dict.fromkeys(share, 0.0),
    )


def nearest_points(theta: Array, bits: int) -> Array:
    """Nearest B alpha to each row of (m, d), d >= 4, over every B up to the signs and order of its columns.

    Repeated columns span less than distinct ones do, so k different columns are enough. For k <= 3 these are
    independent: on two row patterns p, q alone each two columns would have to differ in p_i p_j against q_i q_j, but
    the product of the three p_i p_j is 1.
    """
    dim = theta.shape[-1]
    columns = np.array([(1, *rest) for rest in itertools.product((1.0, -1.0), repeat=dim - 1)])
    choices = np.array(list(itertools.combinations(range(len(columns)), bits)))
    products, moments = columns @ columns.T, theta @ columns.T
    rows = np.arange(len(theta))
    most, scales = np.full(len(theta), -1.0), np.zeros((len(theta), bits))
    chosen = np.zeros((len(theta), bits), dtype=np.int64)
    for part in np.array_split(choices, -(-len(choices) * len(theta) // BLOCK)):
        inverse = np.linalg.inv(products[part[:, :, None], part[:, None, :]])
        # ||projection||^2 = m.G^-1 m, for every row and every choice
        moment = moments[:, part]
        alpha = (inverse[None] * moment[:, :, None, :]).sum(axis=-1)
        explained = (alpha * moment).sum(axis=-1)
        best = explained.argmax(axis=1)
        better = explained[rows, best] > most
        most = np.where(better, explained[rows, best], most)
        scales = np.where(better[:, None], alpha[rows, best], scales)
        chosen = np.where(better[:, None], part[best], chosen)
    points: Array = (columns[chosen] * scales[:, :, None]).sum(axis=1)
    return points


def squares(x: Array) -> Array:
    """||x||^2 of every row."""
    return (x**2).sum(axis=-1)


def ascending_vectors(dim: int, largest: int) -> Array:
    """Every ascending vector of different integers from 0, ..., largest."""
    return np.array(list(itertools.combinations(range(largest + 1), dim)), dtype=np.float64)


def excess(theta: Array, bits: int, rounds: int, weight: float = 0.5) -> Array:
    """(||t - q||^2 at the end - the least of all sign matrices) / ||t||^2, for every row t."""
    regularizer = AlternatingDistance(AlternatingMultiBit(bits, axis=-1), rounds)
    attained = regularizer.envelope(theta, weight, axis=-1) * 2 * (1 + weight) / weight
    apart: Array = (attained - squares(theta - nearest_points(theta, bits))) / squares(theta)
    return apart


def from_limit(theta: Array, bits: int, weight: float, first_fit: bool) -> tuple[Array, Array]:
    """The bound (2 rounds - 1) / (1 + w) |t - q|, and |prox - q|, for every row t."""
    quantizer = AlternatingMultiBit(bits, axis=-1)
    q = quantizer.quantize(theta)[0] if first_fit else nearest_points(theta, bits)
    distance = np.sqrt(squares(AlternatingDistance(quantizer, ROUNDS).prox(theta, weight) - q))
    return (2 * ROUNDS - 1) / (1 + weight) * np.sqrt(squares(theta - q)), distance


def gaps(families: Sequence[tuple[int, int]], optimal: Sequence[int], budget: Budget) -> Evidence:
    """Excess of ||t - q||^2 at the end over the least of all sign matrices: 0 for ``optimal`` bits, else >= 0.

    Parameters
    ----------
    families : sequence of (int, int)
        (dim, largest): every vector of ``ascending_vectors`` is looked at.
    optimal : sequence of int
        The numbers of bits, of 1, 2 and 3, that are said to reach the optimum.
    budget : Budget
        For how many rounds.
    """
    rounds = budget.pick(20, 100)
    margins: list[Array] = []
    thetas: list[Any] = []
    counts: list[int] = []
    measured: dict[str, Any] = {}
    for dim, largest in families:
        theta = ascending_vectors(dim, largest)
        for k in (1, 2, 3):
            over = excess(theta, k, rounds)
            margins.append(-abs(over) if k in optimal else over)
            thetas.extend(theta.tolist())
            counts.extend([k] * len(theta))
            name = f"{k}-bit, d = {dim}"
            measured |= {
                f"share at the global optimum by enumeration, {name}": float(np.mean(over < 1e-9)),
                f"largest excess / |theta|^2, {name}": float(max(over.max(), 0)),
            }
    cases = np.empty(len(thetas), dtype=object)
    cases[:] = thetas
    return judge(
        "sampled",
        np.concatenate(margins),
        {"theta": cases, "bits": np.array(counts)},
        tolerance=1e-9,
        measured=measured,
        predicted={n: 1.0 for n in measured if n.startswith("share") and "1-bit" in n},
    )


def limit(first_fit: bool, budget: Budget) -> Evidence:
    """|prox - q| <= (2 rounds - 1) / (1 + w) |t - q| for the first fit q, or for the nearest point."""
    theta = np.random.default_rng(4).standard_normal((budget.pick(100, 2000), 6))
    margins, settings, far = [], [], 0.0
    for bits, weight in itertools.product((1, 2, 3), (1.0, 1e2, 1e4, 1e6)):
        bound, distance = from_limit(theta, bits, weight, first_fit)
        margins.append(bound - distance)
        settings.append((bits, weight))
        far = max(far, float(distance.max())) if weight == 1e6 else far
    return judge(
        "sampled",
        np.concatenate(margins),
        {
            "theta": np.tile(theta, (len(settings), 1)),
            "bits": np.repeat([bits for bits, _ in settings], len(theta)),
            "weight": np.repeat([weight for _, weight in settings], len(theta)),
        },
        tolerance=1e-12,
        measured={"largest distance to the first fit, lambda = 10^6": far},
    )


def second_round(running: bool, figure: str, budget: Budget) -> Evidence:
    """Exact: prox after two rounds = after one; with ``running``, t too is replaced in between."""
    quantizer = AdaptiveTernary(axis=-1)
    once, twice = AlternatingDistance(quantizer, 1), AlternatingDistance(quantizer, 2)
    equal, thetas, weights = [], [], []
    for dim, weight in itertools.product((1, 2, 3, 5, 9), WEIGHTS):
        theta = integers(budget, dim, dim)
        first = once.prox(theta, weight)
        second = once.prox(first, weight) if running else twice.prox(theta, weight)
        equal.append((first == second).all(axis=-1))
        thetas.extend(theta.tolist())
        weights.extend([weight] * len(theta))
    holds = np.concatenate(equal)
    cases = np.empty(len(thetas), dtype=object)
    cases[:] = thetas
    return judge(
        "sampled",
        holds,
        {"theta": cases, "weight": np.array(weights)},
        measured={figure: float(np.mean(~holds))},
        predicted={figure: 0.0},
    )
