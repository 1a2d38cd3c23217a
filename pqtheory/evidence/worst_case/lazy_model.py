r"""T lazy prox-gradient steps on convex L and R as vectors in a basis, and the inequalities that they obey.

    theta_{k+1} = theta_k - eta_k grad L(p_k),  p_k = prox_{w_k R}(theta_k),  w_k = lambda  or  lambda (eta_0 + ... ).

With beta = 1, point T + 1 the comparator u, g_j = grad L(p_j), s_k = lambda (theta_k - p_k) / w_k in lambda dR(p_k),

    smoothness (i, j):  L_i - L_j >= <g_j, p_i - p_j> + |g_i - g_j|^2 / 2,
    penalty (j, k):     R_j - R_k >= <s_k, p_j - p_k>,    R standing for lambda R,

which is all that such a run obeys. Nothing changes if the origin moves to p_0; nor, at fixed strength, if <s_0, x> is
taken off lambda R; nor, with aggregated strength, if <v, x> moves from L to R. So p_0 = theta_0 = 0 and grad L(u) = 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, permutations
from typing import Any, final

import numpy as np

FIXED, AGGREGATED = "fixed", "aggregated"
STRENGTHS = (FIXED, AGGREGATED)
HALF = Fraction(1, 2)
Pair = tuple[int, int]


@final
@dataclass(frozen=True)
class LazyModel:
    """The vectors of a run in the basis g_0 .. g_T, p_1 .. p_T, u.

    Attributes
    ----------
    x : tuple of Fraction
        Step sizes times beta.
    strength : str
        "fixed", where u minimises L, or "aggregated", where it is any point.
    """

    x: tuple[Fraction, ...]
    strength: str

    @property
    def steps(self) -> int:
        """T."""
        return len(self.x)

    @property
    def comparator(self) -> int:
        """The index of u."""
        return self.steps + 1

    @property
    def mapped(self) -> range:
        """The k for which p_k has a subgradient: a prox of weight 0 selects none."""
        return range(0 if self.strength == FIXED else 1, self.steps + 1)

    @property
    def weights(self) -> tuple[Fraction, ...]:
        """w_0 .. w_T over lambda."""
        if self.strength == FIXED:
            return (Fraction(1),) * (self.steps + 1)
        return tuple(accumulate(self.x, initial=Fraction(0)))

    def vectors(self) -> tuple[Any, Any, Any]:
        """Points p_0 .. p_T, u; gradients g_0 .. g_T, grad L(u); subgradients s_0 .. s_T (0 where there is none)."""
        steps = self.steps
        size = 2 * steps + 2
        unit = np.array([[Fraction(int(i == j)) for j in range(size)] for i in range(size)])
        zero = 0 * unit[:1]
        points = np.concatenate([zero, unit[steps + 1 :]])
        gradients = np.concatenate([unit[: steps + 1], zero])
        moves = [eta * g for eta, g in zip(self.x, gradients, strict=False)]
        latent = -np.concatenate([zero, np.cumsum(moves, axis=0)])
        subgradients = [
            (latent[k] - points[k]) / w if w else zero[0] for k, w in enumerate(self.weights)
        ]
        return points, gradients, np.array(subgradients)

    def smoothness_pairs(self) -> list[Pair]:
        """All (i, j)."""
        return list(permutations(range(self.steps + 2), 2))

    def penalty_pairs(self) -> list[Pair]:
        """All (j, k) for which the penalty inequality says something."""
        pairs = permutations((*self.mapped, self.comparator), 2)
        return [(j, k) for j, k in pairs if k != self.comparator]


#: sum of c <u, v>, as (c, u, v)
Form = list[tuple[Any, Any, Any]]


@final
class Forms:
    """The right-hand sides of the inequalities as quadratic forms of the basis.

    Parameters
    ----------
    model : LazyModel
        The run.
    kind : type
        ``object`` for fractions, ``float``.
    """

    def __init__(self, model: LazyModel, kind: type) -> None:
        self.points, self.gradients, self.subgradients = (v.astype(kind) for v in model.vectors())
        self.comparator = model.comparator
        self.size = self.points.shape[1]

    def smoothness(self, pair: Pair) -> Form:
        """<g_j, p_i - p_j> + |g_i - g_j|^2 / 2."""
        i, j = pair
        turn = self.gradients[i] - self.gradients[j]
        return [(1, self.gradients[j], self.points[i] - self.points[j]), (HALF, turn, turn)]

    def penalty(self, pair: Pair) -> Form:
        """<s_k, p_j - p_k>."""
        j, k = pair
        return [(1, self.subgradients[k], self.points[j] - self.points[k])]

    def half_distance(self) -> Form:
        """|u - p_0|^2 / 2."""
        return [(HALF, self.points[self.comparator], self.points[self.comparator])]


def flat(form: Form) -> Any:
    """The form as a row of floats on the flat Gram matrix."""
    return sum(float(c) * (np.outer(u, v) + np.outer(v, u)) / 2 for c, u, v in form).ravel()


def combined(size: int, terms: Iterable[tuple[Fraction, Form]]) -> Any:
    """The sum of multiples of forms as a symmetric matrix of fractions."""
    total = [[Fraction(0)] * size for _ in range(size)]
    for factor, form in terms:
        for c, u, v in form:
            ends = [(j, b) for j, b in enumerate(v) if b]
            for i, a in enumerate(u):
                for j, b in ends if a else ():
                    total[i][j] += factor * c * a * b
    square = np.array(total)
    return (square + square.T) / 2


def semidefinite(matrix: Any) -> bool:
    """Whether a symmetric matrix of fractions has no negative eigenvalue, decided by exact elimination."""
    rows: list[list[Fraction]] = [list(row) for row in matrix]
    while rows:
        (pivot, *first), rest = rows[0], rows[1:]
        if pivot < 0 or (pivot == 0 and any(first)):
            return False
        # a pivot 0 has zeros beside it: nothing to eliminate
        rows = [_eliminated(row, row[0] / pivot if pivot else pivot, first) for row in rest]
    return True


def _eliminated(row: Sequence[Fraction], factor: Fraction, first: Sequence[Fraction]) -> Any:
    if not factor:
        return list(row[1:])
    return [a - factor * b for a, b in zip(row[1:], first, strict=True)]
