"""What is proved about BinaryConnect's signs: flips in any dimension, and everything in one."""

from functools import reduce
from operator import and_
from typing import Any

from pqtheory.evidence import smt
from pqtheory.theory.binary_connect.bc_average.lemmas import Bounds, moved, quantized

# flips


def one_more_sign(flipped: Any, visits: Any, last: Any, new: Any) -> Bounds:
    """F <= 2 N - [last = 1] is kept, where F counts the flips and N the visits to +1; likewise with -1."""

    def within(f: Any, n: Any, x: Any) -> Any:
        return f <= 2 * n - (1 + x) / 2

    after = flipped + abs(new - last) / 2, visits + (1 + new) / 2
    signs = [(last == 1) | (last == -1), (new == 1) | (new == -1)]
    return [*signs, within(flipped, visits, last)], within(*after, new)


def flips(per_visit: int) -> smt.Statement:
    """In three signs there are at most so many flips for each visit to +1."""

    def statement(s1: Any, s2: Any, s3: Any) -> Bounds:
        visits = (3 + s1 + s2 + s3) / 2
        flipped = (abs(s2 - s1) + abs(s3 - s2)) / 2
        return [(s == 1) | (s == -1) for s in (s1, s2, s3)], flipped <= per_visit * visits

    return statement


def longest_run(w: Any, x: Any, s: Any, n: Any, eta: Any, K: Any) -> Bounds:
    """While |w_i| <= K, a run of n equal signs s has n eta (1 - |x*_i|) <= 2 K."""
    end = w - n * eta * (s - x)
    run = [(s == 1) | (s == -1), abs(x) <= 1, n >= 0, eta > 0, abs(w) <= K, abs(end) <= K]
    return run, n * eta * (1 - abs(x)) <= 2 * K


# one dimension


def _band(a: Any, x: Any, eta: Any) -> tuple[Any, Any]:
    return -eta * abs(a) * (1 - x), eta * abs(a) * (1 + x)


def band(convex: bool = True) -> smt.Statement:
    """-eta |a| (1 - x*) <= theta < eta |a| (1 + x*) is kept, a being the curvature."""

    def statement(theta: Any, a: Any, x: Any, eta: Any) -> Bounds:
        low, high = _band(a, x, eta)
        after = moved(theta, a * (quantized(theta) - x), eta)
        curvature = a > 0 if convex else (a > 0) | (a < 0)
        inside = [low <= theta, theta < high]
        return [curvature, abs(x) < 1, eta > 0, *inside], (low <= after) & (after < high)

    return statement


def reaches(theta: Any, a: Any, x: Any, eta: Any) -> Bounds:
    """Outside the band theta moves toward it, by eta a (1 - x*) or eta a (1 + x*), and not past it."""
    low, high = _band(a, x, eta)
    after = moved(theta, a * (quantized(theta) - x), eta)
    down = (after == theta + low) & (after >= low)
    up = (after == theta + high) & (after < high)
    return [a > 0, abs(x) < 1, eta > 0], ((theta < high) | down) & ((theta >= low) | up)


def at_any_time(start: Any, end: Any, a: Any, x: Any, eta: Any) -> Bounds:
    """Two points of the band: |theta_0 - theta_T| < 2 eta |a|, where T (mean - x*) = (theta_0 - theta_T) / (eta a)."""
    low, high = _band(a, x, eta)
    inside = [low <= start, start < high, low <= end, end < high]
    return [a > 0, abs(x) < 1, eta > 0, *inside], abs(start - end) < 2 * eta * abs(a)


def discrepancy(constant: Any) -> smt.Statement:
    """From the band, |sum_{t<T} (x_t - x*)| < constant for T = 1, 2, 3."""

    def statement(theta: Any, a: Any, x: Any, eta: Any) -> Bounds:
        low, high = _band(a, x, eta)
        now, total, small = theta, 0, []
        for _ in range(3):
            d = quantized(now) - x
            now, total = moved(now, a * d, eta), total + d
            small.append(abs(total) < constant)
        inside = [low <= theta, theta < high]
        return [a > 0, abs(x) < 1, eta > 0, *inside], reduce(and_, small)

    return statement


def isolated(theta: Any, a: Any, x: Any, eta: Any) -> Bounds:
    """In the band the rarer sign is never taken twice in a row."""
    low, high = _band(a, x, eta)
    after = moved(theta, a * (quantized(theta) - x), eta)
    once = ((x < 0) | (theta >= 0) | (after >= 0)) & ((x > 0) | (theta < 0) | (after < 0))
    return [a > 0, abs(x) < 1, eta > 0, low <= theta, theta < high], once
