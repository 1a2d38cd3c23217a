r"""Large lambda: with r = 1 / (1 + w) the prox stays within (2 rounds - 1) r |t - q_0| of the first fit q_0.

x lies (1 - r) on the way from t to q, so |x - q| = r |t - q|. If the next fit q' is no farther from x than q is, then
|t - q'| <= |t - q| and |q' - q| <= 2 r |t - q|; the triangle inequality adds the moves up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pqtheory.claims import ForAll, Invariant, between, forall, invariant, nonnegative, real
from pqtheory.claims.calling import nothing
from pqtheory.claims.cases import Cases
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers.alternating_distance import best_point
from pqtheory.theory.prox.alternating_prox.half_steps import cauchy_schwarz, no_farther
from pqtheory.theory.vectors import Vector, Vectors

SHARE = between(0, 1)
#: the first, the last and the next fit, all seen from t
FITS = Vectors("first last next")


@forall(t=real, q=real, w=nonnegative, r=SHARE, given=lambda w, r: [r * (1 + w) == 1])
def on_the_way(t: Any, q: Any, w: Any, r: Any) -> Any:
    """The code goes from t to x = t + (1 - r) (q - t)."""
    return best_point(t, q, w) == t + (1 - r) * (q - t)


@forall(
    u_u=real,
    u_v=real,
    v_v=real,
    a=nonnegative,
    b=nonnegative,
    given=lambda u_u, v_v, a, b: [u_u <= a**2, v_v <= b**2],
    by=lambda u_u, u_v, v_v: [cauchy_schwarz.at(u_u=u_u, u_v=u_v, v_v=v_v)],
)
def triangle(u_u: Any, u_v: Any, v_v: Any, a: Any, b: Any) -> Any:
    """|u| <= a and |v| <= b give |u + v| <= a + b."""
    return u_u + 2 * u_v + v_v <= (a + b) ** 2


def together(u: Vector, v: Vector, a: Any, b: Any) -> Instance:
    """The triangle inequality for two vectors."""
    return triangle.at(u_u=u @ u, u_v=u @ v, v_v=v @ v, a=a, b=b)


def moves_little(bits: int) -> ForAll:
    """The next fit q' has |t - q'| <= |t - q| and |q' - q| <= 2 r |t - q|."""
    closer, pair = no_farther(bits), Vectors("last next")

    def lemmas(r: Any, **case: Any) -> list[Instance]:
        u, v = pair.of(case)
        x = u * (1 - r)
        return [
            closer.at(gap=(x - v) @ (x - v), last=(x - u) @ (x - u)),
            cauchy_schwarz.at(u_u=u @ u, u_v=u @ v, v_v=v @ v),
        ]

    @forall(**pair.products, r=SHARE, by=lemmas)
    def little(r: Any, **case: Any) -> Any:
        u, v = pair.of(case)
        move = v - u
        return (v @ v <= u @ u) & (move @ move <= 4 * r**2 * (u @ u))

    return little


def fits(case: Mapping[str, Any]) -> list[Vector]:
    """The three fits, D = |t - q_0|."""
    return FITS.of({**case, "first_first": case["D"] ** 2})


def rounds(bits: int) -> Invariant:
    """After i moves |t - q| <= |t - q_0| and |q - q_0| <= 2 i r |t - q_0|; D = |t - q_0|."""
    little = moves_little(bits)

    def lemmas(r: Any, D: Any, i: Any, **case: Any) -> Sequence[Instance]:
        first, last, following = fits({**case, "D": D})
        return [
            little.at(**Vectors("last next").at(last, following), r=r),
            together(last - first, following - last, 2 * i * r * D, 2 * r * D),
        ]

    @invariant(
        state="i first_last last_last",
        fixed={"D": nonnegative, "r": SHARE},
        each={"first_next": real, "last_next": real, "next_next": real},
        begins=lambda D: {"i": 0, "first_last": D**2, "last_last": D**2},
        becomes=lambda i, first_next, next_next: {
            "i": i + 1,
            "first_last": first_next,
            "last_last": next_next,
        },
        by=lemmas,
    )
    def near(i: Any, last_last: Any, D: Any, r: Any, **case: Any) -> Any:
        first, last, _ = fits({**case, "last_last": last_last, "D": D})
        moved = last - first
        return (i >= 0) & (last_last <= D**2) & (moved @ moved <= (2 * i * r * D) ** 2)

    return near


def another(i: Any, last_last: Any, D: Any) -> list[Any]:
    """Not the first fit, but a point that is no farther from t, after one round."""
    return [i == 0, last_last >= D**2]


def stays_near(bits: int, cases: Cases, *, first_fit: bool = True) -> ForAll:
    """After so many rounds, i = rounds - 1 moves, the prox x has |x - q_0| <= (2 rounds - 1) r |t - q_0|.

    Without ``first_fit`` q_0 is another point that is no farther from t.
    """
    near = rounds(bits)

    def lemmas(**case: Any) -> list[Instance]:
        (first, last, _), i, D, r = fits(case), *(case[name] for name in "iDr")
        moves = together(last - first, last * (0 - r), 2 * i * r * D, r * D)
        return [moves, *([near.at(**case)] if first_fit else [])]

    @forall(
        i=real,
        first_last=real,
        last_last=real,
        D=nonnegative,
        r=SHARE,
        given=nothing if first_fit else another,
        by=lemmas,
        cases=cases,
    )
    def close(i: Any, r: Any, **case: Any) -> Any:
        first, last, _ = fits(case)
        apart = last * (1 - r) - first
        return apart @ apart <= ((2 * (i + 1) - 1) * r * case["D"]) ** 2

    return close
