"""Statements on sums over the coordinates of a step, by induction over the coordinates."""

from collections.abc import Callable, Mapping
from typing import Any

from pqtheory.claims import Invariant, forall, invariant, real
from pqtheory.claims.calling import nothing
from pqtheory.claims.kinds import Kind
from pqtheory.claims.lemma import Instance

Case = Mapping[str, Any]


def over_coordinates(
    names: str,
    adds: Callable[..., Mapping[str, Any]],
    holds: Callable[[Case], Any],
    *,
    each: Mapping[str, Kind],
    fixed: Mapping[str, Kind],
    given: Callable[..., Any] = nothing,
    by: Callable[..., Any] = nothing,
) -> Invariant:
    """What ``holds`` of the sums of what coordinates add, shown of one coordinate, and of the sum of two such sums.

    Parameters
    ----------
    names : str
        The sums, separated by spaces.
    adds : callable
        Takes what each coordinate brings and what is fixed, by name; returns what it adds to each sum.
    holds : callable
        (sums and what is fixed) -> what holds of them.
    each, fixed : mapping of str to kind
        What each coordinate brings, and what is the same for all.
    given : callable
        Takes any of both; returns what else is known of each coordinate.
    by : callable
        Instances of lemmas for one coordinate.
    """
    known: dict[str, Any] = {**each, **fixed}
    sums, more = names.split(), [f"more_{name}" for name in names.split()]

    def of(case: Case, wanted: Any) -> dict[str, Any]:
        return {name: case[name] for name in wanted}

    @forall(**known, given=given, by=by)
    def one(**case: Any) -> Any:
        """It holds of one coordinate."""
        return holds({**case, **adds(**case)})

    def the_others(case: Case) -> dict[str, Any]:
        return {name: case[other] for name, other in zip(sums, more, strict=True)}

    two: dict[str, Any] = {**dict.fromkeys([*sums, *more], real), **fixed}

    @forall(**two, given=lambda **case: [holds(case), holds({**case, **the_others(case)})])
    def add_up(**case: Any) -> Any:
        """It holds of two sums together."""
        others = the_others(case)
        return holds({**case, **{name: case[name] + others[name] for name in sums}})

    def lemmas(**case: Any) -> list[Instance]:
        own = adds(**of(case, known))
        added = {other: own[name] for name, other in zip(sums, more, strict=True)}
        return [one.at(**of(case, known)), add_up.at(**of(case, [*sums, *fixed]), **added)]

    @invariant(
        state=names,
        fixed=fixed,
        each=each,
        begins=lambda: dict.fromkeys(sums, 0),
        becomes=lambda **case: {
            name: case[name] + value for name, value in adds(**of(case, known)).items()
        },
        step=given,
        by=lemmas,
    )
    def whole(**case: Any) -> Any:
        """It holds of all coordinates."""
        return holds(case)

    return whole
