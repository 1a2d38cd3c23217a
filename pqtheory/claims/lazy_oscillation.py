r"""Lazy prox-gradient need not converge: on L = x^2/2 with the smoothed W it has the orbit of period two

    theta = +-lambda eta / (2 - eta),   mapped points x = +-2 lambda / (2 - eta),
    for eps <= lambda <= (1 - eps)(1 - eta/2),

because the prox of theta in (0, 1) is theta + lambda there, and theta - eta (theta + lambda) = -theta.
The mapped points are not stationary for F = L + lambda S at any constant step: F'(x) = theta exactly (nor are the
latent ones, unless lambda = eps). But theta <= eta lambda, so the *mapped* points come as close to stationary as the
step is small, while their sign flips at every step for ever.

Decaying steps, eps <= lambda <= 1 - eps, eta_t <= 1 with eta_t -> 0 and sum eta_t = infinity: a mapped point has the
sign of theta and |x| >= lambda, so theta moves toward 0 by at least eta_t lambda and crosses 0 again and again; and
|theta_{t+1}| <= max(|theta_t| - eta_t lambda, eta_t (|theta_t| + lambda)), so that |F'(x_t)| = |theta_t| -> 0.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pqtheory import signs
from pqtheory._arrays import as_array
from pqtheory.evidence import Budget, Check, Claim, Control, Evidence, Part, join, smt
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.regularizers import SmoothedL1
from pqtheory.schedules import Polynomial
from pqtheory.sets import Binary
from pqtheory.simulate import simulate

FIGURE = "|theta| after 4 steps, eta = lambda = 1/2"
NAMES = "eta lambda epsilon"
HALF = Fraction(1, 2)

#: (theta, eta, lambda, epsilon) -> the next theta
Step = Callable[[Any, Any, Any, Any], Any]


def smoothed(eps: Any) -> SmoothedL1:
    """S with the levels -1 and +1."""
    return SmoothedL1(Binary(), eps)


def lazy(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """Theta - eta L'(prox(theta)), and L'(x) = x."""
    return theta - eta * smoothed(eps).prox(theta, strength)


def eager(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """The ProxQuant step."""
    return smoothed(eps).prox(theta - eta * theta, eta * strength)


def amplitude(eta: Any, strength: Any) -> Any:
    """Theta of the orbit."""
    return strength * eta / (2 - eta)


def half_product(eta: Any, strength: Any) -> Any:
    """The amplitude to first order in eta."""
    return strength * eta / 2


def in_range(eta: Any, strength: Any, eps: Any) -> list[Any]:
    """Eps <= lambda <= (1 - eps)(1 - eta/2)."""
    return [*any_strength(eta, strength, eps), strength >= eps, highest(eta, eps) >= strength]


def any_strength(eta: Any, strength: Any, eps: Any) -> list[Any]:
    """Only what makes sense at all: 0 < eps <= 1/2, 0 < eta < 2, lambda > 0."""
    return [eps > 0, eps <= HALF, eta > 0, eta < 2, strength > 0]


def not_below(eta: Any, strength: Any, eps: Any) -> list[Any]:
    """The range without its upper end."""
    return [*any_strength(eta, strength, eps), strength >= eps]


def not_above(eta: Any, strength: Any, eps: Any) -> list[Any]:
    """The range without its lower end."""
    return [*any_strength(eta, strength, eps), highest(eta, eps) >= strength]


def highest(eta: Any, eps: Any) -> Any:
    """The upper end of the range of lambda."""
    return (1 - eps) * (1 - eta / 2)


def _period_two(
    step: Step = lazy,
    size: Callable[[Any, Any], Any] = amplitude,
    assumed: Callable[[Any, Any, Any], Sequence[Any]] = in_range,
) -> smt.Statement:
    """One step leads from theta to -theta, and from -theta to theta."""

    def statement(eta: Any, strength: Any, eps: Any) -> Any:
        theta = size(eta, strength)
        there = step(theta, eta, strength, eps) == -theta
        return assumed(eta, strength, eps), there & (step(-theta, eta, strength, eps) == theta)

    return statement


def _slope_at_mapped(eta: Any, strength: Any, eps: Any) -> tuple[Any, Any]:
    """X and F'(x) at the mapped point x of the orbit's theta."""
    x = smoothed(eps).prox(amplitude(eta, strength), strength)
    return x, x + strength * smoothed(eps).gradient(x)


def _not_stationary(eta: Any, strength: Any, eps: Any) -> Any:
    x, slope = _slope_at_mapped(eta, strength, eps)
    theta = amplitude(eta, strength)
    exact = (x == 2 * strength / (2 - eta)) & (slope == theta) & (theta > 0)
    return in_range(eta, strength, eps), exact


def _small_steps(eta: Any, strength: Any, eps: Any) -> Any:
    _, slope = _slope_at_mapped(eta, strength, eps)
    return [*in_range(eta, strength, eps), eta <= 1], slope <= eta * strength


def _bounded_away(eta: Any, strength: Any, eps: Any) -> Any:
    _, slope = _slope_at_mapped(eta, strength, eps)
    return in_range(eta, strength, eps), slope >= strength / 8


def _decaying_range(eta: Any, strength: Any, eps: Any) -> list[Any]:
    return [eps > 0, eps <= HALF, eta > 0, eta <= 1, strength >= eps, strength <= 1 - eps]


def _moves_to_zero(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """The mapped point has the sign of theta and an absolute value of at least lambda."""
    xp, _ = as_array(theta)
    x = smoothed(eps).prox(theta, strength)
    outward = xp.where(theta >= 0, x, -x)
    return _decaying_range(eta, strength, eps), outward >= strength


def _shrinks(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """|theta'| <= max(|theta| - eta lambda, eta (|theta| + lambda))."""
    after, size = abs(lazy(theta, eta, strength, eps)), abs(theta)
    bound = (after <= size - eta * strength) | (after <= eta * (size + strength))
    return _decaying_range(eta, strength, eps), bound


def _check(statement: smt.Statement, names: str = NAMES) -> Check:
    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, names, _grid(budget, len(names.split()) > 3))

    return smt.or_else(statement, names, sampled)


def _grid(budget: Budget, with_theta: bool) -> Iterator[tuple[Fraction, ...]]:
    """([theta,] eta, lambda, eps), a range of lambda for each eta and eps."""
    parts = budget.pick(6, 16)
    thetas = [Fraction(n, 4) for n in range(-6, 7)] if with_theta else [Fraction(0)]
    etas = [Fraction(1, 64), *(Fraction(3 * n, 2 * parts) for n in range(1, parts + 1))]
    for theta, eta, m, k in product(thetas, etas, range(13), (2, 4, 8, 16)):
        eps = Fraction(1, k)
        setting = (eta, Fraction(m, 12) * (eps + highest(eta, eps)), eps)
        yield (theta, *setting) if with_theta else setting


def _orbit(budget: Budget) -> Evidence:
    """The orbit, and four exact steps of the method itself."""
    problem = Quadratic(
        np.array([[Fraction(1)]], dtype=object), np.array([Fraction(0)], dtype=object)
    )
    method = LazyProx(smoothed(Fraction(1, 8)), HALF, HALF)
    start = np.array([amplitude(HALF, HALF)], dtype=object)
    end = simulate(method, problem, start, 4, record="last", fields=("latent",)).latent[-1, 0]
    return join(
        _check(_period_two())(budget),
        measured={FIGURE: abs(float(end))},
        predicted={FIGURE: 1 / 6},
    )


def _decaying_steps(budget: Budget) -> Evidence:
    """Both lemmas; and how it looks with eta_t = 1 / (t + 2) from 31 starts."""
    starts = np.linspace(-1.5, 1.5, 31)[:, None]
    steps = budget.pick(2000, 20000)
    method = LazyProx(smoothed(0.125), Polynomial(1.0, -1, 2), 0.5)
    problem = Quadratic([[1.0]], [0.0])
    path = simulate(method, problem, starts, steps, fields=("latent",), progress=False).latent
    late = path[steps // 2 :]
    flipping = signs.flips_per_step(late).sum(axis=0) > 0
    return join(
        _check(_moves_to_zero, f"theta {NAMES}")(budget),
        _check(_shrinks, f"theta {NAMES}")(budget),
        measured={
            "share of starts that still flip, decaying steps": float(flipping.mean()),
            "largest late |F'(x_t)|, decaying steps": float(np.abs(late).max()),
        },
        predicted={"share of starts that still flip, decaying steps": 1.0},
    )


CLAIM = Claim(
    name="lazy-oscillation",
    source="arXiv 1810.00861, Theorem 5.2",
    statement=(
        "Lazy prox-gradient on x^2/2 with the smoothed W has a period-two orbit for every constant step up to a "
        "bound; its mapped points are not stationary, |F'| = eta lambda / (2 - eta) there, which vanishes with "
        "the step although the signs never settle."
    ),
    formula="theta = +-lambda eta / (2 - eta),  eps <= lambda <= (1 - eps)(1 - eta/2)",
    parts=(
        Part("orbit", "the closed form returns after two steps", _orbit),
        Part("not stationary", "F'(x) = theta != 0 at the mapped point", _check(_not_stationary)),
        Part("small steps", "F'(x) <= eta lambda for eta <= 1", _check(_small_steps)),
        Part("decaying steps", "residual -> 0 while signs keep flipping", _decaying_steps),
    ),
    controls=(
        Control(
            "amplitude lambda eta / 2",
            "the orbit has amplitude lambda eta / 2 at every step size",
            _check(_period_two(size=half_product)),
        ),
        Control(
            "no bound on lambda",
            "the orbit exists above its range",
            _check(_period_two(assumed=not_below)),
        ),
        Control(
            "lambda below eps",
            "the orbit exists below its range",
            _check(_period_two(assumed=not_above)),
        ),
        Control("eager", "ProxQuant oscillates on the same orbit", _check(_period_two(eager))),
        Control(
            "bounded away",
            "the mapped residual stays above lambda / 8 for all steps",
            _check(_bounded_away),
        ),
    ),
    headline=FIGURE,
)
