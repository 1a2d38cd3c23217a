r"""For any levels l_1 < ... < l_k the prox of the L1 and of the half squared distance moves toward the nearest level.

No other level can win: the minimum of 1/2 (x - t)^2 + w D(|x - l|) over x grows with |t - l|, for D(d) = d and d^2 / 2.
At a midpoint both neighbours win.
"""

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims._prox_checks import fractions_grid, minimiser_evidence
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.evidence.base import join
from pqtheory.regularizers import DistanceL1, DistanceL2, LevelRegularizer
from pqtheory.sets import Codebook

WEIGHTS = tuple(Fraction(n, 8) for n in (1, 3, 6, 12, 40))

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


def _ties(budget: Budget) -> Evidence:
    holds, middles = [], []
    for kind in (DistanceL1, DistanceL2):
        for book in _codebooks(budget):
            levels = book.level_values
            for low, high in itertools.pairwise(levels):
                regularizer, middle = kind(book), (low + high) / 2
                for weight in WEIGHTS:
                    pair = regularizer.prox_set(middle, weight)
                    upper = regularizer.prox(np.array([middle], dtype=object), weight)[0]
                    symmetric = len(pair) == 2 and pair[0] + pair[1] == 2 * middle
                    holds.append(symmetric and pair[1] == upper)
                    middles.append(middle)
    return judge(
        "sampled",
        np.array(holds),
        {"theta": np.array(middles, dtype=object)},
        measured={FIGURE: list(DistanceL1(Codebook((0, 1.25))).prox_set(0.625, 0.25))},
        predicted={FIGURE: [0.375, 0.875]},
    )


CLAIM = Claim(
    name="codebook-prox",
    source="arXiv 1810.00861, section 4, extended to any finite codebook",
    statement=(
        "For any finite codebook the prox of the L1 and of the half squared distance is the "
        "one-dimensional prox toward the nearest level: no other level can win."
    ),
    formula="prox_{lambda R}(t) = prox_{lambda D(|. - l|)}(t), l the nearest level",
    parts=(
        Part("L1", "no point has a smaller objective", lambda b: _check(DistanceL1, _nearest, b)),
        Part("half square", "likewise", lambda b: _check(DistanceL2, _nearest, b)),
        Part("ties", "two minimisers, mirror images, at each midpoint", _ties),
    ),
    controls=(
        Control(
            "upper neighbour, L1",
            "the prox moves toward the next level above",
            lambda b: _check(DistanceL1, _neighbour, b),
        ),
        Control(
            "upper neighbour, half square",
            "the prox moves toward the next level above",
            lambda b: _check(DistanceL2, _neighbour, b),
        ),
    ),
    headline=FIGURE,
)
