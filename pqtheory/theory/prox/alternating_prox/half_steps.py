r"""The half-steps of the alternation as lemmas: alpha, then B, then x. Sums run over the entries, by induction.

With s = b . alpha for the row b of an entry, s* = b . alpha*, and B^T B alpha* = B^T x:

    sum (x - s)^2 - sum (x - s*)^2 = sum (s - s*)^2 - 2 (alpha - alpha*) . (B^T x - B^T B alpha*) >= 0.

Every statement runs the regularizer's own J and x-step, and the sets' own nearest level.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, Invariant, every, forall, invariant, nonnegative, one_of, real
from pqtheory.claims.cases import Cases
from pqtheory.claims.lemma import Instance
from pqtheory.quantizers import AlternatingMultiBit, Fit
from pqtheory.regularizers.alternating_distance import AlternatingDistance, best_point
from pqtheory.theory.prox.one_more_level import nearest_is_closest
from pqtheory.theory.vectors import reals

REGULARIZER = AlternatingDistance(AlternatingMultiBit(1))
#: (t, q, w) -> the x that is said to be best
XStep = Callable[[Any, Any, Any], Any]


def objective(x: Any, t: Any, w: Any, q: Any) -> Any:
    """J of one entry with the level q."""
    _, level = as_array(q)
    return REGULARIZER.objective(x, t, w, Fit(level, level, level, level))


def best_x(step: XStep = best_point) -> ForAll:
    """No x has a smaller J, and the least is w / (1 + w) (t - q)^2 / 2."""

    @forall(t=real, q=real, w=nonnegative, x=real)
    def best(t: Any, q: Any, w: Any, x: Any) -> Any:
        least = objective(step(t, q, w), t, w, q)
        return (least <= objective(x, t, w, q)) & (2 * least * (1 + w) == w * (t - q) ** 2)

    return best


BEST_X = best_x()


@invariant(
    state="last fitted moved apart last_gap gap",
    fixed={"w": nonnegative},
    each={"t": real, "x": real, "last_q": real, "q": real},
    begins=lambda: dict.fromkeys(("last", "fitted", "moved", "apart", "last_gap", "gap"), 0),
    becomes=lambda last, fitted, moved, apart, last_gap, gap, t, x, last_q, q, w: {
        "last": last + objective(x, t, w, last_q),
        "fitted": fitted + objective(x, t, w, q),
        "moved": moved + objective(best_point(t, q, w), t, w, q),
        "apart": apart + (x - t) ** 2,
        "last_gap": last_gap + (x - last_q) ** 2,
        "gap": gap + (x - q) ** 2,
    },
    by=lambda t, x, q, w: [BEST_X.at(t=t, q=q, w=w, x=x)],
)
def x_step(last: Any, fitted: Any, moved: Any, apart: Any, last_gap: Any, gap: Any, w: Any) -> Any:
    """J = |x - t|^2 / 2 + w |x - q|^2 / 2 with the last and with the next q, and the x-step does not increase it."""
    split = (2 * last == apart + w * last_gap) & (2 * fitted == apart + w * gap)
    return split & (moved <= fitted)


@invariant(
    state="before after",
    fixed={"top": real},
    each={"x": real, "q": real, "level": real},
    begins=lambda: {"before": 0, "after": 0},
    becomes=lambda before, after, x, q, level: {
        "before": before + (x - level) ** 2,
        "after": after + (x - q) ** 2,
    },
    by=lambda x, q, level, top: [
        nearest_is_closest.at(y=x, near=q, z=level, other=level, last=top)
    ],
)
def nearest_levels(before: Any, after: Any) -> Any:
    """The level q nearest to each entry is no farther than the one that it had; top is the last level."""
    return after <= before


@forall(x=real, best=real, other=real)
def completes_the_square(x: Any, best: Any, other: Any) -> Any:
    """(x - s)^2 - (x - s*)^2 = (s - s*)^2 - 2 (s - s*) (x - s*)."""
    gain = (x - other) ** 2 - (x - best) ** 2
    return gain == (other - best) ** 2 - 2 * (other - best) * (x - best)


@invariant(
    state="u_u u_v v_v",
    each={"p": real, "q": real},
    begins=lambda: {"u_u": 0, "u_v": 0, "v_v": 0},
    becomes=lambda u_u, u_v, v_v, p, q: {
        "u_u": u_u + p**2,
        "u_v": u_v + p * q,
        "v_v": v_v + q**2,
    },
)
def cauchy_schwarz(u_u: Any, u_v: Any, v_v: Any) -> Any:
    """(u . v)^2 <= |u|^2 |v|^2, the products being sums over the entries."""
    return (u_u >= 0) & (v_v >= 0) & (u_v**2 <= u_u * v_v)


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """The inner product a . b, of one number at least."""
    return reduce(add, (p * q for p, q in zip(a, b, strict=True)))


class Sums:
    """B^T x, B^T B and what is missed, B^T (x - B alpha*), for so many bits, by their names; both alphas and a row."""

    def __init__(self, bits: int) -> None:
        self.indices = range(bits)
        self.last = [f"last_{i}" for i in self.indices]
        self.best = [f"best_{i}" for i in self.indices]
        self.signs = [f"b_{i}" for i in self.indices]
        self.missed = [f"missed_{i}" for i in self.indices]
        self.moments = [f"m_{i}" for i in self.indices]
        pairs = itertools.combinations_with_replacement(self.indices, 2)
        self.gram = {pair: "g_{}_{}".format(*pair) for pair in pairs}

    @property
    def entry(self) -> dict[str, Any]:
        """What an entry brings: x and its row of signs."""
        return {"x": real, **dict.fromkeys(self.signs, one_of(-1, 1))}

    def level(self, case: Mapping[str, Any], scales: Sequence[str]) -> Any:
        """The level b . alpha."""
        return dot([case[b] for b in self.signs], [case[a] for a in scales])

    def left(self, case: Mapping[str, Any]) -> list[Any]:
        """B^T x - B^T B alpha*, which the normal equations make 0."""
        best = [case[a] for a in self.best]
        rows = [[case[self.gram[min(i, j), max(i, j)]] for j in self.indices] for i in self.indices]
        moments = [case[m] for m in self.moments]
        return [m - dot(row, best) for m, row in zip(moments, rows, strict=True)]

    def adds_missed(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """What is missed, with one more entry."""
        rest = case["x"] - self.level(case, self.best)
        pairs = zip(self.missed, self.signs, strict=True)
        return {missed: case[missed] + case[b] * rest for missed, b in pairs}

    def adds_products(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """B^T x and B^T B, with one more entry."""
        b = [case[name] for name in self.signs]
        added = {m: b[i] * case["x"] for i, m in enumerate(self.moments)}
        added |= {g: b[i] * b[j] for (i, j), g in self.gram.items()}
        return {name: case[name] + value for name, value in added.items()}


def least_squares(bits: int) -> Invariant:
    """By how much |x - B alpha|^2 is above |x - B alpha*|^2 at least, for all alpha and alpha*."""
    sums = Sums(bits)
    state = ["last_gap", "best_gap", *sums.missed]

    @invariant(
        state=" ".join(state),
        fixed=reals(*sums.last, *sums.best),
        each=sums.entry,
        begins=lambda: dict.fromkeys(state, 0),
        becomes=lambda **case: {
            "last_gap": case["last_gap"] + (case["x"] - sums.level(case, sums.last)) ** 2,
            "best_gap": case["best_gap"] + (case["x"] - sums.level(case, sums.best)) ** 2,
            **sums.adds_missed(case),
        },
        by=lambda **case: [
            completes_the_square.at(
                x=case["x"], best=sums.level(case, sums.best), other=sums.level(case, sums.last)
            )
        ],
    )
    def above(**case: Any) -> Any:
        apart = [case[a] - case[s] for a, s in zip(sums.last, sums.best, strict=True)]
        cross = dot(apart, [case[missed] for missed in sums.missed])
        return case["last_gap"] - case["best_gap"] + 2 * cross >= 0

    return above


def what_is_missed(bits: int) -> Invariant:
    """B^T (x - B alpha*) = B^T x - B^T B alpha*."""
    sums = Sums(bits)
    state = [*sums.missed, *sums.moments, *sums.gram.values()]

    @invariant(
        state=" ".join(state),
        fixed=reals(*sums.best),
        each=sums.entry,
        begins=lambda: dict.fromkeys(state, 0),
        becomes=lambda **case: {**sums.adds_missed(case), **sums.adds_products(case)},
    )
    def same(**case: Any) -> Any:
        return every([case[m] == n for m, n in zip(sums.missed, sums.left(case), strict=True)])

    return same


def turn(bits: int) -> dict[str, Any]:
    """What a turn of alpha and B is told: the last level of the codebook, sums and alphas."""
    sums = Sums(bits)
    products = (*sums.moments, *sums.gram.values())
    return reals("top", "best_gap", *sums.last, *sums.best, *sums.missed, *products)


def normal_equations(bits: int, case: Mapping[str, Any]) -> list[Any]:
    """B^T B alpha* = B^T x."""
    return [left == 0 for left in Sums(bits).left(case)]


def one_turn(bits: int) -> ForAll:
    """Alpha with B^T B alpha* = B^T x, then nearest levels: q is no farther from x than it was."""
    above, same = least_squares(bits), what_is_missed(bits)

    def of(lemma: Invariant, case: Mapping[str, Any]) -> Instance:
        return lemma.at(**{name: case[name] for name in (*lemma.names, *lemma.fixed)})

    @forall(
        gap=real,
        last_gap=real,
        **turn(bits),
        given=lambda **case: normal_equations(bits, case),
        by=lambda **case: [
            of(above, case),
            of(same, case),
            nearest_levels.at(before=case["best_gap"], after=case["gap"], top=case["top"]),
        ],
    )
    def closer(gap: Any, last_gap: Any) -> Any:
        return gap <= last_gap

    return closer


def no_farther(bits: int) -> Invariant:
    """After any number of turns of alpha and B the fit is no farther from x than the last one, where it started."""
    closer = one_turn(bits)

    @invariant(
        state="gap",
        fixed={"last": real},
        each=turn(bits),
        begins=lambda last: {"gap": last},
        step=lambda **case: normal_equations(bits, case),
        by=lambda gap, gap_next, **case: [
            closer.at(gap=gap_next, last_gap=gap, **{name: case[name] for name in turn(bits)})
        ],
    )
    def fit(gap: Any, last: Any) -> Any:
        return gap <= last

    return fit


def no_half_step_increases(bits: int, cases: Cases, *, from_last: bool = True) -> ForAll:
    """J is no larger after the fit than before, nor after the x-step than after the fit.

    Without ``from_last`` the fit is any one, as from a fresh start.
    """
    fit = no_farther(bits)

    def lemmas(gap: Any, last_gap: Any, **case: Any) -> list[Instance]:
        closer = fit.at(gap=gap, last=last_gap)
        return [*([closer] if from_last else []), x_step.at(gap=gap, last_gap=last_gap, **case)]

    @forall(
        w=nonnegative,
        **reals("last", "fitted", "moved", "apart", "last_gap", "gap"),
        by=lemmas,
        cases=cases,
    )
    def descends(last: Any, fitted: Any, moved: Any) -> Any:
        return (fitted <= last) & (moved <= fitted)

    return descends
