r"""Lazy prox-gradient need not converge: on L = x^2/2 with the smoothed W it has the orbit of period two.

    theta = +-lambda eta / (2 - eta),   mapped points x = +-2 lambda / (2 - eta),
    for eps <= lambda <= (1 - eps)(1 - eta/2),

because the prox of theta in (0, 1) is theta + lambda there, and theta - eta (theta + lambda) = -theta.
The mapped points are not stationary for F = L + lambda S at any constant step: F'(x) = theta exactly (nor are the
latent ones, unless lambda = eps). But theta = O(eta), so the
*mapped* points come as close to stationary as the step is small, while their sign flips at every step for ever.
"""

from fractions import Fraction
from itertools import product

import numpy as np

from pqtheory import signs
from pqtheory._arrays import Array
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.methods import LazyProx, Method, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import SmoothedL1
from pqtheory.schedules import Polynomial
from pqtheory.sets import Binary
from pqtheory.simulate import simulate

HALF_SQUARE = Quadratic(
    np.array([[Fraction(1)]], dtype=object), np.array([Fraction(0)], dtype=object)
)


def amplitude(eta: Fraction, strength: Fraction) -> Fraction:
    """Theta of the orbit."""
    return strength * eta / (2 - eta)


def _settings(budget: Budget, side: int = 0) -> list[tuple[Fraction, Fraction, Fraction]]:
    """(eta, lambda, eps) inside the range of the orbit (side 0), just above it (1) or below it (-1)."""
    parts = budget.pick(8, 32)
    settings = []
    for numerator, denominator in product(range(1, parts + 1), (4, 8, 16)):
        eta, eps = Fraction(3 * numerator, 2 * parts), Fraction(1, denominator)
        highest = (1 - eps) * (1 - eta / 2)
        if side:
            settings.append((eta, highest * Fraction(11, 10) if side > 0 else eps / 2, eps))
        elif highest >= eps:
            settings.extend((eta, eps + share * (highest - eps), eps) for share in _SHARES)
    return settings


_SHARES = (Fraction(0), Fraction(1, 3), Fraction(9, 10), Fraction(1))


def _orbit(eta: Fraction, strength: Fraction, eps: Fraction, theta: Fraction, eager: bool) -> Array:
    """Latent weights of four steps from ``theta``, in exact arithmetic: shape (5,)."""
    kind = ProxQuant if eager else LazyProx
    method: Method = kind(SmoothedL1(Binary(), eps), eta, strength)
    start = np.array([theta], dtype=object)
    return simulate(method, HALF_SQUARE, start, 4, fields=("latent",)).latent[:, 0]


def _period_two(
    budget: Budget, side: int = 0, scale: Fraction = Fraction(1), eager: bool = False
) -> Evidence:
    settings = _settings(budget, side)
    holds = []
    for eta, strength, eps in settings:
        theta = scale * amplitude(eta, strength)
        path = _orbit(eta, strength, eps, theta, eager)
        holds.append(bool((path == np.array([theta, -theta, theta, -theta, theta])).all()))
    half = _orbit(Fraction(1, 2), Fraction(1, 2), Fraction(1, 8), scale * Fraction(1, 6), eager)
    return judge(
        "sampled",
        np.array(holds),
        _columns(settings),
        measured={"|theta| after 4 steps, eta = lambda = 1/2": abs(float(half[-1]))},
        predicted={"|theta| after 4 steps, eta = lambda = 1/2": 1 / 6},
    )


def _residual(budget: Budget, stays_above: Fraction | None = None) -> Evidence:
    """F'(x) = theta at the mapped point x, and F'(theta) = theta + lambda S'(theta) is not 0."""
    settings = _settings(budget)
    if stays_above is not None:
        settings = [(Fraction(1, 2**k), Fraction(1, 2), Fraction(1, 8)) for k in range(1, 12)]
    margins = []
    for eta, strength, eps in settings:
        smoothed = SmoothedL1(Binary(), eps)
        theta = np.array([amplitude(eta, strength)], dtype=object)
        mapped = smoothed.prox(theta, strength)
        at_mapped = abs(mapped + strength * smoothed.gradient(mapped))[0]
        at_latent = abs(theta + strength * smoothed.gradient(theta))[0]
        exact = mapped[0] == 2 * strength / (2 - eta) and at_mapped == theta[0]
        if stays_above is not None:
            margins.append(at_mapped - stays_above * strength)
        else:
            # at lambda = eps the cap is flat in F and the latent point is stationary: only the mapped one is not
            unsettled = at_mapped > 0 and (at_latent > 0 or strength == eps)
            margins.append(Fraction(0 if exact and unsettled else -1))
    return judge("sampled", np.array(margins, dtype=object), _columns(settings))


def _small_steps(budget: Budget) -> Evidence:
    """The residual of the mapped points over eta lambda / 2 tends to 1 with eta."""
    eta, strength = Fraction(1, 2 ** budget.pick(10, 20)), Fraction(1, 2)
    path = _orbit(eta, strength, Fraction(1, 8), amplitude(eta, strength), False)
    ratio = abs(path[-1]) / (eta * strength / 2)
    return judge(
        "sampled",
        np.array([abs(path[-1]) < eta]),
        {"eta": np.array([eta], dtype=object)},
        measured={"mapped residual / (eta lambda / 2)": float(ratio)},
        predicted={"mapped residual / (eta lambda / 2)": 1.0},
        agreement=1e-3,
    )


def _decaying_steps(budget: Budget) -> Evidence:
    """eta_t = c / (t + 2): signs flip to the end, yet F'(x_t) = theta_t tends to 0."""
    starts = np.linspace(-1.5, 1.5, 31)[:, None]
    steps = budget.pick(2000, 20000)
    problem = Quadratic([[1.0]], [0.0])
    method = LazyProx(SmoothedL1(Binary(), 0.125), Polynomial(1.0, -1, 2), 0.5)
    path = simulate(method, problem, starts, steps, fields=("latent",), progress=False).latent
    late = np.abs(path[steps // 2 :, :, 0]).max(axis=0)
    flips_late = signs.flips_per_step(path[steps // 2 :]).sum(axis=0) > 0
    return judge(
        "sampled",
        np.where(flips_late, 2.0 / steps - late, -1.0),
        {"theta0": starts[:, 0]},
        measured={"largest late |F'(x_t)|, decaying steps": float(late.max())},
    )


def _columns(settings: list[tuple[Fraction, Fraction, Fraction]]) -> dict[str, Array]:
    columns = np.array(settings, dtype=object)
    return {"eta": columns[:, 0], "lambda": columns[:, 1], "epsilon": columns[:, 2]}


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
        Part("orbit", "the closed form returns after two steps, exactly", _period_two),
        Part("not stationary", "F'(x) = theta != 0 at the mapped point", _residual),
        Part("small steps", "the mapped residual is eta lambda / 2 to first order", _small_steps),
        Part("decaying steps", "residual -> 0 while signs keep flipping", _decaying_steps),
    ),
    controls=(
        Control(
            "amplitude lambda eta / 2",
            "the orbit has amplitude lambda eta / 2 at every step size",
            # this is the closed form times (2 - eta) / 2, taken at eta = 1/2
            lambda b: _period_two(b, scale=Fraction(3, 4)),
        ),
        Control(
            "no bound on lambda",
            "the orbit exists beyond its range",
            lambda b: _period_two(b, side=1),
        ),
        Control(
            "eager", "ProxQuant oscillates on the same orbit", lambda b: _period_two(b, eager=True)
        ),
        Control(
            "bounded away",
            "the mapped residual stays above lambda / 8 for all steps",
            lambda b: _residual(b, stays_above=Fraction(1, 8)),
        ),
    ),
    headline="|theta| after 4 steps, eta = lambda = 1/2",
)
