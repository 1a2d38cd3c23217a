"""How a figure becomes a file: PNG, SVG, PDF, and where it moves GIF and MP4."""

import difflib
import io
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pqtheory._files import write_whole
from pqtheory._messages import brief
from pqtheory.plotting import movie
from pqtheory.plotting.parts import description
from pqtheory.plotting.styles import STYLES, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pqtheory.plotting.motion import Motion
    from pqtheory.plotting.styles import Style

SUFFIXES = (".png", ".svg", ".pdf")
#: of pictures that move
MOVING = (".gif", ".mp4")
#: by other formats, what can be written in their place, the best first: what moves, pixels, lines
_ALIKE: dict[str, Sequence[str]] = {
    **dict.fromkeys((".apng", ".webp", ".avif"), (".gif", ".png")),
    **dict.fromkeys((".gif", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"), (".png",)),
    **dict.fromkeys((".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"), (".mp4", ".png")),
    **dict.fromkeys((".eps", ".ps", ".pgf", ".tex"), (".pdf",)),
    **dict.fromkeys((".svgz", ".html", ".htm", ".emf"), (".svg",)),
}


def check_file(file: str | PathLike[str], *, moves: bool = False) -> Path:
    """``file`` as a path with a suffix that can be written.

    Raises
    ------
    ValueError
        If the suffix is none of ``SUFFIXES``, or of ``MOVING`` where the picture ``moves``; what shows the like, or is
        spelled alike, is suggested.
    ImportError
        If it is a film, and what writes films is missing.
    """
    path = Path(file)
    suffix = path.suffix.lower()
    allowed = (*SUFFIXES, *MOVING) if moves else SUFFIXES
    if suffix not in allowed:
        near = [s for s in _ALIKE.get(suffix, ()) if s in allowed]
        near += difflib.get_close_matches(suffix, allowed, 1, 0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        still = "; this picture does not move" if suffix in MOVING else ""
        raise ValueError(
            f"file: expected a name that ends in {', '.join(allowed)}, got {brief(str(path))}{still}{hint}"
        )
    if suffix == ".mp4":
        movie.ffmpeg()
    return path


def save(figure: "Figure", file: str | PathLike[str]) -> None:
    """Write ``figure``, whole or not at all, with its caption in it; the suffix of ``file`` says how.

    A ``.png``, ``.svg`` or ``.pdf``; of ``toy``, ``trajectory`` and ``regularizer`` also a ``.gif`` or ``.mp4`` in
    which they move. It has the size, letters and lines of the style that it was drawn in. The same figure gives the
    same bytes.

    Raises
    ------
    ValueError
        If it cannot be written with this suffix.
    ImportError
        If it is an ``.mp4`` and there is no ffmpeg.
    OSError
        If the file cannot be written.
    """
    motion = _motion(figure)
    path = check_file(file, moves=motion is not None)
    suffix = path.suffix.lower()
    if motion is not None and suffix in MOVING:
        write_whole(path, _film(figure, motion, suffix))
    else:
        write_whole(path, _render(figure, suffix[1:]))


def png(figure: "Figure") -> bytes:
    """``figure`` as a PNG file in memory."""
    return _render(figure, "png")


def _motion(figure: "Figure") -> "Motion | None":
    from pqtheory.plotting.shown import ShownFigure

    return figure.motion if isinstance(figure, ShownFigure) else None


def _style(figure: "Figure") -> "Style":
    from pqtheory.plotting.shown import ShownFigure

    return figure.style if isinstance(figure, ShownFigure) else STYLES["screen"]


def _film(figure: "Figure", motion: "Motion", suffix: str) -> bytes:
    from pqtheory.plotting.motion import frames

    write = {".gif": movie.gif, ".mp4": movie.mp4}[suffix]
    with styled(_style(figure)):
        return write(frames(figure, motion), motion.per_second, description(figure))


def _render(figure: "Figure", kind: str) -> bytes:
    said = description(figure) or None
    title = said and first_sentence(said)
    # neither date nor library version: the bytes are a function of the figure
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Software": None, **({"Title": title, "Description": said} if said else {})},
        "svg": {"Date": None, "Creator": None, "Title": title, "Description": said},
        "pdf": {
            **{"CreationDate": None, "Creator": None, "Producer": None},
            **{"Title": title, "Subject": said},
        },
    }
    stream = io.BytesIO()
    style = _style(figure)
    with styled(style):
        figure.savefig(stream, format=kind, dpi=style.dots, metadata=metadata[kind])
    return stream.getvalue()


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends one."""
    return text.partition(". ")[0].removesuffix(".") + "."
