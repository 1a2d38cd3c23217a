r"""The quantizers' least squares solve the normal equations B^T B alpha* = B^T x, for every B and x of any length.

A row b of B and -b add the same to B^T B. So B^T B = sum_p n_p p p^T, n_p the number of rows +-p, where p runs through
the 2^(k-1) patterns whose first entry is +1. As B^T x lies in the range of B^T B, it is B^T B a for some a. The code
of the elimination runs on the counts n_p and on a as symbols of a field of rational functions, one run for each set of
patterns that occur. Which columns are pivots is a matter of which columns of B depend on earlier ones, hence of that
set alone, and the pivots of a semidefinite matrix stand on its diagonal: each run is what happens for all its counts.
"""

import importlib.util
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from pqtheory.claims import Check
from pqtheory.evidence import Budget, Evidence, Step
from pqtheory.quantizers._least_squares import shortest_solution

#: (Gram matrix, moments) -> alpha
Solve = Callable[[Any, Any], Sequence[Any]]
PACKAGE = "sympy"
#: so many entries where nothing is symbolic
ENTRIES = 5


def patterns(bits: int) -> list[tuple[int, ...]]:
    """Rows of signs up to the sign of the row."""
    return [(1, *rest) for rest in itertools.product((1, -1), repeat=bits - 1)]


def solves(solve: Solve, bits: int, counts: Sequence[Any], a: Sequence[Any]) -> bool:
    """Whether G alpha = G a for alpha = solve(G, G a), G = sum_p n_p p p^T; for symbols whether it is an identity."""
    rows = range(bits)
    gram = [
        [sum(n * p[i] * p[j] for n, p in zip(counts, patterns(bits), strict=True)) for j in rows]
        for i in rows
    ]
    moment = [sum(gram[i][j] * a[j] for j in rows) for i in rows]
    alpha = solve(gram, moment)
    return all(sum(gram[i][j] * alpha[j] for j in rows) == moment[i] for i in rows)


def normal_equations(bits: int, solve: Solve = shortest_solution) -> Check:
    """A check, for every B with so many columns: proved by computer algebra, else enumerated up to some length."""

    def check(budget: Budget) -> Evidence:
        if importlib.util.find_spec(PACKAGE) is None:
            note = f"with {PACKAGE} installed it would be proved"
            return replace(_enumerated(bits, solve), note=note)
        return _proved(bits, solve)

    return check


def _proved(bits: int, solve: Solve) -> Evidence:
    from sympy import QQ
    from sympy.polys.fields import field

    number = 2 ** (bits - 1)
    names = [f"n{i + 1}" for i in range(number)] + [f"a{i + 1}" for i in range(bits)]
    _, *symbols = field(names, QQ)
    for occurs in itertools.product((0, 1), repeat=number):
        counts = [n * there for n, there in zip(symbols, occurs, strict=False)]
        if any(occurs) and not solves(solve, bits, counts, symbols[number:]):
            kept = [p for p, there in zip(patterns(bits), occurs, strict=True) if there]
            return Evidence("refuted", 1, counterexample={"rows of B, up to sign": kept})
    text = f"{PACKAGE}: with {bits} columns G alpha = G a is an identity in all counts of rows and in a"
    return Evidence("proved", proof=(Step(text, latex=r"B^T B \alpha^* = B^T x"),))


def _enumerated(bits: int, solve: Solve) -> Evidence:
    """Every B with so many entries, a over the unit vectors."""
    looked_at = 0
    for counts in itertools.product(range(ENTRIES + 1), repeat=2 ** (bits - 1)):
        if not 0 < sum(counts) <= ENTRIES:
            continue
        for place in range(bits):
            a = [Fraction(int(i == place)) for i in range(bits)]
            looked_at += 1
            if not solves(solve, bits, counts, a):
                case = {"rows of B, up to sign": patterns(bits), "counts": list(counts), "a": a}
                return Evidence("refuted", looked_at, counterexample=case)
    return Evidence("enumerated", looked_at)
