"""Counterexamples as files, which outlive the run that found them: save, load.

A file is JSON with the claim, the part or control, and the case, types included (:mod:`pqtheory.evidence.encoding`).
They are replayed by :mod:`pqtheory.claims.replaying`.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, final

from pqtheory._files import read_json, write_whole
from pqtheory._messages import brief
from pqtheory._version import __version__
from pqtheory.claims.claim import CaseCheck, Claim, Control, Part
from pqtheory.claims.lookup import users_code
from pqtheory.claims.results import Report
from pqtheory.evidence.base import BUDGETS, Evidence
from pqtheory.evidence.encoding import decoded, encoded

FORMAT = "pqtheory counterexample"
VERSION = 1
ROLES = ("part", "control")
#: whether a replay looks at the case alone or runs the whole check again
WAYS = ("case", "check")
#: letters of a claim's name, or of a part's, in the name of a file, and of the digest that tells names apart
LONGEST, DIGEST = 60, 12


@final
@dataclass(frozen=True)
class Counterexample:
    """A case that refutes a part or a control of a claim.

    Attributes
    ----------
    claim, file : str
        Name of the claim, and the file of a user's own; empty for shipped ones.
    role, name : str
        "part" or "control", and which.
    statement : str
        What the case refutes.
    case : mapping
        The case, as the evidence has it.
    way : {"case", "check"}
        How it is replayed: alone, or by the whole check.
    budget : str
        That of the run that found it.
    pqtheory : str
        The version that found it.
    """

    claim: str
    file: str
    role: str
    name: str
    statement: str
    case: Mapping[str, Any]
    way: str
    budget: str
    pqtheory: str


def of_evidence(
    claim: Claim, item: Part | Control, evidence: Evidence, budget: str = BUDGETS[0]
) -> Counterexample:
    """The counterexample of a refuted part or control.

    Raises
    ------
    ValueError
        If it is not refuted, or the claim could not be found again: it is neither shipped nor from a file.
    """
    if evidence.counterexample is None:
        raise ValueError(f"{item.name}: expected refuted evidence, got {brief(evidence.kind)}")
    if not claim.file and not claim.chapter:
        raise ValueError(f"claim {brief(claim.name)}: expected a shipped claim, or one of a file")
    stored = decoded(encoded(evidence.counterexample))
    way = "case" if _refuted_by(item, stored) else "check"
    role = "part" if isinstance(item, Part) else "control"
    found = evidence.counterexample
    return Counterexample(
        claim.name, claim.file, role, item.name, item.statement, found, way, budget, __version__
    )


def _refuted_by(item: Part | Control, case: Mapping[str, Any]) -> bool:
    """Whether the check can look at the case alone, and is refuted by it."""
    if not isinstance(item.check, CaseCheck):
        return False
    try:
        return item.check.replay(case).kind == "refuted"
    except ValueError:
        # found in another way than the one that replays, such as by a fallback on a grid
        return False


def save_all(report: Report, folder: Path) -> list[Path]:
    """Save the counterexample of every refuted control, and of every refuted part, of a report.

    Returns
    -------
    list of Path
        The files, in the order of the report.
    """
    files = []
    for result in report.values():
        if result.failure is not None:
            continue
        claim = result.claim
        items: tuple[Part | Control, ...] = (*claim.parts, *claim.controls)
        found = [r.evidence for r in result.parts] + [r.evidence for r in result.controls]
        for item, evidence in zip(items, found, strict=True):
            if evidence.kind == "refuted":
                with users_code(claim):
                    counterexample = of_evidence(claim, item, evidence, report.budget)
                files.append(save(counterexample, folder))
    return files


def save(counterexample: Counterexample, folder: Path) -> Path:
    """Write a counterexample into ``folder``, which is made, under a name of its own; all of it or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(counterexample)
    file = os.path.relpath(counterexample.file, folder) if counterexample.file else ""
    content = {
        "format": FORMAT,
        "version": VERSION,
        **vars(counterexample),
        "file": Path(file).as_posix() if file else "",
        "case": {name: encoded(value) for name, value in counterexample.case.items()},
    }
    write_whole(path, _text(content).encode())
    return path


def file_name(counterexample: Counterexample) -> str:
    """``claim.control.name-of-it.json``; where that could be another one's as well, or is long, with a digest."""
    claim, role, name = counterexample.claim, counterexample.role, counterexample.name
    words = [re.sub(r"[^A-Za-z0-9%+]+", "-", word).strip("-")[:LONGEST] for word in (claim, name)]
    # plain words have one such name each, also where large letters are as good as small ones
    plain = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim) and re.fullmatch(
        r"[a-z0-9]+( [a-z0-9]+)*", name
    )
    parts = [words[0], role, words[1]]
    if not plain or max(len(claim), len(name)) > LONGEST:
        parts.append(sha256(json.dumps([claim, role, name]).encode()).hexdigest()[:DIGEST])
    return ".".join(part for part in parts if part) + ".json"


def _text(content: Mapping[str, Any]) -> str:
    """JSON with one field on a line, and one variable of the case."""
    fields = []
    for key, value in content.items():
        text = json.dumps(value, allow_nan=False)
        if key == "case":
            lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            text = "{\n" + ",\n".join(lines) + "\n }"
        fields.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def load(path: Path) -> Counterexample:
    """Read a counterexample.

    Raises
    ------
    ValueError
        If there is no such file, it is no counterexample or not a whole one, or another version wrote it.
    """
    where = f"counterexample {brief(str(path))}"
    try:
        content = read_json(path)
    except OSError as error:
        raise ValueError(f"{where}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{where}: not written by pqtheory as a counterexample")
    if content.get("version") != VERSION:
        raise ValueError(
            f"{where}: expected format version {VERSION}, got {brief(content.get('version'))}"
        )
    text = {name: _field(content, name, str, where) for name in TEXTS}
    for name, allowed in (("role", ROLES), ("way", WAYS), ("budget", BUDGETS)):
        if text[name] not in allowed:
            raise ValueError(f"{where}: {name}: expected one of {allowed}, got {brief(text[name])}")
    if text["file"]:
        text["file"] = os.path.normpath(path.parent / text["file"])
    case = _field(content, "case", dict, where)
    try:
        values = {name: decoded(value) for name, value in case.items()}
    except ValueError as error:
        raise ValueError(f"{where}: case: {error}") from error
    return Counterexample(**text, case=values)


TEXTS = ("claim", "file", "role", "name", "statement", "way", "budget", "pqtheory")


def _field(content: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    if not isinstance(content.get(name), kind):
        raise ValueError(f"{where}: the field {brief(name)} is missing or no {kind.__name__}")
    return content[name]
