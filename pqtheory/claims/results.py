"""Results: what verification found about claims, for people and for machines."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._messages import counted, visible
from pqtheory._notebook import listed, shown
from pqtheory.claims.claim import Claim
from pqtheory.evidence.base import KINDS, Evidence, Step
from pqtheory.evidence.judging import merged, weakest


@final
@dataclass(frozen=True)
class ItemResult:
    """A part or a control with what its check found."""

    name: str
    statement: str
    evidence: Evidence

    @property
    def kind(self) -> str:
        """The kind of evidence."""
        return self.evidence.kind

    def __repr__(self) -> str:
        return f"<ItemResult {visible(self.name)!r}: {self.kind}>"

    @property
    def refuted(self) -> bool:
        """Whether there is a counterexample: what a control must come to."""
        return self.evidence.kind == "refuted"


@final
@dataclass(frozen=True)
class Rechecked:
    """How the questions that one solver answered fared with a second one.

    Attributes
    ----------
    problems, agreed : int
        How many questions there are, and how many both answer alike.
    only_one : tuple of str
        Those that only one of the two can decide.
    disagreed : tuple of str
        Those that they answer differently: an error.
    neither : tuple of str
        Those that none of them can decide.
    """

    problems: int
    agreed: int
    only_one: tuple[str, ...] = ()
    disagreed: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}


#: claims that the text of a report names
NAMED = 12
#: why there is no evidence: a check raised, its process died, or the time was up
FAILURES = ("error", "died", "timeout")


@final
@dataclass(frozen=True)
class Failure:
    """Why a claim could not be checked: one of ``FAILURES``, and one line on what happened."""

    kind: str
    message: str


@final
@dataclass(frozen=True)
class ClaimResult:
    """What verification found about one claim.

    ``rechecked`` where a second solver was asked too; ``failure`` where it could not be checked: it has no parts then.
    """

    claim: Claim
    parts: tuple[ItemResult, ...]
    controls: tuple[ItemResult, ...]
    seconds: float
    rechecked: Rechecked | None = None
    failure: Failure | None = None

    @property
    def kind(self) -> str:
        """The kind of the weakest part, or of the failure."""
        if self.failure is not None:
            return self.failure.kind
        return weakest([p.kind for p in self.parts])

    @property
    def measured(self) -> dict[str, Any]:
        """The figures of all parts.

        Raises
        ------
        ValueError
            If two parts differ on one.
        """
        return merged("measured", (p.evidence.measured for p in self.parts))

    @property
    def predicted(self) -> dict[str, Any]:
        """What theory says that they are."""
        return merged("predicted", (p.evidence.predicted for p in self.parts))

    @property
    def counterexample(self) -> Mapping[str, Any] | None:
        """The first case that refutes a part, if any."""
        found = [p.evidence.counterexample for p in self.parts if p.kind == "refuted"]
        return found[0] if found else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What would strengthen its parts, each said once; or what happened where it could not be checked."""
        if self.failure is not None:
            return (self.failure.message,)
        return tuple(dict.fromkeys(p.evidence.note for p in self.parts if p.evidence.note))

    @property
    def prose(self) -> tuple[Step, ...]:
        """Steps of its parts that no engine has checked, each once."""
        return tuple(dict.fromkeys(s for p in self.parts for s in p.evidence.prose))

    @property
    def ok(self) -> bool:
        """It was checked, no part is refuted, every control is, and no two solvers disagree."""
        if self.failure is not None:
            return False
        if self.rechecked is not None and self.rechecked.disagreed:
            return False
        return self.kind != "refuted" and all(c.refuted for c in self.controls)

    def __repr__(self) -> str:
        refuted = sum(c.refuted for c in self.controls)
        controls = f"{refuted} of {counted(len(self.controls), 'control')} refuted"
        return f"<ClaimResult {visible(self.claim.name)!r}: {self.kind}; {controls}>"

    def _repr_html_(self) -> str:
        """The claim, what was found of each part, and the controls."""
        items = [
            *((p.name, p.statement, p.kind) for p in self.parts),
            *(
                (c.name, c.statement, "refuted, as it must be" if c.refuted else "survives")
                for c in self.controls
            ),
            *(
                (self.failure.kind, self.failure.message, "")
                for _ in [0]
                if self.failure is not None
            ),
        ]
        table = listed(("part or control", "states", "evidence"), items)
        facts = {"states": self.claim.statement, "evidence": self.kind}
        return shown(self.claim.name, self.claim.formula_latex, facts, [table])

    def is_weaker_than(self, kind: str) -> bool:
        """Whether its weakest part is of a weaker kind, or it could not be checked."""
        return self.failure is not None or KINDS.index(self.kind) > KINDS.index(kind)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``--json`` writes it."""
        return {
            "name": self.claim.name,
            "source": self.claim.source,
            "statement": self.claim.statement,
            "chapter": self.claim.chapter,
            "kind": self.kind,
            **({} if self.failure is None else {"failure": self.failure.message}),
            "prose": len(self.prose),
            "uses": list(self.claim.uses),
            "operators": list(self.claim.operators),
            **({} if self.rechecked is None else {"rechecked": self.rechecked.to_dict()}),
            "parts": [{"name": p.name, "kind": p.kind, **_details(p.evidence)} for p in self.parts],
            "measured": plain(self.measured),
            "predicted": plain(self.predicted),
            "controls": [
                {"name": c.name, "refuted": c.refuted, **_details(c.evidence)}
                for c in self.controls
            ],
            "counterexample": plain(self.counterexample),
            "seconds": self.seconds,
        }


@final
@dataclass(frozen=True)
class Report(Mapping[str, ClaimResult]):
    """Results by claim name."""

    results: tuple[ClaimResult, ...]
    budget: str

    def __getitem__(self, name: str) -> ClaimResult:
        for result in self.results:
            if result.claim.name == name:
                return result
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (r.claim.name for r in self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __repr__(self) -> str:
        named = [f"{visible(r.claim.name)}: {r.kind}" for r in self.results[:NAMED]]
        more = [f"{len(self) - NAMED} more"] if len(self) > NAMED else []
        return f"<Report, budget {self.budget!r}: {', '.join(named + more) or 'no claims'}>"

    def _repr_html_(self) -> str:
        """A line for each claim."""
        rows = [
            (
                r.claim.name,
                r.claim.statement,
                r.kind,
                f"{sum(c.refuted for c in r.controls)} of {len(r.controls)}",
                f"{r.seconds:.1f}",
            )
            for r in self.results
        ]
        heads = ("claim", "states", "evidence", "controls refuted", "seconds")
        return shown(f"budget {self.budget}", plots=[listed(heads, rows)])

    @property
    def ok(self) -> bool:
        """All claims were checked, none is refuted and no control survives."""
        return all(r.ok for r in self.results)

    @property
    def failures(self) -> tuple[ClaimResult, ...]:
        """The claims that could not be checked."""
        return tuple(r for r in self.results if r.failure is not None)

    def to_json(self) -> str:
        """``{"claims": [...]}`` for machines."""
        data = {"budget": self.budget, "ok": self.ok, "claims": [r.to_dict() for r in self.results]}
        return json.dumps(data, indent=1, allow_nan=False)


def _details(evidence: Evidence) -> dict[str, Any]:
    details: dict[str, Any] = {"cases": evidence.cases, "margin": evidence.margin}
    if evidence.tolerance:
        details["tolerance"] = evidence.tolerance
    if evidence.note:
        details["note"] = evidence.note
    if evidence.proof:
        details["proof"] = [_step(step) for step in evidence.proof]
    if evidence.counterexample is not None:
        details["counterexample"] = plain(evidence.counterexample)
    return {k: plain(v) for k, v in details.items()}


def _step(step: Step) -> dict[str, Any]:
    return {"text": step.text, "latex": step.latex, **({"prose": True} if step.prose else {})}


def plain(value: Any) -> Any:
    """``value`` with JSON's own types; whatever JSON lacks (fractions, infinities, any object) becomes a string."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)
