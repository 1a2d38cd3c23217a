"""Worst runs by performance estimation: a certificate in exact arithmetic above, a run of the method below, for some x and T."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory.claims import Budget, Evidence
from pqtheory.evidence import worst_case
from pqtheory.evidence.judging import join, judge
from pqtheory.theory.binary_connect.ste_floor.optimum_runs import alternating_mean

#: of values near 1, by what the solver's numbers lose where they are made exact
CLOSE = 1e-4
FROM_THE_OPTIMUM = "worst mean over beta delta^2 from the optimum, x = {}, T = 1, 2, ..."
WITHOUT_ERROR = "worst mean over beta R^2 without an error, x = {}, T = 1, 2, ..."
#: (x, T) -> what a theorem says
Law = Callable[[Fraction, int], Fraction]


def estimated(budget: Budget) -> Evidence:
    """Both figures, beside what the theorems say; what the worst runs reach is never above it."""
    sizes, most = budget.pick(("3/2",), ("1", "5/4", "3/2", "7/4")), budget.pick(3, 5)
    longs = [Fraction(x) for x in sizes]
    return join(
        *(_found(FROM_THE_OPTIMUM, alternating_mean, x, most) for x in longs),
        *(_found(WITHOUT_ERROR, mean_without_error, x / 2, most, 1, 0) for x in longs),
    )


def mean_without_error(x: Fraction, T: int) -> Fraction:
    """1 / (2 (1 + x (T - 1)))."""
    return 1 / (2 * (1 + x * (T - 1)))


def _found(
    figure: str, law: Law, x: Fraction, most: int, distance: int = 0, error: int = 1
) -> Evidence:
    lengths, values, margins = range(1, most + 1), [], []
    says: list[Any] = [float(law(x, T)) for T in lengths]
    for T, limit in zip(lengths, says, strict=True):
        found = worst_case.straight_through(x, T, distance=distance, error=error)
        run = worst_case.rerun(found.instance)
        values.append(round(found.value, 5))
        margins.append(limit - run.ratio if run.holds else float("nan"))
    name = figure.format(x)
    return judge(
        "sampled",
        margins,
        {"x": [x] * most, "T": lengths},
        measured={name: values},
        predicted={name: says},
        agreement=CLOSE,
    )
