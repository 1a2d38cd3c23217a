"""Styles of pictures: for the screen, for the back row of a room, for the columns of a journal. All of them stand here.

A style is one line of ``STYLES``: every picture, command and option knows it from there.
"""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, final

from pqtheory._messages import brief, nearest

P = ParamSpec("P")
T = TypeVar("T")

#: points of body text that the sizes of pictures are meant for, in inches
BODY = 10.0
#: a picture is made this many times smaller at most, where a wider column is left
SMALLEST = 2.2
#: how much of the growth of letters against the picture goes into its height
STRETCH = 0.5


@final
@dataclass(frozen=True)
class Style:
    """How large letters and lines are, and how wide a picture.

    Attributes
    ----------
    what : str
        What it is for.
    font : float
        Points of body text.
    lines : float
        Times the thickness of lines and the size of markers on the screen.
    widths : tuple of float
        Inches that there are for a picture, ascending: the first that does not make it too small, else the last; where
        there is none, pictures are as wide as they were drawn for.
    tallest : float
        Inches.
    dots : int
        Of a PNG file, for each inch.
    """

    what: str
    font: float = BODY
    lines: float = 1.0
    widths: tuple[float, ...] = ()
    tallest: float = math.inf
    dots: int = 150

    def size(self, width: float, height: float) -> tuple[float, float]:
        """Inches of a picture that is ``width`` x ``height`` inches on the screen."""
        if not self.widths:
            return width, height
        new = next((w for w in self.widths if w >= width / SMALLEST), self.widths[-1])
        # letters that are larger against the picture need more lines
        letters = self.font / BODY * width / new
        taller = 1 + STRETCH * max(letters - 1, 0)
        return new, min(height * new / width * taller, self.tallest)


#: a new style is one line here
STYLES: Mapping[str, Style] = {
    "screen": Style("pages and notebooks"),
    "slides": Style(
        "a slide of 16:9, read from the back row", 18, 1.8, widths=(13.333,), tallest=7.5, dots=144
    ),
    "paper": Style(
        "one or both columns of a journal, of 3.5 and 7.16 inches as IEEE has them",
        8,
        0.75,
        (3.5, 7.16),
        dots=600,
    ),
    "nature": Style(
        "one or both columns of Nature, of 89 and 183 mm", 7, 0.7, widths=(3.504, 7.205), dots=600
    ),
    "icml": Style(
        "one or both columns of ICML, of 3.25 and 6.75 inches",
        8,
        0.75,
        widths=(3.25, 6.75),
        dots=600,
    ),
    "neurips": Style(
        "the text of NeurIPS and ICLR, of 5.5 inches", 8, 0.75, widths=(5.5,), dots=600
    ),
}
DEFAULT = "screen"

_current: ContextVar[Style] = ContextVar("style", default=STYLES[DEFAULT])

#: matplotlib's lengths in points, which grow with the lines
_LENGTHS: Mapping[str, float] = {
    "axes.linewidth": 0.8,
    "axes.titlepad": 6.0,
    "axes.labelpad": 4.0,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
    "lines.markeredgewidth": 1.0,
    "patch.linewidth": 1.0,
    **{
        f"{axis}tick.{kind}.{what}": length
        for axis in "xy"
        for kind, lengths in (("major", (3.5, 0.8, 3.5)), ("minor", (2.0, 0.6, 3.4)))
        for what, length in zip(("size", "width", "pad"), lengths, strict=True)
    },
}
#: and what is the same in every style
_SETTINGS: Mapping[str, Any] = {
    "legend.framealpha": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "svg.hashsalt": "pqtheory",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def style_of(name: str) -> Style:
    """The style of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not isinstance(name, str) or name not in STYLES:
        hint = nearest(name, STYLES) if isinstance(name, str) else ""
        raise ValueError(f"style: expected one of {', '.join(STYLES)}, got {brief(name)}{hint}")
    return STYLES[name]


def current() -> Style:
    """The style that pictures are drawn in now."""
    return _current.get()


def points(length: float) -> float:
    """Of a line or a marker that has ``length`` points on the screen."""
    return length * current().lines


def letters(size: float) -> float:
    """Points of letters that have ``size`` points on the screen."""
    return size * current().font / BODY


@contextmanager
def styled(style: str | Style | None = None) -> Iterator[None]:
    """Draw in a style what is drawn in the block: pictures of ours, and what is added to them.

    Parameters
    ----------
    style : str or Style, optional
        A name of ``STYLES``, or one of your own; without it the style stays, which is "screen" outside of all blocks.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If there is no such style.

    Examples
    --------
    >>> with pq.plotting.styled("slides"):
    ...     pq.plotting.save(pq.plotting.toy(), "toy.png")
    """
    chosen = current() if style is None else style if isinstance(style, Style) else style_of(style)
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install 'pqtheory[plots]'") from error
    lengths = {name: length * chosen.lines for name, length in _LENGTHS.items()}
    sizes = {
        "font.size": chosen.font,
        "axes.titlesize": 1.1 * chosen.font,
        "figure.titlesize": 1.2 * chosen.font,
        "legend.fontsize": 0.9 * chosen.font,
    }
    token = _current.set(chosen)
    try:
        with matplotlib.rc_context():
            # a picture is a function of its arguments, whatever the user's own settings are
            matplotlib.rcdefaults()
            matplotlib.rcParams.update({**_SETTINGS, **lengths, **sizes})
            yield
    finally:
        _current.reset(token)


def picture(draw: Callable[P, T]) -> Callable[P, T]:
    """Let ``draw``, a function with a keyword ``style``, draw in that style."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> T:
        with styled(options.get("style")):  # type: ignore[arg-type]
            return draw(*args, **options)

    return drawn
