"""Sums over the steps of a run: the gradient at the mean, for quadratics and for other losses."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import ForAll, Invariant, forall, invariant, one_of, positive, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.theory.binary_connect.bc_average.sums import moved, quantized

#: (x, a, b) -> L'(x)
Slope = Callable[[Any, Any, Any], Any]
POINT = Fraction(1, 3)


def affine(x: Any, a: Any, b: Any) -> Any:
    """The slope of a x^2 / 2 + b x."""
    return a * x + b


def cubic(x: Any, a: Any, b: Any) -> Any:
    """The slope of a x^4 / 4 + b x."""
    return a * x**3 + b


@invariant(
    state="theta rows steps",
    fixed={"start": real, "b": real, "eta": positive},
    each={"row": real},
    first=lambda theta, rows, steps, start: [theta == start, rows == 0, steps == 0],
    step=lambda theta, theta_next, rows, rows_next, steps, steps_next, row, b, eta: [
        theta_next == moved(theta, row + b, eta),
        rows_next == rows + row,
        steps_next == steps + 1,
    ],
)
def telescopes(theta: Any, rows: Any, steps: Any, start: Any, b: Any, eta: Any) -> Any:
    """theta_T = theta_0 - eta sum_{t<T} (A x_t + b)_i, row = (A x_t)_i."""
    return theta == start - eta * (rows + steps * b)


def _run(start: Fraction, a: Fraction, b: Fraction, eta: Fraction) -> bool | None:
    """Whether all three statements hold of 9 steps on a x^2 / 2 + b x; None where eta <= 0.

    The gradient at the mean for constant steps; for eta / (1 + t), its bound, and the mean with these as weights.
    """
    if eta <= 0:
        return None
    theta, falling, largest = start, start, abs(start)
    total = S = weighted = elapsed = used = Fraction(0)
    for step in range(1, 10):
        x = Fraction(np.asarray(quantized(theta)).item())
        theta, total = Fraction(np.asarray(moved(theta, a * x + b, eta)).item()), total + x
        y, used = Fraction(np.asarray(quantized(falling)).item()), eta / step
        falling = Fraction(np.asarray(moved(falling, a * y + b, used)).item())
        S, weighted, elapsed = S + a * y + b, weighted + used * y, elapsed + used
        largest = max(largest, abs(falling))
    constant = eta * (a * total + 9 * b) == start - theta
    return (
        constant and abs(S) * used <= 2 * largest and a * weighted + b * elapsed == start - falling
    )


#: runs, where no solver is at hand
RUNS = Cases(_run, dict.fromkeys(("start", "a", "b", "eta"), Fractions(-4, 4)))


@forall(
    theta=real,
    rows=real,
    steps=positive,
    start=real,
    b=real,
    eta=positive,
    cases=RUNS,
    by=lambda theta, rows, steps, start, b, eta: [
        telescopes.at(theta=theta, rows=rows, steps=steps, start=start, b=b, eta=eta)
    ],
)
def gradient_at_the_mean(theta: Any, rows: Any, steps: Any, start: Any, b: Any, eta: Any) -> Any:
    """Grad L(mean)_i = (theta_0 - theta_T)_i / (eta T): (A mean)_i is the mean of the (A x_t)_i."""
    return rows / steps + b == (start - theta) / (eta * steps)


def cycle(slope: Slope, one_step_size: bool = True, weighted: bool = False) -> ForAll:
    """Over three steps that lead back, the slope is 0 at the mean of the x_t, plain or weighted by the step sizes."""

    def run(theta: Any, a: Any, b: Any, eta1: Any, eta2: Any, eta3: Any) -> tuple[Any, Any]:
        etas = [eta1] * 3 if one_step_size else [eta1, eta2, eta3]
        weights = etas if weighted else [1, 1, 1]
        now, total = theta, 0
        for eta, weight in zip(etas, weights, strict=True):
            x = quantized(now)
            now, total = moved(now, slope(x, a, b), eta), total + weight * x
        return now, total / sum(weights)

    @forall(
        theta=real,
        a=positive,
        b=real,
        eta1=positive,
        eta2=positive,
        eta3=positive,
        given=lambda theta, **v: [run(theta, **v)[0] == theta],
    )
    def stationary(theta: Any, a: Any, b: Any, eta1: Any, eta2: Any, eta3: Any) -> Any:
        return slope(run(theta, a, b, eta1, eta2, eta3)[1], a, b) == 0

    return stationary


@forall(eta=positive)
def not_stationary(eta: Any) -> Any:
    """On x^4 / 4 + x / 3 from 0 the signs are +1, -1, -1 for ever: the mean is -1/3, where the slope is not 0."""
    theta, total = 0 * eta, 0
    for _ in range(3):
        x = quantized(theta)
        theta, total = moved(theta, cubic(x, 1, POINT), eta), total + x
    return (theta == 0) & (total / 3 == -POINT) & (cubic(total / 3, 1, POINT) > 0)


@forall(left=real, right=positive, x=one_of(-1, 1), given=lambda left: [left < 0])
def secant(left: Any, right: Any, x: Any) -> Any:
    """With L'(-1) < 0 < L'(1) the slopes are those of a x^2 / 2 - a x* x, x* the root of the secant, |x*| < 1."""
    a, root = (right - left) / 2, (left + right) / (left - right)
    slope = ((1 + x) * right + (1 - x) * left) / 2
    return (slope == a * (x - root)) & (a > 0) & (root > -1) & (root < 1)


def abel(decreasing: bool = True) -> Invariant:
    """|eta S + theta_i| <= K, S = sum_{k<t} grad L(x_k)_i, is kept by steps that do not grow, while |theta_i| <= K."""

    @invariant(
        state="theta S eta",
        fixed={"K": real},
        each={"gradient": real, "used": positive},
        first=lambda theta, S, eta, K: [S == 0, eta > 0, abs(theta) <= K],
        step=lambda theta, theta_next, S, S_next, eta, eta_next, gradient, used, K: [
            *([used <= eta] if decreasing else []),
            eta_next == used,
            theta_next == moved(theta, gradient, used),
            S_next == S + gradient,
            abs(theta_next) <= K,
        ],
    )
    def bounded(theta: Any, S: Any, eta: Any, K: Any) -> Any:
        return (eta > 0) & (abs(theta) <= K) & (abs(eta * S + theta) <= K)

    return bounded


ABEL = abel()


@forall(
    theta=real,
    S=real,
    eta=positive,
    K=real,
    steps=positive,
    cases=RUNS,
    by=lambda theta, S, eta, K: [ABEL.at(theta=theta, S=S, eta=eta, K=K)],
)
def plain_mean(S: Any, eta: Any, K: Any, steps: Any) -> Any:
    """|grad L(mean)_i| = |S| / T <= 2 K / (T eta_{T-1})."""
    return abs(S / steps) <= 2 * K / (steps * eta)


@invariant(
    state="w apart elapsed",
    fixed={"w0": real, "x": real},
    each={"theta": real, "eta": positive},
    first=lambda w, apart, elapsed, w0: [w == w0, apart == 0, elapsed == 0],
    step=lambda w, w_next, apart, apart_next, elapsed, elapsed_next, theta, eta, x: [
        w_next == w - eta * (quantized(theta) - x),
        apart_next == apart + eta * quantized(theta),
        elapsed_next == elapsed + eta,
    ],
)
def weighted(w: Any, apart: Any, elapsed: Any, w0: Any, x: Any) -> Any:
    """Sum eta_t x_t - x* sum eta_t = w_0 - w_T."""
    return apart - elapsed * x == w0 - w


@forall(
    w=real,
    apart=real,
    elapsed=positive,
    w0=real,
    x=real,
    cases=RUNS,
    by=lambda w, apart, elapsed, w0, x: [
        weighted.at(w=w, apart=apart, elapsed=elapsed, w0=w0, x=x)
    ],
)
def weighted_mean(w: Any, apart: Any, elapsed: Any, w0: Any, x: Any) -> Any:
    """The mean weighted by the step sizes is off x* by (w_0 - w_T) / sum eta_t."""
    return apart / elapsed - x == (w0 - w) / elapsed
