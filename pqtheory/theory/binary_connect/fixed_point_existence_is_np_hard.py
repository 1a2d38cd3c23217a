r"""L = (a.x)^2 / 2 with whole numbers a_i > 0 has a fixed point of BinaryConnect iff a can be split into equal halves.

The gradient at s is (a.s) a, so that s is fixed iff s_i a_i (a.s) <= 0 for every i. These products add up to (a.s)^2:
then a.s = 0, and the a_i with s_i = +1 sum up to those with s_i = -1. Conversely a.s = 0 makes the gradient 0.

So whoever decides whether a convex quadratic of rank one has a fixed point decides Partition, one of Karp's NP-complete
problems, for the same numbers. A given s is checked at once; what is hard is to know whether there is one, and with it
whether BinaryConnect's signs can settle at all (``bc-fixed-points``).
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    Part,
    all_of,
    forall,
    invariant,
    one_of,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Integers, Lists
from pqtheory.evidence import fixed_points
from pqtheory.problems import Quadratic
from pqtheory.theory.binary_connect.bc_fixed_points.claim import condition

FIGURE = "fixed points of (a.x)^2 / 2, a = 1, 2, ..., n, for n = 3, 4, ..."


@invariant(
    state="total",
    fixed={"c": real},
    each={"a": positive, "s": one_of(-1, 1)},
    begins=lambda: {"total": 0},
    becomes=lambda total, a, s: {"total": total + a * s},
    step=lambda c, a, s: [condition(s, c * a)],
)
def opposes(total: Any, c: Any) -> Any:
    """At a fixed point, where the gradient is c a, coordinate by coordinate: c (a.s) <= 0."""
    return c * total <= 0


@invariant(
    state="total plus minus",
    each={"a": positive, "s": one_of(-1, 1)},
    begins=lambda: {"total": 0, "plus": 0, "minus": 0},
    becomes=lambda total, plus, minus, a, s: {
        "total": total + a * s,
        "plus": plus + a * (1 + s) / 2,
        "minus": minus + a * (1 - s) / 2,
    },
)
def is_split(total: Any, plus: Any, minus: Any) -> Any:
    """A.s is what the a_i with s_i = 1 sum up to, less those with s_i = -1."""
    return total == plus - minus


@forall(
    c=real,
    plus=real,
    minus=real,
    by=lambda c, plus, minus: [
        opposes.at(total=c, c=c),
        is_split.at(total=c, plus=plus, minus=minus),
    ],
)
def halves(plus: Any, minus: Any) -> Any:
    """At a fixed point c is a.s itself: the two sums are equal."""
    return plus == minus


@forall(
    c=real,
    plus=real,
    minus=real,
    a=positive,
    s=one_of(-1, 1),
    given=lambda plus, minus: [plus == minus],
    by=lambda c, plus, minus: [is_split.at(total=c, plus=plus, minus=minus)],
)
def is_fixed(c: Any, a: Any, s: Any) -> Any:
    """Equal sums make s a fixed point: the condition holds in every coordinate."""
    return condition(s, c * a)


def splits(a: Sequence[int]) -> int:
    """How many signs s have a.s = 0, by the sums that are reached one after the other."""
    ways = {0: 1}
    for number in a:
        found: dict[int, int] = {}
        for total, count in ways.items():
            for s in (-1, 1):
                found[total + s * number] = found.get(total + s * number, 0) + count
        ways = found
    return ways.get(0, 0)


def loss(a: Sequence[int]) -> Quadratic:
    """(a.x)^2 / 2."""
    row = np.array([Fraction(int(number)) for number in a], dtype=object)
    return Quadratic(row[:, None] * row, 0 * row)


def has_one(claimed: Callable[[Sequence[int]], Any]) -> Cases:
    """There is a fixed point iff ``claimed``, by looking at every vertex."""

    def as_claimed(a: list[int]) -> bool:
        s = np.array(list(product((-1, 1), repeat=len(a)))) * Fraction(1)
        return bool(stability.is_fixed_point(loss(a), s).any()) == bool(claimed(a))

    return Cases(as_claimed, {"a": Lists(Integers(1, 9), 4)}, quick=40, full=2000)


def even_sum(a: Sequence[int]) -> bool:
    """Whether the sum is even."""
    return sum(a) % 2 == 0


def nearly(a: Sequence[int]) -> bool:
    """Whether two halves differ by the least number at most."""
    return any(
        abs(sum(x * y for x, y in zip(a, s, strict=True))) <= min(a)
        for s in product((-1, 1), repeat=len(a))
    )


SPLITS = has_one(splits)


def _counted(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many the enumeration finds that have a.s = 0, and how many splits there are."""
    sizes = range(3, budget.pick(11, 17))
    lists = [list(range(1, n + 1)) for n in sizes]
    found = [int((fixed_points.enumerate(loss(a)) @ np.array(a) == 0).sum()) for a in lists]
    return {FIGURE: found}, {FIGURE: [splits(a) for a in lists]}


CLAIM = Claim(
    name="fixed-point-existence-is-np-hard",
    source="arXiv 1810.00861, after Theorem 5.3; Partition: Karp, Reducibility among combinatorial problems, 1972",
    statement=(
        "For whole numbers a_1, ..., a_n > 0, L = (a.x)^2 / 2, which is convex, has a fixed point of BinaryConnect, s_i "
        "grad L(s)_i <= 0 for all i, iff the numbers can be split into two parts of equal sums; the fixed points are "
        "the splits. So it is NP-hard to decide whether BinaryConnect has a fixed point."
    ),
    formula=(
        "s_i a_i (a.s) <= 0 for all i  <=>  a.s = 0  <=>  sum of the a_i with s_i = 1 is that with s_i = -1;  s in "
        "{-1,1}^n, a_i > 0"
    ),
    formula_latex=(
        r"s_i\,a_i\,(a \cdot s) \le 0 \text{ for all } i \iff a \cdot s = 0 \iff \sum_{s_i = 1} a_i = \sum_{s_i = -1} a_i,"
        r"\qquad s \in \{-1, 1\}^n,\ a_i > 0"
    ),
    derivation_latex=(
        r"With $c = a \cdot s$ the gradient at $s$ is $c\,a$. At a fixed point $s_i a_i c \le 0$ for every $i$, and the sum of"
        r" these products is $c^2$: hence $c = 0$. If $c = 0$, the gradient vanishes. The numbers with $s_i = 1$ then sum up"
        r" to those with $s_i = -1$, which is an instance of Partition."
    ),
    parts=(
        Part(
            "equal halves",
            "s is fixed iff it splits the numbers into equal sums",
            all_of(halves, is_fixed, figures=_counted, beside=(SPLITS,), cases=(SPLITS,)),
            prose=(
                "Partition is NP-complete (Karp 1972), and L is written down from its numbers.",
            ),
        ),
    ),
    controls=(
        Control(
            "even sum",
            "there is a fixed point iff the sum of the numbers is even",
            has_one(even_sum),
        ),
        Control(
            "nearly",
            "there is one iff two halves differ by the least number at most",
            has_one(nearly),
        ),
    ),
    headline=FIGURE,
    uses=("bc-fixed-points",),
    operators=(
        "pqtheory.stability.is_fixed_point",
        "pqtheory.problems.Quadratic.gradient",
        "pqtheory.evidence.fixed_points.enumerate",
    ),
)
