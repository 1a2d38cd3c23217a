r"""K is enough for one step from y >= 0, at beta = 1, one coordinate: in each of three cases a part of the gain does.

Where the step crosses 0 the part is a quadratic form, homogeneous in q, P = -p, m = x lambda and c = -x G.
"""

from collections.abc import Mapping
from typing import Any

from pqtheory.claims import ForAll, between, forall, nonnegative, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import (
    STEP,
    Constant,
    crosses,
    distance,
    ends_at_the_level,
    energy,
    falls_onto_the_level,
    gain,
    gains_the_energy,
    gains_what_is_left,
    lands_before,
    leads_to,
    part_will_do,
    positive_part,
    rest_at_the_level,
    stays_aside,
    what_is_left,
)
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE


def form(q: Any, P: Any, c: Any, m: Any, x: Any) -> Any:
    """4 x^2 times it, P = -p, c = -x G, m = x lambda."""
    D, beyond = q + P, positive_part(c - 2 * m)
    squares = (c - D) * (c - D) - x * x * D * D + 2 * beyond * beyond
    return 2 * x * D * (D + c) - 8 * x * m * P + squares


def _as_form(p: Any, g: Any, e: Any, strength: Any, x: Any) -> dict[str, Any]:
    return {
        "q": p - x * g + x * strength,
        "P": -p,
        "c": x * (strength - e),
        "m": x * strength,
        "x": x,
    }


@forall(**STEP)
def is_the_form(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """What is left is the form."""
    left = what_is_left(p, g, e, strength, x)
    return 4 * x * x * left == form(**_as_form(p, g, e, strength, x))


@forall(q=positive, P=real, c=real, m=real, x=real)
def is_homogeneous(q: Any, P: Any, c: Any, m: Any, x: Any) -> Any:
    """form(q, P, c, m) = q^2 form(1, P / q, c / q, m / q)."""
    return form(q, P, c, m, x) == q * q * form(1, P / q, c / q, m / q, x)


@forall(
    q=positive,
    f=real,
    one=real,
    c=real,
    K=real,
    given=lambda q, f, one, c, K: [f == q * q * one, one * K >= 4 * (c / q) * (c / q)],
)
def scales(f: Any, c: Any, K: Any) -> Any:
    """So if it is at least 4 c^2 / K at q = 1, it is so at q."""
    return f * K >= 4 * c * c


def bounded(constant: Constant) -> ForAll:
    """Fall + rest >= dist^2 / K, for y >= 0: in each of the three cases a part will do."""

    @forall(x=UP_TO_ONE)
    def is_positive(x: Any) -> Any:
        return constant(x) > 0

    @forall(square=nonnegative, x=UP_TO_ONE)
    def half_will_do(square: Any, x: Any) -> Any:
        """K >= 2."""
        return square / 2 * constant(x) >= square

    @forall(G=real, D=real, x=UP_TO_ONE)
    def energy_will_do(G: Any, D: Any, x: Any) -> Any:
        """E + |D|^2 / (2 x) >= |G|^2 / K."""
        return energy(G, D, x) * constant(x) >= G * G

    @forall(P=nonnegative, c=real, m=between(0, 1, open_low=True), x=UP_TO_ONE)
    def form_will_do(P: Any, c: Any, m: Any, x: Any) -> Any:
        """The form is >= 4 c^2 / K at q = 1."""
        return form(1, P, c, m, x) * constant(x) >= 4 * c * c

    def at_one(q: Any, P: Any, c: Any, m: Any, x: Any) -> list[Instance]:
        scaled = {"P": P / q, "c": c / q, "m": m / q, "x": x}
        return [
            is_homogeneous.at(q=q, P=P, c=c, m=m, x=x),
            form_will_do.at(**scaled),
            scales.at(q=q, f=form(q, P, c, m, x), one=form(1, **scaled), c=c, K=constant(x)),
        ]

    @forall(
        q=positive,
        P=nonnegative,
        c=real,
        m=positive,
        x=UP_TO_ONE,
        given=lambda q, m: [m <= q],
        by=at_one,
    )
    def any_form_will_do(q: Any, P: Any, c: Any, m: Any, x: Any) -> Any:
        """And at every q."""
        return form(q, P, c, m, x) * constant(x) >= 4 * c * c

    @forall(
        **STEP,
        given=lambda p, g, x: [p < 0, p - x * g >= 0],
        by=lambda **case: [is_the_form.at(**case), any_form_will_do.at(**_as_form(**case))],
    )
    def what_is_left_will_do(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
        """So it is at least |G|^2 / K."""
        return what_is_left(p, g, e, strength, x) * constant(x) >= (strength - e) ** 2

    def enough(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
        dist = distance(e, leads_to(p, g, strength, x)[1], strength)
        return gain(p, g, e, strength, x) * constant(x) >= dist * dist

    def will_do(case: Mapping[str, Any], part: Any, square: Any) -> list[Instance]:
        q = leads_to(case["p"], case["g"], case["strength"], case["x"])[1]
        dist = distance(case["e"], q, case["strength"])
        whole = {"whole": gain(**case), "dist2": dist * dist, "K": constant(case["x"])}
        return [
            is_positive.at(x=case["x"]),
            part_will_do.at(part=part, square=square, **whole),
        ]

    def by_the_rest(**case: Any) -> list[Instance]:
        e, strength, x = case["e"], case["strength"], case["x"]
        q = leads_to(case["p"], case["g"], strength, x)[1]
        square = distance(e, q, strength) ** 2
        return [
            falls_onto_the_level.at(**case),
            rest_at_the_level.at(e=e, q=q, strength=strength),
            half_will_do.at(square=square, x=x),
            *will_do(case, square / 2, square),
        ]

    @forall(**STEP, given=ends_at_the_level, by=by_the_rest)
    def at_the_level(**case: Any) -> Any:
        return enough(**case)

    def by_the_energy(**case: Any) -> list[Instance]:
        y, q = leads_to(case["p"], case["g"], case["strength"], case["x"])
        G, D, x = case["e"] + (y - q) / case["x"], q - case["p"], case["x"]
        return [
            gains_the_energy.at(**case),
            energy_will_do.at(G=G, D=D, x=x),
            *will_do(case, energy(G, D, x), G * G),
        ]

    @forall(**STEP, given=stays_aside, by=by_the_energy)
    def aside(**case: Any) -> Any:
        return enough(**case)

    def by_the_form(**case: Any) -> list[Instance]:
        return [
            lands_before.at(**case),
            gains_what_is_left.at(**case),
            what_is_left_will_do.at(**case),
            *will_do(case, what_is_left(**case), (case["strength"] - case["e"]) ** 2),
        ]

    @forall(**STEP, given=crosses, by=by_the_form)
    def across(**case: Any) -> Any:
        return enough(**case)

    @forall(
        **STEP,
        given=lambda p, g, x: [p - x * g >= 0],
        by=lambda **case: [at_the_level.at(**case), aside.at(**case), across.at(**case)],
    )
    def is_bounded(**case: Any) -> Any:
        """One of the three."""
        return enough(**case)

    return is_bounded
