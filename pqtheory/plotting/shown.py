"""Figures that show themselves as the last line of a notebook's cell, whatever its settings are."""

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pqtheory.plotting.motion import Motion
from pqtheory.plotting.styles import STYLES, Style, styled

#: in a cell
DOTS_PER_INCH = 100


class ShownFigure(Figure):
    """A matplotlib figure of its own canvas: no pyplot, no magic.

    Attributes
    ----------
    style : Style
        That it is drawn in, and written.
    motion : Motion or None
        How it moves, where it does.
    """

    style: Style = STYLES["screen"]
    motion: Motion | None = None

    @classmethod
    def of_size(cls, width: float, height: float, layout: Any, style: Style) -> "ShownFigure":
        """An empty one of ``width`` x ``height`` inches."""
        figure = cls(figsize=(width, height), layout=layout)
        figure.style = style
        FigureCanvasAgg(figure)
        return figure

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        with styled(self.style):
            self.savefig(stream, format="png", dpi=DOTS_PER_INCH)
        return stream.getvalue()
