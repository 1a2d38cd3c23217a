r"""One step of lazy prox-gradient whose prox weight A grows by the step size, on F = L + R: dual averaging, noise included.

L convex, |L(q) - L(p)| <= G |q - p|; R any convex function, which may be infinite (it stands for lambda R); p = prox_{A R}(theta),
theta' = theta - eta g, q the next p; g = s + xi, s a subgradient of L at p. With D(u) = h(u) - h(p) - <theta, u - p>,
h = |x|^2 / 2 + A R, and noise = <xi, p - u>,

    eta (F(q) - F(u)) <= D(u) - D'(u) + eta (G + |g|) |q - p| - |q - p|^2 / 2 - eta noise
                      <= D(u) - D'(u) + eta^2 (G^2 + |g|^2) - eta noise.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import ForAll, forall, nonnegative, positive
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Codebook
from pqtheory.theory.lazy.lazy_minimises_what.steps import SPACE, distance, subgradient
from pqtheory.theory.vectors import reals

VALUES = reals("L_p", "L_q", "L_u", "R_p", "R_q", "R_u", "noise")
SIZES: dict[str, Any] = {"eta": positive, "G": positive}
STEP: dict[str, Any] = {
    **SPACE.products,
    **VALUES,
    "A": nonnegative,
    "moved": nonnegative,
    "size": nonnegative,
}


def of_loss(
    L_p: Any, L_q: Any, L_u: Any, noise: Any, moved: Any, size: Any, G: Any, **case: Any
) -> Sequence[Any]:
    """L is convex and G-Lipschitz, g - xi a subgradient at p; moved = |q - p|, size = |g|."""
    _, p, q, u, g = SPACE.of(case)
    return [
        moved**2 == (q - p) @ (q - p),
        size**2 == g @ g,
        g @ (p - q) <= size * moved,
        L_q <= L_p + G * moved,
        L_u >= L_p + g @ (u - p) + noise,
    ]


def of_step(R_p: Any, R_q: Any, A: Any, **case: Any) -> Sequence[Any]:
    """That, and p is the prox for a convex R."""
    theta, p, q, _, _ = SPACE.of(case)
    return [*of_loss(**case), subgradient(theta, p, q, R_p, R_q, A)]


def of_step_not_convex(R_p: Any, R_q: Any, A: Any, eta: Any, **case: Any) -> Sequence[Any]:
    """The same with any R: p and q minimise each its own objective, at weight A and A + eta."""
    theta, p, q, _, g = SPACE.of(case)
    after = theta - g * eta
    return [
        *of_loss(**case),
        p @ p / 2 + A * R_p - theta @ p <= q @ q / 2 + A * R_q - theta @ q,
        q @ q / 2 + (A + eta) * R_q - after @ q <= p @ p / 2 + (A + eta) * R_p - after @ p,
    ]


def cost(case: Mapping[str, Any], factor: Any = 1) -> Any:
    """What a step costs: eta^2 (G^2 + |g|^2) - eta noise."""
    eta, g = case["eta"], SPACE.of(case)[4]
    return factor * eta**2 * (case["G"] ** 2 + g @ g) - eta * case["noise"]


def gain(case: Mapping[str, Any]) -> Any:
    """Eta (F(q) - F(u))."""
    return case["eta"] * (case["L_q"] + case["R_q"] - case["L_u"] - case["R_u"])


def potentials(case: Mapping[str, Any]) -> tuple[Any, Any]:
    """D(u) before and after the step."""
    theta, p, q, u, g = SPACE.of(case)
    eta, A, R_p, R_q, R_u = (case[name] for name in ("eta", "A", "R_p", "R_q", "R_u"))
    before = distance(theta, p, u, R_p, R_u, A)
    return before, distance(theta - g * eta, q, u, R_q, R_u, A + eta)


def one_step(factor: Any = 1, given: Any = of_step, cases: Cases | None = None) -> ForAll:
    """Eta (F(q) - F(u)) <= D(u) - D'(u) + the cost, ``factor`` times its squares."""

    @forall(**STEP, **SIZES, given=given, cases=cases)
    def gains(**case: Any) -> Any:
        before, after = potentials(case)
        return gain(case) <= before - after + cost(case, factor)

    return gains


def on_a_line(theta: Any, A: Any, eta: Any, noise: Any, u: Any) -> Any:
    """What a step of ProxConnect with R = |x| on L = |x - 1/2| leaves, the gradient off by ``noise``."""
    theta, A, eta, u = (np.array([v]) for v in (theta, A, eta, u))
    p = ABSOLUTE.prox(theta, weight=A)
    g = np.sign(p - HALF) + noise
    q = ABSOLUTE.prox(theta - eta * g, weight=A + eta)
    F_q, F_u = (abs(x - HALF) + abs(x) for x in (q, u))
    before = u**2 / 2 + A * abs(u) - p**2 / 2 - A * abs(p) - theta * (u - p)
    grown, after = A + eta, theta - eta * g
    later = u**2 / 2 + grown * abs(u) - q**2 / 2 - grown * abs(q) - after * (u - q)
    paid = eta**2 * (1 + g**2) - eta * noise * (p - u)
    return (before - later + paid - eta * (F_q - F_u))[0]


HALF = Fraction(1, 2)
#: |x|, whose prox is soft thresholding
ABSOLUTE = DistanceL1(Codebook((0,)))
STEP_GAINS = one_step(
    cases=Cases(
        on_a_line,
        {
            "theta": Fractions(-3, 3),
            "A": Fractions(0, 2),
            "eta": Fractions(0, 2, open_low=True),
            "noise": Fractions(-2, 2),
            "u": Fractions(-2, 2),
        },
        quick=50,
    )
)
