"""Pictures: each is a function that returns a matplotlib ``Figure``; ``save`` writes it as PNG, SVG or PDF.

Figures are made object by object, without pyplot: no window, no global state. matplotlib loads when a picture is drawn.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pqtheory.plotting.basins import CAPTION as BASINS_CAPTION
from pqtheory.plotting.basins import basins
from pqtheory.plotting.flips import flips
from pqtheory.plotting.regularizer import CAPTION as REGULARIZER_CAPTION
from pqtheory.plotting.regularizer import regularizer
from pqtheory.plotting.sign_flips import CAPTION as SIGN_FLIPS_CAPTION
from pqtheory.plotting.sign_flips import sign_flips
from pqtheory.plotting.style import SUFFIXES, check_file, description, png, save
from pqtheory.plotting.toy import CAPTION as TOY_CAPTION
from pqtheory.plotting.toy import toy
from pqtheory.plotting.trajectory import CAPTION as TRAJECTORY_CAPTION
from pqtheory.plotting.trajectory import trajectory

#: name -> function that draws the picture; a new picture is one file and one line here and below
REGISTRY: Mapping[str, Callable[..., Any]] = {
    "regularizer": regularizer,
    "toy": toy,
    "trajectory": trajectory,
    "sign-flips": sign_flips,
    "basins": basins,
}

#: name -> what there is to see in the picture as it is drawn without options
CAPTIONS: Mapping[str, str] = {
    "regularizer": REGULARIZER_CAPTION,
    "toy": TOY_CAPTION,
    "trajectory": TRAJECTORY_CAPTION,
    "sign-flips": SIGN_FLIPS_CAPTION,
    "basins": BASINS_CAPTION,
}

__all__ = [
    "CAPTIONS",
    "REGISTRY",
    "SUFFIXES",
    "basins",
    "check_file",
    "description",
    "flips",
    "png",
    "regularizer",
    "save",
    "sign_flips",
    "toy",
    "trajectory",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
