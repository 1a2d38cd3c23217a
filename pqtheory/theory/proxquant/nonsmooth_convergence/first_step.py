"""One step of ProxQuant with the W in any dimension: dist(0, dF(theta_1))^2 <= K beta (F_0 - F_*).

F_* is at most F(v), v where F's upper model round theta_1 is least; g, e and lambda are in units of beta.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, nonnegative, positive, real
from pqtheory.claims.cases import Cases, Fractions
from pqtheory.claims.lemma import Instance
from pqtheory.theory.proxquant.nonsmooth_convergence import first_run
from pqtheory.theory.proxquant.nonsmooth_convergence.first_bound import bounded
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import (
    BRANCH,
    Constant,
    W,
    distance,
    fall,
    gain,
    leads_to,
    lowest,
)
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import SETTING, adds
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.sums import over_coordinates

SUMS = "above below model before best dist2"
COORDINATE: dict[str, Any] = {"old": real, "g": real, "e": real, "ratio": positive, **SETTING}


def lands(old: Any, g: Any, ratio: Any, x: Any, beta: Any) -> Any:
    """Where the method leads."""
    return after(W, old, beta * g, x / beta, ratio * beta)


def adds_first(old: Any, g: Any, e: Any, ratio: Any, x: Any, beta: Any) -> dict[str, Any]:
    """What one coordinate adds: bounds of L at z, the model of L at v, W at theta_0 and at v, dist^2."""
    new = lands(old, g, ratio, x, beta)
    both = adds(old, new, beta * g, beta * (e - g), 0, x, beta)
    xp, new = as_array(new)
    v = xp.where(new > 0, lowest(new, e, ratio), -lowest(-new, -e, ratio))
    return {
        "above": both["above"],
        "below": both["below"],
        "model": beta * (e * (v - new) + (v - new) ** 2 / 2),
        "before": W.value(old),
        "best": W.value(v),
        "dist2": distance(beta * e, new, ratio * beta) ** 2,
    }


def left_of(case: Mapping[str, Any]) -> Any:
    """What the bounds leave of F_0 - F(v)."""
    loss = case["below"] - case["above"] - case["model"]
    return loss + case["ratio"] * case["beta"] * (case["before"] - case["best"])


@forall(
    whole=real,
    part=real,
    dist2=real,
    own=real,
    K=positive,
    beta=positive,
    given=lambda whole, part, dist2, own, K, beta: [
        whole >= beta * part,
        part * K >= own,
        dist2 == beta**2 * own,
    ],
)
def scales(whole: Any, dist2: Any, K: Any, beta: Any) -> Any:
    """What is enough at beta = 1 is in units of beta."""
    return K * beta * whole >= dist2


@forall(v=real)
def is_even_and_below_its_branch(v: Any) -> Any:
    """W(v) is at most |v - 1|, and W(-v)."""
    return (W.value(v) <= BRANCH.value(v)) & (W.value(-v) == W.value(v))


def on_side(side: int, lemma: ForAll, constant: Constant) -> ForAll:
    """Where the point before the prox is >= 0, or < 0: as the lemma, with all signs changed for -1."""

    def given(old: Any, g: Any, x: Any) -> list[Any]:
        y = side * old - x * (side * g)
        return [y >= 0] if side > 0 else [y >= 0, y != 0]

    def unit(case: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "p": side * case["old"],
            "g": side * case["g"],
            "e": side * case["e"],
            "strength": case["ratio"],
            "x": case["x"],
        }

    def q_v(case: Mapping[str, Any]) -> tuple[Any, Any]:
        own = unit(case)
        q = leads_to(own["p"], own["g"], own["strength"], own["x"])[1]
        return q, lowest(q, own["e"], own["strength"])

    @forall(**COORDINATE, given=given)
    def same_point(**case: Any) -> Any:
        new = lands(*(case[name] for name in ("old", "g", "ratio", "x", "beta")))
        return (new == side * q_v(case)[0]) & ((new > 0) if side > 0 else (new < 0))

    @forall(**COORDINATE, given=given)
    def same_fall(**case: Any) -> Any:
        own, sums = unit(case), adds_first(**case)
        falls = fall(own["p"], own["g"], own["e"], q_v(case)[0])
        return sums["below"] - sums["above"] == case["beta"] * falls

    @forall(**COORDINATE, given=given)
    def same_model(**case: Any) -> Any:
        e, (q, v) = unit(case)["e"], q_v(case)
        return adds_first(**case)["model"] == case["beta"] * (e * (v - q) + (v - q) * (v - q) / 2)

    @forall(
        **COORDINATE,
        given=given,
        by=lambda **case: [
            same_point.at(**case),
            is_even_and_below_its_branch.at(v=q_v(case)[1]),
        ],
    )
    def no_more_penalty(**case: Any) -> Any:
        sums, (q, v) = adds_first(**case), q_v(case)
        same = (W.value(q) == BRANCH.value(q)) & (W.value(side * case["old"]) == sums["before"])
        return same & (sums["best"] <= BRANCH.value(v))

    @forall(**COORDINATE, given=given)
    def same_distance(**case: Any) -> Any:
        own = distance(unit(case)["e"], q_v(case)[0], case["ratio"])
        return adds_first(**case)["dist2"] == case["beta"] ** 2 * (own * own)

    @forall(
        **COORDINATE,
        given=given,
        by=lambda **case: [lemma.at(**case) for lemma in (same_fall, same_model, no_more_penalty)],
    )
    def gains_as_much(**case: Any) -> Any:
        return left_of({**case, **adds_first(**case)}) >= case["beta"] * gain(**unit(case))

    def by(**case: Any) -> list[Instance]:
        sums, own = adds_first(**case), distance(unit(case)["e"], q_v(case)[0], case["ratio"])
        numbers = {"part": gain(**unit(case)), "dist2": sums["dist2"], "own": own * own}
        whole = left_of({**case, **sums})
        return [
            gains_as_much.at(**case),
            same_distance.at(**case),
            lemma.at(**unit(case)),
            scales.at(whole=whole, K=constant(case["x"]), beta=case["beta"], **numbers),
        ]

    @forall(x=SETTING["x"])
    def is_positive(x: Any) -> Any:
        return constant(x) > 0

    @forall(**COORDINATE, given=given, by=lambda **case: [*by(**case), is_positive.at(x=case["x"])])
    def enough(**case: Any) -> Any:
        return is_enough({**case, **adds_first(**case)}, constant)

    return enough


def is_enough(case: Mapping[str, Any], constant: Constant) -> Any:
    """dist^2 <= K beta (F_0 - F(v)), by what the bounds leave of it."""
    return constant(case["x"]) * case["beta"] * left_of(case) >= case["dist2"]


def keeps_to(constant: Constant, x: Fraction) -> Any:
    """How far the run that comes close to K stays below ``constant``."""
    return constant(x) - first_run.first_step(x)


def first_step(constant: Constant) -> ForAll:
    """dist^2 <= K beta (F_0 - F_*) after one step."""
    lemma = bounded(constant)
    sides = [on_side(side, lemma, constant) for side in (1, -1)]

    @forall(**COORDINATE, by=lambda **case: [side.at(**case) for side in sides])
    def one(**case: Any) -> Any:
        """Whatever the side."""
        return is_enough({**case, **adds_first(**case)}, constant)

    sums = over_coordinates(
        SUMS,
        adds_first,
        partial(is_enough, constant=constant),
        each={"old": real, "g": real, "e": real},
        fixed={**SETTING, "ratio": positive},
        by=lambda **case: [one.at(**case)],
    )
    names = ("L", "L_after", "z", "at_v", "least", *SUMS.split())
    known: dict[str, Any] = {**dict.fromkeys(names, real), "dist2": nonnegative}

    def given(**case: Any) -> list[Any]:
        strength = case["ratio"] * case["beta"]
        return [
            case["z"] <= case["L"] + case["above"],
            case["z"] >= case["L_after"] + case["below"],
            case["at_v"] <= case["L_after"] + case["model"],
            case["least"] <= case["at_v"] + strength * case["best"],
        ]

    @forall(
        **known,
        **SETTING,
        ratio=positive,
        given=given,
        by=lambda **case: [sums.at(**{name: case[name] for name in (*sums.names, *sums.fixed)})],
        cases=Cases(partial(keeps_to, constant), {"x": Fractions(0, 1, open_low=True)}),
    )
    def bound(L: Any, before: Any, least: Any, dist2: Any, x: Any, beta: Any, ratio: Any) -> Any:
        """F_0 = L + lambda W(theta_0); L(z) and L(v) are within their bounds, F_* is at most F(v)."""
        return dist2 <= constant(x) * beta * (L + ratio * beta * before - least)

    return bound
