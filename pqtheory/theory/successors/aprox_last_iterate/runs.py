"""Exact runs of AProx on a line, beside their bound: L = |x -+ 1/2| - 1/2 and a piecewise affine R."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims.cases import Cases, Fractions, Integers
from pqtheory.methods import ProxConnect, State
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import PiecewiseAffine
from pqtheory.sets import Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.given import Listed

R = PiecewiseAffine(Ternary(), (-1, Fraction(-1, 4), Fraction(1, 4), 1))


def slack(start: Fraction, side: Fraction, etas: Sequence[Fraction]) -> Any:
    """How far eta_T e_T is below its bound."""
    toy, best = _best(side)
    method = ProxConnect(R, Listed((*etas, Fraction(1))), 1)
    path = simulate(method, toy, np.array([start]), len(etas), progress=False)
    last = method.query(State(path.latent[-1], len(etas)))[0]
    H = sum((eta**2 / k for k, eta in enumerate(reversed(etas), 1)), Fraction(0))
    excess = _value(toy, last) - _value(toy, best)
    return (best - start) ** 2 / (2 * len(etas)) + 2 * H - etas[-1] * excess


def _value(toy: TwoFunctionToy, x: Any) -> Any:
    return toy.value(np.array([x])) + R.value(np.array([x]))


def _best(side: Fraction) -> tuple[TwoFunctionToy, Fraction]:
    toy = TwoFunctionToy(1 if side > 0 else -1)
    return toy, min((Fraction(i, 8) for i in range(-24, 25)), key=lambda x: _value(toy, x))


def slack_of_equal_steps(start: Fraction, side: Fraction, root: int) -> Any:
    """That of T = root^2 steps |u - theta_0| / (2 sqrt(T))."""
    radius = abs(_best(side)[1] - start) or Fraction(1)
    return slack(start, side, [radius / (2 * root)] * root**2)


RUNS = Cases(
    slack_of_equal_steps,
    {"start": Fractions(-3, 3), "side": Fractions(-1, 1), "root": Integers(1, 4)},
    quick=12,
    full=300,
)
