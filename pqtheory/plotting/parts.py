"""What all pictures share: an empty figure, its caption, titles, legends, bands."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pqtheory._messages import brief, visible
from pqtheory.plotting.looks import BLACK, Look
from pqtheory.plotting.styles import current, letters, points, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

    from pqtheory.plotting.shown import ShownFigure

#: in front of a label that begins with an underscore until it stands in its legend; of no width
_KEPT = "\u2060"
#: width of a letter, as a share of its size
_LETTER = 0.56
#: height of a line, and space between two entries of a legend, as shares of it
_LINE, _BETWEEN = 1.2, 0.5
#: of the height of a figure, what its title and its legend may take before it grows
_TITLE, _LEGEND = 0.15, 0.35


def grid_of_axes(
    rows: int,
    columns: int,
    width: float,
    height: float,
    *,
    square: bool = False,
    **options: Any,
) -> tuple["ShownFigure", Any]:
    """A figure and its (rows, columns) array of axes, in the style that is drawn in.

    Of ``width`` x ``height`` inches on the screen; the style may make it another size. Panels whose scales are equal
    are ``square``.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    with styled():
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        from pqtheory.plotting.shown import ShownFigure

        layout = ConstrainedLayoutEngine(w_pad=letters(0.08), h_pad=letters(0.06), compress=square)
        figure = ShownFigure.of_size(*current().size(width, height), layout, current())
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def check_methods(methods: Any) -> None:
    """Raise unless it is a mapping of names to one method or more."""
    if not isinstance(methods, Mapping):
        raise TypeError(f"methods: expected a mapping of names to methods, got {brief(methods)}")
    if not methods:
        raise ValueError("methods: expected at least one, got none")


def describe(figure: "Figure", text: str) -> "Figure":
    """The figure with its caption, whose first sentence says what to see; see ``description``."""
    figure.set_label(visible(" ".join(text.split())))
    return figure


def description(figure: "Figure") -> str:
    """What is seen in a figure of ours, in words and numbers of what is drawn; "" where nothing was said.

    It stands in files that are saved, and serves those who do not see the picture as well.
    """
    return str(figure.get_label() or "")


def title(axes: "Axes", text: str) -> None:
    """The title of a panel, in lines as wide as the panel; a name in it is shown as it is, "$w$" is no formula."""
    place: Any = axes.get_subplotspec()
    figure: Any = axes.get_figure(root=True)
    columns = place.get_gridspec().ncols / (place.colspan.stop - place.colspan.start)
    shown = _in_lines(text, 0.95 * figure.get_figwidth() / columns - letters(0.75), letters(11))
    axes.set_title(shown, parse_math=False)


def figure_title(figure: "Figure", text: str) -> None:
    """The title above all panels, in lines as wide as the figure; names are shown as they are."""
    shown = _in_lines(text, figure.get_figwidth() - letters(0.4), letters(12))
    figure.suptitle(shown, parse_math=False)
    _leave_room(figure, _LINE * (shown.count("\n") + 1) * letters(12) / 72, _TITLE)


def _leave_room(figure: "Figure", inches: float, share: float) -> None:
    """Make the figure as much taller as what stands above or below the panels takes more than its share."""
    height = figure.get_figheight()
    figure.set_figheight(height + max(0, inches - share * height))


def _in_lines(text: str, inches: float, size: float) -> str:
    room = max(12, int(inches * 72 / (_LETTER * size)))
    text = visible(text)
    if len(text) <= room:
        return text
    return textwrap.fill(text, room, break_long_words=False, break_on_hyphens=False)


def legend_label(text: str) -> str:
    """A name as a label that every legend keeps; matplotlib leaves out what begins with an underscore."""
    text = visible(text)
    return f"{_KEPT}{text}" if text.startswith("_") else text


def show_names(legend: "Legend") -> "Legend":
    """The texts of a legend as they are, "$w$" included."""
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_text(text.get_text().removeprefix(_KEPT))
    return legend


def legend_below(
    figure: "Figure", axes: "Axes", handles: Sequence[Any] = (), *, formulas: bool = False
) -> "Legend":
    """A legend under all panels, in as many columns as there is room for; names stand as they are, or are formulas.

    Of ``handles``, which have labels, or of what ``axes`` has labels for.
    """
    handles = list(handles) or axes.get_legend_handles_labels()[0]
    labels = [str(handle.get_label()) for handle in handles]
    room = figure.get_figwidth()
    # of a text, and of a line with the space round it
    letter, line = letters(9) * _LETTER / 72, letters(0.75)
    if not formulas:
        labels = [_in_lines(label, room - line, letters(9)) for label in labels]
    widths = [letter * max(map(len, label.split("\n"))) + line for label in labels]
    # a column is as wide as what stands in it: a row of all, or columns that all have room for the widest
    columns = len(labels) if sum(widths) <= room else int(room / max(widths))
    columns = max(1, columns)
    lines = max(label.count("\n") + 1 for label in labels) if labels else 0
    entries = math.ceil(len(labels) / columns)
    _leave_room(figure, (_LINE * lines + _BETWEEN) * entries * letters(9) / 72, _LEGEND)
    legend = figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, handlelength=3
    )
    return legend if formulas else show_names(legend)


def draw_band(axes: "Axes", x: Any, values: Any, look: Look, label: str) -> None:
    """Mean over the last axis (runs) as a line, one standard deviation as a band where there are two or more."""
    mean = values.mean(axis=-1)
    if values.shape[-1] > 1:
        spread = values.std(axis=-1, ddof=1)
        axes.fill_between(
            x, mean - spread, mean + spread, color=look.colour, alpha=0.2, linewidth=0
        )
    look.draw(axes, x, mean, label=legend_label(label))


def begin_at_zero(axes: "Axes") -> None:
    """The vertical axis from 0, unless a line is below it."""
    if not any((np.asarray(line.get_ydata()) < 0).any() for line in axes.lines):
        axes.set_ylim(bottom=0)


def mark_levels(axes: "Axes", levels: Any, horizontal: bool = True) -> None:
    """Thin lines at quantization levels."""
    for level in levels:
        line = axes.axhline if horizontal else axes.axvline
        line(float(level), color=BLACK, linewidth=points(0.8), linestyle=(0, (1, 2)), zorder=1.5)
