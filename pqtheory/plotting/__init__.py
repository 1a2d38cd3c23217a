"""Pictures: each is a function that returns a matplotlib ``Figure``; ``save`` writes it, as a film where it moves.

Every picture has a keyword ``style``, one of ``STYLES``: for the screen, for slides, for the columns of a journal;
``styled`` is the same for a block. ``description`` is a picture's caption: what is seen, in words and numbers. Figures
are made object by object, without pyplot: no window, no global state. matplotlib loads when a picture is drawn.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pqtheory.plotting.basins import basins
from pqtheory.plotting.files import MOVING, SUFFIXES, check_file, png, save
from pqtheory.plotting.flips import flips
from pqtheory.plotting.one_step import one_step
from pqtheory.plotting.parts import description
from pqtheory.plotting.regularizer import regularizer
from pqtheory.plotting.sign_flips import sign_flips
from pqtheory.plotting.styles import STYLES, styled
from pqtheory.plotting.toy import toy
from pqtheory.plotting.trajectory import trajectory

#: name -> function that draws the picture; a new picture is one file and one line here
REGISTRY: Mapping[str, Callable[..., Any]] = {
    "regularizer": regularizer,
    "toy": toy,
    "one-step": one_step,
    "trajectory": trajectory,
    "sign-flips": sign_flips,
    "basins": basins,
}

__all__ = [
    "MOVING",
    "REGISTRY",
    "STYLES",
    "SUFFIXES",
    "basins",
    "check_file",
    "description",
    "flips",
    "one_step",
    "png",
    "regularizer",
    "save",
    "sign_flips",
    "styled",
    "toy",
    "trajectory",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
