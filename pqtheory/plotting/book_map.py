"""The map of the book as a picture: a box for each theorem, in its chapter, with arrows to what it uses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pqtheory._messages import visible
from pqtheory.plotting.book_layout import Entry, layout
from pqtheory.plotting.looks import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from pqtheory.plotting.parts import describe, grid_of_axes
from pqtheory.plotting.styles import current, picture, points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: pixels of the layout to an inch
PIXELS = 96.0
KIND_COLOURS = {
    "proved": GREEN,
    "certified": BLUE,
    "enumerated": PURPLE,
    "sampled": ORANGE,
    "refuted": VERMILION,
}
#: what is not proved or certified has a broken line
KIND_DASHES = {"enumerated": (0, (9, 3)), "sampled": (0, (5, 2)), "refuted": (0, (1.5, 1.5))}


@picture
def book_map(entries: Sequence[Entry], *, style: str | None = None) -> "Figure":
    """Draw the map.

    Parameters
    ----------
    entries : sequence of Entry
        The claims in the order of the book.
    style : str, optional
        One of ``STYLES``.
        Its letters grow and shrink with the boxes.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If there is no entry, or two have one name.
    """
    places = layout(entries)
    # a map has the proportions of its boxes, in every style
    across, down = places.width / PIXELS, places.height / PIXELS
    figure, axes = grid_of_axes(1, 1, across, down)
    wide, _ = current().size(across, down)
    scale = wide / across
    figure.set_size_inches(wide, scale * down)
    from matplotlib.patches import FancyBboxPatch

    ax = axes[0, 0]
    ax.set_axis_off()
    ax.set_xlim(0, places.width)
    ax.set_ylim(places.height, 0)
    for band in places.bands:
        ax.axhline(band.top, color="#D9D9D6", linewidth=points(0.8))
        heading = band.chapter or "claims of your own"
        ax.text(
            12,
            band.top + 18,
            visible(heading),
            fontsize=9.5 * scale,
            fontweight="bold",
            color=BLACK,
            parse_math=False,
        )
    for arrow in places.arrows:
        xs, ys = zip(*arrow.points, strict=True)
        ax.plot(xs, ys, color=GREY, linewidth=points(0.9), zorder=2, solid_joinstyle="round")
        ax.annotate(
            "",
            xy=arrow.points[-1],
            xytext=arrow.points[-2],
            arrowprops={
                "arrowstyle": "-|>",
                "color": GREY,
                "linewidth": points(0.9),
                "mutation_scale": 10 * scale,
                "shrinkB": 0,
            },
        )
    for box in places.boxes:
        colour = KIND_COLOURS.get(box.entry.kind, GREY)
        ax.add_patch(
            FancyBboxPatch(
                (box.x + 4, box.y + 4),
                box.width - 8,
                box.height - 8,
                boxstyle="round,pad=4",
                facecolor="white",
                edgecolor=colour,
                linewidth=points(1.4),
                linestyle=KIND_DASHES.get(box.entry.kind, "-"),
                zorder=3,
            )
        )
        middle = box.x + box.width / 2
        up = 6 if box.entry.words else 0
        ax.text(
            middle,
            box.middle - up,
            visible(box.entry.name),
            ha="center",
            va="center",
            fontsize=9.5 * scale,
            zorder=4,
            parse_math=False,
        )
        ax.text(
            middle,
            box.middle + 11,
            visible(box.entry.words),
            ha="center",
            va="center",
            fontsize=7.5 * scale,
            zorder=4,
            parse_math=False,
        )
    return describe(figure, places.in_words())
