"""BinaryConnect on a 10-dimensional quadratic, 10,000 starts x 1,000 steps, against two ways to write it by hand."""

import time

import numpy as np

from experiments.benchmarks.timing import Row, compare
from pqtheory import simulate
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic

STARTS, STEPS, ETA = 10_000, 1_000, 0.1
LOOPED_STARTS = 20


def measure(starts: int = STARTS, steps: int = STEPS, repeats: int = 9) -> list[Row]:
    """Recording the last point and everything against preallocated arithmetic; a loop over starts, per start."""
    problem = Quadratic.random(10, condition=10.0, seed=0)
    theta0 = np.random.default_rng(0).standard_normal((starts, 10))
    method = BinaryConnect(ETA)

    def direct() -> np.ndarray:
        theta, s, g = theta0.copy(), np.empty_like(theta0), np.empty_like(theta0)
        positive = np.empty(theta0.shape, dtype=bool)
        for _ in range(steps):
            np.greater_equal(theta, 0, out=positive)
            np.multiply(positive, 2.0, out=s)
            np.subtract(s, 1.0, out=s)
            np.matmul(s, problem.A, out=g)
            np.add(g, problem.b, out=g)
            np.multiply(g, ETA, out=g)
            np.subtract(theta, g, out=theta)
        return theta

    def one_start_at_a_time() -> None:
        for theta in theta0[:LOOPED_STARTS].copy():
            for _ in range(steps):
                s = np.where(theta >= 0, 1.0, -1.0)
                theta -= ETA * (problem.A @ s + problem.b)

    def last() -> np.ndarray:
        return simulate(method, problem, theta0, steps, record="last", progress=False).latent[-1]

    if not np.array_equal(last(), direct()):
        raise RuntimeError("simulate and the direct arithmetic disagree")
    name = f"simulate {starts:,} x {steps:,}"
    rows = [
        compare(f"{name}, last point / direct arithmetic", last, direct, 2.0, repeats=repeats),
        compare(
            f"{name}, everything / direct arithmetic",
            lambda: simulate(method, problem, theta0, steps, progress=False),
            direct,
            4.0,
            repeats=repeats,
        ),
    ]
    start = time.perf_counter()
    one_start_at_a_time()
    looped = (time.perf_counter() - start) * starts / LOOPED_STARTS
    ours = rows[0].seconds
    rows.append(
        Row(
            f"Python loop over starts ({LOOPED_STARTS} timed) / simulate, last point",
            looped / ours,
            50.0,
            ours,
            looped,
            at_least=True,
        )
    )
    return rows
