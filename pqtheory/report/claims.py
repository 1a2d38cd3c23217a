"""The claims: a row for each, and each in full: statement, derivation, parts with their proofs, figures, controls."""

from collections.abc import Collection, Mapping
from html import escape
from typing import Any

from pqtheory._messages import counted
from pqtheory.claims.claim import Claim, Item
from pqtheory.claims.results import ClaimResult, ItemResult, Rechecked
from pqtheory.claims.sentences import sentences
from pqtheory.evidence.base import Step
from pqtheory.report.formula import formula, text_with_formulas
from pqtheory.report.html import kind_badge, table, table_row
from pqtheory.report.text import (
    controls_refuted,
    headline,
    kind_in_words,
    looked_at,
    rechecked,
    reproduce,
    show,
)


def claim_row(result: ClaimResult) -> str:
    """The claim in the table of all."""
    name, measured, predicted = headline(result)
    claim = result.claim
    cells = [
        ("claim", f'<a href="#{escape(claim.name)}">{escape(claim.name)}</a>'),
        ("statement", f"{escape(claim.statement)}<br><small>{escape(claim.source)}</small>"),
        ("evidence", evidence_badge(result)),
        ("figure", escape(name)),
        ("measured", escape(measured)),
        ("predicted", escape(predicted)),
        ("controls refuted", controls_refuted(result)),
        *([] if result.rechecked is None else [("rechecked", rechecked(result))]),
        ("seconds", f"{result.seconds:.2f}"),
    ]
    return table_row(cells, "" if result.ok else ' class="bad"')


def claim_details(result: ClaimResult, budget: str, linked: Collection[str] = ()) -> str:
    """The claim in full, with the command that checks it again; names that are ``linked`` are on the page too."""
    claim = result.claim
    parts = "".join(map(_part, result.parts, claim.parts))
    controls = "".join(map(_control, result.controls, claim.controls))
    figures = _figures(result.measured, result.predicted)
    return (
        f'<details id="{escape(claim.name)}"{"" if result.ok else " open"}>'
        f"<summary>{escape(claim.name)} {evidence_badge(result)}</summary>"
        f"<p>{escape(claim.statement)}</p>{formula(claim.formula_latex)}<pre>{escape(claim.formula)}</pre>"
        f"<p>Source: {escape(claim.source)}. "
        f"Again: <code>{escape(reproduce(result, budget))}</code></p>{_rests_on(claim, linked)}"
        f"{_failure(result)}{_rechecked(result.rechecked)}{_derivation(claim)}"
        f"<h4>Parts</h4><ul>{parts}</ul>{figures}"
        f"<h4>Controls: false statements that the same checks refute</h4><ul>{controls}</ul></details>"
    )


def evidence_badge(result: ClaimResult) -> str:
    """The kind, and how much of the argument is in words alone."""
    prose = kind_in_words(result).removeprefix(result.kind)
    return kind_badge(result.kind) + (f"<small>{escape(prose)}</small>" if prose else "")


def _rests_on(claim: Claim, linked: Collection[str]) -> str:
    """What it uses, and the operators that it is about."""
    links = [
        f'<a href="#{escape(u)}">{escape(u)}</a>' if u in linked else escape(u) for u in claim.uses
    ]
    operators = [f"<code>{escape(name)}</code>" for name in claim.operators]
    lines = [("Uses", links), ("About", operators)]
    return "".join(f"<p>{what} {', '.join(names)}.</p>" for what, names in lines if names)


def _failure(result: ClaimResult) -> str:
    """What happened, where the claim could not be checked."""
    if result.failure is None:
        return ""
    return f"<p><b>Not checked:</b> {escape(result.failure.message)}</p>"


def _rechecked(found: Rechecked | None) -> str:
    if found is None:
        return ""
    said = (
        f"Rechecked: two solvers agree on {found.agreed} of {counted(found.problems, 'question')}."
    )
    lists = {"They disagree": found.disagreed, "Only one decides": found.only_one}
    lists["None decides"] = found.neither
    items = [
        f"<li>{what}: {escape('; '.join(names))}</li>" for what, names in lists.items() if names
    ]
    return f"<p>{said}</p>" + (f"<ul>{''.join(items)}</ul>" if items else "")


def _sentences(item: Item) -> str:
    """What is stated, by its own source."""
    found = sentences(item.check)
    if not found:
        return ""
    text = escape("\n\n".join(found))
    return f"<details><summary>what is stated</summary><pre>{text}</pre></details>"


def _part(part: ItemResult, item: Item) -> str:
    evidence = part.evidence
    facts = looked_at(evidence)
    text = f"<b>{escape(part.name)}</b>: {escape(part.statement)} {kind_badge(part.kind)}"
    text += f" ({escape(', '.join(facts))})" if facts else ""
    note = f"<br>{escape(evidence.note)}" if evidence.note else ""
    steps = "".join(_step(step) for step in evidence.proof)
    proof = f'<ul class="proof">{steps}</ul>' if steps else ""
    found = _counterexample(evidence.counterexample)
    return f"<li>{text}{note}{found}{_sentences(item)}{proof}</li>"


def _step(step: Step) -> str:
    machine = ""
    if step.machine:
        problem = f"<pre>{escape(step.machine)}</pre>"
        machine = f"<details><summary>as the engine read it</summary>{problem}</details>"
    words = "<b>in words alone:</b> " if step.prose else ""
    return f"<li>{words}{escape(step.text)}{formula(step.latex)}{machine}</li>"


def _derivation(claim: Claim) -> str:
    if claim.derivation_latex:
        return f"<h4>Derivation</h4><p>{text_with_formulas(claim.derivation_latex)}</p>"
    return f"<h4>Derivation</h4><pre>{escape(claim.derivation)}</pre>" if claim.derivation else ""


def _control(control: ItemResult, item: Item) -> str:
    word = "refuted" if control.refuted else "survives"
    text = f"<b>{escape(control.name)}</b>: {escape(control.statement)} <b>{word}</b>"
    return f"<li>{text}{_counterexample(control.evidence.counterexample)}{_sentences(item)}</li>"


def _counterexample(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    return f'<br><span class="counterexample">Counterexample: {escape(show(found))}</span>'


def _figures(measured: Mapping[str, Any], predicted: Mapping[str, Any]) -> str:
    names = list(dict.fromkeys([*measured, *predicted]))
    if not names:
        return ""
    rows = [
        table_row(
            [
                ("figure", escape(name)),
                ("measured", escape(show(measured.get(name)))),
                ("predicted", escape(show(predicted.get(name)))),
            ]
        )
        for name in names
    ]
    return table(("figure", "measured", "predicted"), rows)
