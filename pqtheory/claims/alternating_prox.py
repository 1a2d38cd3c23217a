r"""The alternating prox: x = (t + 2 w q) / (1 + 2 w), q = B alpha fitted to x from the last (alpha, B).

* Each half-step minimises J = 1/2 ||x - t||^2 + w ||x - B alpha||^2 exactly in its block, so J never
  increases. A fresh greedy start in every round is no such step, and J can grow.
* Given q, the best x has J = w / (1 + 2 w) ||t - q||^2. So the global prox takes the q nearest to t,
  for every w: what the alternation lacks is only the search for that q.
* With r = 1 / (1 + 2 w), |q_{i+1} - q_i| <= 2 r |t - q_0|, because x lies r |t - q_i| from q_i and
  the next fit is no farther. Hence |prox - q_0| <= (2 rounds - 1) r |t - q_0|: as w grows the prox
  tends to the first fit at t, which need not be the nearest point of the family.
* Ternary: where |t| < Delta, x = r t, and the threshold at x, (1 - r) 0.7 mean|q| + r Delta, lies
  between r Delta and Delta; where t >= Delta, x >= Delta. So every entry keeps its side, the means
  stay, and the second round gives the same point: it changes nothing.
"""

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.evidence.base import join
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers.alternating_distance import AlternatingDistance

BITS = (1, 2, 3, 4)
WEIGHTS = (Fraction(1, 4), Fraction(1), Fraction(4))
ROUNDS = 3
#: J = 1/4, 1/12, 1/6, 1/9, ... under a fresh greedy start with 3 bits and w = 1
AWKWARD = (4, 2, 0, -1)
CHANGED = "share of inputs that the ternary's second round changes"

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
        x = (theta + 2 * weight * fit.values) / (1 + 2 * weight)
        history.append(regularizer.objective(x, theta, weight, fit, axis=-1))
    return history


def _integers(budget: Budget, dim: int, seed: int) -> Array:
    """Rows of small integers as fractions, ``AWKWARD`` the first where it fits."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-6, 7, (budget.pick(12, 200), dim)).tolist()
    rows[0] = list(AWKWARD) + rows[0][len(AWKWARD) :]
    return np.array([[Fraction(n) for n in row] for row in rows], dtype=object)


def _descent(history: History, budget: Budget) -> Evidence:
    """Exact for small integers; relative to the first J, up to rounding, for normal vectors."""
    small = _integers(budget, 4, 0)
    large = np.random.default_rng(1).standard_normal((budget.pick(500, 5000), 16))
    return join(
        _descent_of(history, small, WEIGHTS, 0.0),
        _descent_of(history, large, [float(w) for w in WEIGHTS], 1e-12),
    )


def _descent_of(history: History, theta: Array, weights: Any, tolerance: float) -> Evidence:
    settings = list(itertools.product(BITS, weights))
    margins, paths = [], []
    for bits, weight in settings:
        path = np.stack(history(bits, theta, weight), axis=-1)
        scale = np.where(path[:, :1] == 0, 1, path[:, :1])
        margins.append(((path[:, :-1] - path[:, 1:]) / scale).min(axis=-1))
        paths.append(path)
    share = {
        f"share of inputs where J grows, {bits}-bit": float(
            np.mean(
                [m < -tolerance for m, s in zip(margins, settings, strict=True) if s[0] == bits]
            )
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
        measured=share if theta.dtype == np.float64 else {},
        predicted=dict.fromkeys(share, 0.0) if theta.dtype == np.float64 else {},
    )


def _best_x(factor: int, budget: Budget) -> Evidence:
    """No x has a smaller J than (t + factor w q) / (1 + factor w), and J is then w / (1 + 2 w) |t - q|^2."""
    theta = _integers(budget, 6, 2)
    quantizer = AlternatingMultiBit(2, axis=-1)
    regularizer, fit = AlternatingDistance(quantizer), quantizer.fit(theta)
    margins = []
    for weight in WEIGHTS:
        x = (theta + factor * weight * fit.values) / (1 + factor * weight)
        own = regularizer.objective(x, theta, weight, fit, axis=-1)
        least = weight / (1 + 2 * weight) * ((theta - fit.values) ** 2).sum(axis=-1)
        for share in (Fraction(-1, 8), Fraction(1, 8), Fraction(1)):
            rival = x + share * (fit.values - theta)
            gain = regularizer.objective(rival, theta, weight, fit, axis=-1) - own
            margins.append(np.minimum(gain, least - own))
    repeats = len(margins)
    return judge(
        "sampled",
        np.concatenate(margins),
        {
            "theta": np.tile(theta, (repeats, 1)),
            "weight": np.repeat(np.array(WEIGHTS), repeats // len(WEIGHTS) * len(theta)),
        },
    )


def nearest_points(theta: Array, bits: int) -> Array:
    """Nearest B alpha to each row of (m, d), over every B up to the signs and order of its columns.

    Repeated columns span less than distinct ones do, so k different columns are enough.
    """
    m, dim = theta.shape
    columns = np.array([(1, *rest) for rest in itertools.product((1.0, -1.0), repeat=dim - 1)])
    choices = np.array(list(itertools.combinations(range(len(columns)), bits)))
    best, points = np.full(m, np.inf), np.zeros_like(theta)
    for part in np.array_split(choices, -(-len(choices) // 4096)):
        B = np.swapaxes(columns[part], 1, 2)
        projected = np.einsum("cde,me->cmd", B @ np.linalg.pinv(B, rcond=1e-9), theta)
        squares = ((theta - projected) ** 2).sum(axis=-1)
        chosen = squares.argmin(axis=0)
        found, rows = squares[chosen, np.arange(m)], np.arange(m)
        better = found < best
        best = np.where(better, found, best)
        points = np.where(better[:, None], projected[chosen, rows], points)
    return points


def _squares(x: Array) -> Array:
    return (x**2).sum(axis=-1)


def _gap(all_global: bool, budget: Budget) -> Evidence:
    """Relative excess of ||t - q||^2 at the end over the global minimum; 0 for one bit."""
    dim, rounds, weight = budget.pick(6, 8), budget.pick(30, 100), 0.25
    theta = np.random.default_rng(3).standard_normal((budget.pick(100, 400), dim))
    margins: list[Array] = []
    measured: dict[str, float] = {}
    for bits in (1, 2, 3):
        regularizer = AlternatingDistance(AlternatingMultiBit(bits, axis=-1), rounds)
        attained = regularizer.envelope(theta, weight, axis=-1) * (1 + 2 * weight) / weight
        excess = attained / _squares(theta - nearest_points(theta, bits)) - 1
        margins.append(-abs(excess) if all_global or bits == 1 else excess)
        measured |= {
            f"share at the global optimum, {bits}-bit, d = {dim}": float(np.mean(excess < 1e-8)),
            f"median excess, {bits}-bit": float(np.median(np.maximum(excess, 0))),
            f"largest excess, {bits}-bit": float(max(excess.max(), 0)),
        }
    return judge(
        "sampled",
        np.concatenate(margins),
        {"theta": np.tile(theta, (3, 1)), "bits": np.repeat((1, 2, 3), len(theta))},
        tolerance=1e-8,
        measured=measured,
        predicted={f"share at the global optimum, 1-bit, d = {dim}": 1.0},
    )


def _limit(first_fit: bool, budget: Budget) -> Evidence:
    """|prox - q| <= (2 rounds - 1) / (1 + 2 w) |t - q| for the first fit q, or for the nearest point."""
    theta = np.random.default_rng(4).standard_normal((budget.pick(200, 2000), 6))
    margins, settings, far = [], [], 0.0
    for bits, weight in itertools.product((1, 2, 3), (1.0, 1e2, 1e4, 1e6)):
        quantizer = AlternatingMultiBit(bits, axis=-1)
        q = quantizer.quantize(theta)[0] if first_fit else nearest_points(theta, bits)
        distance = np.sqrt(_squares(AlternatingDistance(quantizer, ROUNDS).prox(theta, weight) - q))
        bound = (2 * ROUNDS - 1) / (1 + 2 * weight) * np.sqrt(_squares(theta - q))
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
        measured={"largest distance to q, lambda = 10^6": far},
    )


def _second_round(running: bool, budget: Budget) -> Evidence:
    """Exact: prox after two rounds = after one; with ``running``, t too is replaced in between."""
    quantizer = AdaptiveTernary(axis=-1)
    once, twice = AlternatingDistance(quantizer, 1), AlternatingDistance(quantizer, 2)
    equal, thetas, weights = [], [], []
    for dim, weight in itertools.product((1, 2, 3, 5, 9), WEIGHTS):
        theta = _integers(budget, max(dim, 4), dim)[:, :dim]
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
        measured={CHANGED: float(np.mean(~holds))},
        predicted={CHANGED: 0.0},
    )


CLAIM = Claim(
    name="alternating-prox",
    source="arXiv 1810.00861, the prox for multi-bit and ternary quantization",
    statement=(
        "The k-bit alternation from the last (alpha, B) never increases its objective; with one bit "
        "it ends at the global optimum, with more it need not; as lambda grows it stays at the "
        "first fit to theta. The ternary's second round changes nothing."
    ),
    formula="J(x, alpha, B) = 1/2 ||x - t||^2 + lambda ||x - B alpha||^2",
    parts=(
        Part("descent", "no half-step increases J, 1 to 4 bits", lambda b: _descent(continued, b)),
        Part(
            "best x",
            "given q, x = (t + 2 lambda q) / (1 + 2 lambda), J = lambda / (1 + 2 lambda) |t - q|^2",
            lambda b: _best_x(2, b),
        ),
        Part(
            "distance from the optimum",
            "J ends at or above the global minimum over all sign matrices, and at it for one bit",
            lambda b: _gap(False, b),
        ),
        Part(
            "large lambda",
            "|prox - q| <= (2 rounds - 1) / (1 + 2 lambda) |t - q|, q the first fit to t",
            lambda b: _limit(True, b),
        ),
        Part(
            "ternary", "two rounds give exactly what one gives", lambda b: _second_round(False, b)
        ),
    ),
    controls=(
        Control(
            "fresh greedy start",
            "nor does a half-step increase J with a greedy start in every round",
            lambda b: _descent(restarted, b),
        ),
        Control(
            "lambda for 2 lambda",
            "given q, x = (t + lambda q) / (1 + lambda) is best (the published code)",
            lambda b: _best_x(1, b),
        ),
        Control("always global", "it ends at the global minimum", lambda b: _gap(True, b)),
        Control(
            "nearest point",
            "as lambda grows the prox tends to the nearest k-bit point",
            lambda b: _limit(False, b),
        ),
        Control(
            "running point",
            "the ternary's second round changes nothing when it starts over from x",
            lambda b: _second_round(True, b),
        ),
    ),
    headline=CHANGED,
)
