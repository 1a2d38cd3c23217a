r"""sign(theta_0 - sum_{k<t} eta_k g_k) = argmin_{s in {-1,1}^d} < sum_{k<t} eta_k g_k, s > + 1/2 ||s - theta_0||^2.

On the left BinaryConnect, which is the lazy projection; on the right dual averaging. Both sides are sums over the
coordinates. With z = sum_{k<t} eta_k g_k, induction over t: at the start latent = theta_0 - z, and one step with any
gradient and any eta > 0 keeps that. Wherever it holds, both forms ask for the gradient at the same point: complete the
square, the argmin of z s + (s - theta_0)^2 / 2 is the projection of theta_0 - z. So they get the same gradients for
ever, and the induction closes, whatever the loss. Of two levels the code of both sides takes the same; of any number,
sorted, both take the largest level that none beats, as each midpoint between two levels orders them on both sides.

What each variant of BinaryConnect makes of the sum (mu: momentum, w: weight decay):

============  ==================================================================================================
momentum      weights sum_{k<=j<t} eta_j mu^{j-k} in place of eta_k: an argmin form, but one that changes with t
weight decay  weights eta_k / prod_{j<=k} (1 - eta_j w), binary, eta_j w < 1: dual averaging with growing steps
Adam          the sum of Adam's own steps, whose weights depend on the gradients
clipping      no function of a weighted sum: the order of the gradients counts
============  ==================================================================================================

For a constant eta the sum of momentum is eta (G - mu m) / (1 - mu), with G = sum g_k and m the momentum itself.
"""

from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory.claims import Check, Claim, Control, Part, every
from pqtheory.evidence import smt
from pqtheory.methods import DualAveraging
from pqtheory.methods.base import State
from pqtheory.methods.dual_averaging import DualState
from pqtheory.sets import Binary, FiniteSet, Ternary, UniformGrid
from pqtheory.theory.binary_connect.bc_is_dual_averaging import runs
from pqtheory.theory.binary_connect.bc_is_dual_averaging.variants import (
    ETA,
    Move,
    adam,
    clipping,
    momentum,
    weight_decay,
)
from pqtheory.theory.given import Given, GivenLevels, exact
from pqtheory.theory.statements import POSITIVE, SIGNED, for_all, illustrated, together

HALF = Fraction(1, 2)
SHARES = (Fraction(1, 8), HALF, Fraction(7, 8))
FEW = SIGNED[1:-1:2]


def _one_step(theta: Any, z: Any, g: Any, eta: Any) -> Any:
    """All forms start at latent = theta_0 - 0, and keep latent = theta_0 - z with z' = z + eta g."""
    *lazy, argmin = runs.forms(Binary(), Given(eta))
    start, total = exact(theta), exact(z)
    begun = [m.init(start).latent == theta for m in (*lazy, argmin)]
    state = State(exact(theta - z), 0)
    after = [m.step(state, g).latent for m in lazy]
    after.append(argmin.step(DualState(start, total, 0), g).latent)
    return [eta > 0], every([*begun, *(x == theta - (z + eta * g) for x in after)])


def _one_step_of(move: Move) -> smt.Statement:
    """A variant keeps latent = theta_0 - z, whatever its memory."""

    def statement(theta: Any, z: Any, g: Any, eta: Any, memory: Any) -> Any:
        after, _ = move(exact(theta - z), memory, g, 0, eta)
        return [eta > 0], after == theta - (z + eta * g)

    return statement


def _same_query(levels: FiniteSet, theta: Any, z: Any, anchor: int = 1) -> Any:
    """Where latent = theta_0 - z all forms ask at the same level, and none has a smaller objective of the argmin.

    ``anchor`` is the share of theta_0 that the argmin knows.
    """
    *lazy, argmin = runs.forms(levels, 1)
    asked = argmin.query(DualState(exact(anchor * theta), exact(z), 0))
    same = [m.query(State(exact(theta - z), 0)) == asked for m in lazy]

    def objective(level: Any) -> Any:
        return z * level + (level - theta) ** 2 / 2

    return every([*same, *(objective(asked) <= objective(v) for v in levels.level_values)])


def _fixed_levels(levels: FiniteSet, anchor: int = 1) -> Check:
    def statement(theta: Any, z: Any) -> Any:
        return [], _same_query(levels, theta, z, anchor)

    return for_all(statement, theta=SIGNED, z=SIGNED)


def _two_levels(theta: Any, z: Any, a: Any, b: Any) -> Any:
    return [a < b], _same_query(GivenLevels(a, b), theta, z)


def _three_levels(theta: Any, z: Any, a: Any, b: Any, c: Any) -> Any:
    return [a < b, b < c], _same_query(GivenLevels(a, b, c), theta, z)


def _momentum_sum(theta: Any, total: Any, m: Any, g: Any, eta: Any, mu: Any) -> Any:
    """Latent = theta_0 - eta (G - mu m) / (1 - mu) is kept, and the argmin with that sum is the sign."""

    def weighted(total: Any, m: Any) -> Any:
        return eta * (total - mu * m) / (1 - mu)

    after, m_after = momentum(exact(theta - weighted(total, m)), m, g, 0, eta, mu)
    z = weighted(total + g, m_after)
    asked = DualAveraging(Binary(), 1).query(DualState(exact(theta), exact(z), 0))
    kept = after == theta - z
    return [eta > 0, mu >= 0, mu < 1], kept & (Binary().project(exact(after)) == asked)


def _decayed_sum(theta: Any, z: Any, g: Any, eta: Any, decay: Any, scale: Any) -> Any:
    """Latent = c (theta_0 - z) is kept, c the product of the 1 - eta w > 0; eta / c is the step size of z."""
    after, _ = weight_decay(exact(scale * (theta - z)), 0, g, 0, eta, decay)
    shrunk = scale * (1 - eta * decay)
    method = DualAveraging(Binary(), Given(eta / shrunk))
    state = method.step(DualState(exact(theta), exact(z), 0), g)
    kept = after == shrunk * state.latent
    same = Binary().project(exact(after)) == method.query(state)
    return [eta > 0, decay >= 0, eta * decay < 1, scale > 0], kept & same


def _variant(name: str, move: Move, in_exact: Move) -> Check:
    """The check of the identity with a variant in place of BinaryConnect."""
    proof = for_all(_one_step_of(in_exact), theta=FEW, z=FEW, g=FEW, eta=POSITIVE, memory=FEW)
    return illustrated(proof, runs.against_argmin(name, move, ETA))


CLAIM = Claim(
    name="bc-is-dual-averaging",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect as lazy projection, dual averaging)",
    statement="BinaryConnect, lazy projection and the argmin form have the same quantized iterates, whatever the "
    "gradients and step sizes, until sums round. Momentum, Adam, weight decay and clipping end it.",
    formula="P_Q(theta_0 - sum eta_k g_k) = argmin_{s in Q} <sum eta_k g_k, s> + 1/2 ||s - theta_0||^2",
    parts=(
        Part(
            "one step",
            "each form starts at and keeps latent = theta_0 - sum eta_k g_k, for any gradient and step size",
            illustrated(
                for_all(_one_step, theta=SIGNED, z=SIGNED, g=SIGNED, eta=POSITIVE),
                runs.dyadic,
                runs.ordinary_floats,
            ),
        ),
        Part(
            "argmin",
            "there the projection is the argmin and the point where each form asks for the gradient, ties included",
            together(
                *(_fixed_levels(s) for s in (Binary(), Ternary(), UniformGrid(3, -1, 1))),
                for_all(_two_levels, theta=SIGNED, z=SIGNED, a=FEW, b=FEW),
                for_all(_three_levels, theta=FEW, z=FEW, a=FEW, b=FEW, c=FEW),
            ),
        ),
        Part(
            "momentum reweights",
            "momentum is an argmin form with the weights eta (1 - mu^{t-k}) / (1 - mu)",
            illustrated(
                for_all(_momentum_sum, theta=FEW, total=FEW, m=FEW, g=FEW, eta=POSITIVE, mu=SHARES),
                runs.reweighted,
            ),
        ),
        Part(
            "decay grows the steps",
            "weight decay, eta w < 1, is dual averaging with the step sizes eta / (1 - eta w)^{k+1}",
            illustrated(
                for_all(
                    _decayed_sum, theta=FEW, z=FEW, g=FEW, eta=SHARES, decay=SHARES, scale=SHARES
                ),
                runs.against_argmin("weight decay, growing steps", weight_decay, runs.GROWING),
            ),
        ),
    ),
    controls=(
        Control(
            "momentum",
            "the identity survives momentum",
            _variant("momentum", momentum, partial(momentum, mu=HALF)),
        ),
        Control(
            "Adam",
            "the identity survives Adam, whose root leaves it to the runs",
            runs.against_argmin("Adam", adam, ETA),
        ),
        Control(
            "weight decay",
            "the identity survives weight decay",
            _variant("weight decay", weight_decay, partial(weight_decay, decay=1)),
        ),
        Control(
            "clipping",
            "the identity survives clipping",
            _variant("clipping", clipping, clipping),
        ),
        Control(
            "argmin without the start",
            "argmin <z, s> + 1/2 ||s||^2 is the projection too",
            _fixed_levels(Binary(), anchor=0),
        ),
    ),
    headline=runs.DYADIC,
)
