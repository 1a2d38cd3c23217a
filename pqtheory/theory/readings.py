"""The readings agree: what arrays compute, on whatever path, is what the terms of the proofs say.

A proof reads an operator over real numbers. Arrays take other paths: blocks in place, signs by bits, levels by binary
search, torch, compiled torch, torch optimizers. Each path is run on all 65,536 numbers of half precision and on the
neighbours of every threshold in single and double precision; what it gives must be the exact result, the terms of the
proofs at that number, rounded once.
"""

import importlib.util
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory._elementwise import numpy_block
from pqtheory.claims import Budget, Evidence, Step
from pqtheory.evidence.rationals import exactly
from pqtheory.methods import Eager, Lazy
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.sets import FiniteSet, Set
from pqtheory.sets.finite import require_levels

#: so many floating-point neighbours of a threshold, to either side
NEIGHBOURS = 4
WIDER = (np.float32, np.float64)


@final
@dataclass(frozen=True, eq=False)
class Readings:
    """A check that an operator gives the rounded exact result on every path of arrays.

    Attributes
    ----------
    name : str
        What the operator is.
    operator : callable
        ``operator(theta)``, of arrays and of terms; where ``in_place``, also ``operator(theta, out=...)``. One result for
        each entry, or a row of them.
    thresholds : sequence of Fraction
        Where its formula changes.
    in_place : bool
        Whether it takes ``out``.
    ulps : float
        How many units in the last place it may be off, where it rounds more than once.
    exact : callable, optional
        The exact result, of a term, in terms of other operators; that of ``operator`` itself unless it is given.
    finite : bool
        Whether all results are numbers. An infinity is none of the terms': then the exact results are read on fractions.
    """

    name: str
    operator: Callable[..., Array]
    thresholds: Sequence[Fraction]
    in_place: bool = True
    ulps: float = 0
    exact: Callable[[Array], Array] | None = None
    finite: bool = True

    def __call__(self, budget: Budget) -> Evidence:
        """Proved by exhaustion, or refuted by the first entry that is off."""
        cases, paths = 0, dict[str, None]()
        for theta in (_halves(), *(_around(self.thresholds, dtype) for dtype in WIDER)):
            with np.errstate(over="ignore"):
                expected = self._rounded(theta).astype(theta.dtype)
            for path, found in self._paths(theta, budget).items():
                paths[path] = None
                cases += len(theta)
                off = _off(found, expected, self.ulps)
                if off.any():
                    at = np.argwhere(off)[0][0]
                    case = {"path": path, "dtype": str(theta.dtype)}
                    where = {"theta": theta[at], "found": found[at], "expected": expected[at]}
                    numbers = {key: value.tolist() for key, value in where.items()}
                    return Evidence("refuted", cases, counterexample={**case, **numbers})
        text = (
            f"{self.name}: all 65,536 numbers of float16 and the neighbours of {len(self.thresholds)} thresholds in"
            f" float32 and float64, on the paths {', '.join(paths)}: the exact result, rounded"
        )
        return Evidence("proved", cases, proof=(Step(text),))

    def _rounded(self, theta: Array) -> Array:
        """The exact results, each rounded once, in float64, which holds what half and single precision can make of it."""
        reading = self.exact or self.operator
        if self.finite:
            return reading(exactly(theta)).expression.floats()
        found = reading(_fractions(theta))
        return np.array([float(x) for x in found.ravel()]).reshape(found.shape)

    def _paths(self, theta: Array, budget: Budget) -> Mapping[str, Array]:
        """What it computes, by path."""
        with np.errstate(over="ignore"):
            return self._computed(theta, budget)

    def _computed(self, theta: Array, budget: Budget) -> Mapping[str, Array]:
        # more than a block of elementwise kernels, and than all numbers of half precision
        whole = np.resize(theta, max(1 << 16, numpy_block()) + 4099)
        found = {"NumPy": self.operator(theta), "NumPy, large": self.operator(whole)[: len(theta)]}
        if self.in_place:
            found["NumPy, out="] = self.operator(theta, out=np.empty_like(theta))
            own, large = theta.copy(), whole.copy()
            found["NumPy, in place"] = self.operator(own, out=own)
            found["NumPy, large, in place"] = self.operator(large, out=large)[: len(theta)]
        if importlib.util.find_spec("torch") is not None:
            from pqtheory.networks.readings import on_tensors

            found |= on_tensors(self.operator, theta, self.in_place, budget.name == "full")
        return found


@final
@dataclass(frozen=True, eq=False)
class StepReadings:
    """A check that a method takes the exact steps on arrays and in a torch optimizer, where no step rounds.

    Attributes
    ----------
    method : Eager or Lazy
        Its step size a constant power of 2, its strength a dyadic fraction.
    """

    method: Eager | Lazy

    def __call__(self, budget: Budget) -> Evidence:
        """Proved by exhaustion of dyadic starts and gradients, or refuted by the first weight that is off."""
        starts, gradients = _dyadic(budget)
        expected = self._latent(_fractions(starts), [_fractions(g) for g in gradients])
        found = {"NumPy": self._latent(starts, gradients)}
        note = "with torch installed its optimizers would be compared, too"
        if importlib.util.find_spec("torch") is not None:
            from pqtheory.networks.readings import after_steps

            step_size = float(self.method.step_size(0))
            found["the torch optimizer"] = after_steps(self.method, starts, gradients, step_size)
            note = ""
        for path, latent in found.items():
            off = latent != np.array([float(x) for x in expected])
            if off.any():
                at = int(np.argmax(off))
                case = {
                    "path": path,
                    "start": float(starts[at]),
                    "gradients": [float(g[at]) for g in gradients],
                    "found": float(latent[at]),
                    "expected": float(expected[at]),
                }
                return Evidence("refuted", len(starts), counterexample=case)
        text = (
            f"{self.method!r}: {len(starts)} dyadic starts and gradients, {len(gradients)} steps in float32,"
            f" {' and '.join(found)}: the exact latent weights"
        )
        return Evidence("proved", len(starts), note=note, proof=(Step(text),))

    def _latent(self, starts: Array, gradients: Sequence[Array]) -> Array:
        state = self.method.init(starts)
        for gradient in gradients:
            state = self.method.step(state, gradient)
        return state.latent


def prox_readings(regularizer: LevelRegularizer, weight: Fraction, ulps: float = 0) -> Readings:
    """Those of ``prox`` at one weight, a dyadic fraction."""

    def prox(theta: Array, out: Array | None = None) -> Array:
        return regularizer.prox(theta, weight if theta.dtype == object else float(weight), out)

    text = f"prox of {regularizer!r}, weight {weight}"
    return Readings(text, prox, thresholds(regularizer.set, weight), ulps=ulps)


def value_readings(
    regularizer: LevelRegularizer, ulps: float = 0, *, finite: bool = True
) -> Readings:
    """Those of ``value``, entry by entry; ``finite`` where it is nowhere infinite."""

    def value(theta: Array) -> Array:
        return _each(regularizer.value, theta)

    where = thresholds(regularizer.set, Fraction(0))
    text = f"value of {regularizer!r}"
    return Readings(text, value, where, in_place=False, ulps=ulps, finite=finite)


def envelope_readings(regularizer: LevelRegularizer, weight: Fraction, ulps: float) -> Readings:
    """Those of ``envelope`` at one weight, entry by entry."""

    def envelope(theta: Array) -> Array:
        return _each(partial(regularizer.envelope, weight=float(weight)), theta)

    def objective_at_prox(theta: Array) -> Array:
        x = regularizer.prox(theta, weight)
        return (x - theta) ** 2 / 2 + weight * regularizer.value(x)

    where = thresholds(regularizer.set, weight)
    text = f"envelope of {regularizer!r}"
    return Readings(text, envelope, where, in_place=False, ulps=ulps, exact=objective_at_prox)


def slope_readings(regularizer: LevelRegularizer) -> Readings:
    """Those of ``subdifferential``, its lower and its upper end."""

    def ends(theta: Array) -> Array:
        low, high = regularizer.subdifferential(theta)
        xp, _ = as_array(low)
        return xp.stack([low, high], axis=-1)

    where = thresholds(regularizer.set, Fraction(0))
    return Readings(f"subdifferential of {regularizer!r}", ends, where, in_place=False)


def projection_readings(levels: FiniteSet) -> Readings:
    """Those of ``project``."""

    def project(theta: Array, out: Array | None = None) -> Array:
        return levels.project(theta, out)

    return Readings(f"projection on {levels!r}", project, thresholds(levels, Fraction(0)))


def thresholds(levels: Set, weight: Fraction) -> tuple[Fraction, ...]:
    """Levels and midpoints, and what is a weight away from them."""
    values = [Fraction(v) for v in require_levels(levels, "thresholds").level_values]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(values)]
    found = {x + shift for x in (*values, *middles) for shift in (-weight, 0, weight)}
    return tuple(sorted({*found, Fraction(0)}))


def _halves() -> Array:
    """All finite numbers of half precision."""
    everything = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    return everything[np.isfinite(everything)]


def _around(where: Iterable[Fraction], dtype: Any) -> Array:
    """The floating-point neighbours of some numbers."""
    found = []
    for x in where:
        up = down = dtype(float(x))
        found.append(up)
        for _ in range(NEIGHBOURS):
            up, down = np.nextafter(up, dtype(np.inf)), np.nextafter(down, dtype(-np.inf))
            found += [up, down]
    return np.unique(np.array(found, dtype=dtype))


def _dyadic(budget: Budget) -> tuple[Array, list[Array]]:
    """Starts and gradients in eighths, each combination of a start and a pair of gradients."""
    starts = np.arange(-20, 21) / 8
    slopes = np.array(budget.pick((-3, -1, 0, 1, 2), tuple(range(-6, 7)))) / 2
    grid = np.stack(np.meshgrid(starts, slopes, slopes, indexing="ij")).reshape(3, -1)
    start, first, second = grid.astype(np.float32)
    return start, [first, second, first]


def _each(function: Callable[..., Array], theta: Array) -> Array:
    """What sums over the last axis, for each entry alone; a term is one entry."""
    return function(theta[:, None], axis=-1) if theta.shape else function(theta)


def _fractions(values: Array) -> Array:
    exact = np.empty(values.shape, dtype=object)
    exact[:] = [Fraction(float(v)) for v in values]
    return exact


def _off(found: Array, expected: Array, ulps: float) -> Array:
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise ValueError(
            f"found: expected {expected.dtype} {expected.shape}, got {found.dtype} {found.shape}"
        )
    with np.errstate(invalid="ignore", over="ignore"):
        room = ulps * np.spacing(np.abs(expected)).astype(np.float64)
        near = np.abs(found.astype(np.float64) - expected.astype(np.float64)) <= room
    # what overflows is infinite on both sides
    return ~((found == expected) | near)
