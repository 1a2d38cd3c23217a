r"""Lazy prox-gradient need not converge: on L = x^2/2 with the smoothed W it may oscillate for ever.

For 0 < eps <= 1/2 and 0 < eta < 2 it has an orbit of period two, theta = +-a, exactly if lambda >= eps (1 - eta/2):

    a = lambda eta / (2 - eta)                         for eps (1 - eta/2) <= lambda <= (1 - eps)(1 - eta/2)
    a = lambda eta / (2 lambda + (2 - eta) eps)        for lambda >= (1 - eps)(1 - eta/2)

Both formulas and both ranges are found by computer algebra, from one exact run each, and proved to be exact. The orbits
attract: once round has the slope (1 - eta)^2, or (1 - eta eps / (eps + lambda))^2. For lambda < eps (1 - eta/2) every
step shrinks |theta|, and as the step depends on theta continuously there, all runs converge to 0.

Since prox is stationary for its own objective, F'(x) = theta at every mapped point x, with F = L + lambda S. So the
mapped points of an orbit are not stationary; but a < eta/2, so they come as close to it as the step is small, while
their sign flips at every step for ever.

Decaying steps, lambda >= eps, eta_t <= 1 with eta_t -> 0 and sum eta_t = infinity: a mapped point has the sign of theta
and |x| >= c = min(lambda, lambda / (lambda + eps)), so theta moves toward 0 by at least eta_t c and crosses 0 again and
again; and |theta_{t+1}| <= max(|theta_t| - eta_t c, eta_t (|theta_t| + lambda)), so that |F'(x_t)| = |theta_t| -> 0.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pqtheory import signs
from pqtheory._arrays import as_array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims.cases import joined
from pqtheory.evidence import Budget, Evidence, judge, smt
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.schedules import Polynomial
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_oscillation.orbits import (
    HALF,
    NAMES,
    PRINTED,
    SAMPLES,
    SEARCHES,
    any_strength,
    as_printed,
    eager,
    for_all,
    found,
    goes_round,
    lazy,
    lowest,
    mapped,
    smoothed,
)
from pqtheory.theory.statements import illustrated

FIGURE = "|theta| after 4 steps, eta = lambda = 1/2"
#: the same for the larger strength
LARGE_FIGURE = "|theta| after 4 steps, eta = 1/2, lambda = 2, eps = 1/8"
SMALL, LARGE = (partial(found, name) for name in ("small", "large"))


def _shrinks_below(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """Below the range of the orbits."""
    below = [*any_strength(eta, strength, eps), strength < lowest(eta, strength, eps)]
    step = abs(lazy(theta, eta, strength, eps))
    return [*below, (theta > 0) | (theta < 0)], step < abs(theta)


def _slope_at_mapped(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """F'(x) = theta at the mapped point x."""
    x = mapped(theta, eta, strength, eps)
    slope = x + strength * smoothed(eps).gradient(x)
    return any_strength(eta, strength, eps), slope == theta


def _small_but_not_zero(name: str) -> smt.Statement:
    """0 < a < eta/2."""

    def statement(eta: Any, strength: Any, eps: Any) -> Any:
        size = found(name).size(eta, strength, eps)
        inside = found(name).inside(eta, strength, eps)
        return [*any_strength(eta, strength, eps), inside], (size > 0) & (size < eta / 2)

    return statement


def _bounded_away(eta: Any, strength: Any, eps: Any) -> Any:
    orbit = SMALL()
    inside = orbit.inside(eta, strength, eps)
    return [*any_strength(eta, strength, eps), inside], orbit.size(
        eta, strength, eps
    ) >= strength / 8


def _decaying_range(eta: Any, strength: Any, eps: Any) -> list[Any]:
    return [eps > 0, eps <= HALF, eta > 0, eta <= 1, strength >= eps]


def _least_mapped(strength: Any, eps: Any) -> Any:
    xp, strength = as_array(strength)
    return xp.minimum(strength, strength / (strength + eps))


def _moves_to_zero(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """The mapped point has the sign of theta and an absolute value of at least c."""
    xp, _ = as_array(theta)
    x = mapped(theta, eta, strength, eps)
    outward = xp.where(theta >= 0, x, -x)
    return _decaying_range(eta, strength, eps), outward >= _least_mapped(strength, eps)


def _shrinks(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """|theta'| <= max(|theta| - eta c, eta (|theta| + lambda))."""
    after, size = abs(lazy(theta, eta, strength, eps)), abs(theta)
    inward = after <= size - eta * _least_mapped(strength, eps)
    bound = inward | (after <= eta * (size + strength))
    return _decaying_range(eta, strength, eps), bound


def _with_theta(statement: smt.Statement) -> Check:
    return for_all(statement, f"theta {NAMES}")


def _orbit(name: str, figure: str) -> Check:
    """The search, the other engine on what it found, and four exact steps of the method itself."""

    def figures(budget: Budget) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        eta, strength, eps = SAMPLES[name]
        problem = Quadratic(np.array([[2 * HALF]]), np.array([0 * HALF]))
        start = np.array([found(name).size(eta, strength, eps)])
        method = LazyProx(smoothed(eps), eta, strength)
        path = simulate(method, problem, start, 4, record="last", fields=("latent",))
        printed = PRINTED[name].size(eta, strength, eps)
        return {figure: abs(float(path.latent[-1, 0]))}, {figure: float(printed)}

    return joined(
        SEARCHES[name],
        for_all(as_printed(name)),
        for_all(goes_round(partial(found, name))),
        figures=figures,
    )


def _decaying_run(budget: Budget) -> Evidence:
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


def _wrong(**changes: Any) -> Check:
    """The small orbit with something changed."""
    wrong = replace(PRINTED["small"], **changes)
    return for_all(goes_round(lambda: wrong))


def _from_eps(eta: Any, strength: Any, eps: Any) -> Any:
    """The range with another lower end."""
    return PRINTED["small"].inside(eta, strength, eps) & (strength >= eps)


def _without_end(eta: Any, strength: Any, eps: Any) -> Any:
    """The range without its upper end."""
    return strength >= lowest(eta, strength, eps)


def _without_beginning(eta: Any, strength: Any, eps: Any) -> Any:
    """The range without its lower end."""
    return strength <= (1 - eps) * (1 - eta / 2)


CLAIM = Claim(
    name="lazy-oscillation",
    source="arXiv 1810.00861, Theorem 5.2",
    statement=(
        "Lazy prox-gradient on x^2/2 with the smoothed W has a period-two orbit for every step size below 2 and "
        "every lambda >= eps (1 - eta/2), and converges to 0 for smaller ones; the mapped points of an orbit are "
        "not stationary, 0 < |F'| < eta/2, which vanishes with the step although the signs never settle."
    ),
    formula=(
        "theta = +-lambda eta / (2 - eta) for eps (1 - eta/2) <= lambda <= (1 - eps)(1 - eta/2),  "
        "+-lambda eta / (2 lambda + (2 - eta) eps) above"
    ),
    parts=(
        Part("orbit", "found; it is one exactly in its range", _orbit("small", FIGURE)),
        Part(
            "large strengths",
            "another one, found; it is one exactly in its range",
            _orbit("large", LARGE_FIGURE),
        ),
        Part("below", "for lambda < eps (1 - eta/2) |theta| shrinks", _with_theta(_shrinks_below)),
        Part(
            "not stationary",
            "F'(x) = theta at every mapped point x, and 0 < |theta| < eta/2 on the orbits",
            joined(
                _with_theta(_slope_at_mapped),
                *(for_all(_small_but_not_zero(name)) for name in SAMPLES),
            ),
        ),
        Part(
            "decaying steps",
            "residual -> 0 while signs keep flipping",
            illustrated(joined(_with_theta(_moves_to_zero), _with_theta(_shrinks)), _decaying_run),
        ),
    ),
    controls=(
        Control(
            "amplitude lambda eta / 2",
            "the orbit has amplitude lambda eta / 2 at every step size",
            _wrong(size=lambda eta, strength, eps: strength * eta / 2),
        ),
        Control("from eps on", "it is one only for lambda >= eps", _wrong(inside=_from_eps)),
        Control("no bound on lambda", "it is one above its range", _wrong(inside=_without_end)),
        Control("any small lambda", "it is one below too", _wrong(inside=_without_beginning)),
        Control(
            "eager",
            "ProxQuant oscillates on the same orbit",
            for_all(goes_round(lambda: PRINTED["small"], eager)),
        ),
        Control(
            "bounded away",
            "the mapped residual stays above lambda / 8 for all steps",
            for_all(_bounded_away),
        ),
    ),
    headline=FIGURE,
)
