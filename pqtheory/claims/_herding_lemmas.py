"""What is proved about BinaryConnect's average, coordinate by coordinate and in inner products, hence in any dimension.

d_t = x_t - x* with x_t = sign theta_t; A d_t + g is the gradient at x_t; w_t = w_0 - eta sum_{k<t} d_k.
"""

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.evidence import smt
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State

Bounds = tuple[list[Any], Any]
#: (x, a, b) -> L'(x)
Slope = Callable[[Any, Any, Any], Any]
METHOD = BinaryConnect(1)


def quantized(theta: Any) -> Any:
    """BinaryConnect's x_t."""
    return METHOD.query(State(as_array(theta)[1], 0))


def moved(theta: Any, gradient: Any, eta: Any) -> Any:
    """BinaryConnect's theta_{t+1}; the step size goes into the gradient."""
    return METHOD.step(State(as_array(theta)[1], 0), eta * gradient).latent


def larger(a: Any, b: Any) -> Any:
    """The larger of two, for terms and numbers."""
    xp, a = as_array(a)
    return xp.maximum(a, b)


def affine(x: Any, a: Any, b: Any) -> Any:
    """The slope of a x^2 / 2 + b x."""
    return a * x + b


def cubic(x: Any, a: Any, b: Any) -> Any:
    """The slope of a x^4 / 4 + b x."""
    return a * x**3 + b


# telescoping


def telescopes(theta: Any, total: Any, row: Any, b: Any, steps: Any, eta: Any) -> Bounds:
    """What is kept: eta (total + t b) + theta_t, where total = sum_{k<t} (A x_k)_i, row = (A x_t)_i."""
    after = moved(theta, row + b, eta)
    now = eta * (total + steps * b) + theta
    return [], eta * (total + row + (steps + 1) * b) + after == now


def cycle(slope: Slope, one_step_size: bool = True, weighted: bool = False) -> smt.Statement:
    """Over three steps that lead back, the slope is 0 at the mean of the x_t, plain or weighted by the step sizes."""

    def statement(theta: Any, a: Any, b: Any, eta1: Any, eta2: Any, eta3: Any) -> Bounds:
        etas = [eta1] * 3 if one_step_size else [eta1, eta2, eta3]
        weights = etas if weighted else [1, 1, 1]
        now, total = theta, 0
        for eta, weight in zip(etas, weights, strict=True):
            x = quantized(now)
            now, total = moved(now, slope(x, a, b), eta), total + weight * x
        mean = total / sum(weights)
        return [a > 0, *(eta > 0 for eta in etas), now == theta], slope(mean, a, b) == 0

    return statement


# Lyapunov


def coordinate_of_v(w: Any, theta: Any, row: Any, x: Any, eta: Any) -> Bounds:
    """One term of V' - V: -eta (d theta + w row) + eta^2 d row, row = (A d)_i; by symmetry sum w row = sum theta d."""
    d = quantized(theta) - x
    after = (w - eta * d) * moved(theta, row, eta)
    return [], after - w * theta == -eta * (d * theta + w * row) + eta * eta * d * row


def step_of_v(w1: Any, w2: Any, a: Any, b: Any, c: Any, x1: Any, x2: Any, eta: Any) -> Bounds:
    """V' - V = -2 eta theta.d + eta^2 d.A.d for V = w.theta, theta = A w, with two coordinates at once."""
    A, w = ((a, b), (b, c)), (w1, w2)

    def image(v: Any) -> list[Any]:
        return [sum((m * k for m, k in zip(row, v, strict=True)), 0 * eta) for row in A]

    def dot(u: Any, v: Any) -> Any:
        return u[0] * v[0] + u[1] * v[1]

    theta = image(w)
    d = [quantized(t) - x for t, x in zip(theta, (x1, x2), strict=True)]
    after = [moved(t, r, eta) for t, r in zip(theta, image(d), strict=True)]
    v = [wi - eta * di for wi, di in zip(w, d, strict=True)]
    kept = reduce(and_, (t == r for t, r in zip(after, image(v), strict=True)))
    change = -2 * eta * dot(theta, d) + eta * eta * dot(d, image(d))
    return [], kept & (dot(v, after) - dot(w, theta) == change)


def optimal(x: Any, g: Any) -> Any:
    """One coordinate of the optimality conditions over [-1, 1]: where g is not 0, x is the end that -g points to."""
    return (g == 0) | ((x == 1) & (g <= 0)) | ((x == -1) & (g >= 0))


def anywhere(x: Any, g: Any) -> Any:
    """A point where the gradient is 0, in the box or not."""
    return g == 0


def in_box(x: Any, g: Any) -> Any:
    """A minimiser over the box."""
    return (abs(x) <= 1) & optimal(x, g)


def outward(minimiser: Callable[[Any, Any], Any]) -> smt.Statement:
    """(theta_i + eta t g_i) d_i >= (1 - |x*_i|) |theta_i|, and d_i does not vanish off the boundary."""

    def statement(theta: Any, x: Any, g: Any, elapsed: Any) -> Bounds:
        d = quantized(theta) - x
        push = (theta + elapsed * g) * d
        least = larger(0 * theta, (1 - abs(x)) * abs(theta))
        return [minimiser(x, g), elapsed >= 0], push >= least

    return statement


def entry(m_ij: Any, m_ii: Any, m_jj: Any, alpha: Any, s: Any, t: Any) -> Bounds:
    """m_ij s t <= alpha |s| |t| if m = A^+ is psd and alpha its largest diagonal entry: V <= alpha |theta|_1^2."""
    diagonal = [m_ii >= 0, m_ii <= alpha, m_jj >= 0, m_jj <= alpha]
    return [*diagonal, m_ij * m_ij <= m_ii * m_jj], m_ij * s * t <= alpha * abs(s) * abs(t)


def bounded(with_floor: bool = True) -> smt.Statement:
    """V' <= max(V, W) for V = v^2, W = r^2, |theta|_1 = n >= v / a, alpha = a^2, and e = eta^2 D + 2 eta N."""

    def statement(v: Any, r: Any, a: Any, n: Any, rho: Any, eta: Any, D: Any, N: Any) -> Bounds:
        e = eta * eta * D + 2 * eta * N
        after = v * v - 2 * eta * ((1 - rho) * n - N) + eta * eta * D
        floor = [e <= r * r, a * e <= 2 * eta * (1 - rho) * r]
        signs = [v >= 0, r >= 0, a > 0, n >= 0, rho >= 0, rho < 1, eta > 0, D >= 0, N >= 0]
        settled = (after <= v * v) | (after <= r * r) if with_floor else after <= v * v
        return [*signs, *floor, v <= a * n], settled

    return statement


# boundary


def blocks(w_i: Any, w_c: Any, a: Any, b: Any, c: Any, x_i: Any, d_c: Any, eta: Any) -> Bounds:
    """V = theta_I^2 / a + S w_C^2, S = c - b^2 / a; where d_C = 0, theta_I moves as if it were alone."""
    theta_i, theta_c = a * w_i + b * w_c, b * w_i + c * w_c
    split = w_i * theta_i + w_c * theta_c == theta_i * theta_i / a + (c - b * b / a) * w_c * w_c
    d_i = quantized(theta_i) - x_i
    alone = moved(theta_i, a * d_i, eta) == moved(theta_i, a * d_i + b * d_c, eta)
    return [a > 0], split & (alone | (d_c < 0) | (d_c > 0))


def mistake(before_i: Any, before_c: Any, after_i: Any, after_c: Any, e: Any, W: Any) -> Bounds:
    """U = max(V_I, W) + Phi grows by e + W at most if V_I + Phi grows by e at most."""
    signs = [before_i >= 0, after_i >= 0, before_c >= 0, after_c >= 0, e >= 0, W >= 0]
    grown = after_i + after_c <= before_i + before_c + e
    u_before, u_after = larger(before_i, W) + before_c, larger(after_i, W) + after_c
    return [*signs, grown], u_after <= u_before + e + W


def count(total: Any, c: Any, r: Any, f: Any) -> Bounds:
    """X <= 2 c + f + r where X <= c or (X - c)^2 <= r^2 + f X."""
    squares = (total - c) * (total - c) <= r * r + f * total
    return [total >= 0, c >= 0, r >= 0, f >= 0, (total <= c) | squares], total <= 2 * c + f + r


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


# step sizes that vary


def abel(decreasing: bool = True) -> smt.Statement:
    """|eta S + theta_i| <= K, S = sum_{k<t} (A d_k)_i, is kept by steps that do not grow, while |theta_i| <= K."""

    def statement(theta: Any, S: Any, row: Any, eta1: Any, eta2: Any, K: Any) -> Bounds:
        after = moved(theta, row, eta2)
        order = [eta2 <= eta1] if decreasing else []
        so_far = [eta1 > 0, eta2 > 0, abs(theta) <= K, abs(eta1 * S + theta) <= K]
        return [*order, *so_far], abs(eta2 * (S + row) + after) <= K

    return statement
