"""Verification: run the parts and the controls of claims -> Report."""

import importlib.util
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import cleandoc
from pathlib import Path
from typing import Any, final

import numpy as np

from pqtheory.evidence.base import Budget, Claim, Evidence
from pqtheory.evidence.judging import merged, weakest


@final
@dataclass(frozen=True)
class PartResult:
    """A part or a control with what its check found."""

    name: str
    statement: str
    evidence: Evidence

    @property
    def kind(self) -> str:
        """The kind of evidence."""
        return self.evidence.kind


@final
@dataclass(frozen=True)
class ControlResult:
    """A control with what its check found."""

    name: str
    statement: str
    evidence: Evidence

    @property
    def refuted(self) -> bool:
        """Whether the false statement was recognised as such."""
        return self.evidence.kind == "refuted"


@final
@dataclass(frozen=True)
class ClaimResult:
    """What verification found about one claim."""

    claim: Claim
    parts: tuple[PartResult, ...]
    controls: tuple[ControlResult, ...]
    seconds: float

    @property
    def kind(self) -> str:
        """The kind of the weakest part."""
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
        """What would strengthen its parts, each said once."""
        return tuple(dict.fromkeys(p.evidence.note for p in self.parts if p.evidence.note))

    @property
    def ok(self) -> bool:
        """No part is refuted and every control is."""
        return self.kind != "refuted" and all(c.refuted for c in self.controls)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``--json`` writes it."""
        return {
            "name": self.claim.name,
            "source": self.claim.source,
            "statement": self.claim.statement,
            "kind": self.kind,
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

    @property
    def ok(self) -> bool:
        """No claim is refuted and no control survives."""
        return all(r.ok for r in self.results)

    def to_json(self) -> str:
        """``{"claims": [...]}`` for machines."""
        data = {"budget": self.budget, "ok": self.ok, "claims": [r.to_dict() for r in self.results]}
        return json.dumps(data, indent=1, allow_nan=False)


def verify(
    *names: str | Claim,
    budget: str = "quick",
    on_result: Callable[[ClaimResult], None] | None = None,
) -> Report:
    """Check claims.

    Parameters
    ----------
    *names : str or Claim
        Names of shipped claims, paths of claim files (``.py``, each defining ``CLAIM``), or claims. None: all shipped.
    budget : {"quick", "full"}
        How much work the checks may do.
    on_result : callable, optional
        Called with each result as it comes, for progress displays.

    Returns
    -------
    Report
        ``report["w-prox"].kind`` and so on.

    Raises
    ------
    TypeError
        If something else than a name or a claim is given.
    ValueError
        If a name is unknown (the nearest is suggested), a file defines no claim, two claims have the same name, or no
        part of a claim measures its headline.
    """
    allowed = Budget(budget)
    results = []
    for claim in find_claims(*names):
        results.append(check_claim(claim, allowed))
        if on_result is not None:
            on_result(results[-1])
    return Report(tuple(results), budget)


def check_claim(claim: Claim, budget: Budget) -> ClaimResult:
    """Run every part and every control of one claim.

    Raises
    ------
    ValueError
        If no part is refuted and none measures the headline of the claim.
    """
    start = time.perf_counter()
    parts = tuple(PartResult(p.name, p.statement, p.check(budget)) for p in claim.parts)
    controls = tuple(ControlResult(c.name, c.statement, c.check(budget)) for c in claim.controls)
    result = ClaimResult(claim, parts, controls, time.perf_counter() - start)
    if result.kind != "refuted" and claim.headline not in result.measured:
        raise ValueError(
            f"claim {claim.name!r}: no part measures its headline {claim.headline!r}, "
            f"only {list(result.measured)}"
        )
    return result


def find_claims(*names: str | Claim) -> list[Claim]:
    """Claims by name, by file or as they are, each once; all shipped ones where none is named.

    Raises
    ------
    TypeError
        If something else than a name or a claim is given.
    ValueError
        If a name is unknown (the nearest is suggested), a file defines no claim, or two claims have the same name.
    """
    from pqtheory.claims import load
    from pqtheory.claims import names as shipped

    if not names:
        return [load(name) for name in shipped()]
    for name in names:
        if not isinstance(name, str | Claim):
            raise TypeError(f"claim: expected names, .py files or claims, one by one, got {name!r}")
    return distinct(
        [name if isinstance(name, Claim) else _find(name, load) for name in without_repeats(names)]
    )


def without_repeats(names: Iterable[Any]) -> list[Any]:
    """``names`` without those that name the same thing, or the same file, as one before."""
    first: dict[Any, Any] = {}
    for name in names:
        is_file = isinstance(name, str) and name.endswith(".py")
        first.setdefault(Path(name).resolve() if is_file else name, name)
    return list(first.values())


def distinct(claims: Iterable[Claim]) -> list[Claim]:
    """``claims``, each once.

    Raises
    ------
    ValueError
        If two different ones have the same name.
    """
    by_name: dict[str, Claim] = {}
    for claim in claims:
        if by_name.setdefault(claim.name, claim) != claim:
            raise ValueError(f"claim: expected different names, got two claims {claim.name!r}")
    return list(by_name.values())


def _find(name: str, load: Callable[[str], Claim]) -> Claim:
    return load_file(Path(name)) if name.endswith(".py") else load(name)


def load_file(path: Path) -> Claim:
    """The ``CLAIM`` that a Python file defines.

    Raises
    ------
    ValueError
        If there is no such file, or it defines no ``CLAIM``.
    """
    if not path.is_file():
        raise ValueError(f"claim file: no file {str(path)!r}")
    spec = importlib.util.spec_from_file_location(f"pqtheory_user_claim_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"claim file: cannot load {str(path)!r}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    claim = vars(module).get("CLAIM")
    if not isinstance(claim, Claim):
        raise ValueError(
            f"claim file: {str(path)!r} defines no CLAIM of type pqtheory.evidence.Claim"
        )
    return with_derivation(claim, module.__doc__)


def with_derivation(claim: Claim, docstring: str | None) -> Claim:
    """``claim``, with the docstring of its file as its derivation unless it has one."""
    return claim if claim.derivation else replace(claim, derivation=cleandoc(docstring or ""))


def _details(evidence: Evidence) -> dict[str, Any]:
    details: dict[str, Any] = {"cases": evidence.cases, "margin": evidence.margin}
    if evidence.note:
        details["note"] = evidence.note
    if evidence.proof:
        details["proof"] = [{"text": s.text, "latex": s.latex} for s in evidence.proof]
    if evidence.counterexample is not None:
        details["counterexample"] = plain(evidence.counterexample)
    return {k: plain(v) for k, v in details.items()}


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
