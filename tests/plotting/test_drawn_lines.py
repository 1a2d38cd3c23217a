"""What holds of lines and areas in every picture: colours of ours, guides thinner than curves, bands to see through."""

import itertools

import numpy as np
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.patches import Patch

from pqtheory import plotting
from pqtheory.plotting.looks import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    GREY,
    HATCHES,
    MARKERS,
    MUTED,
    SEQUENCE,
    Look,
    looks,
)
from pqtheory.plotting.parts import (
    description,
    draw_band,
    grid_of_axes,
    legend_below,
    legend_label,
    mark_levels,
    title,
)
from pqtheory.plotting.styles import STYLES, letters, points

from .drawn import PICTURES, picture

#: and the paper, lighter shades of a method's two paths, and lines between the chapters of the map
OURS = {
    *(colour.lower() for colour in (*SEQUENCE, *MUTED, GREY, BLACK)),
    *("#ffffff", "#999999", "#f5b58a", "#7fb8da", "#d9d9d6"),
}


def shown(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def drawn_lines(axes):
    return [line for line in axes.lines if line.get_linestyle() != "None" and len(line.get_xdata())]


@pytest.mark.parametrize("name", PICTURES)
def test_colours_are_ours(name):
    for axes in shown(picture(name)):
        found = set()
        for line in axes.lines:
            found.add(line.get_color())
            if line.get_marker() not in ("None", ""):
                found |= {line.get_markerfacecolor(), line.get_markeredgecolor()} - {"none"}
        for area in axes.collections:
            if isinstance(area, PolyCollection) and not isinstance(area, QuadMesh):
                found |= {to_hex(colour) for colour in area.get_facecolor()}
        for patch in axes.patches:
            # of steps that are not filled the edge alone is seen
            filled = patch.get_fill()
            found.add(to_hex(patch.get_facecolor() if filled else patch.get_edgecolor()))
        for text in axes.texts:
            if arrow := getattr(text, "arrow_patch", None):
                found.add(to_hex(arrow.get_edgecolor()))
        assert {to_hex(colour) for colour in found} <= OURS, name


@pytest.mark.parametrize("name", PICTURES)
def test_guides_are_thinner_than_curves(name):
    for axes in shown(picture(name)):
        lines = drawn_lines(axes)
        curves = [line for line in lines if len(line.get_xdata()) > 2]
        guides = [
            line
            for line in lines
            if len(line.get_xdata()) == 2 and (name != "one-step" or line.get_color() != GREY)
        ]
        for curve, guide in itertools.product(curves, guides):
            assert guide.get_linewidth() < curve.get_linewidth()
        assert all(guide.get_linewidth() <= 1 for guide in guides)


@pytest.mark.parametrize("name", PICTURES)
def test_bands_have_no_edge_and_are_seen_through(name):
    for axes in shown(picture(name)):
        for area in axes.collections:
            if isinstance(area, PolyCollection):
                assert 0 < area.get_alpha() <= 0.3
                assert list(area.get_linewidth()) == [0]


def test_levels_are_marked_across_or_down():
    for horizontal in (True, False):
        _, ((axes,),) = grid_of_axes(1, 1, 3.0, 3.0)
        mark_levels(axes, (-1, 0.5), **({} if horizontal else {"horizontal": False}))
        places = [line.get_ydata() if horizontal else line.get_xdata() for line in axes.lines]
        assert [list(place) for place in places] == [[-1, -1], [0.5, 0.5]]
        for line in axes.lines:
            assert (line.get_color(), line.get_linewidth()) == (BLACK, 0.8)
            # below all curves, and dotted
            assert line.get_zorder() < 2
            assert line.get_linestyle() == ":" or line.is_dashed()


def test_a_band_is_the_mean_and_one_deviation_of_two_or_more():
    look = Look(BLUE, (0, (5, 2)), "s", 1, 2)
    values = np.array([[1.0, 3.0], [2.0, 6.0]])
    _, ((axes,),) = grid_of_axes(1, 1, 3.0, 3.0)
    draw_band(axes, [0, 5], values, look, "_a\x1b")
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_data(), [[0, 5], [2, 4]])
    assert line.get_label() == legend_label("_a\x1b") == "\u2060_a\\x1b"
    (area,) = axes.collections
    corners = {(x, round(y, 9)) for x, y in area.get_paths()[0].vertices}
    half = [round(np.sqrt(2), 9), round(np.sqrt(8), 9)]
    assert corners == {
        (x, round(mean + sign * h, 9))
        for x, mean, h in ((0, 2, half[0]), (5, 4, half[1]))
        for sign in (-1, 1)
    }
    draw_band(axes, [0, 5], values[:, :1], look, "one")
    assert len(axes.collections) == 1


def test_a_look_in_full():
    _, ((axes,),) = grid_of_axes(1, 1, 3.0, 3.0)
    line = Look(GREEN, (0, (5, 2)), "s", 1, 2).draw(axes, range(17), range(17), label="x")
    assert (line.get_color(), line.get_marker(), line.get_label()) == (GREEN, "s", "x")
    assert (line.get_markersize(), line.get_markeredgewidth()) == (5.0, 0.6)
    assert line.get_markeredgecolor() == "white"
    # eight marks on a line, those of several beside each other
    assert line.get_markevery() == (1, 2)
    assert line.is_dashed()
    assert Look(GREEN, place=3, count=4).draw(axes, [0], [0]).get_marker() == "None"
    short = Look(GREEN, "-", "o", 1, 3).draw(axes, range(3), range(3))
    assert short.get_markevery() == (0, 1)
    long = Look(GREEN, "-", "o", 2, 3).draw(axes, range(80), range(80), marker="^")
    assert (long.get_markevery(), long.get_marker()) == ((6, 10), "^")
    assert [Look("", place=n).hatch for n in (0, 1, 7, 8, 9)] == [
        *(HATCHES[0], HATCHES[1], HATCHES[7], HATCHES[0], HATCHES[1])
    ]


def test_looks_of_many_labels():
    labels = ["BC", "x", "BC, again", "proxquant", "y", "BC, once more"]
    found = looks(labels)
    assert [look.place for look in found] == list(range(6))
    assert {look.count for look in found} == {6}
    taken = {found[0].colour, found[3].colour}
    free = iter(colour for colour in SEQUENCE if colour not in taken)
    assert [found[i].colour for i in (1, 2, 4, 5)] == [next(free) for _ in range(4)]
    assert [look.dashes for look in found] == [
        *(DASHES[0], DASHES[0], DASHES[1], DASHES[0], DASHES[0], DASHES[2])
    ]
    used = {found[0].marker, found[3].marker}
    left = [marker for marker in MARKERS if marker not in used]
    assert [found[1].marker, found[4].marker] == left[:2]
    assert found[2].marker == found[5].marker == found[0].marker
    one = looks(labels, one_colour=True)
    assert one[0].colour == one[2].colour == one[5].colour
    assert one[1].colour == SEQUENCE[2]
    # more lines than colours, markers and dashes
    many = looks([f"x{n}" for n in range(50)])
    assert [look.colour for look in many] == [*SEQUENCE, *[GREY] * 44]
    assert [look.marker for look in many] == [MARKERS[n % 8] for n in range(50)]
    assert [look.dashes for look in many] == [DASHES[n // 8 % 5] for n in range(50)]


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (["a" * 5] * 4, 4),
        (["a" * 60] * 2, 1),
        (["a" * 9] * 5, 5),
        (["a" * 10] * 5, 4),
        (["a" * 300], 1),
    ],
)
def test_a_legend_has_as_many_columns_as_there_is_room_for(labels, columns):
    figure, ((axes,),) = grid_of_axes(1, 1, 7.0, 3.0)
    for number, label in enumerate(labels):
        axes.plot([0, 1], [0, number], label=label)
    legend = legend_below(figure, axes)
    assert legend._ncols == columns
    assert [text.get_text() for text in legend.get_texts()] == labels
    assert not any(text.get_parse_math() for text in legend.get_texts())
    handles = [Patch(label="_$x$"), Patch(label=legend_label("_y"))]
    formulas = legend_below(figure, axes, handles[:1], formulas=True)
    assert [text.get_parse_math() for text in formulas.get_texts()] == [True]
    names = legend_below(figure, axes, handles[1:])
    assert [text.get_text() for text in names.get_texts()] == ["_y"]


def test_titles_are_as_wide_as_their_panels():
    figure, axes = grid_of_axes(1, 2, 6.0, 3.0)
    title(axes[0, 0], "a short $x$")
    assert axes[0, 0].get_title() == "a short $x$"
    assert not axes[0, 0].title.get_parse_math()
    words = "word " * 15 + "a-word-of-many-letters-that-is-wider-than-the-panel"
    title(axes[0, 0], words)
    lines = axes[0, 0].get_title().split("\n")
    assert " ".join(lines) == words
    wide, ((axis,),) = grid_of_axes(1, 1, 6.0, 3.0)
    title(axis, words)
    assert len(axis.get_title().split("\n")) < len(lines)
    # a line of letters that are as wide as they are on the average takes the panel
    room = int((0.95 * 3.0 - 0.75) * 72 / (0.56 * 11))
    title(axes[0, 0], "x" * (room // 2) + " " + "x" * (room - room // 2 - 1))
    assert "\n" not in axes[0, 0].get_title()
    title(axes[0, 0], "x" * (room // 2) + " " + "x" * (room - room // 2))
    assert "\n" in axes[0, 0].get_title()
    assert wide is not figure


def test_a_figure_without_a_caption_says_nothing():
    figure, _ = grid_of_axes(1, 1, 3.0, 3.0)
    assert description(figure) == ""


def test_styles_in_numbers():
    for name, style in STYLES.items():
        with plotting.styled(name):
            assert (points(2.0), letters(20.0)) == (2 * style.lines, 2 * style.font)
    screen, paper, slides = (STYLES[name] for name in ("screen", "paper", "slides"))
    assert screen.size(3.0, 2.0) == (3.0, 2.0)
    # half as wide at the most, and then some
    assert paper.size(7.7, 4.0)[0] == 3.5
    assert paper.size(7.8, 4.0)[0] == 7.16
    assert paper.size(99.0, 4.0)[0] == 7.16
    across, down = paper.size(7.0, 4.0)
    # letters are 1.6 times as large against it, half of which goes into its height
    assert (across, down) == pytest.approx((3.5, 2.0 * 1.3))
    assert paper.size(2.0, 1.0) == pytest.approx((3.5, 1.75))
    assert slides.size(10.0, 99.0) == (13.333, 7.5)
