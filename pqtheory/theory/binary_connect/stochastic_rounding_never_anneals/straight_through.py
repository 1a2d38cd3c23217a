"""Straight-through with noise, one dimension: how often another level than the two next to w is taken, in the mean.

On a (x - w)^2 / 2 with evenly spaced levels, a gap apart; V = (theta - middle)^2, middle = (low + high) / 2.
"""

from typing import Any

from pqtheory.claims import ForAll, forall, implies, invariant, nonnegative, one_of, positive, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.flip_law.band import splits
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import reals

#: theta takes the level q, p is the level next to q on the side of w; off is 1 where q is neither low nor high
PLACE: dict[str, Any] = {
    **reals("theta", "q", "p", "low", "high", "w", "top"),
    "off": one_of(0, 1),
    "delta": positive,
}


def moved(theta: Any, g: Any, eta: Any) -> Any:
    """One step."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(g)).latent


def is_taken(q: Any, p: Any, low: Any, high: Any, w: Any, off: Any, **_: Any) -> list[Any]:
    """Where the levels are."""
    return [
        low < w,
        w < high,
        implies([q > high], (high <= p) & (q - p == high - low)),
        implies([q < low], (p <= low) & (p - q == high - low)),
        implies([off == 1], (q != low) & (q != high)),
    ]


def pulls(gaps: int = 1, between: bool = True) -> ForAll:
    """The gradient pulls to the middle by delta = a min(w - low, high - w), and other levels are a gap away, or more."""

    @forall(
        **PLACE,
        a=positive,
        given=lambda a, delta, w, low, high, **case: [
            *is_taken(w=w, low=low, high=high, **case),
            *([delta <= a * (w - low), delta <= a * (high - w)] if between else []),
        ],
        by=lambda theta, q, p, low, high, top: [
            splits.at(last=top, near=q, seen=1, y=theta, low=below, high=above)
            for below, above in ((low, high), (p, q), (q, p))
        ],
    )
    def pulled(
        theta: Any, q: Any, a: Any, w: Any, low: Any, high: Any, off: Any, delta: Any
    ) -> Any:
        away = theta - (low + high) / 2
        pull = away * a * (q - w) >= delta * abs(away)
        return pull & (abs(away) >= gaps * off * (high - low))

    return pulled


PULLS = pulls()


@invariant(
    state="chance first second after",
    fixed={"eta": positive, "away": real},
    each={"share": nonnegative, "g": real},
    begins=lambda: dict.fromkeys(("chance", "first", "second", "after"), 0),
    becomes=lambda chance, first, second, after, share, g, away, eta: {
        "chance": chance + share,
        "first": first + share * g,
        "second": second + share * g * g,
        "after": after + share * moved(away, g, eta) ** 2,
    },
)
def spreads(chance: Any, first: Any, second: Any, after: Any, away: Any, eta: Any) -> Any:
    """Over the outcomes g of the gradient: E V' = V - 2 eta (theta - middle) E g + eta^2 E g^2."""
    return after == chance * away * away - 2 * eta * away * first + eta * eta * second


@forall(
    **PLACE,
    a=positive,
    eta=positive,
    M=nonnegative,
    second=real,
    after=real,
    given=lambda a, delta, w, low, high, second, M, **case: [
        *is_taken(w=w, low=low, high=high, **case),
        delta <= a * (w - low),
        delta <= a * (high - w),
        second <= M,
    ],
    by=lambda theta, q, low, high, w, a, eta, second, after, **case: [
        PULLS.at(
            theta=theta,
            q=q,
            low=low,
            high=high,
            w=w,
            a=a,
            **{n: case[n] for n in PLACE if n in case},
        ),
        spreads.at(
            chance=1,
            first=a * (q - w),
            second=second,
            after=after,
            away=theta - (low + high) / 2,
            eta=eta,
        ),
    ],
)
def comes_nearer(
    theta: Any, low: Any, high: Any, off: Any, delta: Any, eta: Any, M: Any, after: Any
) -> Any:
    """E V' <= V - 2 eta delta gap [another level] + eta^2 M."""
    V = (theta - (low + high) / 2) ** 2
    return after <= V - 2 * eta * delta * (high - low) * off + eta * eta * M


#: what is the same for all steps
FIXED: dict[str, Any] = {
    "eta": positive,
    "a": positive,
    "delta": positive,
    "M": nonnegative,
    **reals("low", "high", "w", "top"),
}


@invariant(
    state="chance V after off",
    fixed=FIXED,
    each={"share": nonnegative, **reals("theta", "q", "p", "second", "own"), "other": one_of(0, 1)},
    given=lambda low, high, w, a, delta: [
        low < w,
        w < high,
        delta <= a * (w - low),
        delta <= a * (high - w),
    ],
    begins=lambda: dict.fromkeys(("chance", "V", "after", "off"), 0),
    becomes=lambda chance, V, after, off, share, theta, own, other, low, high: {
        "chance": chance + share,
        "V": V + share * (theta - (low + high) / 2) ** 2,
        "after": after + share * own,
        "off": off + share * other,
    },
    step=lambda q, p, low, high, w, other, second, M: [
        *is_taken(q, p, low, high, w, other),
        second <= M,
    ],
    by=lambda theta, q, p, low, high, w, top, other, delta, a, eta, M, second, own: [
        comes_nearer.at(
            theta=theta,
            q=q,
            p=p,
            low=low,
            high=high,
            w=w,
            top=top,
            off=other,
            delta=delta,
            a=a,
            eta=eta,
            M=M,
            second=second,
            after=own,
        )
    ],
)
def expected(
    chance: Any,
    V: Any,
    after: Any,
    off: Any,
    eta: Any,
    delta: Any,
    M: Any,
    low: Any,
    high: Any,
) -> Any:
    """Over the places theta where the run may be: E V_{t+1} <= E V_t - 2 eta delta gap P(another level) + eta^2 M."""
    return after <= V - 2 * eta * delta * (high - low) * off + chance * eta * eta * M


@invariant(
    state="V off T",
    fixed={**FIXED, "V0": real},
    each={"share": nonnegative},
    given=lambda low, high, w, a, delta: [
        low < w,
        w < high,
        delta <= a * (w - low),
        delta <= a * (high - w),
    ],
    begins=lambda V0: {"V": V0, "off": 0, "T": 0},
    becomes=lambda off, T, share: {"off": off + share, "T": T + 1},
    by=lambda V, V_next, share, V0, **case: [
        expected.at(chance=1, V=V, after=V_next, off=share, **{n: case[n] for n in FIXED})
    ],
)
def telescoped(
    V: Any, off: Any, T: Any, eta: Any, delta: Any, M: Any, low: Any, high: Any, V0: Any
) -> Any:
    """The chances of another level, summed over T steps."""
    return V + 2 * eta * delta * (high - low) * off <= V0 + T * eta * eta * M


@forall(
    **FIXED,
    V0=real,
    V=nonnegative,
    off=real,
    T=positive,
    given=lambda low, high, w, a, delta: [
        low < w,
        w < high,
        delta <= a * (w - low),
        delta <= a * (high - w),
    ],
    by=lambda **case: [telescoped.at(**case)],
)
def concentrates(
    off: Any, T: Any, eta: Any, delta: Any, M: Any, low: Any, high: Any, V0: Any
) -> Any:
    """The share of other levels is at most V_0 / (2 eta delta gap T) + eta M / (2 delta gap)."""
    gap = high - low
    return off / T <= V0 / (2 * eta * delta * gap * T) + eta * M / (2 * delta * gap)
