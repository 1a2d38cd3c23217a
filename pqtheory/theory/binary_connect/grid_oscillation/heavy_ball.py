"""With momentum y = theta - eta mu v / (1 - mu) moves as theta does without it, and keeps to a wider band.

v' = mu v + a (q - w), theta' = theta - eta v', so y' = y - eta a (q - w) / (1 - mu); |v| is bounded by what pulls, and so
is the distance of y and theta.
"""

from typing import Any

from pqtheory.claims import ForAll, between, forall, negated, nonnegative, positive, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.flip_law.band import taken
from pqtheory.theory.binary_connect.flip_law.law import RARE, known
from pqtheory.theory.binary_connect.grid_oscillation.levels_held import LINE_NAMES
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import reals

HEAVY: dict[str, Any] = {**RARE, "mu": between(0, 1, open_high=True)}


def pushed(theta: Any, v: Any, case: dict[str, Any]) -> dict[str, Any]:
    """One step of heavy ball."""
    a, eta, low, high, w = (case[name] for name in LINE_NAMES)
    after = case["mu"] * v + a * (taken(theta, low, high) - w)
    latent = BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(after)).latent
    return {"v": after, "theta": latent}


#: y is (1 - mu) theta - eta mu v here, (1 - mu) times that of the formula
PLACES: dict[str, Any] = {**HEAVY, **reals("theta", "v")}


def shifted(theta: Any, v: Any, case: dict[str, Any]) -> Any:
    """The number y."""
    return (1 - case["mu"]) * theta - case["eta"] * case["mu"] * v


def sides(case: dict[str, Any]) -> tuple[Any, Any]:
    """Eta a (high - w) and eta a (w - low): what y falls or rises by."""
    unit = case["eta"] * case["a"]
    return unit * (case["high"] - case["w"]), unit * (case["w"] - case["low"])


def slow(v: Any, case: dict[str, Any]) -> Any:
    """Whether v is within what it may become."""
    room, (fall, rise) = 1 - case["mu"], sides(case)
    return (room * case["eta"] * v <= fall) & (room * case["eta"] * v >= -rise)


def where(v: dict[str, Any]) -> list[Any]:
    """What is known of w, and that v is slow."""
    return [*known(v["low"], v["high"], v["w"], v["side"]), slow(v["v"], v)]


@forall(**PLACES, given=lambda **case: where(case))
def stays_slow(theta: Any, v: Any, **case: Any) -> Any:
    """The momentum stays bounded, and y moves as theta would without it."""
    after = pushed(theta, v, case)
    fall, rise = sides(case)
    y, y_next = shifted(theta, v, case), shifted(after["theta"], after["v"], case)
    high = taken(theta, case["low"], case["high"]) == case["high"]
    return slow(after["v"], case) & (
        (high & (y_next == y - fall)) | (negated(high) & (y_next == y + rise))
    )


@forall(
    **PLACES,
    c=nonnegative,
    given=lambda c, **case: [*where(case), *is_width(c, case)],
)
def is_near(theta: Any, v: Any, c: Any, **case: Any) -> Any:
    """Y and theta are c apart at most."""
    return abs(shifted(theta, v, case) - (1 - case["mu"]) * theta) <= c


def is_width(c: Any, case: dict[str, Any]) -> list[Any]:
    """The width c = mu eta a (high - low) / (1 - mu)."""
    return [c * (1 - case["mu"]) == case["mu"] * sum(sides(case))]


def in_wide_band(y: Any, c: Any, middle: Any, fall: Any, rise: Any) -> Any:
    """Whether y is in its band."""
    return (middle - c - fall <= y) & (y <= middle + c + rise)


@forall(
    **reals("y", "after", "place", "middle"),
    c=nonnegative,
    fall=positive,
    rise=positive,
    given=lambda y, after, place, middle, c, fall, rise: [
        abs(y - place) <= c,
        ((place >= middle) & (after == y - fall)) | ((place < middle) & (after == y + rise)),
        in_wide_band(y, c, middle, fall, rise),
    ],
)
def returns(after: Any, middle: Any, c: Any, fall: Any, rise: Any) -> Any:
    """What falls from above and rises from below, up to c, keeps to its band."""
    return in_wide_band(after, c, middle, fall, rise)


def band(theta: Any, v: Any, c: Any, case: dict[str, Any]) -> Any:
    """Whether y is in its band."""
    middle = (1 - case["mu"]) * (case["low"] + case["high"]) / 2
    return in_wide_band(shifted(theta, v, case), c, middle, *sides(case))


def of_y(theta: Any, v: Any, c: Any, case: dict[str, Any]) -> list[Any]:
    """The lemmas on one step."""
    after, room = pushed(theta, v, case), 1 - case["mu"]
    fall, rise = sides(case)
    return [
        stays_slow.at(theta=theta, v=v, **case),
        is_near.at(theta=theta, v=v, c=c, **case),
        returns.at(
            y=shifted(theta, v, case),
            after=shifted(after["theta"], after["v"], case),
            place=room * theta,
            middle=room * (case["low"] + case["high"]) / 2,
            c=c,
            fall=fall,
            rise=rise,
        ),
        *([at_the_middle.at(theta=theta, **case)]),
    ]


@forall(theta=real, **HEAVY, given=lambda low, high: [low < high])
def at_the_middle(theta: Any, low: Any, high: Any, mu: Any) -> Any:
    """High is taken from the middle on, read at (1 - mu) theta."""
    above = (1 - mu) * theta >= (1 - mu) * (low + high) / 2
    q = taken(theta, low, high)
    return (above & (q == high)) | (negated(above) & (q == low))


def is_kept(wide: bool = True) -> ForAll:
    """The band of y, of width 2 c more than without momentum, is kept; or that without."""

    @forall(
        **PLACES,
        c=nonnegative,
        given=lambda theta, v, c, **case: [
            *where({**case, "v": v}),
            *(is_width(c, case) if wide else [c == 0]),
            band(theta, v, c, case),
        ],
        by=lambda theta, v, c, **case: of_y(theta, v, c, case),
    )
    def kept(theta: Any, v: Any, c: Any, **case: Any) -> Any:
        after = pushed(theta, v, case)
        return band(after["theta"], after["v"], c, case)

    return kept


KEPT = is_kept()
