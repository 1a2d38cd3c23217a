"""The map of the book: boxes and arrows that do not overlap, a link for each box, and both kinds of picture."""

import itertools
import json
import random
from xml.etree import ElementTree

import pytest

from pqtheory.plotting import png
from pqtheory.plotting.book_layout import (
    APART,
    HEADING,
    HEIGHT,
    LEAST_WIDTH,
    LETTER,
    MARGIN,
    STREET,
    TRACK,
    Arrow,
    Band,
    Box,
    Entry,
    Layout,
    Point,
    _depths,
    _without_repeats,
    layout,
)
from pqtheory.plotting.book_map import book_map as drawn
from pqtheory.report.book_map import book_map
from pqtheory.theory import BOOK
from tests.cli.running import one_line, run

SVG = "{http://www.w3.org/2000/svg}"


def synthetic(seed: int, count: int = 24, chapters: int = 4) -> list[Entry]:
    """A book whose claims use up to four that came before, in whatever chapter."""
    rng = random.Random(seed)
    entries: list[Entry] = []
    for i in range(count):
        before = [entry.name for entry in entries]
        uses = tuple(rng.sample(before, min(len(before), rng.randint(0, 4))))
        name = f"claim-{i}" + "-with-a-long-name" * rng.randint(0, 2)
        kind = rng.choice(("proved", "certified", "enumerated", "sampled", "refuted"))
        words = kind + ", 2 steps of prose" * rng.randint(0, 1)
        entries.append(Entry(name, f"chapter {i * chapters // count}", uses, kind, words))
    return entries


def apart(a: Box, b: Box) -> bool:
    return (
        a.x + a.width < b.x or b.x + b.width < a.x or a.y + a.height < b.y or b.y + b.height < a.y
    )


def crosses(start: Point, end: Point, box: Box) -> bool:
    """Whether a horizontal or vertical line runs through the inside of a box."""
    (x1, x2), (y1, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return x1 < box.x + box.width and x2 > box.x and y1 < box.y + box.height and y2 > box.y


def check(places: Layout) -> None:
    for a, b in itertools.combinations(places.boxes, 2):
        assert apart(a, b), (a, b)
    for box in places.boxes:
        assert 0 <= box.x < box.x + box.width <= places.width
        assert 0 <= box.y < box.y + box.height <= places.height
        (band,) = [b for b in places.bands if b.chapter == box.entry.chapter]
        assert band.top < box.y < box.y + box.height < band.bottom
    for above, below in itertools.pairwise(places.bands):
        assert above.bottom <= below.top
    for arrow in places.arrows:
        for start, end in itertools.pairwise(arrow.points):
            assert start[0] == end[0] or start[1] == end[1]
            assert 0 <= start[0] <= places.width
            assert 0 <= start[1] <= places.height
            assert not any(crosses(start, end, box) for box in places.boxes), arrow
        # it arrives on its way to the left
        assert arrow.points[-2][0] > arrow.points[-1][0]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_overlaps(seed: int) -> None:
    entries = synthetic(seed)
    places = layout(entries)
    check(places)
    assert [box.entry for box in sorted_as(places, entries)] == entries
    arrows = {(arrow.user, arrow.used) for arrow in places.arrows}
    assert arrows == {(e.name, used) for e in entries for used in e.uses}


def sorted_as(places: Layout, entries: list[Entry]) -> list[Box]:
    order = {entry.name: i for i, entry in enumerate(entries)}
    return sorted(places.boxes, key=lambda box: order[box.entry.name])


def test_a_small_map_in_numbers() -> None:
    places = layout(
        [
            Entry("a", "one", kind="proved"),
            Entry("b", "one", ("a",), kind="sampled"),
            Entry("c", "", ("a", "b"), kind="proved"),
            Entry("d", "", words="x" * 40),
        ]
    )
    # a letter of the words is 0.85 of one of a name, and there is room round them
    wide = 40 * LETTER * 0.85 + 24
    left = [MARGIN + column * (wide + STREET) for column in (0, 1, 2)]
    one, row = MARGIN + HEADING, HEIGHT + TRACK
    two = one + row + TRACK / 2 + HEADING
    assert [(box.entry.name, box.x, box.y, box.width, box.height) for box in places.boxes] == [
        ("a", left[0], one, wide, HEIGHT),
        ("b", left[1], one, wide, HEIGHT),
        ("c", left[2], two, wide, HEIGHT),
        ("d", left[0], two, wide, HEIGHT),
    ]
    assert places.bands == (
        Band("one", MARGIN, one + row),
        Band("", two - HEADING, two + row),
    )
    assert places.width == left[2] + wide + MARGIN
    assert places.height == two + row + TRACK / 2 + MARGIN
    # along the middle of a street, and then beside it; below a row of boxes
    first, second = left[1] - STREET / 2, left[2] - STREET / 2
    across = one + HEIGHT + TRACK / 2
    a, c = one + HEIGHT / 2, two + HEIGHT / 2
    assert places.arrows == (
        Arrow("b", "a", ((left[1], a), (left[0] + wide, a))),
        Arrow(
            "c",
            "a",
            (
                (left[2], c),
                (second, c),
                (second, across),
                (first + APART, across),
                (first + APART, a),
                (left[0] + wide, a),
            ),
        ),
        Arrow(
            "c",
            "b",
            ((left[2], c), (second + APART, c), (second + APART, a), (left[1] + wide, a)),
        ),
    )
    assert places.in_words() == (
        "The map of the book: 4 claims (2 proved, 1 sampled) and 3 arrows from each to what it uses. From top to "
        "bottom: one, claims of your own. Within a chapter a claim stands the farther to the right, the longer the "
        "chain of claims below it; in each box stand its name and its evidence."
    )
    assert layout([Entry("a")]).in_words().startswith("The map of the book: 1 claim and 0 arrows")


def test_boxes_are_as_wide_as_the_longest_name() -> None:
    (box,) = layout([Entry("a" * 40)]).boxes
    assert box.width == 40 * LETTER + 24
    (box,) = layout([Entry("a")]).boxes
    assert box.width == LEAST_WIDTH


def test_arrows_up_the_page_and_in_a_busy_street() -> None:
    users = [Entry(f"u{i}", "one", ("used",)) for i in range(12)]
    places = layout([*users, Entry("used", "two")])
    used = places.boxes[-1]
    lines = [arrow.points[1][0] - (places.boxes[0].x - STREET / 2) for arrow in places.arrows]
    # to both sides in turn, and no farther than there is room
    room = STREET / 2 - 12
    assert lines == [0, 6, -6, 12, -12, 18, -18, room, -room, room, -room, room]
    # what stands above is left by its street, too
    assert all(arrow.points[-1] == (used.x + used.width, used.middle) for arrow in places.arrows)
    # two columns away and below: along the upper side of what is used
    entries = [Entry("c", "one", ("a", "b")), Entry("b", "two", ("a",)), Entry("a", "two")]
    far = next(arrow for arrow in layout(entries).arrows if (arrow.user, arrow.used) == ("c", "a"))
    used = layout(entries).boxes[-1]
    assert used.y - TRACK / 2 in [y for _, y in far.points]


def test_chains_that_lead_back_end() -> None:
    entries = {
        "a": Entry("a", uses=("b", "a", "x")),
        "b": Entry("b", uses=("c", "d")),
        "c": Entry("c", uses=("a",)),
        "d": Entry("d"),
    }
    assert _depths(entries) == {"c": 1, "d": 0, "b": 2, "a": 3}


def test_corners_alone_are_points_of_an_arrow() -> None:
    points: list[Point] = [(9, 0), (9, 0), (5, 0), (3, 0), (3, 4), (3, 4), (3, 8), (0, 8)]
    assert _without_repeats(points) == ((9, 0), (3, 0), (3, 8), (0, 8))
    assert _without_repeats([(9, 0), (0, 0)]) == ((9, 0), (0, 0))


def test_what_is_used_stands_to_the_left() -> None:
    for seed in range(4):
        places = layout(synthetic(seed))
        left = {box.entry.name: box.x for box in places.boxes}
        assert all(left[a.used] < left[a.user] for a in places.arrows)


def test_the_book_itself() -> None:
    entries = [Entry(c.name, c.chapter, c.uses) for c in map(BOOK.load, BOOK.names)]
    places = layout(entries)
    check(places)
    assert [band.chapter for band in places.bands] == list(BOOK.chapters)


def test_circles_and_strangers_do_no_harm() -> None:
    places = layout(
        [
            Entry("a", "one", ("b", "a", "not on the map")),
            Entry("b", "one", ("c",)),
            Entry("c", "two", ("a",)),
        ]
    )
    check(places)
    assert {(a.user, a.used) for a in places.arrows} == {("a", "b"), ("b", "c"), ("c", "a")}


def test_no_map_of_nothing_or_of_two_of_one_name() -> None:
    with pytest.raises(ValueError, match="entries: expected at least one claim"):
        layout([])
    with pytest.raises(ValueError, match="entries: expected distinct names"):
        layout([Entry("a"), Entry("a", "two")])


def test_each_box_is_a_link_that_says_all_in_words() -> None:
    entries = synthetic(1)
    links = {entry.name: f"#{entry.name}" for entry in entries}
    root = ElementTree.fromstring(book_map(entries, links, alone=True))
    found = {a.get("href"): a for a in root.iter(f"{SVG}a")}
    assert set(found) == set(links.values())
    for entry in entries:
        title = found[f"#{entry.name}"].find(f"{SVG}title")
        assert title is not None
        uses = f", uses {', '.join(entry.uses)}" if entry.uses else ""
        assert title.text == f"{entry.name}: {entry.words}{uses}"
        texts = [t.text for t in found[f"#{entry.name}"].iter(f"{SVG}text")]
        assert texts == [entry.name, entry.words]
    groups = [g.get("class") for g in root.iter(f"{SVG}g")]
    assert groups == [box.entry.kind for box in layout(entries).boxes]
    assert root.find(f"{SVG}title") is not None
    arrows = [p for p in root.iter(f"{SVG}path") if p.get("class") == "arrow"]
    assert len(arrows) == sum(len(entry.uses) for entry in entries)


def test_it_is_plain_and_follows_the_light() -> None:
    text = book_map(synthetic(2))
    assert "prefers-color-scheme: dark" in text
    assert "currentColor" in text
    for outside in ("://", "url(", "<script", "@import"):
        assert outside not in text
    # names of whatever letters
    odd = book_map([Entry('<b> & "c"', "x < y", (), "proved", "proved")], alone=True)
    assert "<b>" not in odd
    ElementTree.fromstring(odd)


def test_without_results_no_box_is_coloured() -> None:
    root = ElementTree.fromstring(book_map([Entry("a", "one")], alone=True))
    (group,) = root.iter(f"{SVG}g")
    assert group.get("class") == "other"
    assert "a: not checked" in "".join(root.itertext())


def test_the_same_as_a_picture() -> None:
    pytest.importorskip("matplotlib")
    assert png(drawn(synthetic(3, count=5))).startswith(b"\x89PNG")


def test_plot_map_on_the_command_line(tmp_path) -> None:
    results = tmp_path / "r.json"
    rows = [{"name": "w-prox", "kind": "proved", "prose": 1}]
    results.write_text(json.dumps({"claims": rows}))
    out = tmp_path / "map.svg"
    assert run("plot", "map", "--results", results, "--out", out).exit_code == 0
    text = out.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert "w-prox: proved, 1 step of prose" in text
    assert "squared-prox: not checked" in text
    picture = tmp_path / "map.png"
    assert run("plot", "map", "--out", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    for wrong in ("[]", "no json", '{"claims": [{"name": 3}]}'):
        results.write_text(wrong)
        message = one_line(run("plot", "map", "--results", results, "--out", out))
        assert "is no result of verify --json" in message
