"""Search for a case that refutes: Hypothesis picks cases, is guided by their slack, and shrinks; or else plain chance.

From the cases with the least slack it then goes downhill, one number at a time, with steps that double and halve. A
case that refutes is simplified at the end, one value at a time.
"""

import importlib.util
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory._checks import check_count
from pqtheory.evidence.search.domains import Domain, Pick

PACKAGE = "hypothesis"
#: the share of the cases that go downhill, from how many of the best, and with which steps
DOWNHILL, STARTS = 4, 3
FIRST_STEP, LAST_STEP = Fraction(1, 4), Fraction(1, 1 << 24)
#: no more cases than this are looked at to make one simpler
SIMPLIFICATIONS = 2000
#: up to so many variables Hypothesis draws a case that refutes anew until it is simple; beyond, that takes too long
SHRUNK = 4

Case = dict[str, Any]
#: called with the number of cases looked at so far
OnCase = Callable[[int], None]


@final
@dataclass(frozen=True)
class Verdict:
    """What one case says.

    Attributes
    ----------
    inside : bool
        Whether the statement speaks of it.
    refutes : bool
        Whether it refutes the statement; only inside.
    slack : number
        Inside: how far it is from refuting. Outside: minus how far it is from inside.
    """

    inside: bool
    refutes: bool
    slack: Any

    @property
    def score(self) -> float:
        """What to push up: first to get inside, then to refute; between -4 and 1."""
        return -_squashed(self.slack) if self.inside else _squashed(self.slack) - 3


@final
@dataclass(frozen=True)
class Found:
    """What a search found: how many cases it looked at, the least slack, and the case that refutes, if any."""

    cases: int
    least: Any = None
    case: Case | None = None


#: the verdict on a case
Look = Callable[[Case], Verdict]
#: a case, changed by picks
Refine = Callable[[Case, Pick], Case]


def available() -> bool:
    """Whether Hypothesis is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def require() -> None:
    """Raise ImportError with the way to install Hypothesis, unless it is there."""
    if not available():
        raise ImportError(f"falsify needs {PACKAGE}: pip install 'pqtheory[falsify]'")


def search(
    domains: Mapping[str, Domain],
    look: Look,
    *,
    examples: int,
    seed: int = 0,
    refine: Refine | None = None,
    on_case: Callable[[int], None] | None = None,
) -> Found:
    """Look at ``examples`` cases for one that refutes; the same on every run that has the same modules loaded.

    Parameters
    ----------
    domains : mapping of str to Domain
        What each variable may be.
    look : callable
        The verdict on a case.
    examples : int
        How many cases, >= 1; to shrink one takes more.
    seed : int
        For Hypothesis or the random generator.
    refine : callable, optional
        Changes a drawn case, such as to the border of where a formula holds.
    on_case : callable, optional
        Called with the number of cases looked at so far.

    Raises
    ------
    ValueError
        If ``examples`` is < 1.
    """
    examples = check_count(examples, "examples")
    log = _Log(look, on_case)
    drawn = _Drawn(domains, refine)
    downhill = examples // DOWNHILL
    case = (_guided if available() else _by_chance)(drawn, log, examples - downhill, seed)
    for start in log.best:
        if case is None:
            case = _downhill(domains, log, start, downhill // STARTS)
    if case is not None:
        case = simplified(domains, look, case)
        return Found(log.inside, look(case).slack, case)
    return Found(log.inside, log.least)


@final
class _Log:
    """The verdicts, counted."""

    def __init__(self, look: Look, on_case: Callable[[int], None] | None) -> None:
        self.look = look
        self.on_case = on_case
        self.looked = self.inside = 0
        self.least: Any = None
        self._best: list[tuple[float, Case]] = []

    @property
    def best(self) -> list[Case]:
        """Cases with the highest scores, the highest first."""
        return [case for _, case in self._best]

    def __call__(self, case: Case) -> Verdict:
        verdict = self.look(case)
        self.looked += 1
        self._keep(verdict.score, case)
        if verdict.inside:
            self.inside += 1
            self.least = verdict.slack if self.least is None else min(self.least, verdict.slack)
        if self.on_case is not None:
            self.on_case(self.looked)
        return verdict

    def _keep(self, score: float, case: Case) -> None:
        if all(score != kept for kept, _ in self._best):
            ranked = sorted([*self._best, (score, case)], key=lambda kept: -kept[0])
            self._best = ranked[:STARTS]


@final
@dataclass(frozen=True)
class _Drawn:
    """Cases from picks: variable by variable, now and then equal to one before, then refined."""

    domains: Mapping[str, Domain]
    refine: Refine | None

    def __call__(self, pick: Pick) -> Case:
        case: Case = {}
        for name, domain in self.domains.items():
            like = [value for value in case.values() if domain.contains(value)]
            again = like and pick(0, 5) == 5
            case[name] = like[pick(0, len(like) - 1)] if again else domain.draw(pick)
        return case if self.refine is None else self.refine(case, pick)


class _RefutedError(Exception):
    """Hypothesis looks for failures and hands on one; it carries the case."""

    def __init__(self, case: Case) -> None:
        self.case = case


def _guided(drawn: _Drawn, log: _Log, examples: int, seed: int) -> Case | None:
    import hypothesis
    from hypothesis import strategies

    @strategies.composite
    def cases(draw: Any) -> Case:
        return drawn(lambda low, high: draw(strategies.integers(low, high)))

    phases = [hypothesis.Phase.generate, hypothesis.Phase.target]
    if len(drawn.domains) <= SHRUNK:
        phases.append(hypothesis.Phase.shrink)

    # no example database, no clock: the same search on every run
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        phases=phases,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(cases())
    def attempt(case: Case) -> None:
        verdict = log(case)
        if verdict.refutes:
            raise _RefutedError(case)
        hypothesis.target(verdict.score)

    try:
        attempt()
    except _RefutedError as found:
        return found.case
    return None


def _by_chance(drawn: _Drawn, log: _Log, examples: int, seed: int) -> Case | None:
    pick = random.Random(seed).randint
    for _ in range(examples):
        case = drawn(pick)
        if log(case).refutes:
            return case
    return None


def _downhill(domains: Mapping[str, Domain], log: _Log, start: Case, examples: int) -> Case | None:
    """A case that refutes, if steps that never lower the score lead there from ``start``."""
    case, verdict, step = start, log.look(start), FIRST_STEP
    last = log.looked + examples
    while step >= LAST_STEP:
        moved = False
        for name, domain in domains.items():
            for value in domain.near(case[name], step):
                if log.looked >= last:
                    return None
                there = log(attempt := {**case, name: value})
                if there.refutes:
                    return attempt
                if there.score > verdict.score:
                    case, verdict, moved = attempt, there, True
                    break
        step = 2 * step if moved else step / 2
    return None


def simplified(domains: Mapping[str, Domain], look: Look, case: Case) -> Case:
    """``case`` with every value as simple as it can be, one at a time, so that it still refutes."""
    attempts = 0
    progress = True
    while progress:
        progress = False
        for name, domain in domains.items():
            for value in domain.simpler(case[name]):
                attempts += 1
                if attempts > SIMPLIFICATIONS:
                    return case
                if look({**case, name: value}).refutes:
                    case, progress = {**case, name: value}, True
                    break
    return case


def _squashed(slack: Any) -> float:
    """A number as one from -1 to 1, in the same order."""
    if abs(slack) == math.inf:
        return math.copysign(1.0, slack)
    exact = Fraction(slack)
    return float(exact / (1 + abs(exact)))
