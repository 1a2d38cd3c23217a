r"""Ternary: the second round meets the same sides of the threshold and the same means, so it changes nothing.

Every entry of x has the sign of its t or its q, so (1 + w) mean|x| = mean|t| + w mean|q|, and mean|q| <= mean|t|: q has
the means of the entries beyond Delta and 0 elsewhere. So every entry keeps its side, and a side's mean stays.
"""

from collections.abc import Mapping
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, every, forall, implies, invariant, nonnegative, real
from pqtheory.claims.cases import Cases
from pqtheory.claims.lemma import Instance
from pqtheory.quantizers.adaptive_ternary import THRESHOLD
from pqtheory.regularizers.alternating_distance import best_point
from pqtheory.theory.vectors import reals

#: what is fixed for a row: w, mean|t|, mean|q| and the two levels
ROW: dict[str, Any] = {
    "w": nonnegative,
    "mean": nonnegative,
    "mean_q": nonnegative,
    "lower": real,
    "upper": real,
}
SIDES = ("up", "low")


def sides(t: Any, delta: Any) -> dict[str, Any]:
    """Where t is at or above Delta, and where it is at or below -Delta and not above."""
    above = t >= delta
    return {"up": above, "low": (t <= -delta) & (t < delta)}


def level(t: Any, delta: Any, lower: Any, upper: Any) -> Any:
    """The level of an entry."""
    xp, t = as_array(t)
    side = sides(t, delta)
    return xp.where(side["up"], upper, xp.where(side["low"], lower, 0 * t))


def delta(mean: Any) -> Any:
    """0.7 mean|t|."""
    return THRESHOLD * mean


def new_delta(mean: Any, mean_q: Any, w: Any) -> Any:
    """0.7 mean|x|."""
    return THRESHOLD * (mean + w * mean_q) / (1 + w)


def moved(t: Any, w: Any, mean: Any, lower: Any, upper: Any) -> Any:
    """The first x."""
    return best_point(t, level(t, delta(mean), lower, upper), w)


def beyond(case: Mapping[str, Any], side: str) -> Any:
    """Whether the level of a side lies beyond Delta."""
    far = delta(case["mean"])
    return case["upper"] >= far if side == "up" else case["lower"] <= -far


@forall(
    **ROW,
    t=real,
    given=lambda t, **row: [
        row["mean_q"] <= row["mean"],
        *(implies([side], beyond(row, n)) for n, side in sides(t, delta(row["mean"])).items()),
    ],
)
def keeps_side(t: Any, w: Any, mean: Any, mean_q: Any, lower: Any, upper: Any) -> Any:
    """The point x is on the side of its t, so it has the same level, and (1 + w) |x| = |t| + w |q|."""
    q, x = level(t, delta(mean), lower, upper), moved(t, w, mean, lower, upper)
    before, after = sides(t, delta(mean)), sides(x, new_delta(mean, mean_q, w))
    same = every([before[n] == after[n] for n in SIDES])
    size = (1 + w) * abs(x) == abs(t) + w * abs(q)
    return same & size & (level(x, new_delta(mean, mean_q, w), lower, upper) == q)


def adds(t: Any, at: Any, names: str) -> dict[str, Any]:
    """What an entry adds to number and sum of each side, where ``at`` is its threshold."""
    xp, t = as_array(t)
    found = {}
    for name, side in sides(t, at).items():
        found[f"{names}n_{name}"] = xp.where(side, 1 + 0 * t, 0 * t)
        found[f"{names}sum_{name}"] = xp.where(side, t, 0 * t)
    return found


COUNTS = ("n_up", "sum_up", "n_low", "sum_low")


def is_mean(n: Any, total: Any, mean: Any) -> Any:
    """The mean of a side, 0 where it has no entries."""
    return implies([n > 0], n * mean == total) & implies([n == 0], mean == 0)


@invariant(
    state=" ".join(("size", *COUNTS)),
    fixed={"mean": nonnegative},
    each={"t": real},
    begins=lambda: dict.fromkeys(("size", *COUNTS), 0),
    becomes=lambda t, mean, **sums: {
        name: sums[name] + value
        for name, value in {"size": abs(t), **adds(t, delta(mean), "")}.items()
    },
)
def far_from_zero(size: Any, n_up: Any, sum_up: Any, n_low: Any, sum_low: Any, mean: Any) -> Any:
    """The entries of a side are beyond Delta, and sum|t| is no less than the sums of both sides."""
    counted = ((n_up == 0) | (n_up >= 1)) & ((n_low == 0) | (n_low >= 1))
    far = (sum_up >= n_up * delta(mean)) & (-sum_low >= n_low * delta(mean))
    none = implies([n_up == 0], sum_up == 0) & implies([n_low == 0], sum_low == 0)
    return counted & far & none & (size >= sum_up - sum_low)


TOTALS = ("size", "size_q", "size_x", *COUNTS, *(f"x_{name}" for name in COUNTS))


def one_more(t: Any, **case: Any) -> dict[str, Any]:
    """The sums with one more entry."""
    w, mean, mean_q, lower, upper = (case[name] for name in ROW)
    q, x = level(t, delta(mean), lower, upper), moved(t, w, mean, lower, upper)
    added = {
        "size": abs(t),
        "size_q": abs(q),
        "size_x": abs(x),
        **adds(t, delta(mean), ""),
        **adds(x, new_delta(mean, mean_q, w), "x_"),
    }
    return {name: case[name] + value for name, value in added.items()}


@invariant(
    state=" ".join(TOTALS),
    fixed=ROW,
    each={"t": real},
    begins=lambda: dict.fromkeys(TOTALS, 0),
    becomes=one_more,
    by=lambda t, w, mean, mean_q, lower, upper: [
        keeps_side.at(t=t, w=w, mean=mean, mean_q=mean_q, lower=lower, upper=upper)
    ],
)
def row(**case: Any) -> Any:
    """If the levels lie beyond Delta, sum|q| is their sum; if mean|q| <= mean|t| too, sides and sums stay."""
    w, ups, lows = case["w"], case["n_up"], case["n_low"]
    outside = [implies([ups > 0], beyond(case, "up")), implies([lows > 0], beyond(case, "low"))]
    fine = [*outside, case["mean_q"] <= case["mean"]]
    sizes = (1 + w) * case["size_x"] == case["size"] + w * case["size_q"]
    of_q = case["size_q"] == ups * case["upper"] - lows * case["lower"]
    counts = (case["x_n_up"] == ups) & (case["x_n_low"] == lows)
    up = (1 + w) * case["x_sum_up"] == case["sum_up"] + w * ups * case["upper"]
    low = (1 + w) * case["x_sum_low"] == case["sum_low"] + w * lows * case["lower"]
    known = implies(outside, of_q) & implies(fine, sizes & counts & up & low)
    return (ups >= 0) & (lows >= 0) & known


#: the whole row, the number of its entries, and what the second fit has: mean|x| and its levels
WHOLE: dict[str, Any] = {
    **ROW,
    **reals(*TOTALS, "n", "mean_x", "next_lower", "next_upper"),
}


def fitted(**case: Any) -> list[Any]:
    """All means are means of the row."""
    n = case["n"]
    return [
        n >= 1,
        *(n * case[f"mean{m}"] == case[f"size{m}"] for m in ("", "_q", "_x")),
        is_mean(case["n_up"], case["sum_up"], case["upper"]),
        is_mean(case["n_low"], case["sum_low"], case["lower"]),
        is_mean(case["x_n_up"], case["x_sum_up"], case["next_upper"]),
        is_mean(case["x_n_low"], case["x_sum_low"], case["next_lower"]),
    ]


def of_row(**case: Any) -> list[Instance]:
    """What is known of the whole row."""
    names = ("size", *COUNTS, "mean")
    return [
        far_from_zero.at(**{name: case[name] for name in names}),
        row.at(**{name: case[name] for name in (*TOTALS, *ROW)}),
    ]


@forall(**WHOLE, given=fitted, by=of_row)
def levels_lie_beyond(**case: Any) -> Any:
    """A side that has entries has its level beyond Delta, and mean|q| <= mean|t|."""
    up = implies([case["n_up"] > 0], beyond(case, "up"))
    low = implies([case["n_low"] > 0], beyond(case, "low"))
    return up & low & (case["mean_q"] <= case["mean"])


@forall(**WHOLE, given=fitted, by=lambda **case: [*of_row(**case), levels_lie_beyond.at(**case)])
def means_stay(**case: Any) -> Any:
    """The second fit has the same levels, and its Delta is that of the entries that keep their sides."""
    threshold = delta(case["mean_x"]) == new_delta(case["mean"], case["mean_q"], case["w"])
    same = (case["next_upper"] == case["upper"]) & (case["next_lower"] == case["lower"])
    return threshold & same


def is_entry(t: Any, **case: Any) -> list[Any]:
    """The number t is an entry of the row: its side has one."""
    side = sides(t, delta(case["mean"]))
    return [implies([side[name]], case[f"n_{name}"] > 0) for name in SIDES]


def second_round_is_the_first(cases: Cases, *, running: bool = False) -> ForAll:
    """The second round gives each entry the same x; with ``running`` it starts over from the first x."""

    @forall(
        **WHOLE,
        t=real,
        given=lambda **case: [*fitted(**case), *is_entry(**case)],
        by=lambda t, **case: [
            levels_lie_beyond.at(**case),
            means_stay.at(**case),
            keeps_side.at(t=t, **{name: case[name] for name in ROW}),
        ],
        cases=cases,
    )
    def same(t: Any, w: Any, **case: Any) -> Any:
        x = moved(t, w, case["mean"], case["lower"], case["upper"])
        q = level(x, delta(case["mean_x"]), case["next_lower"], case["next_upper"])
        return best_point(x if running else t, q, w) == x

    return same
