"""A statement read in numbers that keep their distance from every border: a >= b has the slack a - b.

``a & b`` has the smaller slack of the two, ``a | b`` the larger, ``a == b`` between numbers -|a - b|. A statement whose
slack is small is nearly false, so a search can push it down; and each comparison met on the way, in the statement or in
the operators that it runs, is a border where formulas change, which is where to look.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from pqtheory.evidence.search.domains import Pick
from pqtheory.evidence.terms import Backend, Statement, Term
from pqtheory.evidence.truths import plain_truth
from pqtheory.evidence.undefined import UNDEFINED, Undefined, divided

INFINITY = float("inf")


@final
@dataclass(frozen=True)
class Truth:
    """Whether something holds, and by how much: the slack is not below 0 where it holds, nor above where not.

    ``holds`` is None where something is divided by 0: what stands beside may decide all the same.
    """

    holds: bool | None
    slack: Any


NO_TRUTH = Truth(None, -INFINITY)


@final
class Number:
    """An exact fraction whose comparisons are truths, each noted among those seen."""

    def __init__(self, value: Fraction, seen: list[Fraction]) -> None:
        self.value = value
        self.seen = seen

    def __add__(self, other: "Number") -> "Number":
        return Number(self.value + other.value, self.seen)

    def __sub__(self, other: "Number") -> "Number":
        return Number(self.value - other.value, self.seen)

    def __mul__(self, other: "Number") -> "Number":
        return Number(self.value * other.value, self.seen)

    def __truediv__(self, other: "Number") -> "Number":
        return Number(divided(self.value, other.value), self.seen)

    def __neg__(self) -> "Number":
        return Number(-self.value, self.seen)

    def __ge__(self, other: "Number") -> Truth:
        return self.apart(other, lambda apart: Truth(apart >= 0, apart))

    def __gt__(self, other: "Number") -> Truth:
        return self.apart(other, lambda apart: Truth(apart > 0, apart))

    def __le__(self, other: "Number") -> Truth:
        return self.apart(other, lambda apart: Truth(apart <= 0, -apart))

    def __lt__(self, other: "Number") -> Truth:
        return self.apart(other, lambda apart: Truth(apart < 0, -apart))

    def apart(self, other: "Number", says: Callable[[Fraction], Truth]) -> Truth:
        """What the difference, which is noted, says; nothing where there is none."""
        difference = self.value - other.value
        known = not isinstance(difference, Undefined)
        self.seen.append(difference if known else Fraction(0))
        return says(difference) if known else NO_TRUTH


@final
class Slack(Backend):
    """Real arithmetic of fractions with slack.

    Attributes
    ----------
    seen : list of Fraction
        The difference of the two sides of each comparison so far; a statement has the same comparisons in the same
        order whatever its numbers, since terms cannot steer it.
    """

    def __init__(self) -> None:
        self.seen: list[Fraction] = []

    def number(self, value: Fraction) -> Number:
        """An exact constant."""
        return Number(value, self.seen)

    def conditional(self, test: Truth, yes: Any, no: Any) -> Any:
        """One of the two."""
        if test.holds is None:
            return Number(UNDEFINED, self.seen) if isinstance(yes, Number) else NO_TRUTH
        return yes if test.holds else no

    def connect(self, kind: str, a: Any, b: Any) -> Truth:
        """The smaller, the larger, and for the equality of truths: both hold or neither does."""
        if kind == "equal" and isinstance(a, Number):
            return a.apart(b, lambda apart: Truth(apart == 0, -abs(apart)))
        a, b = _truth(a), _truth(b)
        if a.holds is None or b.holds is None:
            decides = [t for t in (a, b) if kind != "equal" and t.holds is (kind == "or")]
            return decides[0] if decides else NO_TRUTH
        if kind == "and":
            return Truth(a.holds and b.holds, min(a.slack, b.slack))
        if kind == "or":
            return Truth(a.holds or b.holds, max(a.slack, b.slack))
        both, neither = min(a.slack, b.slack), min(-a.slack, -b.slack)
        return Truth(a.holds == b.holds, max(both, neither))

    def negate(self, a: Truth) -> Truth:
        """It holds where the other does not."""
        return NO_TRUTH if a.holds is None else Truth(not a.holds, -a.slack)

    def is_truth(self, a: Any) -> bool:
        """Whether it is no number."""
        return not isinstance(a, Number)


def _truth(value: Any) -> Truth:
    if isinstance(value, Truth):
        return value
    return Truth(value, INFINITY if value else -INFINITY)


def read_truth(value: Any) -> Truth:
    """A term's truth, or that of a plain one.

    Raises
    ------
    ZeroDivisionError
        If it has none.
    """
    found = _truth(value.expression if isinstance(value, Term) else plain_truth(value))
    if found.holds is None:
        raise ZeroDivisionError("something is divided by 0")
    return found


@final
@dataclass(frozen=True)
class Reading:
    """What a statement says of one case.

    Attributes
    ----------
    assumed : Truth
        Whether all assumptions hold; its slack is what they miss together.
    claimed : Truth
        Whether the conclusion does.
    seen : tuple of Fraction
        The two sides of each comparison, one minus the other.
    assumptions : tuple of Truth
        Each of them.
    """

    assumed: Truth
    claimed: Truth
    seen: tuple[Fraction, ...]
    assumptions: tuple[Truth, ...] = ()


#: where a statement divides by 0 it says nothing
NOTHING = Reading(Truth(False, -INFINITY), Truth(True, INFINITY), ())


def read(statement: Statement, case: Mapping[str, Fraction]) -> Reading:
    """The statement for these numbers; ``NOTHING`` where it divides by 0."""
    backend = Slack()
    terms = [Term(backend.number(value), backend) for value in case.values()]
    try:
        assumptions, conclusion = statement(*terms)
        truths = tuple(read_truth(assumption) for assumption in assumptions)
        claimed = read_truth(conclusion)
    except ZeroDivisionError:
        return NOTHING
    # each step toward any of them counts
    missing = sum(min(truth.slack, 0) for truth in truths)
    assumed = Truth(all(truth.holds for truth in truths), missing)
    return Reading(assumed, claimed, tuple(backend.seen), truths)


#: how far beside a border to go; mostly exactly onto it
BESIDE = tuple(Fraction(sign, size) for size in (1, 8, 1 << 10, 1 << 20) for sign in (1, -1))
OFFSETS = (Fraction(0),) * len(BESIDE) + BESIDE
#: over which distance a slope is taken
STEP = Fraction(1, 1 << 10)
#: no moved number has a larger denominator
LARGEST = 1 << 40
#: what to put in place of a number that an assumption does not allow, after some of its own size
TYPICAL = tuple(map(Fraction, ("1/2", "1", "-1", "2")))
#: how often each variable may be replaced, and how many replacements are tried in all
ROUNDS, ATTEMPTS = 2, 150
#: of so many variables all are tried
FEW = 6


def near_borders(
    statement: Statement, case: Mapping[str, Fraction], pick: Pick
) -> dict[str, Fraction]:
    """``case``, moved into the assumptions if that is easy, and from there to borders, up to three times."""
    inside = into_assumptions(statement, case, pick)
    for _ in range(pick(0, 3)):
        moved = onto_border(statement, inside, pick)
        if read(statement, moved).assumed.holds:
            inside = moved
    return inside


def onto_border(
    statement: Statement, case: Mapping[str, Fraction], pick: Pick
) -> dict[str, Fraction]:
    """``case`` with one variable moved to where the two sides of one comparison meet, or just beside it.

    Exactly there, where the sides are linear in the variable in between; unmoved where they do not depend on it.
    """
    names = list(case)
    name, place = names[pick(0, len(names) - 1)], pick(0, 1 << 10)
    offset = OFFSETS[pick(0, len(OFFSETS) - 1)]
    before = read(statement, case).seen
    after = read(statement, {**case, name: case[name] + STEP}).seen
    if not before or not after:
        return dict(case)
    here, there = before[place % len(before)], after[place % len(after)]
    if here == there:
        return dict(case)
    moved = case[name] - here * STEP / (there - here) + offset
    return {**case, name: moved.limit_denominator(LARGEST)}


def into_assumptions(
    statement: Statement, case: Mapping[str, Fraction], pick: Pick
) -> dict[str, Fraction]:
    """``case`` with numbers replaced, one by one, as long as that brings it nearer to what is assumed.

    A number is moved to where an assumption that fails begins to hold, which is exact where both its sides are linear
    in the number, or to a typical one.
    """
    inside, reading = dict(case), read(statement, case)
    names = [*case]
    # not always the same ones, where there are too many to try all
    first = pick(0, len(names) - 1) if len(names) > FEW else 0
    left = ATTEMPTS
    for name in ROUNDS * (names[first:] + names[:first]):
        size = abs(inside[name])
        for value in (size, size / 4, size / 32, *TYPICAL):
            if reading.assumed.holds or not left:
                return inside
            left -= 1
            there = read(statement, attempt := {**inside, name: value})
            if there.assumed.holds or there.assumed.slack > reading.assumed.slack:
                inside, reading = attempt, there
        beside = read(statement, {**inside, name: inside[name] + STEP})
        for by in _borders(reading, beside):
            value = (inside[name] + by).limit_denominator(LARGEST)
            there = read(statement, attempt := {**inside, name: value})
            nearer = there.assumed.slack > reading.assumed.slack
            if nearer and _failing(there) < _failing(reading):
                inside, reading = attempt, there
                break
    return inside


def _failing(reading: Reading) -> int:
    return sum(not a.holds for a in reading.assumptions)


def _borders(here: Reading, there: Reading) -> list[Fraction]:
    """How far to go to where the assumptions that fail begin to hold, if they change as they do from here to there."""
    pairs = zip(here.assumptions, there.assumptions, strict=False)
    return [
        -a.slack * STEP / (b.slack - a.slack)
        for a, b in pairs
        if not a.holds and a.slack != b.slack and INFINITY not in (abs(a.slack), abs(b.slack))
    ]
