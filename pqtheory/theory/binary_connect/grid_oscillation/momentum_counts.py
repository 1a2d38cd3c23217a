"""With momentum the rarer level is taken as often as without, and the level changes no more often than that allows.

N - T m telescopes to y_0 - y_T, which the band of y bounds; each change has one end at the rarer level.
"""

from typing import Any

from pqtheory.claims import forall, invariant, nonnegative, real
from pqtheory.theory.binary_connect.flip_law.law import is_high, is_rare
from pqtheory.theory.binary_connect.grid_oscillation.heavy_ball import (
    HEAVY,
    KEPT,
    PLACES,
    at_the_middle,
    band,
    is_width,
    pushed,
    shifted,
    slow,
    stays_slow,
    where,
)
from pqtheory.theory.binary_connect.grid_oscillation.levels_held import rarer
from pqtheory.theory.vectors import reals


@forall(
    **PLACES,
    given=lambda **case: where(case),
    by=lambda theta, v, **case: [
        stays_slow.at(theta=theta, v=v, **case),
        at_the_middle.at(theta=theta, **case),
    ],
)
def turns(theta: Any, v: Any, **case: Any) -> Any:
    """One step of the telescope, and what a change costs: one end at the rarer level."""
    after = pushed(theta, v, case)
    low, high, side = case["low"], case["high"], case["side"]
    now, then = is_rare(theta, low, high, side), is_rare(after["theta"], low, high, side)
    moved = shifted(theta, v, case) - shifted(after["theta"], after["v"], case)
    told = case["eta"] * case["a"] * (now * (high - low) - rarer(case)) == side * moved
    return told & (changes(theta, after["theta"], case) <= now + then)


def changes(theta: Any, after: Any, case: dict[str, Any]) -> Any:
    """1 where the level changes."""
    return abs(
        is_high(after, case["low"], case["high"]) - is_high(theta, case["low"], case["high"])
    )


@invariant(
    state="theta v flips rare steps",
    fixed={**HEAVY, "c": nonnegative, "start": real, "v0": real},
    given=lambda start, v0, c, **case: [
        *where({**case, "v": v0}),
        *is_width(c, case),
        band(start, v0, c, case),
    ],
    begins=lambda start, v0: {"theta": start, "v": v0, "flips": 0, "rare": 0, "steps": 0},
    becomes=lambda theta, v, flips, rare, steps, start, v0, c, **case: {
        **pushed(theta, v, case),
        "flips": flips + changes(theta, pushed(theta, v, case)["theta"], case),
        "rare": rare + is_rare(theta, case["low"], case["high"], case["side"]),
        "steps": steps + 1,
    },
    by=lambda theta, v, c, **case: [
        lemma.at(theta=theta, v=v, **extra, **{n: case[n] for n in HEAVY})
        for lemma, extra in ((KEPT, {"c": c}), (stays_slow, {}), (turns, {}))
    ],
)
def heavy_ball(
    theta: Any,
    v: Any,
    flips: Any,
    rare: Any,
    steps: Any,
    start: Any,
    v0: Any,
    c: Any,
    **case: Any,
) -> Any:
    """The bands are kept, N - T m telescopes to y_0 - y_T, and F <= 2 N up to its end."""
    low, high, side = case["low"], case["high"], case["side"]
    moved = side * (shifted(start, v0, case) - shifted(theta, v, case))
    told = case["eta"] * case["a"] * (rare * (high - low) - steps * rarer(case)) == moved
    counted = flips <= 2 * rare + is_rare(theta, low, high, side)
    return slow(v, case) & band(theta, v, c, case) & told & counted


@forall(
    **PLACES,
    **reals("flips", "rare", "start", "v0"),
    c=nonnegative,
    steps=nonnegative,
    given=lambda start, v0, c, **case: [
        *where({**case, "v": v0}),
        *is_width(c, case),
        band(start, v0, c, case),
    ],
    by=lambda **case: [
        heavy_ball.at(**case),
        at_the_middle.at(theta=case["theta"], **{n: case[n] for n in HEAVY}),
    ],
)
def with_momentum(flips: Any, rare: Any, steps: Any, mu: Any, **case: Any) -> Any:
    """|N - T m| <= (1 + mu) / (1 - mu), and F <= 2 T m + 2 (1 + mu) / (1 - mu) + 1."""
    gap, m, most = case["high"] - case["low"], rarer(case), (1 + mu) / (1 - mu)
    share = abs(rare * gap - steps * m) <= most * gap
    return share & (flips * gap <= 2 * steps * m + (2 * most + 1) * gap)
