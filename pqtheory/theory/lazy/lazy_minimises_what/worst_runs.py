"""Runs on a line with R = |x| that reach the bounds, for every T: by the code's own steps, and as whole runs."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import ForAll, between, forall, invariant, positive, real
from pqtheory.claims.cases import Cases, Choice, Fractions, Integers
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.schedules import Linear
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_minimises_what.on_a_line import DISTANCE, distance, mapped, stepped

LENGTH, SIZE = Integers(1, 10), Fractions(0, 4, open_low=True)
SHARE = Choice(tuple(1 - Fraction(1, 4**n) for n in range(1, 6)))


def mapped_run(method: LazyProx, s: Fraction, start: Fraction, T: int) -> list[Any]:
    """p_0 .. p_T for L(x) = s x, exactly."""
    line = Quadratic(np.array([[0 * s]]), np.array([s]))
    path = simulate(method, line, np.array([start]), T, fields=("latent",), progress=False)
    return [method.map(theta, k, 1)[0] for k, theta in enumerate(path.latent)]


# L(x) = -s x from 0 with lambda = T eta s: p stays 0 for T steps


@invariant(
    state="k theta",
    fixed={"T": positive, "eta": positive, "s": positive},
    first=lambda k, theta: [k == 0, theta == 0],
    step=lambda k, k_next, theta, theta_next, T, eta, s: [
        k_next == k + 1,
        k_next <= T,
        theta_next == stepped(theta, -s, eta),
    ],
)
def held(k: Any, theta: Any, T: Any, eta: Any, s: Any) -> Any:
    """theta_k = k eta s, and p_k = 0."""
    return (k >= 0) & (theta == k * eta * s) & (mapped(theta, T * eta * s) == 0)


def slope(T: Any, eta: Any, share: Any) -> Any:
    """The s that reaches this share of the bound."""
    return share / (2 * eta * T * (1 - share))


def fixed_ends(T: int, eta: Any, share: Any) -> tuple[Any, Any]:
    """Eta T (L(p_T) - L(1)) of the run, and D_0(1)."""
    eta, share, zero = Fraction(eta), Fraction(share), Fraction(0)
    s = slope(T, eta, share)
    method = LazyProx(DISTANCE, eta, T * eta * s)
    end = mapped_run(method, -s, zero, T)[-1]
    return eta * T * (s - s * end), distance(zero, zero, zero + 1, T * eta * s)


def fixed_run(constant: Any = 1) -> ForAll:
    """L(p_T) - L(1) is share D_0(1) / (eta T), and at most constant D_0(1) / (eta T)."""

    def within(T: int, eta: Any, share: Any) -> Any:
        excess, D_0 = fixed_ends(T, eta, share)
        return excess == share * D_0 and excess <= constant * D_0

    @forall(
        T=real,
        eta=positive,
        share=between(0, 1, open_low=True, open_high=True),
        p=real,
        given=lambda T, eta, share, p: [
            T >= 1,
            p == mapped(T * eta * slope(T, eta, share), T * eta * slope(T, eta, share)),
        ],
        by=lambda T, eta, share: [
            held.at(
                k=T,
                theta=T * eta * slope(T, eta, share),
                T=T,
                eta=eta,
                s=slope(T, eta, share),
            )
        ],
        cases=Cases(within, {"T": LENGTH, "eta": SIZE, "share": SHARE}),
    )
    def reaches(T: Any, eta: Any, share: Any, p: Any) -> Any:
        s = slope(T, eta, share)
        D_0 = distance(0, 0 * share, 0 * share + 1, T * eta * s)
        excess = eta * T * (s - s * p)
        return (excess == share * D_0) & (excess <= constant * D_0)

    return reaches


# L = 0, lambda R = |x| / (eta (T + 1)) from 1: p_k = 1 - k / (T + 1)


@invariant(
    state="k theta total",
    fixed={"T": positive, "eta": positive},
    each={"p_next": real},
    first=lambda k, theta, total: [k == 0, theta == 1, total == 0],
    step=lambda k, k_next, theta, theta_next, total, total_next, p_next, T, eta: [
        k_next == k + 1,
        k_next <= T,
        theta_next == stepped(theta, 0, eta),
        p_next == mapped(theta_next, k_next / (T + 1)),
        total_next == total + DISTANCE.value(p_next),
    ],
)
def shrinking(k: Any, theta: Any, total: Any, T: Any) -> Any:
    """The sum of |p_1| .. |p_k| is k - k (k + 1) / (2 (T + 1))."""
    return (k >= 0) & (theta == 1) & (total == k - k * (k + 1) / (2 * (T + 1)))


def mean_excess(T: int, eta: Any) -> Any:
    """The mean of F(p_k) - F(0) of the run."""
    rate = 1 / (Fraction(eta) * (T + 1))
    method = LazyProx(DISTANCE, eta, Linear(rate * eta))
    return rate * sum(abs(p) for p in mapped_run(method, Fraction(0), Fraction(1), T)[1:]) / T


def aggregated_run(constant: Any = 1) -> ForAll:
    """The mean of F(p_k) - F(0) is 1 / (2 eta (T + 1)), and at most constant / (2 eta (T + 1))."""

    def within(T: int, eta: Any) -> Any:
        mean, bound = mean_excess(T, eta), 1 / (2 * Fraction(eta) * (T + 1))
        return mean == bound and mean <= constant * bound

    @forall(
        T=real,
        eta=positive,
        total=real,
        theta=real,
        given=lambda T, eta, total, theta: [T >= 1],
        by=lambda T, eta, total, theta: [shrinking.at(k=T, theta=theta, total=total, T=T, eta=eta)],
        cases=Cases(within, {"T": LENGTH, "eta": SIZE}),
    )
    def reaches(T: Any, eta: Any, total: Any) -> Any:
        mean, bound = total / (eta * (T + 1)) / T, 1 / (2 * eta * (T + 1))
        return (mean == bound) & (mean <= constant * bound)

    return reaches
