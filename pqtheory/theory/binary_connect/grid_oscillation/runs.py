"""Exact runs between two levels, which a search looks at, and runs of the method with and without momentum."""

import itertools
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory.claims import Budget
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.methods import BinaryConnect
from pqtheory.theory.binary_connect.flip_law.band import in_band, taken

SHARE = "share of the higher level, f = 1/3, momentum 0, 1/2 and 9/10, to 2 digits"
FEWER = "level changes per step are fewer with momentum 9/10"


def _levels(start: Fraction, f: Fraction, unit: Fraction, mu: Fraction) -> list[int]:
    """1 where the higher of the levels 0 and 1 is taken, in 12 exact steps."""
    theta, v, levels = start, Fraction(0), []
    for _ in range(12):
        levels.append(int(np.asarray(taken(theta, 0, 1)).item()))
        v = mu * v + (levels[-1] - f)
        theta -= unit * v
    return levels


def _run_slack(start: Fraction, f: Fraction, unit: Fraction, mu: Fraction) -> Any:
    """What the bounds leave; None for a start outside the bands."""
    m = min(f, 1 - f)
    if m <= 0 or unit <= 0 or not 0 <= mu < 1 or not in_band(start, 1, unit, 0, 1, f):
        return None
    levels, most = _levels(start, f, unit, mu), (1 + mu) / (1 - mu)
    rare = [q if 2 * f <= 1 else 1 - q for q in levels]
    slack = [most - abs(sum(rare[:T]) - T * m) for T in range(13)]
    if mu == 0:
        places = [t for t, is_it in enumerate(rare) if is_it]
        slack += [1 - abs(b - a - 1 - (1 - m) / m) for a, b in itertools.pairwise(places)]
    return min(slack)


DOMAINS = {"start": Fractions(-2, 2), "f": Fractions(0, 1), "unit": Fractions(0, 3)}
#: runs, where no solver is at hand
PLAIN = Cases(partial(_run_slack, mu=Fraction(0)), DOMAINS, quick=50)
HEAVY_RUNS = Cases(_run_slack, {**DOMAINS, "mu": Fractions(0, 1)}, quick=50)


def _run(mu: float, steps: int) -> tuple[float, float]:
    """(share of the higher level, changes per step) on two levels, f = 1/3, by the method itself."""
    method, w, v = BinaryConnect(0.5), -1 / 3, np.zeros(1)
    state, taken_levels = method.init(np.zeros(1)), []
    for _ in range(steps):
        q = method.query(state)
        taken_levels.append(q[0])
        v = mu * v + (q - w)
        state = method.step(state, v)
    levels = np.array(taken_levels)
    return float((levels > 0).mean()), float((np.diff(levels) != 0).mean())


def with_and_without_momentum(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """The shares are the same, the changes fewer."""
    runs = [_run(mu, budget.pick(6000, 60_000)) for mu in (0.0, 0.5, 0.9)]
    measured = {SHARE: [round(share, 2) for share, _ in runs], FEWER: runs[2][1] < runs[0][1]}
    return measured, {SHARE: [0.33] * 3, FEWER: True}
