"""Runs of theta <- prox_{eta w R}(theta - eta D g): where they settle for D = diag(1, 2), what they hold under Adam."""

import numpy as np

from pqtheory._arrays import Array
from pqtheory.theory.proxquant.preconditioned_prox.lemmas import Rule, W

#: Adam's epsilon
EPSILON = 1e-8


def settle(weight: Rule, start: Array, centre: Array, strength: float) -> Array:
    """The end of 400 preconditioned steps on |x - centre|^2 / 2, D = diag(1, 2), eta = 1/8."""
    eta, metric, theta = 1 / 8, np.array([1.0, 2.0]), start
    for _ in range(400):
        theta = W.prox(theta - eta * metric * (theta - centre), eta * weight(strength, metric))
    return theta


def adam_holds(weight: Rule, gradient: Array, strength: float, steps: int) -> Array:
    """Which coordinates of (1, ..., 1) stay there under Adam and the W's prox, the gradient being constant."""
    theta, m, v, eta = np.ones_like(gradient), 0.0 * gradient, 0.0 * gradient, 1 / 64
    held = np.ones(gradient.shape, bool)
    for t in range(1, steps + 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        metric = 1 / (np.sqrt(v / (1 - 0.999**t)) + EPSILON)
        moved = m / (1 - 0.9**t)
        theta = W.prox(theta - eta * metric * moved, eta * weight(strength, metric))
        held &= theta == 1
    return held
