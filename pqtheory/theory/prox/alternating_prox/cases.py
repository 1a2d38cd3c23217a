"""The statements on the alternating prox for one vector: what counterexamples are searched with, and replayed by."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import cases as falsify
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers.alternating_distance import AlternatingDistance
from pqtheory.sets.finite import step_function
from pqtheory.theory.prox.alternating_prox import runs as cases
from pqtheory.theory.prox.alternating_prox.one_bit import greedy
from pqtheory.theory.prox.alternating_prox.ternary import adds, delta, is_mean, level

SMALL, DIM = falsify.Fractions(-6, 6), 4
BITS = falsify.Choice((1, 2, 3))
#: of what is computed in floating point
ROUNDING = 1e-9
#: few enough to enumerate their sign matrices
VECTORS = falsify.Lists(falsify.Floats(-16.0, 16.0), 4, 8)
#: exact, as fractions
WEIGHT = falsify.Fractions(Fraction(1, 2), 8)


def descent(history: cases.History) -> falsify.Cases:
    """No half-step increases J."""

    def margin(theta: Any, bits: int, weight: Any) -> Any:
        path = history(bits, _row(theta), Fraction(weight))
        return min(before[0] - after[0] for before, after in itertools.pairwise(path))

    domains = {
        "theta": falsify.Lists(SMALL, DIM),
        "bits": falsify.Choice(cases.BITS),
        "weight": WEIGHT,
    }
    return falsify.Cases(margin, domains)


def gap(optimal: Any) -> falsify.Cases:
    """The end is no nearer than the nearest point of all sign matrices, and for ``optimal`` bits no farther."""

    def margin(theta: Any, bits: int) -> Any:
        row = np.array([theta], dtype=np.float64)
        if not row.any():
            return None
        excess = float(cases.excess(row, bits, rounds=20)[0])
        if abs(excess) <= ROUNDING:
            return 0.0
        return -abs(excess) if bits in optimal else excess

    domains = {"theta": VECTORS, "bits": BITS}
    return falsify.Cases(margin, domains)


def limit(first_fit: bool) -> falsify.Cases:
    """As lambda grows the prox tends to the first fit, or to the nearest point."""

    def margin(theta: Any, bits: int, weight: float) -> Any:
        row = np.array([theta], dtype=np.float64)
        bound, distance = cases.from_limit(row, bits, float(weight), first_fit)
        slack = float(bound[0] - distance[0])
        return 0.0 if abs(slack) <= ROUNDING else slack

    domains = {
        "theta": VECTORS,
        "bits": BITS,
        "weight": falsify.Choice((1.0, 1e2, 1e4, 1e6)),
    }
    return falsify.Cases(margin, domains)


def second_round(running: bool) -> falsify.Cases:
    """The ternary's second round changes nothing."""
    quantizer = AdaptiveTernary(axis=-1)
    once, twice = AlternatingDistance(quantizer, 1), AlternatingDistance(quantizer, 2)

    def margin(theta: Any, weight: Any) -> Any:
        row, w = _row(theta), Fraction(weight)
        first = once.prox(row, w)
        second = once.prox(first, w) if running else twice.prox(row, w)
        return bool((first == second).all())

    return falsify.Cases(margin, {"theta": falsify.Lists(SMALL, 1, 9), "weight": WEIGHT})


def fits_from_the_last() -> falsify.Cases:
    """A turn of alpha and B: B^T (x - B alpha) = 0 for the last B, then each entry has its nearest level."""

    def margin(theta: Any, last: Any, bits: int) -> Any:
        quantizer = AlternatingMultiBit(bits, axis=-1, rounds=1)
        x, start = _row(theta), quantizer.fit(_row(last))
        fit = quantizer.fit(x, start)
        B, alpha, levels = start.signs[0], fit.scales[0], tuple(fit.codebook[0])
        solved = not (B.T @ (x[0] - B @ alpha)).any()
        middles = tuple((a + b) / 2 for a, b in itertools.pairwise(levels))
        nearest = step_function(np, x[0], middles, levels) == fit.values[0]
        return bool(solved and nearest.all() and (fit.signs[0] @ alpha == fit.values[0]).all())

    rows = falsify.Lists(SMALL, DIM)
    domains = {"theta": rows, "last": rows, "bits": falsify.Choice(cases.BITS)}
    return falsify.Cases(margin, domains)


def greedy_fit() -> falsify.Cases:
    """With one bit the fit is mean|t| sign t."""

    def margin(theta: Any) -> Any:
        row = _row(theta)
        fit = AlternatingMultiBit(1, axis=-1).fit(row)
        return bool((fit.values == greedy(row, abs(row).mean())).all())

    return falsify.Cases(margin, {"theta": falsify.Lists(SMALL, 1, 9)})


def ternary_fit() -> falsify.Cases:
    """The ternary fit has the levels and the sides that are said."""

    def margin(theta: Any) -> Any:
        row = _row(theta)
        fit = AdaptiveTernary(axis=-1).fit(row)
        lower, _, upper = fit.codebook[0]
        far = delta(abs(row).mean())
        sums = adds(row, far, "")
        levels = all(
            is_mean(sums[f"n_{side}"].sum(), sums[f"sum_{side}"].sum(), mean)
            for side, mean in (("up", upper), ("low", lower))
        )
        return bool(levels and (fit.values == level(row, far, lower, upper)).all())

    return falsify.Cases(margin, {"theta": falsify.Lists(SMALL, 1, 9)})


def _row(theta: Any) -> Array:
    """(1, d), exact."""
    return np.array([[Fraction(t) for t in theta]], dtype=object)
