"""What lines look like: a colour, and for a print in grey a marker and dashes as well."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from pqtheory import methods
from pqtheory._messages import brief
from pqtheory.methods.registry import Registered
from pqtheory.plotting.styles import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

# Okabe and Ito's palette, which every kind of colour vision tells apart
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE, GREY, BLACK = "#56B4E9", "#CC79A7", "#7F7F7F", "#222222"
SEQUENCE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
# Tol's muted palette, for the methods that are more than six
MUTED = ("#332288", "#882255", "#117733", "#999933", "#44AA99", "#AA4499")

#: of the first, second, ... line of one kind
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 2, 1, 2)), (0, (9, 3)))
#: of lines that are no method's
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
#: of areas
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "+++")
#: on a line
MARKS = 8


@final
@dataclass(frozen=True)
class Look:
    """Of one line among ``count``, or of the area that belongs to it.

    Attributes
    ----------
    colour : str
        Of the line, its markers and its band.
    dashes : Any
        As matplotlib has them.
    marker : str
        As matplotlib has it; "" for none.
    place, count : int
        Which line it is, so that markers of several do not cover each other.
    """

    colour: str
    dashes: Any = "-"
    marker: str = ""
    place: int = 0
    count: int = 1

    @property
    def hatch(self) -> str:
        """Of an area."""
        return HATCHES[self.place % len(HATCHES)]

    def draw(self, axes: "Axes", x: Any, y: Any, **options: Any) -> "Line2D":
        """A line of this look."""
        every = max(1, len(x) // MARKS)
        marks = {
            "marker": self.marker,
            "markevery": (self.place * every // self.count, every),
            "markersize": points(5.0),
            "markeredgecolor": "white",
            "markeredgewidth": points(0.6),
        }
        shown = {"color": self.colour, "linestyle": self.dashes, **(marks if self.marker else {})}
        (line,) = axes.plot(x, y, **{**shown, **options})
        return line


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


def looks(labels: Sequence[str], *, one_colour: bool = False) -> list[Look]:
    """A look for each label; a label that begins with a method's name has that method's marker.

    Parameters
    ----------
    labels : sequence of str
        Of the lines of a picture.
    one_colour : bool
        Whether all labels of a method have its colour; else the first has, and others take what is left.
    """
    found = [method_of(label) for label in labels]
    taken = {method.colour for method in found if method is not None}
    free = iter([colour for colour in SEQUENCE if colour not in taken])
    marked = {method.marker for method in found if method is not None}
    markers = [marker for marker in MARKERS if marker not in marked] or list(MARKERS)
    drawn = []
    for place, method in enumerate(found):
        # how many of its kind there were
        before = found[:place].count(method)
        if method is None:
            more, which = divmod(before, len(markers))
            colour, marker, before = next(free, GREY), markers[which], more
        else:
            own = one_colour or not before
            colour, marker = method.colour if own else next(free, GREY), method.marker
        drawn.append(Look(colour, DASHES[before % len(DASHES)], marker, place, len(labels)))
    return drawn
