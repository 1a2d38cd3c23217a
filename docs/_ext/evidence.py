"""What was found of the claims: read from a record where that is of their text, checked anew where it is not.

``make verify`` writes ``out/claims.json``; ``python docs/_ext/evidence.py out/claims.json`` makes the record of it.
"""

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pqtheory
from pqtheory.claims import Budget, Claim
from pqtheory.claims.verification import check_claim
from pqtheory.provenance import provenance, write_json
from pqtheory.report import show
from pqtheory.theory import BOOK

RECORD = Path(__file__).parents[1] / "evidence.json"
#: how a step begins that shows a model of the assumptions
MODEL = "the assumptions hold at "


def fingerprint(claim: Claim) -> str:
    """Of what a claim says, and of the files of its page, which check it: a record of another text is none of it."""
    page = Path(*BOOK.package.split(".")[1:], claim.chapter, claim.name.replace("-", "_"))
    path = Path(pqtheory.__file__).parent / page
    files = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    items = [(item.name, item.statement) for item in (*claim.parts, *claim.controls)]
    said = hashlib.sha256(repr((claim.statement, claim.formula, items)).encode())
    for file in files:
        said.update(file.read_text(encoding="utf-8").encode())
    return said.hexdigest()[:16]


def slim(claim: Claim, result: Mapping[str, Any]) -> dict[str, Any]:
    """What a page shows of a result as ``verify --json`` writes it."""
    return {
        "of": fingerprint(claim),
        "kind": result["kind"],
        "prose": result["prose"],
        "seconds": round(result["seconds"], 1),
        "parts": [
            {
                "kind": p["kind"],
                "cases": p["cases"],
                "steps": counted(p),
                "model": model(p),
                "note": p.get("note", ""),
            }
            for p in result["parts"]
        ],
        "controls": [
            {"refuted": c["refuted"], "by": show(c.get("counterexample")), "cases": c["cases"]}
            for c in result["controls"]
        ],
        "measured": {name: show(value) for name, value in result["measured"].items()},
        "predicted": {name: show(value) for name, value in result["predicted"].items()},
    }


def counted(part: Mapping[str, Any]) -> dict[str, int]:
    """How many steps of the proof each engine made, as the steps say it."""
    engines: Counter[str] = Counter()
    for step in part.get("proof", ()):
        if step.get("prose"):
            engines["in words alone"] += 1
            continue
        if step["text"].startswith(MODEL):
            continue
        named = re.search(r"\b(z3|sympy|clarabel|scs|highs)\b", step["text"], re.IGNORECASE)
        engines[named[1].lower() if named else "exact arithmetic"] += 1
    return dict(engines)


def model(part: Mapping[str, Any]) -> str:
    """Where the assumptions of a part hold, of its shortest such step: that it speaks of something."""
    found = [s["text"] for s in part.get("proof", ()) if s["text"].startswith(MODEL)]
    return min(found, key=len, default="").removeprefix(MODEL).removesuffix(", among others")


def found_of(claim: Claim, record: Mapping[str, Any]) -> dict[str, Any]:
    """From the record, or by a quick check."""
    known = record["claims"].get(claim.name)
    if known is not None and known["of"] == fingerprint(claim):
        return dict(known)
    return slim(claim, json.loads(json.dumps(check_claim(claim, Budget("quick")).to_dict())))


def read() -> dict[str, Any]:
    """The record."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


def main(results: str) -> None:
    """Make the record of what ``verify`` wrote."""
    content = json.loads(Path(results).read_text(encoding="utf-8"))
    claims = {result["name"]: result for result in content["claims"]}
    source = {**provenance(), "command": f"pqtheory verify --budget {content['budget']}"}
    found = {name: slim(BOOK.load(name), claims[name]) for name in BOOK.names}
    write_json(RECORD, {"provenance": source, "claims": found})


if __name__ == "__main__":
    main(*sys.argv[1:])
