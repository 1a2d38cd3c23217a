"""Where stochastic gradients come from: a minibatch of rows, or normal noise on the gradient."""

import numpy as np

from pqtheory._arrays import Array, Namespace, as_float, constant_like


def draw_rows(theta: Array, rows: int, batch_size: int, rng: np.random.Generator) -> Array:
    """Draw row numbers with replacement: shape (..., batch_size) for ``theta`` of (..., dim)."""
    return rng.integers(0, rows, size=(*theta.shape[:-1], batch_size))


def add_normal_noise(
    xp: Namespace, gradient: Array, noise: float, rng: np.random.Generator
) -> Array:
    """``gradient`` plus independent normal noise of standard deviation ``noise`` on each entry.

    Without noise nothing is drawn, and exact gradients stay exact.
    """
    if noise == 0:
        return gradient
    draws = as_float(noise) * rng.standard_normal(tuple(gradient.shape))
    return gradient + constant_like(xp, draws, gradient)
