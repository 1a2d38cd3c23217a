"""What all pictures share: colours, an empty figure, and how a figure becomes a file."""

import difflib
import io
import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pqtheory import methods
from pqtheory._files import write_whole
from pqtheory._messages import brief, visible
from pqtheory.methods.registry import Registered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

SUFFIXES = (".png", ".svg", ".pdf")
#: by other formats, what can be written in their place: of pixels, and of lines
_ALIKE = {
    **dict.fromkeys(
        (".gif", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif"), (".png",)
    ),
    **dict.fromkeys((".eps", ".ps", ".pgf", ".tex"), (".pdf",)),
    **dict.fromkeys((".svgz", ".html", ".htm", ".emf"), (".svg",)),
}
DOTS_PER_INCH = 150
#: in front of a label that begins with an underscore until it stands in its legend; of no width
_KEPT = "\u2060"

# Okabe and Ito's palette, which every kind of colour vision tells apart
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE, GREY, BLACK = "#56B4E9", "#CC79A7", "#7F7F7F", "#222222"
SEQUENCE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
# Tol's muted palette, for the methods that are more than six
MUTED = ("#332288", "#882255", "#117733", "#999933", "#44AA99", "#AA4499")

_SETTINGS: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "legend.framealpha": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "pqtheory",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def grid_of_axes(
    rows: int, columns: int, width: float, height: float, **options: Any
) -> tuple["Figure", Any]:
    """A figure of ``width`` x ``height`` inches and its (rows, columns) array of axes.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    try:
        import matplotlib
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        from pqtheory.plotting.shown import ShownFigure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'pqtheory[plots]'") from error
    with matplotlib.rc_context(_SETTINGS):
        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
        figure = ShownFigure.of_size(width, height, layout)
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def method_colour(name: str) -> str:
    """The colour that a method has in every picture, however its name is spelled.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    found = methods.registered(name)
    if found is None:
        known = ", ".join((*methods.REGISTRY, methods.FULL_PRECISION.name))
        raise ValueError(f"method: expected one of {known}, got {brief(name)}")
    return found.colour


def method_of(label: str) -> Registered | None:
    """The method whose name a label begins with, however that is spelled: "binary connect (eta = 0.1)"."""
    words = [word for word in re.split(r"[\W_]+", label) if word]
    # the most words first: "full precision" is one name
    found = (
        methods.registered("".join(words[:count])) for count in range(min(3, len(words)), 0, -1)
    )
    return next((method for method in found if method is not None), None)


def run_colours(labels: list[str]) -> list[str]:
    """The method's own colour for the first of its labels, which begin with its name; others take what is left."""
    own: dict[str, str] = {}
    for label in labels:
        method = method_of(label)
        if method is not None and method.colour not in own.values():
            own[label] = method.colour
    free = iter([c for c in SEQUENCE if c not in own.values()])
    return [own[label] if label in own else next(free, GREY) for label in labels]


def describe(figure: "Figure", text: str) -> "Figure":
    """The figure, with what is seen in it in words, for those who do not see it; see ``description``."""
    figure.set_label(visible(" ".join(text.split())))
    return figure


def description(figure: "Figure") -> str:
    """What is seen in a figure of ours, in words and numbers of what is drawn; "" where nothing was said."""
    return str(figure.get_label() or "")


def title(axes: "Axes", text: str) -> None:
    """The title of a panel that holds a name which is not ours: shown as it is, "$w$" is no formula there."""
    axes.set_title(visible(text), parse_math=False)


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


def legend_below(figure: "Figure", axes: "Axes") -> None:
    """The legend of ``axes`` under all panels, in as many columns as there is room for; names stand as they are."""
    handles, labels = axes.get_legend_handles_labels()
    # inches of a letter, and of a line with the space round it
    widest = max((0.075 * len(label) + 0.6 for label in labels), default=1.0)
    columns = max(1, min(len(labels), int(figure.get_figwidth() / widest)))
    show_names(figure.legend(handles, labels, loc="outside lower center", ncols=columns))


def draw_band(
    axes: "Axes", points: Any, values: Any, colour: str, label: str, **options: Any
) -> None:
    """Mean over the last axis (runs) as a line, one standard deviation as a band where there are two or more."""
    mean = values.mean(axis=-1)
    if values.shape[-1] > 1:
        spread = values.std(axis=-1, ddof=1)
        axes.fill_between(
            points, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0
        )
    axes.plot(points, mean, color=colour, label=legend_label(label), **options)


def mark_levels(axes: "Axes", levels: Any, horizontal: bool = True) -> None:
    """Thin lines at quantization levels."""
    for level in levels:
        line = axes.axhline if horizontal else axes.axvline
        line(float(level), color=BLACK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1.5)


def check_file(file: str | PathLike[str]) -> Path:
    """``file`` as a path with a suffix that can be written.

    Raises
    ------
    ValueError
        If the suffix is none of ``SUFFIXES``; what shows the like, or is spelled alike, is suggested.
    """
    path = Path(file)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        near = [*_ALIKE.get(suffix, ()), *difflib.get_close_matches(suffix, SUFFIXES, 1, 0.5)]
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"file: expected a name that ends in {', '.join(SUFFIXES)}, got {brief(str(path))}{hint}"
        )
    return path


def save(figure: "Figure", file: str | PathLike[str]) -> None:
    """Write ``figure``, whole or not at all; the suffix of ``file`` says how. The same figure gives the same bytes.

    Raises
    ------
    ValueError
        If the suffix is none of ``SUFFIXES``.
    OSError
        If the file cannot be written.
    """
    path = check_file(file)
    write_whole(path, _render(figure, path.suffix.lower()[1:]))


def png(figure: "Figure") -> bytes:
    """``figure`` as a PNG file in memory."""
    return _render(figure, "png")


def _render(figure: "Figure", kind: str) -> bytes:
    import matplotlib

    # neither date nor library version: the bytes are a function of the figure
    said = description(figure) or None
    metadata = {
        "png": {"Software": None, **({"Description": said} if said else {})},
        "svg": {"Date": None, "Creator": None, "Description": said},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "Subject": said},
    }
    stream = io.BytesIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata[kind])
    return stream.getvalue()
