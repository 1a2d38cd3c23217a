"""A print in grey reads: lines, bars and regions differ without their colours."""

import itertools

import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from pqtheory import methods, plotting
from pqtheory.plotting.basins import VERTEX_COLOURS
from pqtheory.plotting.looks import SEQUENCE, looks
from pqtheory.plotting.parts import grid_of_axes, legend_below

from .drawn import PICTURES, picture

#: levels of grey, of 256, by which regions differ at least, and on the average the pixels of two keys of a legend
APART, KEYS_APART = 25, 4.0


def grey(figure):
    """The picture in grey, of shape (height, width), the first row at the top."""
    figure.set_dpi(150)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3] @ [0.299, 0.587, 0.114]


def keys(figure):
    """label -> the pixels of its key, for each legend of the figure."""
    pixels = grey(figure)
    own = [axes.get_legend() for axes in figure.axes if axes.get_visible()]
    for legend in (*figure.legends, *filter(None, own)):
        found = {}
        for text in legend.get_texts():
            letters = text.get_fontsize() * figure.dpi / 72
            box = text.get_window_extent()
            right, wide = round(box.x0 - 0.4 * letters), round(3.6 * letters)
            middle, high = round(pixels.shape[0] - (box.y0 + box.y1) / 2), round(0.6 * letters)
            found[text.get_text()] = pixels[middle - high : middle + high, right - wide : right]
        yield found


def difference(one, other):
    """On the average over the pixels, where they lie on each other best."""
    moved = (np.roll(other, shift, axis=axis) for axis in (0, 1) for shift in (-1, 0, 1))
    return min(np.abs(one - pixels).mean() for pixels in moved)


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "map"])
def test_the_keys_of_every_legend_differ(name):
    legends = [found for found in keys(picture(name)) if len(found) > 1]
    assert legends or name == "distances"
    for legend in legends:
        for (a, one), (b, other) in itertools.combinations(legend.items(), 2):
            assert difference(one, other) > KEYS_APART, (a, b)


def test_colours_alone_would_not_do():
    figure, ((axes,),) = grid_of_axes(1, 1, 7.0, 3.0)
    drawn = [Line2D([], [], color=colour, label=colour) for colour in SEQUENCE]
    drawn += [Patch(color=VERTEX_COLOURS[vertex], label=str(vertex)) for vertex in VERTEX_COLOURS]
    legend_below(figure, axes, drawn)
    (legend,) = keys(figure)
    pairs = itertools.combinations(legend.values(), 2)
    assert sum(difference(*pair) <= KEYS_APART for pair in pairs) > 5


def test_every_method_has_a_line_of_its_own_in_grey():
    figure, ((axes,),) = grid_of_axes(1, 1, 9.0, 3.0)
    names = [entry.label for entry in methods.REGISTRY.values()]
    names += ["mine", "yours", "ProxQuant, slower", "BC (eta = 1)", "full precision"]
    for name, look in zip(names, looks(names, one_colour=True), strict=True):
        look.draw(axes, range(9), range(9), label=name)
    legend_below(figure, axes)
    (legend,) = keys(figure)
    assert len(legend) == len(names)
    for (a, one), (b, other) in itertools.combinations(legend.items(), 2):
        # small markers differ by few pixels
        assert difference(one, other) > 0.5, (a, b)


def test_bars_have_hatches_of_their_own():
    (axes,) = picture("distances").axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_height()]
    hatches = {bar.get_facecolor(): bar.get_hatch() for bar in bars}
    assert len(set(hatches.values())) == len(hatches) == 3


def test_the_basins_differ():
    figure = plotting.basins(resolution=41)
    pixels = grey(figure)
    levels = {}
    for axes in figure.axes:
        (image,) = axes.images
        numbers = np.asarray(image.get_array())
        starts = np.linspace(-1.5, 1.5, 41)
        # the pixels between the middles of four starts that end alike
        for i, j in itertools.product(range(40), range(40)):
            block = numbers[i : i + 2, j : j + 2]
            if (block == block[0, 0]).all():
                corners = axes.transData.transform(
                    [[starts[j], starts[i]], [starts[j + 1], starts[i + 1]]]
                )
                (left, low), (right, high) = corners.round().astype(int)
                rows = slice(pixels.shape[0] - high, pixels.shape[0] - low)
                levels.setdefault(int(block[0, 0]), []).append(pixels[rows, left:right].ravel())
    found = {number: np.median(np.concatenate(blocks)) for number, blocks in levels.items()}
    # starts that never settle, and at least three vertices
    assert len(found) >= 4
    for (a, one), (b, other) in itertools.combinations(found.items(), 2):
        assert abs(one - other) > APART, (a, b, found)


def test_vertices_are_named_where_they_are():
    figure = plotting.basins(resolution=5, steps=10)
    for axes in figure.axes:
        named = {text.get_text(): tuple(text.xy) for text in axes.texts}
        assert named == {f"({v[0]:+.0f}, {v[1]:+.0f})": v for v in VERTEX_COLOURS}
