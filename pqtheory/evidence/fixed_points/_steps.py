"""A certificate's argument with its numbers, as a step of a proof. The loss is x.A.x / 2 + b.x over ``scale``."""

from collections.abc import Sequence
from fractions import Fraction

from pqtheory._arrays import Array
from pqtheory._messages import counted
from pqtheory.evidence.base import Step
from pqtheory.evidence.fixed_points.convexity import Curvature
from pqtheory.evidence.machine import as_json


def row(A: Array, b: Array, scale: int, index: int, bound: Fraction) -> Step:
    """A dominant diagonal entry."""
    numbers = {"A": A, "b": b, "scale": scale, "row": index, "bound": bound}
    return Step(
        f"row {index}: the diagonal entry exceeds the rest of it and |b| by {float(bound):.3g}",
        r"m \ge A_{ii} - \sum_{j \ne i} |A_{ij}| - |b_i|",
        as_json(numbers),
    )


def convexity(
    A: Array, b: Array, scale: int, x: Sequence[Fraction], known: Curvature, bound: Fraction
) -> Step:
    """The convexity argument at x, and the factor that shows the curvature mu."""
    factor = [row[: i + 1].tolist() for i, row in enumerate(known.factor)]
    numbers = {
        "A": A,
        "b": b,
        "scale": scale,
        "x": x,
        "mu": known.least,
        "nu": known.shift,
        "unit": known.unit,
        "factor": factor,
        "bound": bound,
    }
    return Step(
        f"A - mu I is positive semidefinite, mu = {float(known.least):.3g}; the bound at x is {float(bound):.3g}",
        r"\max(m, 0) \sum_i (1 + |x_i|) \ge \sum_i \min_{s_i = \pm 1} \{ \mu (s_i - x_i)^2 + g_i (s_i - x_i) \},"
        r"\quad g = A x + b",
        as_json(numbers),
    )


def search(A: Array, b: Array, scale: int, nodes: int, bound: Fraction) -> Step:
    """A search that ended."""
    numbers = {"A": A, "b": b, "scale": scale, "nodes": nodes, "bound": bound}
    return Step(
        f"branch and bound over all sign vectors, in integers: none is left after {counted(nodes, 'node')}",
        r"\{ s \in \{-1, 1\}^n : s_i (A s + b)_i \le 0 \text{ for all } i \} = \emptyset",
        as_json(numbers),
    )


def milp(
    A: Array, b: Array, scale: int, units: Sequence[int], bound: float, tolerance: float
) -> Step:
    """A dual bound of the mixed-integer program, rows in units of their largest values."""
    numbers = {
        "A": A,
        "b": b,
        "scale": scale,
        "units": units,
        "dual bound": float(bound),
        "tolerance": tolerance,
    }
    return Step(
        f"the dual bound {bound:.3g} is above the tolerance {tolerance:.3g}",
        r"\min_{s} \max_i s_i (A s + b)_i / \text{units}_i \ge \text{dual bound} > \text{tolerance}",
        as_json(numbers),
    )
