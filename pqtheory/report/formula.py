"""Formulas on the page: LaTeX as inline SVG, so that nothing is loaded; as text where it cannot be drawn.

A formula is one path in the colour of the text round it, with nothing behind it: it reads on light and on dark paper.
It is measured in the text's own size, has no names that another one could have too, and says its LaTeX as its title.
"""

import importlib.util
import re
from functools import lru_cache
from html import escape
from typing import Any, final

#: units of matplotlib's paths to the size of the font
UNITS = 100.0
#: room round a formula, in the same units: what is slanted reaches a little beyond its width
ROOM = 8.0


def formula(latex: str) -> str:
    """HTML for a formula: a picture if matplotlib is there and can read it, else the LaTeX itself."""
    if not latex:
        return ""
    drawn = [_drawn(line) for line in _lines(latex)]
    if any(line is None for line in drawn):
        return f'<div class="formula"><code>{escape(latex)}</code></div>'
    return "".join(f'<div class="formula">{line.svg(latex)}</div>' for line in drawn if line)


def text_with_formulas(latex: str) -> str:
    """HTML for a text with formulas between dollar signs; each as a picture in its line, or as LaTeX."""
    pieces = []
    for place, piece in enumerate(re.split(r"(?<!\\)\$", latex)):
        if place % 2 == 0:
            pieces.append(escape(_plain(piece)).replace("\n\n", "</p><p>"))
            continue
        drawn = _drawn(piece)
        if drawn is None:
            pieces.append(f"<code>{escape(piece)}</code>")
        else:
            pieces.append(f'<span class="inline">{drawn.svg(piece)}</span>')
    return "".join(pieces)


def _plain(text: str) -> str:
    """The commands of LaTeX's text that derivations use, as text."""
    text = re.sub(r"\\(emph|textbf|textit|texttt)\{([^{}]*)\}", r"\2", text)
    return re.sub(r"\\([%&#_{}$])", r"\1", text).replace("~", " ").replace("\\ ", " ")


def _lines(latex: str) -> list[str]:
    """The lines of an aligned formula; matplotlib knows no environments."""
    body = re.sub(r"\\(begin|end)\{(aligned|align\*?)\}", "", latex)
    return [line.replace("&", " ").strip() for line in body.split(r"\\") if line.strip()]


#: what matplotlib calls otherwise, or does without
_OTHERWISE = {
    "le": r"\leq",
    "ge": r"\geq",
    "ne": r"\neq",
    "to": r"\rightarrow",
    "iff": r"\;\Leftrightarrow\;",
    "implies": r"\;\Rightarrow\;",
    "tfrac": r"\frac",
    "dfrac": r"\frac",
    "lvert": "|",
    "rvert": "|",
    "lVert": r"\|",
    "rVert": r"\|",
    "land": r"\wedge",
    "lor": r"\vee",
    "argmin": r"\mathrm{arg\,min}",
    "argmax": r"\mathrm{arg\,max}",
    **dict.fromkeys(("textstyle", "displaystyle", "limits", "nolimits"), ""),
    **dict.fromkeys(("big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg"), ""),
}


def for_mathtext(latex: str) -> str:
    """A formula in the commands that matplotlib knows; what it looks like is the same but for sizes."""
    text = re.sub(r"\\operatorname\*?\{([^{}]*)\}", r"\\mathrm{\1}", latex)
    # the words of a text keep their spaces
    text = re.sub(r"\\text\{([^{}]*)\}", lambda m: rf"\mathrm{{{_spaced(m[1])}}}", text)
    text = re.sub(
        r"\\([A-Za-z]+)", lambda m: f"{_OTHERWISE[m[1]]} " if m[1] in _OTHERWISE else m[0], text
    )
    # \frac12 and \frac1T
    return re.sub(r"\\frac\s*([A-Za-z0-9])\s*([A-Za-z0-9])", r"\\frac{\1}{\2}", text)


def _spaced(words: str) -> str:
    return words.replace(" ", r"\ ")


@final
class _Drawn:
    """Outlines of a formula; y goes down from its baseline."""

    def __init__(self, path: str, left: float, right: float, above: float, below: float) -> None:
        self.path, self.left, self.right, self.above, self.below = path, left, right, above, below

    def svg(self, latex: str) -> str:
        """As inline SVG; its baseline is that of the line of text that it stands in."""
        width, height = self.right - self.left, self.above + self.below
        box = (self.left - ROOM, -self.above - ROOM, width + 2 * ROOM, height + 2 * ROOM)
        size = f'width="{box[2] / UNITS:.2f}em" height="{box[3] / UNITS:.2f}em"'
        return (
            f'<svg role="img" {size} viewBox="{" ".join(f"{x:.1f}" for x in box)}" '
            f'style="vertical-align: {-(self.below + ROOM) / UNITS:.2f}em">'
            f'<title>{escape(latex)}</title><path fill="currentColor" d="{self.path}"/></svg>'
        )


@lru_cache(maxsize=1024)
def _drawn(latex: str) -> _Drawn | None:
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    text = f"${for_mathtext(latex)}$"
    try:
        # a user's own settings change no page
        with rc_context({"mathtext.fontset": "dejavusans"}):
            font = FontProperties(family="DejaVu Sans", size=UNITS)
            corners, codes = text_to_path.get_text_path(font, text, ismath=True)
            width, height, below = text_to_path.get_text_width_height_descent(
                text, font, ismath=True
            )
    except ValueError:
        # beyond mathtext, such as cases
        return None
    # some letters, and the control points of their curves, reach beyond what the font says of them
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return _Drawn(
        _path(corners, codes),
        min(0.0, *across),
        max(width, *across),
        max(height - below, *up),
        max(below, -min(up)),
    )


def _path(corners: Any, codes: Any) -> str:
    """The outline that matplotlib has, as what SVG calls a path."""
    from matplotlib.path import Path

    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    pieces = []
    for points, code in Path(corners, codes).iter_segments(simplify=False):
        if code == Path.CLOSEPOLY:
            pieces.append("Z")
            continue
        pairs = zip(points[::2], points[1::2], strict=True)
        pieces.append(letters[code] + " ".join(f"{x:.1f},{-y:.1f}" for x, y in pairs))
    return "".join(pieces)
