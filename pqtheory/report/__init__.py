"""What people are shown of results: words and numbers for the terminal, one HTML page for the browser."""

from pqtheory.report.digits import digits_setting, digits_table
from pqtheory.report.lab import lab_page
from pqtheory.report.latex import latex
from pqtheory.report.lean import lean
from pqtheory.report.page import Picture, render
from pqtheory.report.smt2 import smt2
from pqtheory.report.text import (
    controls_refuted,
    headline,
    kind_in_words,
    looked_at,
    rechecked,
    reproduce,
    show,
)

__all__ = [
    "Picture",
    "controls_refuted",
    "digits_setting",
    "digits_table",
    "headline",
    "kind_in_words",
    "lab_page",
    "latex",
    "lean",
    "looked_at",
    "rechecked",
    "render",
    "reproduce",
    "show",
    "smt2",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
