"""The W's prox never moves a weight away from its sign, on weights drawn at random.

This text is the derivation that the claim shows. Change the file, and run it with ``pqtheory verify my_claim.py``.

A check is a function of the budget that returns Evidence. ``judge`` makes it from margins (>= 0 where the statement
holds), and from figures beside their predictions; it says "refuted" by itself, with the worst case, where one does not
hold. What can be said of all real numbers is better proved: ``pqtheory claims --template proof``.
"""

import numpy as np

from pqtheory.claims import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

W = DistanceL1(Binary())


def _check(budget: Budget, factor: float) -> Evidence:
    """Distance to the sign before minus after the prox, of weights scaled by ``factor`` first."""
    rng = np.random.default_rng(0)
    theta = rng.uniform(-3.0, 3.0, size=budget.pick(1_000, 100_000))
    weight = rng.uniform(0.0, 2.0, size=theta.shape)
    moved = W.prox(factor * theta, weight)
    margins = np.abs(theta - np.sign(theta)) - np.abs(moved - np.sign(theta))
    return judge(
        "sampled",
        margins,
        {"theta": theta, "weight": weight},
        tolerance=1e-12,
        measured={"share closer or equal": float((margins >= -1e-12).mean())},
        predicted={"share closer or equal": 1.0},
    )


CLAIM = Claim(
    name="my-claim",
    source="where the statement comes from",
    statement="The prox of the W never moves a weight away from its sign.",
    formula="|prox_{lambda W}(t) - sign t| <= |t - sign t|",
    parts=(
        Part("never farther", "no weight ends farther from its sign", lambda b: _check(b, 1.0)),
    ),
    controls=(
        Control("the other sign", "the same holds for the prox at -t", lambda b: _check(b, -1.0)),
    ),
    headline="share closer or equal",
)
