"""Where the boxes and arrows of the map of the book go.

Chapters are bands, from top to bottom. Within a band a claim stands the farther to the right, the longer the chain of
claims that it builds on. Boxes stand on a grid, and arrows run in the streets between them, so that nothing overlaps.
Lengths are pixels of the screen; y goes down.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from pqtheory._messages import counted

#: of a letter of a name, of a box, of the streets between boxes, of a chapter's heading, of the border
LETTER, LEAST_WIDTH, HEIGHT = 7.6, 172.0, 46.0
STREET, TRACK, HEADING, MARGIN = 64.0, 26.0, 26.0, 12.0
#: how far apart arrows in one street are
APART = 6.0

Point = tuple[float, float]


@final
@dataclass(frozen=True)
class Entry:
    """A claim on the map: its name, its chapter, what it uses, and what evidence there is, in a few words."""

    name: str
    chapter: str = ""
    uses: tuple[str, ...] = ()
    kind: str = ""
    words: str = ""


@final
@dataclass(frozen=True)
class Box:
    """A claim's place."""

    entry: Entry
    x: float
    y: float
    width: float
    height: float = HEIGHT

    @property
    def middle(self) -> float:
        """Its height on the map, half way down."""
        return self.y + self.height / 2


@final
@dataclass(frozen=True)
class Arrow:
    """From a claim to one that it uses, along these points."""

    user: str
    used: str
    points: tuple[Point, ...]


@final
@dataclass(frozen=True)
class Band:
    """A chapter and where its band begins and ends."""

    chapter: str
    top: float
    bottom: float


@final
@dataclass(frozen=True)
class Layout:
    """All of it, and the size of the map."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]
    width: float
    height: float

    def in_words(self) -> str:
        """What the map shows."""
        found = Counter(box.entry.kind for box in self.boxes if box.entry.kind)
        kinds = ", ".join(f"{count} {kind}" for kind, count in found.items())
        chapters = ", ".join(band.chapter or "claims of your own" for band in self.bands)
        return (
            f"The map of the book: {counted(len(self.boxes), 'claim')}{f' ({kinds})' if kinds else ''} and "
            f"{counted(len(self.arrows), 'arrow')} from each to what it uses. From top to bottom: {chapters}. Within "
            "a chapter a claim stands the farther to the right, the longer the chain of claims below it; in each box "
            "stand its name and its evidence."
        )


def layout(entries: Sequence[Entry]) -> Layout:
    """Places for all entries; what is used but is none of them is left out.

    Raises
    ------
    ValueError
        If there is no entry, or two have one name.
    """
    if not entries:
        raise ValueError("entries: expected at least one claim, got none")
    by_name = {entry.name: entry for entry in entries}
    if len(by_name) < len(entries):
        raise ValueError("entries: expected distinct names")
    depth = _depths(by_name)
    wide = max(max(len(e.name) * LETTER, len(e.words) * LETTER * 0.85) for e in entries) + 24
    width = max(LEAST_WIDTH, wide)
    boxes, bands, y = [], [], MARGIN
    for chapter in dict.fromkeys(entry.chapter for entry in entries):
        rows: Counter[int] = Counter()
        first = y + HEADING
        for entry in (e for e in entries if e.chapter == chapter):
            column = depth[entry.name]
            left = MARGIN + column * (width + STREET)
            boxes.append(Box(entry, left, first + rows[column] * (HEIGHT + TRACK), width))
            rows[column] += 1
        bottom = first + max(rows.values()) * (HEIGHT + TRACK)
        bands.append(Band(chapter, y, bottom))
        y = bottom + TRACK / 2
    arrows = _arrows(boxes)
    right = max([box.x + width for box in boxes] + [x for a in arrows for x, _ in a.points])
    return Layout(tuple(boxes), arrows, tuple(bands), right + MARGIN, y + MARGIN)


def _depths(entries: Mapping[str, Entry]) -> dict[str, int]:
    """The length of the longest chain of claims below each; a chain that leads back ends there."""
    depth: dict[str, int] = {}
    begun: set[str] = set()

    def visit(name: str) -> int:
        if name not in begun:
            begun.add(name)
            below = [u for u in entries[name].uses if u in entries and u != name]
            depth[name] = max((1 + visit(u) for u in below), default=0)
        return depth.get(name, 0)

    for name in entries:
        visit(name)
    return depth


def _arrows(boxes: Sequence[Box]) -> tuple[Arrow, ...]:
    """Out of the left side of each user, through the streets, into the right side of what it uses."""
    by_name = {box.entry.name: box for box in boxes}
    pairs = [
        (box, by_name[used])
        for box in boxes
        for used in box.entry.uses
        if used in by_name and used != box.entry.name
    ]
    # how many arrows there are already in each street, so that no two run in one line
    busy: Counter[float] = Counter()

    def beside(street: float, room: float) -> float:
        """A free line of the street, from its middle outwards."""
        count = busy[street]
        busy[street] += 1
        side = 1 if count % 2 else -1
        offset = side * ((count + 1) // 2) * APART
        return street + max(-room, min(room, offset))

    arrows = []
    for user, used in pairs:
        start, end = (user.x, user.middle), (used.x + used.width, used.middle)
        leave = beside(user.x - STREET / 2, STREET / 2 - 12)
        if user.x == used.x + used.width + STREET:
            points = [start, (leave, start[1]), (leave, end[1]), end]
        else:
            arrive = beside(used.x + used.width + STREET / 2, STREET / 2 - 12)
            below = used.y + used.height + TRACK / 2
            track = beside(below if user.y > used.y else used.y - TRACK / 2, TRACK / 2 - 4)
            points = [start, (leave, start[1]), (leave, track), (arrive, track)]
            points += [(arrive, end[1]), end]
        arrows.append(Arrow(user.entry.name, used.entry.name, _without_repeats(points)))
    return tuple(arrows)


def _without_repeats(points: Sequence[Point]) -> tuple[Point, ...]:
    """The corners; what lies on a line between two others is none."""
    kept = [points[0], *(b for a, b in pairwise(points) if a != b)]
    inner = [
        b
        for a, b, c in zip(kept, kept[1:], kept[2:], strict=False)
        if not (a[0] == b[0] == c[0] or a[1] == b[1] == c[1])
    ]
    return (kept[0], *inner, kept[-1])
