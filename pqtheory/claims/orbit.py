r"""Periodic orbits of a map that is piecewise a rational function, in closed form.

An exact run at one setting of the parameters shows which branches the orbit takes. The composition of these branches is
solved for the points that return, as functions of all parameters; the tests of the branches there give the range.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial, reduce
from operator import and_
from typing import TYPE_CHECKING, Any, final

import numpy as np

from pqtheory.evidence import smt
from pqtheory.evidence.base import Budget, Check, Evidence
from pqtheory.evidence.symbolic.checks import SECONDS, available, missing, no_answer
from pqtheory.evidence.symbolic.clock import UndecidedError

if TYPE_CHECKING:
    from pqtheory.evidence.symbolic.orbits import Orbit


@final
@dataclass(frozen=True)
class PeriodicOrbit:
    """A check that finds an orbit, proves it by substitution into the map, or else falls back.

    Attributes
    ----------
    step : callable
        (theta, *parameters) -> the next theta.
    parameters : str
        Names, separated by spaces; none is "theta".
    period : int
        How many points the orbit has.
    start, sample : fraction, and tuple of fractions
        Where the run starts, and at which parameters, to see which branches the orbit takes.
    fallback : check
        Weaker evidence on the orbit.
    assuming : callable
        (*parameters) -> comparisons that the parameters satisfy.
    solve_for : str
        The parameter that the range is solved for, where that is possible.
    settle : int
        Steps of the run before its branches are read.

    Raises
    ------
    ValueError
        If a parameter is called "theta", their number is not that of the sample, ``period`` is < 1 or ``settle`` < 0.
    """

    step: Callable[..., Any]
    parameters: str
    period: int
    start: Fraction
    sample: tuple[Fraction, ...]
    fallback: Check
    assuming: Callable[..., Sequence[Any]] = lambda *_: ()
    solve_for: str = ""
    settle: int = 40

    def __post_init__(self) -> None:
        names = self.parameters.split()
        if "theta" in names:
            raise ValueError("parameters: expected names other than 'theta', which is the point")
        if len(names) != len(self.sample):
            raise ValueError(f"sample: expected {len(names)} numbers, got {len(self.sample)}")
        if self.period < 1:
            raise ValueError(f"period: expected a period >= 1, got {self.period}")
        if self.settle < 0:
            raise ValueError(f"settle: expected a number of steps >= 0, got {self.settle}")

    def find(self, seconds: float = SECONDS["quick"]) -> "Orbit":
        """The orbit.

        Raises
        ------
        UndecidedError
            If there is none of that period at the sample, or sympy does not find its closed form.
        """
        return _find(self, seconds)

    def __call__(self, budget: Budget) -> Evidence:
        """Proved, or the fallback's evidence with a note."""
        if not available():
            return replace(self.fallback(budget), note=missing())
        try:
            return Evidence("proved", proof=self.find(SECONDS[budget.name]).proof)
        except UndecidedError as error:
            return replace(self.fallback(budget), note=no_answer(str(error)))

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The orbit at these parameters, step by step in exact arithmetic.

        Raises
        ------
        ValueError
            If a parameter is missing or no fraction, or outside of the range, or there is no parameter or no orbit.
        """
        cases = self._cases()
        if cases is None:
            raise ValueError(f"case: no orbit is found that depends on {dict(case)}")
        return cases.replay(case)

    def search(
        self, examples: int, seed: int = 0, on_case: Callable[[int], None] | None = None
    ) -> Evidence | None:
        """Search the range for parameters where the points are no orbit; None where there are none or no orbit."""
        cases = self._cases()
        return None if cases is None else cases.search(examples, seed, on_case)

    def moved(self, theta: Fraction, values: Sequence[Fraction]) -> Fraction:
        """One step in exact arithmetic."""
        return Fraction(np.asarray(self.step(theta, *values)).item())

    def _cases(self) -> smt.ForAll | None:
        """The statement on what is found, for single settings of the parameters; None where nothing is to be set."""
        if not available() or not self.parameters.split():
            return None
        try:
            orbit = self.find()
        except UndecidedError:
            return None
        return smt.ForAll(partial(self._goes_round, orbit), self.parameters, self.fallback)

    def _goes_round(self, orbit: "Orbit", *parameters: Any) -> tuple[Sequence[Any], Any]:
        """In its range each point leads to the next."""
        points = [point(*parameters) for point in orbit.points]
        following = zip(points, [*points[1:], points[0]], strict=True)
        steps = [self.step(point, *parameters) == after for point, after in following]
        inside = orbit.inside(*parameters)
        return [*self.assuming(*parameters), inside], reduce(and_, steps)


@lru_cache(maxsize=16)
def _find(wanted: PeriodicOrbit, seconds: float) -> "Orbit":
    from pqtheory.evidence.symbolic.orbits import find

    return find(wanted, seconds)
