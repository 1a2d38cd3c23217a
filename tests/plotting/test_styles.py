"""Styles: letters and lines for a room, widths for a journal, and nothing cut off or over each other in any of them."""

import itertools
import re

import matplotlib
import pytest
from matplotlib.lines import Line2D
from matplotlib.text import Text

from pqtheory import plotting
from pqtheory.plotting.styles import STYLES, Style, current, letters, points
from tests.cli.running import run

from .drawn import PICTURES, picture


def words(figure):
    """Titles, labels and legends that are seen, by what they say, with their boxes."""
    figure.draw_without_rendering()
    found = [figure._suptitle] if figure._suptitle is not None else []
    for axes in figure.axes:
        if axes.get_visible() and axes.axison:
            found += [axes.title, axes.xaxis.label, axes.yaxis.label]
    seen = [text for text in found if text.get_text() and text.get_visible()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in seen]
    return boxes + [("legend", legend.get_window_extent()) for legend in figure.legends]


@pytest.mark.parametrize(
    ("name", "style"),
    [*((name, "slides") for name in PICTURES), *((n, "paper") for n in ("toy", "flips", "map"))],
)
def test_letters_fit_and_lines_have_their_thickness(name, style):
    figure, chosen = picture(name, style), STYLES[style]
    width, height = figure.get_size_inches()
    if name == "map":
        # it has the proportions of its boxes
        assert width in chosen.widths
        assert height / width == pytest.approx(
            picture(name).get_figheight() / picture(name).get_figwidth()
        )
        return
    assert width in chosen.widths
    assert height <= chosen.tallest
    boxes = words(figure)
    for text, box in boxes:
        assert box.x0 > -2, text
        assert box.y0 > -2, text
        assert box.x1 < figure.bbox.width + 2, text
        assert box.y1 < figure.bbox.height + 2, text
    for (a, one), (b, other) in itertools.combinations(boxes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 1 or down <= 1, (a, b)
    sizes = [t.get_fontsize() for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    assert min(sizes) >= 0.85 * chosen.font
    on_screen = picture(name)
    lines = [[a.get_linewidth() for a in f.findobj(Line2D)] for f in (on_screen, figure)]
    # ticks are as many as there is room for
    thinnest, thickest = (min(line), max(line)) if (line := sorted(lines[0])) else (0, 0)
    assert min(lines[1]) == pytest.approx(thinnest * chosen.lines)
    assert max(lines[1]) == pytest.approx(thickest * chosen.lines)


def test_a_pdf_is_as_wide_as_a_column(tmp_path):
    for style, name, width in (("paper", "flips", 3.5), ("icml", "regularizer", 6.75)):
        file = tmp_path / f"{style}-{name}.pdf"
        plotting.save(picture(name, style), file)
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ", file.read_bytes())
        assert float(box[1]) == pytest.approx(72 * width, abs=0.01)


def test_a_block_is_the_keyword_and_ends():
    with plotting.styled("slides"):
        assert current() is STYLES["slides"]
        assert points(1.0) == STYLES["slides"].lines
        assert letters(10.0) == STYLES["slides"].font
        figure = plotting.toy(steps=3)
        # the keyword is nearer
        assert plotting.toy(steps=3, style="screen").get_figwidth() == 13.0
    assert current() is STYLES["screen"]
    assert plotting.png(figure) == plotting.png(plotting.toy(steps=3, style="slides"))


def test_a_picture_is_the_same_whatever_the_users_own_settings_are():
    plain = plotting.png(plotting.regularizer())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert plotting.png(plotting.regularizer()) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_a_style_of_ones_own_and_a_line_that_adds_it(monkeypatch):
    poster = Style("a poster", font=40, lines=5.0, widths=(30.0,))
    with plotting.styled(poster):
        assert plotting.toy(steps=2).get_figwidth() == 30.0
    monkeypatch.setitem(STYLES, "poster", poster)
    assert plotting.toy(steps=2, style="poster").get_figwidth() == 30.0


def test_the_command_line_knows_every_style():
    text = " ".join(run("plot", "--help").stdout.split())
    for name, style in STYLES.items():
        assert f"{name} {style.what}" in text


@pytest.mark.parametrize(
    ("name", "hint"),
    [("slide", "; did you mean 'slides'?"), (3, "got 3$"), (["slides"], "got .'slides'.$")],
)
def test_an_unknown_style_is_one_clear_error(name, hint):
    with pytest.raises(ValueError, match=f"style: expected one of screen, slides, .*{hint}"):
        plotting.toy(style=name)
    with pytest.raises(ValueError, match="style: expected one of"), plotting.styled(name):
        pass


def test_every_picture_says_what_is_seen_and_has_titles():
    for name in PICTURES:
        figure = picture(name)
        said = plotting.description(figure)
        assert len(said) > 80, name
        assert said.endswith("."), name
        for axes in figure.axes:
            # the lower panels of a column have its title above the first
            column = name == "sign-flips" and not axes.get_subplotspec().is_first_row()
            named = axes.get_title() or column or name in ("map", "trajectory")
            assert named or not axes.get_visible(), name
