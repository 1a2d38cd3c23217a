"""Pictures that move: what is drawn anew for each frame, and the frames as arrays of pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from pqtheory._arrays import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: frames at most; of more steps every second, third, ... is shown
MOST_FRAMES = 120
#: pixels of a frame across
WIDTH = 1280


@final
@dataclass(frozen=True)
class Motion:
    """How a figure moves.

    Attributes
    ----------
    last : int
        Moments are 0, 1, ..., last; at the last one it is what it is as a picture that stands still.
    show : callable
        Moment -> None; changes what moves.
    moves : sequence
        What ``show`` changes, in the order in which it is drawn, over all that stands still.
    added : sequence of (axes, artist)
        Of these, what is in no picture that stands still.
    still : sequence
        Of the picture that stands still, what is not seen in the one that moves.
    per_second : float
        Frames.
    """

    last: int
    show: Callable[[int], None]
    moves: Sequence[Any]
    added: Sequence[tuple[Any, Any]] = ()
    still: Sequence[Any] = ()
    per_second: float = 20.0

    @property
    def moments(self) -> list[int]:
        """Those of the frames: the first, the last, and evenly between them."""
        every = -(-self.last // (MOST_FRAMES - 1)) or 1
        return [*range(0, self.last, every), self.last]


def frames(figure: "Figure", motion: Motion) -> Iterator[Array]:
    """Each frame as pixels of shape (height, width, 3), uint8; height and width are even.

    What stands still is drawn once.
    """
    dots, layout = figure.dpi, figure.get_layout_engine()
    hidden = (*motion.moves, *motion.still)
    figure.set_dpi(WIDTH / figure.get_figwidth())
    for axes, artist in motion.added:
        axes.add_artist(artist)
    try:
        canvas: Any = figure.canvas
        # places are those of the picture that stands still
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for artist in hidden:
            artist.set_visible(False)
        canvas.draw()
        background = canvas.copy_from_bbox(figure.bbox)
        for artist in motion.moves:
            artist.set_visible(True)
        for moment in motion.moments:
            canvas.restore_region(background)
            motion.show(moment)
            for artist in motion.moves:
                artist.axes.draw_artist(artist)
            yield _even(np.asarray(canvas.buffer_rgba())[..., :3])
    finally:
        motion.show(motion.last)
        for artist in hidden:
            artist.set_visible(True)
        for _, artist in motion.added:
            artist.remove()
        figure.set_dpi(dots)
        figure.set_layout_engine(layout)


def _even(pixels: Array) -> Array:
    """Without the last row and column where their number is odd, as films need it; a copy."""
    height, width = pixels.shape[:2]
    return pixels[: height - height % 2, : width - width % 2].copy()


@final
@dataclass(frozen=True)
class Trace:
    """A line through points that come one after the other; where they are ``alone``, the point of the moment."""

    line: Any
    x: Array
    y: Array
    alone: bool = False

    def show(self, moment: int) -> None:
        """What there is of it then."""
        first = moment if self.alone else 0
        self.line.set_data(self.x[first : moment + 1], self.y[first : moment + 1])


def traced(traces: Sequence[Trace]) -> Motion:
    """All of them, a moment for each point; of those alone nothing is seen in the picture that stands still."""

    def show(moment: int) -> None:
        for trace in traces:
            trace.show(moment)

    alone = [trace.line for trace in traces if trace.alone]
    added = [taken_out(line) for line in alone]
    return Motion(len(traces[0].x) - 1, show, [trace.line for trace in traces], added)


def taken_out(artist: Any) -> tuple[Any, Any]:
    """(its axes, the artist), which is in no picture now."""
    axes = artist.axes
    artist.remove()
    return axes, artist
