"""A claim's statements as text for Lean 4, in the words of its library of optimization, optlib: unchecked."""

import re
from collections.abc import Iterator

from pqtheory.claims.claim import Check, Claim, Part
from pqtheory.claims.forall import ForAll
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.together import AllOf
from pqtheory.evidence import smt
from pqtheory.evidence.smt.lean import lean_name, lean_statement

_HEAD = """-- {name}: statements for Lean 4, unchecked: no Lean has read them, and none has a proof here.
-- Words of Mathlib and of optlib (github.com/optsuite/optlib): prox_prop, HasGradientAt, ConvexOn, LipschitzWith.
import Mathlib
import Optlib.Function.Proximal

open Classical

noncomputable section
"""


def lean(claim: Claim) -> str:
    """The statement by hand where there is one, then each statement over numbers, part by part; nothing is run.

    A part that is none, or an engine that is missing, is a comment that says so.
    """
    pieces = [_HEAD.format(name=claim.name)]
    if claim.lean:
        pieces.append(f"-- the claim, written by hand\n{claim.lean.strip()}\n")
    else:
        pieces.append(f"-- {claim.name}: no statement as a whole is written by hand\n")
    if not smt.available():
        pieces.append(f"-- with {smt.PACKAGE} installed its statements over numbers would follow\n")
        return "\n".join(pieces)
    for part in claim.parts:
        pieces += _of_part(claim, part)
    return "\n".join(pieces)


def _of_part(claim: Claim, part: Part) -> Iterator[str]:
    what = f"part {part.name}: {part.statement}".replace("\n", " ")
    found = list(_statements(part.check))
    if not found:
        yield f"-- {what}\n-- no statement over numbers alone, but of runs, arrays or instances: no text\n"
        return
    for index, (said, statement) in enumerate(found, 1):
        name = re.sub(r"\W+", "_", f"{claim.name}_{part.name}_{index}")
        head = f"-- {what}{said}\n"
        try:
            yield head + _theorem(name, statement)
        except TypeError as error:
            yield f"{head}-- no text: {error}\n"


def _statements(check: Check) -> Iterator[tuple[str, ForAll]]:
    if isinstance(check, AllOf):
        for each in check.checks:
            yield from _statements(each)
    elif isinstance(check, ForAll):
        yield "", check
    elif isinstance(check, Invariant):
        yield "; at the start of a run", check.start
        yield "; from one step to the next", check.kept


def _theorem(name: str, statement: ForAll) -> str:
    said = lean_statement(statement.read_for_search, tuple(statement.variables))
    variables = " ".join(map(lean_name, statement.variables))
    lines = [
        *(f"let {each}" for each in said.lets),
        *(f"{assumed} →" for assumed in said.assumptions),
        f"{said.conclusion} := by",
    ]
    return "\n    ".join([f"theorem {name} ({variables} : ℝ) :", *lines]) + "\n  sorry\n"
