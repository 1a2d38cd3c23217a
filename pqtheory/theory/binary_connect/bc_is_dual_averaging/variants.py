"""Variants of BinaryConnect: the move of (latent, memory) in step t = 0, 1, ... with the gradient g at sign(theta)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array

ETA, MOMENTUM, DECAY = 0.5, 0.5, 1.0

#: (theta, memory, g, t, eta) -> (theta, memory)
Move = Callable[[Array, Any, Array, int, Any], tuple[Array, Any]]


def momentum(
    theta: Array, m: Any, g: Array, t: int, eta: Any, mu: Any = MOMENTUM
) -> tuple[Array, Any]:
    """Heavy ball: m <- mu m + g, theta <- theta - eta m."""
    m = mu * m + g
    return theta - eta * m, m


def adam(theta: Array, averages: Any, g: Array, t: int, eta: Any) -> tuple[Array, Any]:
    """Averages m of g and v of g^2, corrected for their start at 0: theta <- theta - eta m / (sqrt v + 1e-8)."""
    m, v = averages if t else (0.0, 0.0)
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    root = np.sqrt(v / (1 - 0.999 ** (t + 1)))
    return theta - eta * m / (1 - 0.9 ** (t + 1)) / (root + 1e-8), (m, v)


def weight_decay(
    theta: Array, memory: Any, g: Array, t: int, eta: Any, decay: Any = DECAY
) -> tuple[Array, Any]:
    """Decay of the latent weights: theta <- (1 - eta w) theta - eta g."""
    return (1 - eta * decay) * theta - eta * g, memory


def clipping(theta: Array, memory: Any, g: Array, t: int, eta: Any) -> tuple[Array, Any]:
    """Clipped latent weights: theta <- clip(theta - eta g, -1, 1)."""
    xp, moved = as_array(theta - eta * g)
    return xp.clip(moved, -1, 1), memory
