"""What is proved about BinaryConnect's signs: shares and flips in any dimension."""

from typing import Any

from pqtheory.claims import (
    ForAll,
    Invariant,
    forall,
    invariant,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.theory.binary_connect.bc_average.average import (
    COORDINATE,
    RUN,
    average,
    constant,
    coordinate,
)
from pqtheory.theory.binary_connect.bc_average.bound import use
from pqtheory.theory.binary_connect.bc_average.runs import RUNS
from pqtheory.theory.binary_connect.bc_average.sums import quantized

SIGN = one_of(-1, 1)


def visits_and_flips(side: int) -> Invariant:
    """F <= 2 N - [last = side], F the flips and N the visits to ``side`` among the first T signs."""

    @invariant(
        state="flips visits total steps last",
        each={"theta": real},
        first=lambda flips, visits, total, steps, last: [
            (last == 1) | (last == -1),
            flips == 0,
            visits == (1 + side * last) / 2,
            total == last,
            steps == 1,
        ],
        step=lambda last, last_next, theta, **v: [
            last_next == quantized(theta),
            v["flips_next"] == v["flips"] + abs(last_next - last) / 2,
            v["visits_next"] == v["visits"] + (1 + side * last_next) / 2,
            v["total_next"] == v["total"] + last_next,
            v["steps_next"] == v["steps"] + 1,
        ],
    )
    def two_at_most(flips: Any, visits: Any, total: Any, steps: Any, last: Any) -> Any:
        counted = 2 * visits == steps + side * total
        within = flips <= 2 * visits - (1 + side * last) / 2
        return ((last == 1) | (last == -1)) & counted & within

    return two_at_most


PLUS, MINUS = visits_and_flips(1), visits_and_flips(-1)


@forall(
    **RUN,
    **COORDINATE,
    plus=real,
    minus=real,
    flips=real,
    last=SIGN,
    cases=RUNS,
    given=coordinate,
    by=lambda **v: [
        use(average, v),
        use(PLUS, v, visits=v["plus"]),
        use(MINUS, v, visits=v["minus"]),
    ],
)
def shares_and_flips(**v: Any) -> Any:
    """The average; +1 a share (1 + x*) / 2 of the time up to C / (2 T); at most T (1 - |x*|) + C signs flip."""
    T, x, C = v["steps"], v["x"], constant(v)
    share = abs(v["plus"] / T - (1 + x) / 2) <= C / (2 * T)
    return average.holds(**v) & share & (v["flips"] <= T * (1 - abs(x)) + C)


def flips(per_visit: int) -> ForAll:
    """In three signs there are at most so many flips for each visit to +1."""

    @forall(s1=SIGN, s2=SIGN, s3=SIGN)
    def not_more(s1: Any, s2: Any, s3: Any) -> Any:
        visits = (3 + s1 + s2 + s3) / 2
        flipped = (abs(s2 - s1) + abs(s3 - s2)) / 2
        return flipped <= per_visit * visits

    return not_more


@forall(
    w=real,
    x=real,
    s=SIGN,
    n=nonnegative,
    eta=positive,
    K=real,
    given=lambda w, x, s, n, eta, K: [
        abs(x) <= 1,
        abs(w) <= K,
        abs(w - n * eta * (s - x)) <= K,
    ],
)
def longest_run(x: Any, n: Any, eta: Any, K: Any) -> Any:
    """While |w_i| <= K, a run of n equal signs s has n eta (1 - |x*_i|) <= 2 K."""
    return n * eta * (1 - abs(x)) <= 2 * K
