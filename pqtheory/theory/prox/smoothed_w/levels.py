r"""The smoothed W of any finite codebook, gap by gap: what holds for the levels -1 and +1 holds for all.

* Between two neighbours, and beyond the outermost, value, gradient and prox are those of the two nearest levels alone:
  checked for four levels, which have every kind of gap; one more level is one more comparison.
* Two levels c - h, c + h are -1, +1 in other units: with eps = h e, w = h v, both S and w S scale like h.
* A level is as good as any point behind it: it is nearer to t, and S = 0 there. So the prox stays in the gap of t.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory.claims import Check
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget, Evidence, smt
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Binary
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.smoothed_w.lemmas import in_range, smoothed

W = DistanceL1(Binary())
LEVELS = 4


#: (S, W, t, w) -> what is compared
Reading = Callable[[SmoothedL1, DistanceL1, Any, Any], Any]
READINGS: dict[str, Reading] = {
    "W": lambda s, w_shape, t, w: w_shape.value(t),
    "value": lambda s, w_shape, t, w: s.value(t),
    "gradient": lambda s, w_shape, t, w: s.gradient(t),
    "prox": lambda s, w_shape, t, w: s.prox(t, weight=w),
}


def _local(gap: int, read: Reading) -> smt.Statement:
    """In the given gap (the first and the last reach to infinity) only its own two levels matter."""

    def statement(*variables: Any) -> Any:
        levels, (eps, t, w) = variables[:LEVELS], variables[LEVELS:]
        assumptions = [eps > 0, w > 0, *(4 * eps <= b - a for a, b in itertools.pairwise(levels))]
        if gap > 0:
            assumptions.append(t >= levels[gap])
        if gap < LEVELS - 2:
            assumptions.append(t <= levels[gap + 1])
        all_levels, two = GivenLevels(*levels), GivenLevels(*levels[gap : gap + 2])
        here = read(SmoothedL1(two, eps), DistanceL1(two), t, w)
        return assumptions, read(SmoothedL1(all_levels, eps), DistanceL1(all_levels), t, w) == here

    return statement


def _scaled(scale_weight: bool) -> smt.Statement:
    """S, S', W and prox of the levels c - h, c + h from those of -1, +1, at t = c + h y."""

    def statement(c: Any, h: Any, e: Any, y: Any, v: Any) -> Any:
        two = GivenLevels(c - h, c + h)
        s, unit, t = SmoothedL1(two, h * e), smoothed(e), c + h * y
        weight = h * v if scale_weight else v
        equal = (
            (DistanceL1(two).value(t) == h * W.value(y))
            & (s.value(t) == h * unit.value(y))
            & (s.gradient(t) == unit.gradient(y))
            & (s.prox(t, weight=weight) == c + h * unit.prox(y, weight=v))
        )
        return [*in_range(e), h > 0, v > 0], equal

    return statement


def _behind(t: Any, level: Any, x: Any, w: Any, at_x: Any) -> Any:
    """A level between t and x is as good as x, as S(x) >= 0; mirrored for t >= level >= x."""
    between = (t <= level) & (level <= x) | (t >= level) & (level >= x)
    return [between, w > 0, at_x >= 0], (level - t) ** 2 / 2 <= (x - t) ** 2 / 2 + w * at_x


def _random(budget: Budget, gap: int) -> Iterator[tuple[Fraction, ...]]:
    """Four levels with gaps from 1/2, eps 1/8, t in the given gap, w on both sides of eps."""
    rng = np.random.default_rng(gap)
    for _ in range(budget.pick(40, 400)):
        levels = np.cumsum(rng.integers(2, 9, LEVELS))
        low = levels[gap] - 4 * (gap == 0)
        high = levels[gap + 1] + 4 * (gap == LEVELS - 2)
        t = Fraction(int(rng.integers(8 * low, 8 * high + 1)), 32)
        w = Fraction(int(rng.integers(1, 24)), 64)
        yield (*(Fraction(int(n), 4) for n in levels), Fraction(1, 8), t, w)


def _units() -> Iterator[tuple[Fraction, ...]]:
    for c, h, n, v in itertools.product((-1, 2), (1, 3), range(-7, 8), (1, 2, 5)):
        yield Fraction(c), Fraction(h, 2), Fraction(1, 4), Fraction(n, 4), Fraction(v, 8)


def _sides() -> Iterator[tuple[Fraction, ...]]:
    for numbers in itertools.product(range(-2, 3), range(-2, 3), range(-2, 3), (1, 2), (0, 1)):
        yield tuple(Fraction(n) for n in numbers)


def any_codebook(*, scale_weight: bool = True) -> Check:
    """The three steps of the argument."""
    checks = [
        _on("centre half_gap epsilon y weight", _scaled(scale_weight), lambda _: _units()),
        _on("theta level x weight S_x", _behind, lambda _: _sides()),
    ]
    for gap, read in itertools.product(range(LEVELS - 1), READINGS.values()):
        drawn = partial(_random, gap=gap)
        checks.append(_on("a b c d epsilon theta weight", _local(gap, read), drawn))
    return falsify.joined(*checks)


def _on(
    names: str,
    statement: smt.Statement,
    cases: Callable[[Budget], Iterable[tuple[Fraction, ...]]],
) -> Check:
    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, names, cases(budget))

    return smt.or_else(statement, names, sampled)
