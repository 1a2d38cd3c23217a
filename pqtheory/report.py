"""The report: one HTML file with the claims, the digits and the pictures, and nothing outside it.

Images are inlined, there is no script and no link to load: the file can be mailed, and reads on a phone.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from importlib import resources
from string import Template
from typing import Any, final

import numpy as np

from pqtheory.digits import DigitsResult, DigitsSettings
from pqtheory.evidence.verification import ClaimResult, ControlResult, PartResult, Report

_FIGURES = {
    "latent_error": "test error, latent",
    "quantized_error": "test error, quantized",
    "late_quantized_error": "quantized, last tenth",
    "quantization_error": "distance to the levels",
    "change_from_start": "signs changed since start",
    "flips": "flips per step",
    "reversals": "reversals per step",
}


@final
@dataclass(frozen=True)
class Picture:
    """A PNG file in memory, with the words below it."""

    name: str
    png: bytes
    caption: str


def show(value: Any) -> str:
    """A figure as a reader wants it: four digits of a float, fractions as they are, nothing for None."""
    if value is None:
        return "–"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | str | Fraction):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} = {show(v)}" for k, v in value.items())
    if isinstance(value, Iterable):
        return "[" + ", ".join(show(v) for v in value) + "]"
    return str(value)


def headline(result: ClaimResult) -> tuple[str, str, str]:
    """What a table shows of a claim: the name of its figure, measured, predicted."""
    name = result.claim.headline
    return name, show(result.measured.get(name)), show(result.predicted.get(name))


def controls_refuted(result: ClaimResult) -> str:
    """As "2/2"."""
    return f"{sum(c.refuted for c in result.controls)}/{len(result.controls)}"


def render(
    report: Report,
    digits: DigitsResult | None = None,
    pictures: Sequence[Picture] = (),
    source: Mapping[str, Any] | None = None,
) -> str:
    """The HTML text.

    Parameters
    ----------
    report : Report
        Of ``verify``.
    digits : DigitsResult, optional
        Of ``run_digits``.
    pictures : sequence of Picture
        In the order in which they appear.
    source : mapping, optional
        Of ``provenance``.
    """
    template = resources.files("pqtheory").joinpath("report.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        verdict=_verdict(report),
        budget=escape(report.budget),
        claims="\n".join(_claim_row(r) for r in report.values()),
        details="\n".join(_claim_details(r) for r in report.values()),
        digits="" if digits is None else _digits(digits),
        pictures="\n".join(_picture(p) for p in pictures),
        source="" if source is None else _source(source),
    )


def _verdict(report: Report) -> str:
    survivors = [
        f"{r.claim.name}: {c.name}" for r in report.values() for c in r.controls if not c.refuted
    ]
    refuted = [r.claim.name for r in report.values() if r.kind == "refuted"]
    controls = sum(len(r.controls) for r in report.values())
    if report.ok:
        text = f"Claims checked: {len(report)}, none refuted. Negative controls: {controls}, all refuted."
        return f'<p class="verdict ok">{text}</p>'
    text = "; ".join(
        f"{what}: {', '.join(names)}"
        for what, names in (("refuted", refuted), ("controls that survive", survivors))
        if names
    )
    return f'<p class="verdict bad">{escape(text[:1].upper() + text[1:])}.</p>'


def _claim_row(result: ClaimResult) -> str:
    name, measured, predicted = headline(result)
    claim = result.claim
    cells = [
        ("claim", f'<a href="#{escape(claim.name)}">{escape(claim.name)}</a>'),
        ("source", escape(claim.source)),
        ("evidence", _kind(result.kind)),
        ("figure", escape(name)),
        ("measured", escape(measured)),
        ("predicted", escape(predicted)),
        ("controls refuted", controls_refuted(result)),
        ("seconds", f"{result.seconds:.2f}"),
    ]
    return _row(cells, "" if result.ok else ' class="bad"')


def _claim_details(result: ClaimResult) -> str:
    claim = result.claim
    parts = "".join(_part(p) for p in result.parts)
    controls = "".join(_control(c) for c in result.controls)
    figures = _figures(result.measured, result.predicted)
    return (
        f'<details id="{escape(claim.name)}"{"" if result.ok else " open"}>'
        f"<summary>{escape(claim.name)} {_kind(result.kind)}</summary>"
        f"<p>{escape(claim.statement)}</p><pre>{escape(claim.formula)}</pre>"
        f"<p>Source: {escape(claim.source)}</p>"
        f"<h4>Parts</h4><ul>{parts}</ul>{figures}"
        f"<h4>Controls: false statements that the same checks refute</h4><ul>{controls}</ul></details>"
    )


def _part(part: PartResult) -> str:
    evidence = part.evidence
    facts = [f"{evidence.cases} cases"] if evidence.cases else []
    if evidence.margin is not None:
        facts.append(f"least margin {show(evidence.margin)}")
    text = f"<b>{escape(part.name)}</b>: {escape(part.statement)} {_kind(part.kind)}"
    text += f" ({escape(', '.join(facts))})" if facts else ""
    return f"<li>{text}{_counterexample(evidence.counterexample)}</li>"


def _control(control: ControlResult) -> str:
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
        _row(
            [
                ("figure", escape(name)),
                ("measured", escape(show(measured.get(name)))),
                ("predicted", escape(show(predicted.get(name)))),
            ]
        )
        for name in names
    ]
    return _table(("figure", "measured", "predicted"), rows)


def digits_table(digits: DigitsResult) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows: mean and standard deviation over the seeds, in percent (the distance as it is)."""
    rows = []
    for method, figures in digits.summary().items():
        row = [method]
        for figure in _FIGURES:
            mean, std = figures[figure]
            percent = figure != "quantization_error"
            row.append(f"{100 * mean:.2f} ± {100 * std:.2f} %" if percent else f"{mean:.3f}")
        rows.append(row)
    return ("method", *_FIGURES.values()), rows


def digits_setting(digits: DigitsResult) -> str:
    """One sentence on how the digits were run."""
    s, default = digits.settings, DigitsSettings()
    chosen = ""
    if (s.step_size, s.rate) == (default.step_size, default.rate):
        chosen = (
            "; both were chosen on a held-out part of the training set. "
            "BinaryConnect alone does better at a smaller step size, with fewer flips: "
            "experiments/results/digits.json has each method at its own best one"
        )
    return (
        f"{s.seeds} seeds, {s.epochs} epochs after one full-precision warm start of {s.warm_epochs} epochs; "
        f"tanh network with {s.hidden} hidden units. All methods take the same constant step size "
        f"{s.step_size:g}, ProxQuant the strength lambda_t = {s.rate:g} t{chosen}. "
        "Mean ± standard deviation over the seeds at the last epoch; "
        "flips, reversals and the column so named: over the last tenth of the epochs."
    )


def _digits(digits: DigitsResult) -> str:
    head, rows = digits_table(digits)
    body = [_row(list(zip(head, map(escape, row), strict=True))) for row in rows]
    return f"<h2>Handwritten digits</h2><p>{escape(digits_setting(digits))}</p>{_table(head, body, 'numbers')}"


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    alt = escape(f"Picture: {picture.name}", quote=True)
    return (
        f'<figure><img alt="{alt}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _source(source: Mapping[str, Any]) -> str:
    text = json.dumps(source, indent=1)
    return f"<h2>Where this comes from</h2><pre>{escape(text)}</pre>"


def _kind(kind: str) -> str:
    return f'<span class="kind {escape(kind)}">{escape(kind)}</span>'


def _row(cells: Sequence[tuple[str, str]], attributes: str = "") -> str:
    """``cells`` are (heading, HTML); the heading shows beside the cell where the screen is narrow."""
    inner = "".join(f'<td data-head="{escape(head)}">{html}</td>' for head, html in cells)
    return f"<tr{attributes}>{inner}</tr>"


def _table(head: Sequence[str], rows: Sequence[str], kind: str = "words") -> str:
    heads = "".join(f"<th>{escape(h)}</th>" for h in head)
    return f'<table class="{kind}"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
