r"""Lazy prox-gradient need not converge: on L = x^2/2 with the smoothed W it may oscillate for ever.

For 0 < eps <= 1/2 and 0 < eta < 2 it has an orbit of period two, theta = +-a, exactly if lambda >= eps (1 - eta/2):

    a = lambda eta / max(2 - eta, 2 lambda + (2 - eta) eps),

the first of the two up to lambda = (1 - eps)(1 - eta/2). Computer algebra finds both and their ranges, from one exact
run each. For lambda < eps (1 - eta/2) every step shrinks |theta| by q = max(1 - eta eps / (eps + lambda),
eta eps / (eps - lambda) - 1) < 1 at least.

Since prox is stationary for its own objective, F'(x) = theta at every mapped point x, with F = L + lambda S. So the
mapped points of an orbit are not stationary; but a < eta/2, so they come as close to it as the step is small, while
their sign flips at every step for ever.

Decaying steps, lambda >= eps, eta_t <= 1: a mapped point has the sign of theta and c <= |x| <= |theta| + lambda with
c = min(lambda, lambda / (lambda + eps)). So a step moves theta by eta_t c toward 0 at least, or across it, and then
|theta| <= eta_t lambda. From any step s on, once c (eta_s + ... + eta_t) > |theta_s|, the sign has flipped, and
|F'(x)| = |theta| is at most lambda times the largest step since: where eta_t -> 0 and sum eta_t = infinity it vanishes,
and the signs never settle.
"""

from fractions import Fraction
from typing import Any

from pqtheory.claims import Claim, Control, ForAll, Part, all_of, forall, one_of, positive, real
from pqtheory.theory.lazy.lazy_oscillation import decay
from pqtheory.theory.lazy.lazy_oscillation.orbits import (
    FIGURES,
    SETTING,
    a,
    eager,
    found,
    four_steps,
    in_range,
    mapped,
    orbit,
    smoothed,
)


def slope(x: Any, strength: Any, eps: Any) -> Any:
    """F'(x)."""
    return x + strength * smoothed(eps).gradient(x)


@forall(theta=real, strength=positive, eps=SETTING["eps"])
def slope_at_mapped(theta: Any, strength: Any, eps: Any) -> Any:
    """F'(x) = theta at the mapped point x."""
    return slope(mapped(theta, strength, eps), strength, eps) == theta


@forall(theta=real, strength=positive, eps=SETTING["eps"])
def keeps_sign(theta: Any, strength: Any, eps: Any) -> Any:
    """The mapped point has the sign of theta."""
    x = mapped(theta, strength, eps)
    return ((theta <= 0) | (x > 0)) & ((theta >= 0) | (x < 0))


@forall(**SETTING, given=lambda eta, strength, eps: [in_range(eta, strength, eps)])
def is_small(eta: Any, strength: Any, eps: Any) -> Any:
    """0 < a < eta/2."""
    size = a(eta, strength, eps)
    return (size > 0) & (size < eta / 2)


def residual(share: Any = 0) -> ForAll:
    """At both mapped points of the orbit share lambda < |F'| < eta/2, and their signs differ."""

    def lemmas(sign: Any, eta: Any, strength: Any, eps: Any) -> Any:
        theta = sign * a(eta, strength, eps)
        return [
            is_small.at(eta=eta, strength=strength, eps=eps),
            slope_at_mapped.at(theta=theta, strength=strength, eps=eps),
            keeps_sign.at(theta=theta, strength=strength, eps=eps),
        ]

    @forall(
        sign=one_of(-1, 1),
        **SETTING,
        given=lambda eta, strength, eps: [in_range(eta, strength, eps)],
        by=lemmas,
    )
    def never_stationary(sign: Any, eta: Any, strength: Any, eps: Any) -> Any:
        x = mapped(sign * a(eta, strength, eps), strength, eps)
        outward = sign * slope(x, strength, eps)
        return (outward > share * strength) & (outward < eta / 2) & (sign * x > 0)

    return never_stationary


def first_size(eta: Any, strength: Any, eps: Any) -> Any:
    """The first, lambda eta / (2 - eta), at every strength."""
    return strength * eta / (2 - eta)


CLAIM = Claim(
    name="lazy-oscillation",
    source="arXiv 1810.00861, Theorem 5.2",
    statement=(
        "Lazy prox-gradient on x^2/2 with the smoothed W, 0 < eps <= 1/2, 0 < eta < 2, lambda > 0, has the orbit "
        "theta = +-a of period two for lambda >= eps (1 - eta/2); below, |theta_t| <= q^t |theta_0| with q < 1. The "
        "mapped points of the orbit are not stationary, 0 < |F'| < eta/2, which vanishes with the step although the "
        "signs never settle. So it is under steps eta_t <= 1 that decay to 0 with an infinite sum, for lambda >= eps: "
        "from any step on, once the steps add up to more than |theta| / c, c = min(lambda, lambda / (lambda + eps)), "
        "the sign has flipped and |F'| is at most lambda times the largest of them."
    ),
    formula=(
        "a = lambda eta / max(2 - eta, 2 lambda + (2 - eta) eps) exactly for lambda >= eps (1 - eta/2), "
        "0 < eta < 2, 0 < eps <= 1/2;  below: q = max(1 - eta eps / (eps + lambda), eta eps / (eps - lambda) - 1)"
    ),
    formula_latex=(
        r"\theta = \pm a,\quad a = \frac{\lambda \eta}{\max(2 - \eta,\ 2 \lambda + (2 - \eta) \varepsilon)}"
        r"\qquad \text{exactly for } \lambda \ge \varepsilon \left(1 - \tfrac{\eta}{2}\right),"
        r"\quad 0 < \eta < 2,\ 0 < \varepsilon \le \tfrac12"
    ),
    derivation_latex=(
        r"One step from $a$ leads to $-a$ and back, by the prox's own formula. $F'(x) = \theta$ at every mapped point"
        r" $x$, $F = L + \lambda S$, so $0 < |F'| = a < \tfrac{\eta}{2}$ on the orbit. Below the range"
        r" $|\theta'| \le q |\theta|$ with $q = \max(1 - \tfrac{\eta \varepsilon}{\varepsilon + \lambda},"
        r" \tfrac{\eta \varepsilon}{\varepsilon - \lambda} - 1) < 1$. Under decaying steps, $\lambda \ge \varepsilon$,"
        r" a step leaves $|\theta'| \le |\theta| - \eta_t c$ where it keeps the sign, and"
        r" $|\theta'| \le \eta_t \lambda$ where it flips it, with"
        r" $c = \min(\lambda, \tfrac{\lambda}{\lambda + \varepsilon})$."
    ),
    parts=(
        Part("orbit", "it is one exactly in its range", all_of(orbit(), figures=four_steps)),
        Part("found", "computer algebra finds this one, from two runs", found),
        Part(
            "below",
            "for lambda < eps (1 - eta/2), |theta_t| <= q^t |theta_0|, q < 1",
            decay.vanishes,
        ),
        Part(
            "not stationary",
            "0 < |F'| < eta/2 at the mapped points of the orbit, whose signs differ",
            residual(),
        ),
        Part(
            "decaying steps",
            "the sign flips again and again, and |F'| = |theta| <= lambda times the largest step",
            all_of(decay.flips_and_vanishes, slope_at_mapped, beside=(decay.decaying_run,)),
        ),
    ),
    controls=(
        Control(
            "amplitude lambda eta / 2",
            "the orbit has amplitude lambda eta / 2 at every step size",
            orbit(lambda eta, strength, eps: strength * eta / 2),
        ),
        Control(
            "from eps on",
            "it is one only for lambda >= eps",
            orbit(inside=lambda eta, strength, eps: strength >= eps),
        ),
        Control(
            "no bound on lambda", "+-lambda eta / (2 - eta) is one above too", orbit(first_size)
        ),
        Control(
            "any small lambda",
            "it is one at every lambda",
            orbit(inside=lambda eta, strength, eps: strength > 0),
        ),
        Control("eager", "ProxQuant oscillates on the same orbit", orbit(move=eager)),
        Control(
            "bounded away",
            "the mapped residual stays above lambda / 8 for all steps",
            residual(share=Fraction(1, 8)),
        ),
    ),
    headline=FIGURES["small"],
    uses=("smoothed-w",),
    operators=(
        "pqtheory.methods.LazyProx.step",
        "pqtheory.methods.LazyProx.query",
        "pqtheory.regularizers.SmoothedL1.prox",
        "pqtheory.regularizers.SmoothedL1.gradient",
    ),
)
