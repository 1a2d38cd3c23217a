"""The map of the book as SVG: a box for each theorem, in its chapter, with arrows to what it uses.

Nothing is loaded and no script runs. Each box says in words what its colour says; each is a link where there is
something to link to, so that it can be reached and read without seeing it.
"""

from collections.abc import Mapping
from html import escape

from pqtheory._messages import visible
from pqtheory.claims.results import Report
from pqtheory.evidence.base import KINDS
from pqtheory.plotting.book_layout import Arrow, Band, Box, Entry, Layout, Point, layout
from pqtheory.report.text import kind_in_words

#: how round the corners of an arrow are
ROUND = 8.0

_STYLE = """
.book-map { --ink: #1d1d1f; --paper: #fdfdfc; --line: #d9d9d6; --proved: #00694a; --certified: #00598c;
  --enumerated: #6b4c9a; --sampled: #7a5200; --refuted: #a83c00; --other: #5f5f5f;
  color: var(--ink); font: 13px/1.2 system-ui, sans-serif; max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
  .book-map { --ink: #e8e8e6; --paper: #18191b; --line: #3a3b3e; --proved: #59c9a3; --certified: #7cc4f0;
    --enumerated: #c3a6ef; --sampled: #e0b050; --refuted: #ff9b66; --other: #b0b0b0; }
}
.book-map text { fill: currentColor; }
.book-map .chapter { font-weight: 600; opacity: .8; }
.book-map .band { stroke: var(--line); }
.book-map .box { fill: var(--paper); stroke-width: 1.6; }
.book-map .words { font-size: 11px; stroke: none; }
.book-map .arrow { fill: none; stroke: currentColor; stroke-width: 1.2; opacity: .65; }
.book-map .head { fill: currentColor; }
.book-map a:hover .box, .book-map a:focus .box { stroke-width: 3.2; }
""" + "\n".join(
    f".book-map .{kind} .box {{ stroke: var(--{kind}); }} .book-map .{kind} .words {{ fill: var(--{kind}); }}"
    for kind in ("proved", "certified", "enumerated", "sampled", "refuted", "other")
)


def entries(report: Report) -> list[Entry]:
    """What the map shows of a report."""
    return [
        Entry(
            r.claim.name,
            r.claim.chapter.replace("_", " "),
            r.claim.uses,
            r.kind,
            kind_in_words(r),
        )
        for r in report.values()
    ]


def book_map(
    shown: list[Entry], links: Mapping[str, str] | None = None, *, alone: bool = False
) -> str:
    """The map as SVG.

    Parameters
    ----------
    shown : list of Entry
        The claims in the order of the book.
    links : mapping of str to str, optional
        Where the box of each name leads.
    alone : bool
        Whether it stands in a file of its own and not in a page.

    Raises
    ------
    ValueError
        If there is no entry, or two have one name.
    """
    places = layout(shown)
    body = [
        *(_band(band, places) for band in places.bands),
        *(_arrow(arrow) for arrow in places.arrows),
        *(_box(box, (links or {}).get(box.entry.name, "")) for box in places.boxes),
    ]
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    size = f"{places.width:.0f} {places.height:.0f}"
    width, height = size.split()
    return visible(
        f'<svg{space} class="book-map" viewBox="0 0 {size}" width="{width}" '
        f'height="{height}" role="group" aria-labelledby="book-map-title"><title id="book-map-title">'
        "Map of the book: theorems by chapter, with arrows to what each uses</title>"
        f"<style>{_STYLE}</style>"
        f"{''.join(body)}</svg>"
    )


def _band(band: Band, places: Layout) -> str:
    line = f'<line class="band" x1="0" x2="{places.width:.0f}" y1="{band.top:.1f}" y2="{band.top:.1f}"/>'
    heading = escape(band.chapter or "claims of your own")
    return f'{line}<text class="chapter" x="12" y="{band.top + 18:.1f}">{heading}</text>'


def _arrow(arrow: Arrow) -> str:
    # every arrow ends on its way to the left
    x, y = arrow.points[-1]
    head = f"M{x:.1f},{y:.1f} l7,-4 v8 z"
    return f'<path class="arrow" d="{_rounded(arrow.points)}"/><path class="head" d="{head}"/>'


def _rounded(points: tuple[Point, ...]) -> str:
    """A line through the points with round corners."""
    path = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.append(f"L{_at(_towards(corner, before))}")
        path.append(f"Q{_at(corner)} {_at(_towards(corner, after))}")
    return " ".join([*path, f"L{_at(points[-1])}"])


def _towards(corner: Point, other: Point) -> Point:
    """A point near the corner on the way to another one, at most half of it."""
    x, y = other[0] - corner[0], other[1] - corner[1]
    length = abs(x) + abs(y)
    share = min(ROUND, length / 2) / length
    return corner[0] + share * x, corner[1] + share * y


def _at(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


def _box(box: Box, link: str) -> str:
    entry = box.entry
    kind = entry.kind if entry.kind in KINDS else "other"
    uses = f", uses {', '.join(entry.uses)}" if entry.uses else ""
    said = escape(f"{entry.name}: {entry.words or 'not checked'}{uses}")
    middle = f"{box.x + box.width / 2:.1f}"
    name_at, words_at = (20, 36) if entry.words else (28, 0)
    words = (
        f'<text class="words" x="{middle}" y="{box.y + words_at:.1f}" text-anchor="middle">{escape(entry.words)}</text>'
        if entry.words
        else ""
    )
    inner = (
        f'<title>{said}</title><rect class="box" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="6"/><text x="{middle}" y="{box.y + name_at:.1f}" text-anchor="middle">'
        f"{escape(entry.name)}</text>{words}"
    )
    if link:
        inner = f'<a href="{escape(link)}">{inner}</a>'
    return f'<g class="{escape(kind)}">{inner}</g>'
