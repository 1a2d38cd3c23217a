"""Where the runs go: to 0 below the range, and to 0 with signs that never settle under steps that decay."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from pqtheory import signs
from pqtheory._arrays import as_array
from pqtheory.claims import between, forall, invariant, negated, positive, real
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.evidence import Budget, Evidence, judge
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.schedules import Polynomial
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_oscillation.orbits import (
    HALF,
    SETTING,
    in_range,
    lazy,
    mapped,
    smoothed,
)
from pqtheory.theory.vectors import reals

STEPS, STRENGTHS = Fractions(0, 1, open_low=True), Fractions(0, 4, open_low=True)
STARTS, WIDTHS = Fractions(-4, 4), Fractions(0, HALF, open_low=True)

# below the range


def below(eta: Any, strength: Any, eps: Any) -> Sequence[Any]:
    """Under the range, lambda < eps (1 - eta/2)."""
    return [negated(in_range(eta, strength, eps))]


def rate(eta: Any, strength: Any, eps: Any) -> Any:
    """The factor q = max(1 - eta eps / (eps + lambda), eta eps / (eps - lambda) - 1)."""
    xp, strength = as_array(strength)
    return xp.maximum(1 - eta * eps / (eps + strength), eta * eps / (eps - strength) - 1)


@forall(theta=real, **SETTING, given=below)
def contracts(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """|theta'| <= q |theta|, with 0 <= q < 1."""
    q = rate(eta, strength, eps)
    return (abs(lazy(theta, eta, strength, eps)) <= q * abs(theta)) & (q >= 0) & (q < 1)


@invariant(
    state="theta power",
    fixed={"start": real, **SETTING},
    given=below,
    first=lambda theta, power, start: [theta == start, power == 1],
    step=lambda theta, theta_next, power, power_next, eta, strength, eps: [
        theta_next == lazy(theta, eta, strength, eps),
        power_next == rate(eta, strength, eps) * power,
    ],
    by=lambda theta, eta, strength, eps: [
        contracts.at(theta=theta, eta=eta, strength=strength, eps=eps)
    ],
)
def shrinks(theta: Any, power: Any, start: Any) -> Any:
    """|theta_t| <= q^t |theta_0|."""
    return (power >= 0) & (abs(theta) <= power * abs(start))


def _run_shrinks(start: Any, T: int, eta: Any, share: Any, eps: Any) -> Any:
    """How far |theta_T| is below q^T |theta_0|; lambda is that share of eps (1 - eta/2)."""
    eta, start, eps = Fraction(eta), Fraction(start), Fraction(eps)
    strength = share * eps * (1 - eta / 2)
    theta = start
    for _ in range(T):
        theta = lazy(theta, eta, strength, eps).item()
    return np.asarray(rate(eta, strength, eps)).item() ** T * abs(start) - abs(theta)


@forall(
    **reals("theta", "power", "start"),
    **SETTING,
    given=below,
    by=lambda theta, power, start, **setting: [
        shrinks.at(theta=theta, power=power, start=start, **setting),
        contracts.at(theta=theta, **setting),
    ],
    cases=Cases(
        _run_shrinks,
        {
            "start": STARTS,
            "T": Integers(1, 5),
            "eta": Fractions(0, 2, open_low=True, open_high=True),
            "share": Fractions(0, 1, open_low=True, open_high=True),
            "eps": WIDTHS,
        },
    ),
)
def vanishes(theta: Any, power: Any, start: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """|theta_t| <= q^t |theta_0|, and q < 1."""
    return (abs(theta) <= power * abs(start)) & (rate(eta, strength, eps) < 1)


# steps that decay

DECAYING: dict[str, Any] = {**SETTING, "eta": between(0, 1, open_low=True)}
FIXED: dict[str, Any] = {"strength": positive, "eps": SETTING["eps"]}


def strong(strength: Any, eps: Any) -> Sequence[Any]:
    """Strong enough: lambda >= eps."""
    return [strength >= eps]


def least(strength: Any, eps: Any) -> Any:
    """The least size c = min(lambda, lambda / (lambda + eps))."""
    xp, strength = as_array(strength)
    return xp.minimum(strength, strength / (strength + eps))


@forall(theta=real, **FIXED, given=strong)
def outward(theta: Any, strength: Any, eps: Any) -> Any:
    """That is, c <= |x| <= |theta| + lambda, and x has the sign of theta."""
    xp, theta = as_array(theta)
    x = mapped(theta, strength, eps)
    size = xp.where(theta >= 0, x, -x)
    return (size >= least(strength, eps)) & (size <= abs(theta) + strength)


@forall(
    theta=real,
    **DECAYING,
    given=strong,
    by=lambda theta, strength, eps: [outward.at(theta=theta, strength=strength, eps=eps)],
)
def crosses(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """|theta'| <= |theta| - eta c where the sign is kept, and |theta'| <= eta lambda where it flips."""
    after = lazy(theta, eta, strength, eps)
    kept = (theta >= 0) == (after >= 0)
    nearer = abs(after) <= abs(theta) - eta * least(strength, eps)
    return (kept & nearer) | (negated(kept) & (abs(after) <= eta * strength))


@invariant(
    state="theta S flips",
    fixed={"start": real, "r": positive, **FIXED},
    each={"eta": DECAYING["eta"]},
    given=strong,
    first=lambda theta, S, flips, start: [theta == start, S == 0, flips == 0],
    step=lambda theta, theta_next, S, S_next, flips, flips_next, eta, strength, eps, r: [
        eta * strength <= r,
        theta_next == lazy(theta, eta, strength, eps),
        S_next == S + eta,
        flips_next == flips + _counted((theta >= 0) == (theta_next >= 0), theta),
    ],
    by=lambda theta, eta, strength, eps: [
        crosses.at(theta=theta, eta=eta, strength=strength, eps=eps)
    ],
)
def nears(theta: Any, S: Any, flips: Any, start: Any, r: Any, strength: Any, eps: Any) -> Any:
    """|theta| + c S <= |theta_s| until the sign flips; from then on |theta| <= r, or this still."""
    nearer = abs(theta) + least(strength, eps) * S <= abs(start)
    return (S >= 0) & (flips >= 0) & ((flips >= 1) | nearer) & ((abs(theta) <= r) | nearer)


def _counted(kept: Any, theta: Any) -> Any:
    xp, theta = as_array(theta)
    return xp.where(kept, 0 * theta, 1 + 0 * theta)


def _run_flips(start: Any, etas: Sequence[Any], strength: Any, eps: Any) -> Any:
    """Whether a run has flipped and come near enough; None until it must have."""
    theta, eps, strength = Fraction(start), Fraction(eps), Fraction(strength)
    if strength < eps or sum(etas) * np.asarray(least(strength, eps)).item() <= abs(theta):
        return None
    run = [theta]
    for eta in etas:
        run.append(lazy(run[-1], Fraction(eta), strength, eps).item())
    flips = sum((a >= 0) != (b >= 0) for a, b in pairwise(run))
    return flips >= 1 and abs(run[-1]) <= strength * max(etas)


@forall(
    **reals("theta", "S", "flips", "start"),
    r=positive,
    **FIXED,
    given=lambda S, start, strength, eps: [
        strength >= eps,
        least(strength, eps) * S > abs(start),
    ],
    by=lambda **case: [nears.at(**case)],
    cases=Cases(
        _run_flips,
        {"start": STARTS, "etas": Lists(STEPS, 1, 8), "strength": STRENGTHS, "eps": WIDTHS},
    ),
)
def flips_and_vanishes(theta: Any, flips: Any, r: Any) -> Any:
    """Once c S > |theta_s| the sign has flipped, and |theta| <= r."""
    return (flips >= 1) & (abs(theta) <= r)


def decaying_run(budget: Budget) -> Evidence:
    """How it looks with eta_t = 1 / (t + 2) from 31 starts."""
    starts = np.linspace(-1.5, 1.5, 31)[:, None]
    steps = budget.pick(2000, 20000)
    method = LazyProx(smoothed(0.125), Polynomial(1.0, -1, 2), 0.5)
    problem = Quadratic([[1.0]], [0.0])
    path = simulate(method, problem, starts, steps, fields=("latent",), progress=False).latent
    late = path[steps // 2 :]
    flipping = signs.flips_per_step(late).sum(axis=0) > 0
    return judge(
        "sampled",
        flipping,
        {"start": starts},
        measured={
            "share of starts that still flip, decaying steps": float(flipping.mean()),
            "largest late |F'(x_t)|, decaying steps": float(np.abs(late).max()),
        },
        predicted={"share of starts that still flip, decaying steps": 1.0},
    )
