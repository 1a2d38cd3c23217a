"""The report: one HTML file with the claims, the digits and the pictures, and nothing outside it.

Images are inlined, there is no script and no link to load: the file can be mailed, and reads on a phone.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template
from typing import Any, final

from pqtheory._messages import visible
from pqtheory.claims.results import Report
from pqtheory.digits import DigitsResult
from pqtheory.report.book_map import book_map, entries
from pqtheory.report.claims import claim_details, claim_row
from pqtheory.report.digits import digits_section
from pqtheory.report.lab import lab_page


@final
@dataclass(frozen=True)
class Picture:
    """A PNG file in memory.

    Attributes
    ----------
    name : str
        In the registry of pictures.
    caption : str
        The words below it, and in its place for those who do not see it: what is seen, in the numbers of what is drawn.
    """

    name: str
    png: bytes
    caption: str


#: pictures that the page opens with, and those that belong to the digits; all others stand below these
OPENING = ("regularizer", "toy")
OF_THE_DIGITS = ("sign-flips",)


def render(
    report: Report,
    digits: DigitsResult | None = None,
    pictures: Sequence[Picture] = (),
    source: Mapping[str, Any] | None = None,
    lab: str | None = None,
) -> str:
    """The HTML text: the W and the toy, the digits, other pictures, the claims, where all of it comes from.

    Parameters
    ----------
    report : Report
        Of ``verify``.
    digits : DigitsResult, optional
        Of ``run_digits``.
    pictures : sequence of Picture
        In the order in which they appear within their section.
    source : mapping, optional
        Of ``provenance``.
    lab : str, optional
        Where the lab's page lies, seen from this one, which has it inside as well.
    """
    template = resources.files("pqtheory.report").joinpath("page.html").read_text(encoding="utf-8")
    opening = [p for p in pictures if p.name in OPENING]
    of_digits = [p for p in pictures if p.name in OF_THE_DIGITS]
    others = [p for p in pictures if p not in opening and p not in of_digits]
    page = Template(template).substitute(
        verdict=_verdict(report),
        opening=_pictures("The W and the toy", opening),
        digits=_digits(digits, of_digits),
        pictures=_pictures("Paths and basins", others),
        budget=escape(report.budget),
        heads=_heads(report),
        claims="\n".join(claim_row(r) for r in report.values()),
        map=_map(report),
        details="\n".join(claim_details(r, report.budget, list(report)) for r in report.values()),
        lab="" if lab is None else _lab(lab),
        source="" if source is None else _source(source),
    )
    return visible(page)


def _heads(report: Report) -> str:
    rechecked = any(r.rechecked is not None for r in report.values())
    heads = ["claim", "statement", "evidence", "figure", "measured", "predicted"]
    heads += ["controls refuted", *(["rechecked"] if rechecked else []), "seconds"]
    return "".join(f"<th>{head}</th>" for head in heads)


def _map(report: Report) -> str:
    """The map, where there is more than one claim."""
    if len(report) < 2:
        return ""
    drawn = book_map(entries(report), {name: f"#{name}" for name in report})
    return f'<h3>Map of the book</h3><div class="map">{drawn}</div>'


def _verdict(report: Report) -> str:
    survivors = [
        f"{r.claim.name}: {c.name}" for r in report.values() for c in r.controls if not c.refuted
    ]
    refuted = [r.claim.name for r in report.values() if r.kind == "refuted"]
    unchecked = [f"{r.claim.name} ({r.kind})" for r in report.failures]
    controls = sum(len(r.controls) for r in report.values())
    if report.ok:
        text = f"Claims checked: {len(report)}, none refuted. Negative controls: {controls}, all refuted."
        return f'<p class="verdict ok">{text}</p>'
    text = "; ".join(
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("refuted", refuted),
            ("controls that survive", survivors),
            ("not checked", unchecked),
        )
        if names
    )
    return f'<p class="verdict bad">{escape(text[:1].upper() + text[1:])}.</p>'


def _digits(digits: DigitsResult | None, pictures: Sequence[Picture]) -> str:
    """Their table, and their picture."""
    if digits is None:
        return _pictures("Handwritten digits", pictures)
    return "\n".join([digits_section(digits), *map(_picture, pictures)])


def _pictures(head: str, pictures: Sequence[Picture]) -> str:
    return "\n".join([f"<h2>{head}</h2>", *map(_picture, pictures)]) if pictures else ""


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    alt = escape(picture.caption, quote=True)
    return (
        f'<figure id="picture-{escape(picture.name)}">'
        f'<div class="wide"><img alt="{alt}" src="data:image/png;base64,{data}"></div>'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _lab(address: str) -> str:
    return (
        "<h2>The lab</h2><p>Drag the start, change the method, watch the signs: both toys and the prox. "
        f'<a href="{escape(address, quote=True)}">As a page of its own</a>.</p>'
        f'<iframe class="lab" title="The lab" srcdoc="{escape(lab_page(), quote=True)}"></iframe>'
    )


def _source(source: Mapping[str, Any]) -> str:
    text = json.dumps(source, indent=1)
    return f"<h2>Where this comes from</h2><pre>{escape(text)}</pre>"
