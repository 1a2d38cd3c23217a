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


# step sizes that vary


def abel(decreasing: bool = True) -> smt.Statement:
    """|eta S + theta_i| <= K, S = sum_{k<t} (A d_k)_i, is kept by steps that do not grow, while |theta_i| <= K."""

    def statement(theta: Any, S: Any, row: Any, eta1: Any, eta2: Any, K: Any) -> Bounds:
        after = moved(theta, row, eta2)
        order = [eta2 <= eta1] if decreasing else []
        so_far = [eta1 > 0, eta2 > 0, abs(theta) <= K, abs(eta1 * S + theta) <= K]
        return [*order, *so_far], abs(eta2 * (S + row) + after) <= K

    return statement
