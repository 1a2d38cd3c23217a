"""Runs of the methods that the page shows beside its proofs."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence import Budget
from pqtheory.methods import LazyProx, Method, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.schedules import Linear
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_minimises_what.on_a_line import DISTANCE
from pqtheory.theory.lazy.lazy_minimises_what.worst_runs import mean_excess

Figures = tuple[Mapping[str, Any], Mapping[str, Any]]
ENDS = "where lazy, aggregated and eager end on (x - 1)^2 / 2 + |x| / 2"
CHOSEN = "which minimiser of (2 a + b - 1)^2 / 2 it takes from 0, lambda = 10"
MEANS = "(T + 1) eta times the worst mean excess over |u - p_0|^2 / 2, T = 1 .. 10"


def ends(budget: Budget) -> Figures:
    """The three methods on one problem."""
    problem, half = Quadratic([[1.0]], [-1.0]), 0.5
    methods: list[Method] = [
        LazyProx(DISTANCE, half, half),
        LazyProx(DISTANCE, half, Linear(half * half)),
        ProxQuant(DISTANCE, half, half),
    ]
    steps = budget.pick(200, 2000)
    found = [float(_end(method, problem, [3.0], steps)[0]) for method in methods]
    return {ENDS: found}, {ENDS: [1.0, half, half]}


def choice(budget: Budget) -> Figures:
    """A loss with many minimisers: the one with the least lambda R + |x|^2 / 2, as p_0 = theta_0 = 0."""
    problem = Quadratic([[4.0, 2.0], [2.0, 1.0]], [-2.0, -1.0])
    end = _end(LazyProx(DISTANCE, 0.2, 10.0), problem, [0.0, 0.0], budget.pick(400, 4000))
    return {CHOSEN: end.tolist()}, {CHOSEN: [0.5, 0.0]}


def means(budget: Budget) -> Figures:
    """The run that reaches the bound of the mean, in exact arithmetic."""
    return {MEANS: [float(2 * (T + 1) * mean_excess(T, Fraction(1))) for T in range(1, 11)]}, {
        MEANS: [1.0] * 10
    }


def _end(method: Method, problem: Quadratic, start: list[float], count: int) -> Array:
    path = simulate(
        method, problem, np.array(start), count, fields=("latent",), record="last", progress=False
    )
    return method.query(replace(method.init(path.latent[-1]), step=count))
