"""The straight-through method on a (x - w)^2 / 2, low < w < high neighbouring levels: a band is reached and kept.

The band: middle - eta a (high - w) <= theta < middle + eta a (w - low). In it only the two levels are taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from pqtheory.claims import ForAll, Invariant, forall, implies, invariant, positive, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.given import Given, GivenLevels, exact
from pqtheory.theory.prox.one_more_level import Seen, nearest_of, with_level

LINE: dict[str, Any] = {"a": positive, "eta": positive, "low": real, "high": real, "w": real}


def between_levels(low: Any, high: Any, w: Any) -> list[Any]:
    """Low < w < high."""
    return [low < w, w < high]


def taken(theta: Any, low: Any, high: Any) -> Any:
    """Which of the two levels the method takes."""
    return BinaryConnect(1, set=GivenLevels(low, high)).query(State(exact(theta), 0))


def moved(theta: Any, q: Any, a: Any, eta: Any, w: Any) -> Any:
    """One step with the gradient at q."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(a * (q - w))).latent


def ends(a: Any, eta: Any, low: Any, high: Any, w: Any) -> tuple[Any, Any]:
    """The band."""
    middle = (low + high) / 2
    return middle - eta * a * (high - w), middle + eta * a * (w - low)


def in_band(theta: Any, a: Any, eta: Any, low: Any, high: Any, w: Any) -> Any:
    """Whether theta is in it."""
    bottom, top = ends(a, eta, low, high, w)
    return (bottom <= theta) & (theta < top)


@invariant(
    state="last near seen",
    fixed={"y": real, "low": real, "high": real},
    each={"new": real},
    given=lambda low, high: [low < high],
    first=lambda last, near, seen, y, low: [near == nearest_of(y, last), last <= low, seen == 0],
    step=lambda last, last_next, near, near_next, seen, seen_next, y, low, high, new: [
        new > last,
        # the two are neighbours
        (new <= low) | ((last == low) & (new == high)) | (seen == 1),
        last_next == new,
        near_next == with_level(y, Seen(near), last, new).level,
        implies([new >= high], seen_next == 1),
        implies([new <= low], seen_next == 0),
    ],
)
def splits(last: Any, near: Any, seen: Any, y: Any, low: Any, high: Any) -> Any:
    """Of neighbouring levels in a codebook of any size: P(y) >= high where y >= (low + high) / 2, else P(y) <= low."""
    above = (y >= (low + high) / 2) & (near >= high)
    below = (y < (low + high) / 2) & (near <= low)
    before = (seen == 0) & (last <= low) & (near <= last)
    return before | ((seen == 1) & (last >= high) & (above | below))


@final
@dataclass(frozen=True)
class Grid:
    """Which levels there are, and how large a step may be.

    Attributes
    ----------
    name : str
        For a reader.
    known : callable
        What is known of the level q that is taken, of its neighbour p toward w, and of the step.
    """

    name: str
    known: Callable[[Mapping[str, Any]], list[Any]]


def neighbours(case: Mapping[str, Any]) -> list[Any]:
    """Where q is neither low nor high, p is the level next to it on the side of w."""
    q, p, low, high = (case[name] for name in ("q", "p", "low", "high"))
    return [
        implies([q > high], (high <= p) & (p < q)),
        implies([q < low], (q < p) & (p <= low)),
    ]


def two_levels(case: Mapping[str, Any]) -> list[Any]:
    """Two levels, any step size."""
    return [(case["q"] == case["low"]) | (case["q"] == case["high"])]


def any_levels(case: Mapping[str, Any]) -> list[Any]:
    """Any levels, eta a <= 1/2."""
    return [*neighbours(case), 2 * case["eta"] * case["a"] <= 1]


def even(case: Mapping[str, Any]) -> list[Any]:
    """Evenly spaced levels, eta a <= 1."""
    q, p, low, high = (case[name] for name in ("q", "p", "low", "high"))
    return [
        *neighbours(case),
        implies([q > high], q - p == high - low),
        implies([q < low], p - q == high - low),
        case["eta"] * case["a"] <= 1,
    ]


def any_step(case: Mapping[str, Any]) -> list[Any]:
    """Evenly spaced levels, eta a <= 2."""
    *levels, _ = even(case)
    return [*levels, case["eta"] * case["a"] <= 2]


TWO, ANY, EVEN = (Grid(k.__doc__ or "", k) for k in (two_levels, any_levels, even))
GRIDS = (TWO, ANY, EVEN)
FASTER = Grid(any_step.__doc__ or "", any_step)


def one_step(grid: Grid) -> ForAll:
    """In the band one of the two levels is taken, and the band is kept; outside theta comes nearer, and not past it."""

    @forall(
        theta=real,
        q=real,
        p=real,
        top=real,
        **LINE,
        given=lambda **case: [
            *between_levels(case["low"], case["high"], case["w"]),
            *grid.known(case),
        ],
        by=lambda theta, q, p, top, low, high: [
            splits.at(last=top, near=q, seen=1, y=theta, low=below, high=above)
            for below, above in ((low, high), (p, q), (q, p))
        ],
    )
    def leads(theta: Any, q: Any, a: Any, eta: Any, low: Any, high: Any, w: Any) -> Any:
        bottom, top = ends(a, eta, low, high, w)
        after = moved(theta, q, a, eta, w)
        stays = implies(
            [bottom <= theta, theta < top],
            (q == taken(theta, low, high)) & (bottom <= after) & (after < top),
        )
        down = implies([theta >= top], (after <= theta - eta * a * (high - w)) & (after >= bottom))
        up = implies([theta < bottom], (after >= theta + eta * a * (w - low)) & (after < top))
        return stays & down & up

    return leads


def approaches(grid: Grid, step: ForAll) -> Invariant:
    """In the band, or as many steps nearer to it."""

    @invariant(
        state="theta steps",
        fixed={**LINE, "start": real, "top": real},
        each={"q": real, "p": real},
        given=lambda low, high, w, **case: between_levels(low, high, w),
        begins=lambda start: {"theta": start, "steps": 0},
        becomes=lambda theta, steps, q, a, eta, w: {
            "theta": moved(theta, q, a, eta, w),
            "steps": steps + 1,
        },
        step=lambda **case: grid.known(case),
        by=lambda **case: [step.at(**{name: case[name] for name in step.variables})],
    )
    def nearer(
        theta: Any, steps: Any, start: Any, a: Any, eta: Any, low: Any, high: Any, w: Any
    ) -> Any:
        bottom, top = ends(a, eta, low, high, w)
        above = (theta >= top) & (theta <= start - steps * eta * a * (high - w))
        below = (theta < bottom) & (theta >= start + steps * eta * a * (w - low))
        return (steps >= 0) & (in_band(theta, a, eta, low, high, w) | above | below)

    return nearer


def arrives(grid: Grid) -> ForAll:
    """Every start is in the band after |theta_0 - middle| / (eta a min(w - low, high - w)) steps, or sooner."""
    nearer = approaches(grid, one_step(grid))

    @forall(
        theta=real,
        steps=real,
        start=real,
        top=real,
        **LINE,
        given=lambda steps, start, a, eta, low, high, w: [
            *between_levels(low, high, w),
            steps * eta * a * (w - low) > abs(start - (low + high) / 2),
            steps * eta * a * (high - w) > abs(start - (low + high) / 2),
        ],
        by=lambda **case: [nearer.at(**case)],
    )
    def arrived(theta: Any, a: Any, eta: Any, low: Any, high: Any, w: Any) -> Any:
        return in_band(theta, a, eta, low, high, w)

    return arrived
