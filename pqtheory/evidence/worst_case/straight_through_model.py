r"""T straight-through steps on a convex L as vectors in a basis, and the inequalities that they obey.

    w_{t+1} = w_t - eta_t grad L(q_t),    q_t = w_t + r_t,    |r_t| <= delta,    |w_0 - u| <= R,    grad L(u) = 0.

With beta = 1, u = 0, point T the minimiser u and g_j = grad L at point j, what such a run obeys is

    smoothness (i, j):  L_i - L_j >= <g_j, q_i - q_j> + |g_i - g_j|^2 / 2.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from typing import Any, final

import numpy as np

from pqtheory.evidence.worst_case.lazy_model import HALF, Form, Pair


@final
@dataclass(frozen=True)
class StraightThroughModel:
    """The vectors of a run in the basis w_0, r_0 .. r_{T-1}, g_0 .. g_{T-1}.

    Attributes
    ----------
    x : tuple of Fraction
        Step sizes times beta.
    distance, error : Fraction
        R and delta; where one is 0 its vectors are.
    """

    x: tuple[Fraction, ...]
    distance: Fraction
    error: Fraction

    @property
    def steps(self) -> int:
        """T."""
        return len(self.x)

    def vectors(self) -> tuple[Any, Any, Any]:
        """Points q_0 .. q_{T-1}, u; gradients there; w_0 and the errors r_0 .. r_{T-1}."""
        T, started, off = self.steps, int(self.distance > 0), int(self.error > 0)
        size = started + (1 + off) * T
        unit = np.array([[Fraction(int(i == j)) for j in range(size)] for i in range(size)])
        zero = 0 * unit[:1]
        start = unit[:1] if started else zero
        errors = unit[started : started + T] if off else np.repeat(zero, T, 0)
        gradients = unit[size - T :]
        moves = np.array([eta * g for eta, g in zip(self.x, gradients, strict=True)])
        latent = start - np.concatenate([zero, np.cumsum(moves, axis=0)[:-1]])
        points = np.concatenate([latent + errors, zero])
        return points, np.concatenate([gradients, zero]), np.concatenate([start, errors])

    def pairs(self) -> list[Pair]:
        """All (i, j)."""
        return list(permutations(range(self.steps + 1), 2))

    def limits(self) -> list[Fraction]:
        """What |w_0|^2 and each |r_t|^2 is at most."""
        return [self.distance**2, *(self.error**2,) * self.steps]

    def units(self) -> list[Fraction]:
        """R for w_0, delta for each error, 1 for each gradient: in this basis no vector need be small."""
        T = self.steps
        lengths = [*(self.distance,) * (self.distance > 0), *(self.error,) * T * (self.error > 0)]
        return [*lengths, *(Fraction(1),) * T]


@final
class StraightThroughForms:
    """The right-hand sides of the inequalities as quadratic forms of the basis, with numbers of the kind.

    In ``units`` of the model w_0 / R and r_t / delta are in the basis, and what is limited, by 1.
    """

    def __init__(self, model: StraightThroughModel, kind: type, *, units: bool = False) -> None:
        points, gradients, limited = model.vectors()
        if units:
            points = points * np.array(model.units())
        self.points, self.gradients, self.limited = (
            v.astype(kind) for v in (points, gradients, limited)
        )
        self.size = self.points.shape[1]

    def smoothness(self, pair: Pair) -> Form:
        """<g_j, q_i - q_j> + |g_i - g_j|^2 / 2."""
        i, j = pair
        turn = self.gradients[i] - self.gradients[j]
        return [(1, self.gradients[j], self.points[i] - self.points[j]), (HALF, turn, turn)]

    def square(self, index: int) -> Form:
        """|w_0|^2, or |r_{index - 1}|^2; in units |w_0 / R|^2, or |r_{index - 1} / delta|^2."""
        return [(1, self.limited[index], self.limited[index])]
