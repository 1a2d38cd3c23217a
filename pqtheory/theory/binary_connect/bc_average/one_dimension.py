"""BinaryConnect's signs in one dimension, on a x^2 / 2 - a x* x with |x*| < 1, all of it."""

import itertools
from fractions import Fraction
from functools import reduce
from operator import and_
from typing import Any

import numpy as np

from pqtheory.claims import ForAll, between, forall, invariant, positive, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.theory.binary_connect.bc_average.sums import moved, quantized

INNER = between(-1, 1, open_low=True, open_high=True)
LINE: dict[str, Any] = {"a": positive, "x": INNER, "eta": positive}


def following(theta: Any, a: Any, x: Any, eta: Any) -> Any:
    """theta_{t+1}."""
    return moved(theta, a * (quantized(theta) - x), eta)


def ends(a: Any, x: Any, eta: Any) -> tuple[Any, Any]:
    """The band: low <= theta < high."""
    return -eta * abs(a) * (1 - x), eta * abs(a) * (1 + x)


def in_band(theta: Any, a: Any, x: Any, eta: Any) -> Any:
    """Whether theta is in it."""
    low, high = ends(a, x, eta)
    return (low <= theta) & (theta < high)


def band(convex: bool = True) -> ForAll:
    """The band is kept, a being the curvature."""

    @forall(
        theta=real,
        a=real,
        x=INNER,
        eta=positive,
        given=lambda theta, a, x, eta: [
            a > 0 if convex else (a > 0) | (a < 0),
            in_band(theta, a, x, eta),
        ],
    )
    def kept(theta: Any, a: Any, x: Any, eta: Any) -> Any:
        return in_band(following(theta, a, x, eta), a, x, eta)

    return kept


BAND = band()


@forall(theta=real, **LINE)
def reaches(theta: Any, a: Any, x: Any, eta: Any) -> Any:
    """Outside the band theta moves toward it, by eta a (1 - x*) or eta a (1 + x*), and not past it."""
    low, high = ends(a, x, eta)
    after = following(theta, a, x, eta)
    down = (after == theta + low) & (after >= low)
    up = (after == theta + high) & (after < high)
    return ((theta < high) | down) & ((theta >= low) | up)


def _on_the_line(start: Fraction, a: Fraction, x: Fraction, eta: Fraction) -> Any:
    """Slack of both bounds in 12 steps, once the band is reached; None where that takes more than 100."""
    if a <= 0 or eta <= 0 or abs(x) >= 1 or abs(start) >= 100 * eta * a * (1 - abs(x)):
        return None
    theta, signs, slack = start, [], []
    for _ in range(100):
        theta = Fraction(np.asarray(following(theta, a, x, eta)).item())
    for steps in range(1, 13):
        signs.append(Fraction(np.asarray(quantized(theta)).item()))
        theta = Fraction(np.asarray(following(theta, a, x, eta)).item())
        after = [*signs, Fraction(np.asarray(quantized(theta)).item())]
        flips = sum(p != q for p, q in itertools.pairwise(after))
        slack += [2 - abs(sum(signs) - steps * x), 4 - abs(flips - steps * (1 - abs(x)))]
    return min(slack) if in_band(theta, a, x, eta) else -1.0


#: runs, where no solver is at hand
RUNS = Cases(_on_the_line, dict.fromkeys(("start", "a", "x", "eta"), Fractions(-4, 4)))


@invariant(
    state="theta steps",
    fixed={**LINE, "start": real},
    first=lambda theta, steps, start: [theta == start, steps == 0],
    step=lambda theta, theta_next, steps, steps_next, a, x, eta: [
        theta_next == following(theta, a, x, eta),
        steps_next == steps + 1,
    ],
    by=lambda theta, a, x, eta: [
        reaches.at(theta=theta, a=a, x=x, eta=eta),
        BAND.at(theta=theta, a=a, x=x, eta=eta),
    ],
)
def approaches(theta: Any, steps: Any, a: Any, x: Any, eta: Any, start: Any) -> Any:
    """In the band, or as many steps nearer to it."""
    low, high = ends(a, x, eta)
    above = (theta >= high) & (theta <= start + steps * low)
    below = (theta < low) & (theta >= start + steps * high)
    return in_band(theta, a, x, eta) | above | below


@forall(
    theta=real,
    steps=real,
    start=real,
    **LINE,
    cases=RUNS,
    given=lambda steps, start, a, x, eta: [steps * eta * a * (1 - abs(x)) > abs(start)],
    by=lambda theta, steps, start, a, x, eta: [
        approaches.at(theta=theta, steps=steps, start=start, a=a, x=x, eta=eta)
    ],
)
def arrives(theta: Any, a: Any, x: Any, eta: Any) -> Any:
    """Every start is in the band after |theta_0| / (eta a (1 - |x*|)) steps, or sooner."""
    return in_band(theta, a, x, eta)


@forall(theta=real, **LINE, given=lambda theta, a, x, eta: [in_band(theta, a, x, eta)])
def isolated(theta: Any, a: Any, x: Any, eta: Any) -> Any:
    """In the band the rarer sign is never taken twice in a row."""
    after = following(theta, a, x, eta)
    return ((x < 0) | (theta >= 0) | (after >= 0)) & ((x > 0) | (theta < 0) | (after < 0))


@invariant(
    state="theta total steps flips rare",
    fixed={**LINE, "start": real},
    given=lambda start, a, x, eta: [in_band(start, a, x, eta)],
    first=lambda theta, total, steps, flips, rare, start: [
        theta == start,
        total == 0,
        steps == 0,
        flips == 0,
        rare == 0,
    ],
    step=lambda **v: [
        v["theta_next"] == following(v["theta"], v["a"], v["x"], v["eta"]),
        v["total_next"] == v["total"] + quantized(v["theta"]),
        v["steps_next"] == v["steps"] + 1,
        v["flips_next"] == v["flips"] + abs(quantized(v["theta_next"]) - quantized(v["theta"])) / 2,
        v["rare_next"] == v["rare"] + is_rare(v["theta"], v["x"]),
    ],
    by=lambda theta, a, x, eta: [
        BAND.at(theta=theta, a=a, x=x, eta=eta),
        isolated.at(theta=theta, a=a, x=x, eta=eta),
    ],
)
def in_the_band(
    theta: Any, total: Any, steps: Any, flips: Any, rare: Any, a: Any, x: Any, eta: Any, start: Any
) -> Any:
    """The band is kept, T (mean - x*) = (theta_0 - theta_T) / (eta a), F = 2 N up to its ends, N the rarer signs."""
    telescoped = eta * a * (total - steps * x) == start - theta
    now, first = is_rare(theta, x), is_rare(start, x)
    counted = flips == 2 * rare + now - first
    share = 2 * rare == steps - larger_sign(x) * total
    return in_band(theta, a, x, eta) & in_band(start, a, x, eta) & telescoped & counted & share


def larger_sign(x: Any) -> Any:
    """The sign that is not rarer."""
    return quantized(x)


def is_rare(theta: Any, x: Any) -> Any:
    """1 where theta has the rarer sign, else 0."""
    return (1 - larger_sign(x) * quantized(theta)) / 2


@forall(
    theta=real,
    total=real,
    steps=positive,
    flips=real,
    rare=real,
    start=real,
    **LINE,
    cases=RUNS,
    given=lambda start, a, x, eta: [in_band(start, a, x, eta)],
    by=lambda theta, total, steps, flips, rare, start, a, x, eta: [
        in_the_band.at(
            theta=theta,
            total=total,
            steps=steps,
            flips=flips,
            rare=rare,
            start=start,
            a=a,
            x=x,
            eta=eta,
        )
    ],
)
def two_and_four(total: Any, steps: Any, flips: Any, x: Any) -> Any:
    """T |mean - x*| < 2 and |F / T - (1 - |x*|)| < 4 / T from a start in the band."""
    mean, rate = total / steps, flips / steps
    return (steps * abs(mean - x) < 2) & (steps * abs(rate - (1 - abs(x))) < 4)


def discrepancy(constant: Any) -> ForAll:
    """From the band, |sum_{t<T} (x_t - x*)| < constant for T = 1, 2."""

    @forall(theta=real, **LINE, given=lambda theta, a, x, eta: [in_band(theta, a, x, eta)])
    def small(theta: Any, a: Any, x: Any, eta: Any) -> Any:
        now, total, tests = theta, 0, []
        for _ in range(2):
            d = quantized(now) - x
            now, total = following(now, a, x, eta), total + d
            tests.append(abs(total) < constant)
        return reduce(and_, tests)

    return small
