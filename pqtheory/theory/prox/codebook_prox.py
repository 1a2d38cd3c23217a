r"""For any levels l_1 < ... < l_k the prox of the L1 and of the half squared distance moves toward the nearest level.

Lemma, for D(d) = d and d^2 / 2 and any two levels: if |t - a| <= |t - b|, moving toward a is as good as any x with b.
Order: R(x) = D(|x - b|) for some level b, and no level is nearer than the nearest, so for any number of levels no x
beats the move toward the nearest one. A midpoint decides which of two neighbours is nearer; there both win.
"""

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import Array, Namespace, as_array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, join, judge, smt
from pqtheory.regularizers import DistanceL1, DistanceL2, LevelRegularizer
from pqtheory.regularizers.distance_l1 import toward
from pqtheory.regularizers.distance_l2 import relax
from pqtheory.sets import Codebook
from pqtheory.theory.prox.grids import fractions_grid, minimiser_evidence

WEIGHTS = tuple(Fraction(n, 8) for n in (1, 3, 6, 12, 40))

#: a kernel (namespace, t, level, weight) -> moved t, and D
Move = Callable[[Namespace, Any, Any, Any], Any]
Distance = Callable[[Any], Any]
FIGURE = "minimisers halfway from 0 to 5/4, lambda = 1/4"


def _codebooks(budget: Budget) -> list[Codebook]:
    """Random codebooks of 1 to 6 levels, multiples of 1/4 in [-2, 2]."""
    rng = np.random.default_rng(0)
    drawn = []
    for count in budget.pick((1, 2, 3, 6), (1, 2, 2, 3, 3, 4, 5, 6, 8)):
        quarters = np.sort(rng.choice(np.arange(-8, 9), size=count, replace=False))
        drawn.append(Codebook([Fraction(int(q), 4) for q in quarters]))
    return drawn


def _check(
    kind: Callable[[Any], LevelRegularizer],
    candidate: Callable[[LevelRegularizer, Array, Fraction], Array],
    budget: Budget,
) -> Evidence:
    grid = fractions_grid(-3, 3, 8)
    pieces = []
    for book in _codebooks(budget):
        regularizer = kind(book)
        pieces.append(
            minimiser_evidence(regularizer, partial(candidate, regularizer), grid, WEIGHTS, grid)
        )
    return join(*pieces)


def _nearest(regularizer: LevelRegularizer, thetas: Array, weight: Fraction) -> Array:
    return regularizer.prox(thetas, weight)


def _neighbour(regularizer: LevelRegularizer, thetas: Array, weight: Fraction) -> Array:
    """Toward the least level that is not below t (the largest level above them all)."""
    levels = regularizer.set.levels(thetas)
    above = np.array([next((v for v in levels if v >= t), levels[-1]) for t in thetas])
    one_level = [type(regularizer)(Codebook((v,))) for v in above]  # type: ignore[call-arg]
    moved = [r.prox(thetas[i : i + 1], weight)[0] for i, r in enumerate(one_level)]
    return np.array(moved, dtype=object)


def _lemma(move: Move, distance: Distance, nearest: bool) -> smt.Statement:
    """Toward a is at least as good as any x is with b, if a is as near to t as b; without ``nearest`` for any a, b."""

    def statement(t: Any, w: Any, a: Any, b: Any, x: Any) -> Any:
        xp, _ = as_array(t)
        p = move(xp, t, a, w)
        toward_a = (p - t) ** 2 / 2 + w * distance(p - a)
        assumptions = [w > 0, abs(t - a) <= abs(t - b)] if nearest else [w > 0]
        return assumptions, toward_a <= (x - t) ** 2 / 2 + w * distance(x - b)

    return statement


def _cells(t: Any, a: Any, b: Any) -> Any:
    """The midpoint decides which of two levels is nearer."""
    return [a < b], (t >= (a + b) / 2) == (abs(t - b) <= abs(t - a))


def _midpoint(move: Move, distance: Distance) -> smt.Statement:
    """Halfway between a and b both moves are as good, and they are mirror images."""

    def statement(a: Any, b: Any, w: Any) -> Any:
        xp, _ = as_array(a)
        t = (a + b) / 2
        low, high = move(xp, t, a, w), move(xp, t, b, w)
        best_low = (low - t) ** 2 / 2 + w * distance(low - a)
        best_high = (high - t) ** 2 / 2 + w * distance(high - b)
        return [a < b, w > 0], (low + high == 2 * t) & (low < high) & (best_low == best_high)

    return statement


def _half_square(d: Any) -> Any:
    return d * d / 2


def _any_levels(
    kind: Callable[[Any], LevelRegularizer], move: Move, distance: Distance, nearest: bool = True
) -> Check:
    """The lemma over all reals, which with the order argument covers any number of levels; else random codebooks."""
    candidate = _nearest if nearest else _neighbour

    def sampled(budget: Budget) -> Evidence:
        return _check(kind, candidate, budget)

    lemma = smt.or_else(_lemma(move, distance, nearest), "theta weight a b x", sampled)
    if not nearest:
        return lemma
    return falsify.joined(lemma, smt.or_else(_cells, "theta a b", sampled))


def _ties_of_codebooks(budget: Budget) -> Evidence:
    holds, middles = [], []
    for kind in (DistanceL1, DistanceL2):
        for book in _codebooks(budget):
            for low, high in itertools.pairwise(book.level_values):
                regularizer, middle = kind(book), (low + high) / 2
                for weight in WEIGHTS:
                    pair = regularizer.prox_set(middle, weight)
                    upper = regularizer.prox(np.array([middle], dtype=object), weight)[0]
                    symmetric = len(pair) == 2 and pair[0] + pair[1] == 2 * middle
                    holds.append(symmetric and pair[1] == upper)
                    middles.append(middle)
    return judge("sampled", np.array(holds), {"theta": np.array(middles, dtype=object)})


def _tie(move: Move, distance: Distance) -> Check:
    return smt.or_else(_midpoint(move, distance), "a b weight", _ties_of_codebooks)


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    minimisers = list(DistanceL1(Codebook((0, 1.25))).prox_set(0.625, 0.25))
    return {FIGURE: minimisers}, {FIGURE: [0.375, 0.875]}


CLAIM = Claim(
    name="codebook-prox",
    source="arXiv 1810.00861, section 4, extended to any finite codebook",
    statement=(
        "For any finite codebook the prox of the L1 and of the half squared distance is the "
        "one-dimensional prox toward the nearest level: no other level can win."
    ),
    formula="prox_{lambda R}(t) = prox_{lambda D(|. - l|)}(t), l the nearest level",
    parts=(
        Part("L1", "no other level can win", _any_levels(DistanceL1, toward, abs)),
        Part("half square", "likewise", _any_levels(DistanceL2, relax, _half_square)),
        Part(
            "ties",
            "two minimisers, mirror images, at each midpoint",
            falsify.joined(_tie(toward, abs), _tie(relax, _half_square), figures=_figures),
        ),
    ),
    controls=(
        Control(
            "any level, L1",
            "the prox may move toward a level that is not the nearest",
            _any_levels(DistanceL1, toward, abs, nearest=False),
        ),
        Control(
            "any level, half square",
            "the prox may move toward a level that is not the nearest",
            _any_levels(DistanceL2, relax, _half_square, nearest=False),
        ),
    ),
    headline=FIGURE,
)
