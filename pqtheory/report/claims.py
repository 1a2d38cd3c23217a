"""The claims: a row for each, and each in full: statement, derivation, parts with their proofs, figures, controls."""

from collections.abc import Mapping
from html import escape
from typing import Any

from pqtheory.claims.results import ClaimResult, ItemResult
from pqtheory.evidence.base import Step
from pqtheory.report.formula import formula
from pqtheory.report.html import kind_badge, table, table_row
from pqtheory.report.text import controls_refuted, headline, reproduce, show


def claim_row(result: ClaimResult) -> str:
    """The claim in the table of all."""
    name, measured, predicted = headline(result)
    claim = result.claim
    cells = [
        ("claim", f'<a href="#{escape(claim.name)}">{escape(claim.name)}</a>'),
        ("source", escape(claim.source)),
        ("evidence", kind_badge(result.kind)),
        ("figure", escape(name)),
        ("measured", escape(measured)),
        ("predicted", escape(predicted)),
        ("controls refuted", controls_refuted(result)),
        ("seconds", f"{result.seconds:.2f}"),
    ]
    return table_row(cells, "" if result.ok else ' class="bad"')


def claim_details(result: ClaimResult, budget: str) -> str:
    """The claim in full, with the command that checks it again."""
    claim = result.claim
    parts = "".join(_part(p) for p in result.parts)
    controls = "".join(_control(c) for c in result.controls)
    figures = _figures(result.measured, result.predicted)
    return (
        f'<details id="{escape(claim.name)}"{"" if result.ok else " open"}>'
        f"<summary>{escape(claim.name)} {kind_badge(result.kind)}</summary>"
        f"<p>{escape(claim.statement)}</p><pre>{escape(claim.formula)}</pre>"
        f"<p>Source: {escape(claim.source)}. "
        f"Again: <code>{escape(reproduce(result, budget))}</code></p>{_derivation(claim.derivation)}"
        f"<h4>Parts</h4><ul>{parts}</ul>{figures}"
        f"<h4>Controls: false statements that the same checks refute</h4><ul>{controls}</ul></details>"
    )


def _part(part: ItemResult) -> str:
    evidence = part.evidence
    facts = [f"{evidence.cases} cases"] if evidence.cases else []
    if evidence.margin is not None:
        facts.append(f"least margin {show(evidence.margin)}")
    text = f"<b>{escape(part.name)}</b>: {escape(part.statement)} {kind_badge(part.kind)}"
    text += f" ({escape(', '.join(facts))})" if facts else ""
    note = f"<br>{escape(evidence.note)}" if evidence.note else ""
    steps = "".join(_step(step) for step in evidence.proof)
    proof = f'<ul class="proof">{steps}</ul>' if steps else ""
    return f"<li>{text}{note}{_counterexample(evidence.counterexample)}{proof}</li>"


def _step(step: Step) -> str:
    machine = ""
    if step.machine:
        problem = f"<pre>{escape(step.machine)}</pre>"
        machine = f"<details><summary>as the engine read it</summary>{problem}</details>"
    return f"<li>{escape(step.text)}{formula(step.latex)}{machine}</li>"


def _derivation(text: str) -> str:
    return f"<h4>Derivation</h4><pre>{escape(text)}</pre>" if text else ""


def _control(control: ItemResult) -> str:
    word = "refuted" if control.refuted else "survives"
    text = f"<b>{escape(control.name)}</b>: {escape(control.statement)} <b>{word}</b>"
    return f"<li>{text}{_counterexample(control.evidence.counterexample)}</li>"


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
