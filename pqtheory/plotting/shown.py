"""Figures that show themselves as the last line of a notebook's cell, whatever its settings are."""

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: in a cell
DOTS_PER_INCH = 100


class ShownFigure(Figure):
    """A matplotlib figure of its own canvas: no pyplot, no magic."""

    @classmethod
    def of_size(cls, width: float, height: float, layout: Any) -> "ShownFigure":
        """An empty one of ``width`` x ``height`` inches."""
        figure = cls(figsize=(width, height), layout=layout)
        FigureCanvasAgg(figure)
        return figure

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=DOTS_PER_INCH)
        return stream.getvalue()
