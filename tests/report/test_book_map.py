"""The map of the book as SVG, whole."""

from dataclasses import replace

import pytest

from pqtheory.claims import Claim, Control, Part, Report
from pqtheory.claims.results import ClaimResult, ItemResult
from pqtheory.evidence import Evidence, Step
from pqtheory.plotting.book_layout import Entry, layout
from pqtheory.report.book_map import _STYLE, _rounded, book_map, entries


def test_what_the_map_shows_of_a_report() -> None:
    def never(budget: object) -> Evidence:
        return Evidence("refuted", counterexample={"x": 1})

    claim = Claim(
        "one", "a", "b", "c", (Part("p", "q", never),), (Control("c", "d", never),), uses=("two",)
    )
    proof = (Step("s"), Step("t", prose=True))
    part = ItemResult("p", "q", Evidence("proved", proof=proof))
    result = ClaimResult(replace(claim, chapter="the_first_one"), (part,), (), 0.0)
    assert entries(Report((result,), "quick")) == [
        Entry("one", "the first one", ("two",), "proved", "proved, 1 step of prose")
    ]


def test_the_map_in_full() -> None:
    shown = [
        Entry("a<", "first <", (), "proved", "proved <"),
        Entry("b", "first <", ("a<", "elsewhere"), "sampled", "sampled"),
        Entry("c", "", ("b", "a<"), "odd"),
    ]
    places = layout(shown)
    width, height = f"{places.width:.0f}", f"{places.height:.0f}"
    pieces = []
    for band, heading in zip(places.bands, ("first &lt;", "claims of your own"), strict=True):
        pieces += [
            f'<line class="band" x1="0" x2="{width}" y1="{band.top:.1f}" y2="{band.top:.1f}"/>',
            f'<text class="chapter" x="12" y="{band.top + 18:.1f}">{heading}</text>',
        ]
    for arrow in places.arrows:
        x, y = arrow.points[-1]
        pieces += [
            f'<path class="arrow" d="{_rounded(arrow.points)}"/>',
            f'<path class="head" d="M{x:.1f},{y:.1f} l7,-4 v8 z"/>',
        ]
    said = (
        ("proved", "a&lt;: proved &lt;", "a&lt;", "proved &lt;", '<a href="#&quot;a">'),
        ("sampled", "b: sampled, uses a&lt;, elsewhere", "b", "sampled", ""),
        ("other", "c: not checked, uses b, a&lt;", "c", "", ""),
    )
    for box, (kind, title, name, words, link) in zip(places.boxes, said, strict=True):
        middle = f"{box.x + box.width / 2:.1f}"
        name_at = box.y + (20 if words else 28)
        pieces += [
            f'<g class="{kind}">{link}<title>{title}</title>',
            f'<rect class="box" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" ',
            f'height="{box.height:.1f}" rx="6"/>',
            f'<text x="{middle}" y="{name_at:.1f}" text-anchor="middle">{name}</text>',
            f'<text class="words" x="{middle}" y="{box.y + 36:.1f}" text-anchor="middle">{words}</text>'
            * bool(words),
            "</a>" * bool(link),
            "</g>",
        ]
    whole = (
        f'<svg class="book-map" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="group" aria-labelledby="book-map-title"><title id="book-map-title">Map of the book: '
        "theorems by chapter, with arrows to what each uses</title>"
        f"<style>{_STYLE}</style>{''.join(pieces)}</svg>"
    )
    assert book_map(shown, {"a<": '#"a'}) == whole
    alone = book_map(shown, {"a<": '#"a'}, alone=True)
    assert alone == whole.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    linked = whole.replace('<a href="#&quot;a">', "").replace("</a>", "")
    assert book_map(shown) == linked


def test_letters_that_steer_a_terminal_are_written_out() -> None:
    assert r"<title>a\x1bb: not checked</title>" in book_map([Entry("a\x1bb")])


@pytest.mark.parametrize(
    ("points", "path"),
    [
        (((0.0, 0.0), (5.0, 0.0)), "M0.0,0.0 L5.0,0.0"),
        # eight on each side of a corner
        (
            ((100.0, 0.0), (50.0, 0.0), (50.0, 40.0)),
            "M100.0,0.0 L58.0,0.0 Q50.0,0.0 50.0,8.0 L50.0,40.0",
        ),
        # or half of the way to the next
        (
            ((0.0, 10.0), (6.0, 10.0), (6.0, 0.0), (106.0, 0.0)),
            "M0.0,10.0 L3.0,10.0 Q6.0,10.0 6.0,5.0 L6.0,5.0 Q6.0,0.0 14.0,0.0 L106.0,0.0",
        ),
    ],
)
def test_corners_are_round(points: tuple[tuple[float, float], ...], path: str) -> None:
    assert _rounded(points) == path
