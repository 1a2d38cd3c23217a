"""Counterexamples looked at again: does the statement still fall to them?

A check that can look at one case replays the case. Any other is run again as a whole, and what it finds is compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from pqtheory._messages import brief
from pqtheory.claims.claim import CaseCheck, Claim, Control, Part
from pqtheory.claims.counterexamples import Counterexample
from pqtheory.claims.lookup import Shelf, find_claims, users_code
from pqtheory.evidence.base import Budget
from pqtheory.evidence.encoding import encoded


@final
@dataclass(frozen=True)
class Replayed:
    """Whether the statement is still refuted, and what there is to say about it."""

    refutes: bool
    note: str = ""


def find_part(counterexample: Counterexample, book: Shelf) -> tuple[Claim, Part | Control]:
    """The claim, and the part or control.

    Raises
    ------
    ValueError
        If there is no such claim, or it has no such part or control.
    UserCodeError
        If the claim's file raises.
    """
    (claim,) = find_claims(counterexample.file or counterexample.claim, book=book)
    if claim.name != counterexample.claim:
        raise ValueError(
            f"claim file: {brief(counterexample.file)} defines the claim {brief(claim.name)}, "
            f"no longer {brief(counterexample.claim)}"
        )
    items: Sequence[Part | Control] = (
        claim.parts if counterexample.role == "part" else claim.controls
    )
    for item in items:
        if item.name == counterexample.name:
            return claim, item
    raise ValueError(
        f"claim {brief(claim.name)}: no {counterexample.role} {brief(counterexample.name)}; "
        f"there are {', '.join(repr(item.name) for item in items)}"
    )


def replay(counterexample: Counterexample, book: Shelf) -> Replayed:
    """Look at the case again, or run the whole check again where the case cannot be looked at alone.

    Raises
    ------
    ValueError
        If there is no such claim, part or control, or its check cannot read the case.
    UserCodeError
        If a user's claim file raises.
    """
    claim, item = find_part(counterexample, book)
    with users_code(claim):
        if counterexample.way == "case":
            try:
                return _replayed_alone(item, counterexample.case)
            except Exception as error:
                if claim.file:
                    raise
                # numbers that no run has found may make a check fail in any way
                raise ValueError(
                    f"claim {brief(claim.name)}, {counterexample.role} {brief(item.name)}: cannot look at the case "
                    f"{brief(dict(counterexample.case))}: {type(error).__name__}: {error}"
                ) from error
        return _replayed_by_check(item, counterexample)


def _replayed_alone(item: Part | Control, case: Mapping[str, Any]) -> Replayed:
    if not isinstance(item.check, CaseCheck):
        return Replayed(False, "its check looks at no single case any more")
    try:
        return Replayed(item.check.replay(case).kind == "refuted")
    except ValueError as error:
        # the statement no longer speaks of this case
        return Replayed(False, str(error))


def _replayed_by_check(item: Part | Control, counterexample: Counterexample) -> Replayed:
    evidence = item.check(Budget(counterexample.budget))
    if evidence.counterexample is None:
        return Replayed(False, f"the whole check ran again: {evidence.kind}")
    before, now = (json.dumps(encoded(c)) for c in (counterexample.case, evidence.counterexample))
    same = "the same" if before == now else "another"
    return Replayed(True, f"the whole check ran again and found {same} counterexample")
