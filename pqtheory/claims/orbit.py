r"""Periodic orbits of a map that is piecewise a rational function, in closed form.

An exact run at one setting of the parameters shows which branches the orbit takes. The composition of these branches is
solved for the points that return, as functions of all parameters; the tests of the branches there give the range. Where
no closed form is at hand the exact run is a sample: it settles on points that return, and no sooner, or does not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, final

import numpy as np

from pqtheory._messages import brief, counted
from pqtheory.claims.forall import ForAll
from pqtheory.claims.kinds import real
from pqtheory.claims.truths import every
from pqtheory.evidence.base import Budget, Evidence
from pqtheory.evidence.exact import Exact
from pqtheory.evidence.judging import judge
from pqtheory.evidence.roots import all_hold_at
from pqtheory.evidence.symbolic.checks import SECONDS, available, missing, no_answer
from pqtheory.evidence.symbolic.clock import UndecidedError

if TYPE_CHECKING:
    from pqtheory.evidence.symbolic.orbits import Orbit

#: how near a point must return to itself
NEAR = Fraction(1, 10**6)


@final
@dataclass(frozen=True)
class PeriodicOrbit:
    """A check that finds an orbit and proves it by substitution into the map, or else looks at one run.

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
    assuming : callable
        (*parameters) -> comparisons that the parameters satisfy.
    solve_for : str
        The parameter that the range is solved for, where that is possible.
    settle : int
        Steps of the run before its branches are read.

    Raises
    ------
    ValueError
        If a parameter is called "theta", their number is not that of the sample, the sample does not satisfy the
        assumptions, ``period`` is < 1 or ``settle`` < 0.
    """

    step: Callable[..., Any]
    parameters: str
    period: int
    start: Fraction
    sample: tuple[Fraction, ...]
    assuming: Callable[..., Sequence[Any]] = lambda *_: ()
    solve_for: str = ""
    settle: int = 40

    def __post_init__(self) -> None:
        names = self.parameters.split()
        if "theta" in names:
            raise ValueError("parameters: expected names other than 'theta', which is the point")
        if len(names) != len(self.sample):
            raise ValueError(
                f"sample: expected {counted(len(names), 'number')}, got {len(self.sample)}"
            )
        if not all_hold_at(self.assuming, self.sample):
            raise ValueError(f"sample: expected numbers as assumed, got {brief(self.sample)}")
        if self.period < 1:
            raise ValueError(f"period: expected a period >= 1, got {brief(self.period)}")
        if self.settle < 0:
            raise ValueError(f"settle: expected a number of steps >= 0, got {brief(self.settle)}")

    def find(self, seconds: float = SECONDS["quick"]) -> "Orbit":
        """The orbit; remembered until it is proved, searched or replayed again.

        Raises
        ------
        UndecidedError
            If there is none of that period at the sample, or sympy does not find its closed form.
        """
        return _find(self, seconds)

    def __call__(self, budget: Budget) -> Evidence:
        """Proved, or what the run at the sample shows, with a note."""
        if not available():
            return replace(self.settled(), note=missing())
        try:
            return Evidence("proved", proof=self._found_anew(SECONDS[budget.name]).proof)
        except UndecidedError as error:
            return replace(self.settled(), note=no_answer(str(error)))

    def _found_anew(self, seconds: float) -> "Orbit":
        """The orbit of the map as it is now: what it reads may have changed."""
        _find.cache_clear()
        return self.find(seconds)

    def settled(self) -> Evidence:
        """Whether the run at the sample settles on a point that returns after ``period`` steps, and no sooner.

        Where the map is linear on the way, three points a period apart give the point that they tend to exactly.
        """
        run = self._run(Fraction(self.start), self.settle + 2 * self.period)[self.settle :]
        before, after, later = run[:: self.period]
        bend = later - 2 * after + before
        limit = before - (after - before) ** 2 / bend if bend else before
        away = [abs(theta - limit) for theta in self._run(limit, self.period)]
        sooner = [away[n] - NEAR for n in range(1, self.period) if self.period % n == 0]
        case = dict(zip(self.parameters.split(), self.sample, strict=True))
        return judge(
            "sampled",
            [float(min([NEAR - away[self.period], *sooner]))],
            {name: np.array([value], object) for name, value in case.items()},
        )

    def _run(self, theta: Fraction, steps: int) -> list[Fraction]:
        """The points from theta on, at the sample."""
        points = [theta]
        for _ in range(steps):
            points.append(self.moved(points[-1], self.sample))
        return points

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The orbit at these parameters, step by step in exact arithmetic; the run, at those of the sample.

        Raises
        ------
        ValueError
            If a parameter is missing or no fraction, or outside of the range, or no orbit is found that has any.
        """
        cases = self._cases()
        if cases is not None:
            return cases.replay(case)
        if tuple(case.get(name) for name in self.parameters.split()) == self.sample:
            return self.settled()
        raise ValueError(f"case: no orbit is found that depends on {dict(case)}")

    def search(
        self, examples: int, seed: int = 0, on_case: Callable[[int], None] | None = None
    ) -> Evidence | None:
        """Search the range for parameters where the points are no orbit; None where there are none or no orbit."""
        cases = self._cases()
        return None if cases is None else cases.search(examples, seed, on_case)

    def moved(self, theta: Fraction, values: Sequence[Fraction]) -> Fraction:
        """One step in exact arithmetic."""
        exact = self.step(Exact(theta), *map(Exact, values))
        return Fraction(np.asarray(exact).item())

    def _cases(self) -> ForAll | None:
        """The statement on what is found, for all settings of the parameters; None where nothing is to be set."""
        names = self.parameters.split()
        if not available() or not names:
            return None
        try:
            orbit = self._found_anew(SECONDS["quick"])
        except UndecidedError:
            return None

        def inside(**case: Any) -> Sequence[Any]:
            values = [case[name] for name in names]
            return [*self.assuming(*values), orbit.inside(*values)]

        def goes_round(**case: Any) -> Any:
            """Each point leads to the next."""
            values = [case[name] for name in names]
            points = [point(*values) for point in orbit.points]
            following = zip(points, [*points[1:], points[0]], strict=True)
            return every([self.step(point, *values) == after for point, after in following])

        return ForAll(goes_round, dict.fromkeys(names, real), inside)


@lru_cache(maxsize=16)
def _find(wanted: PeriodicOrbit, seconds: float) -> "Orbit":
    from pqtheory.evidence.symbolic.orbits import find_orbit

    return find_orbit(wanted, seconds)
