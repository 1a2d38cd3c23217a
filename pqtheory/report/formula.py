"""Formulas on the page: LaTeX as inline SVG, so that nothing is loaded; as text where it cannot be drawn."""

import importlib.util
import io
import re
from html import escape


def formula(latex: str) -> str:
    """HTML for a formula: a picture if matplotlib is there and can read it, else the LaTeX itself."""
    if not latex:
        return ""
    drawn = [_svg(line) for line in _lines(latex)]
    if any(svg is None for svg in drawn):
        return f'<div class="formula"><code>{escape(latex)}</code></div>'
    title = f"<title>{escape(latex)}</title>"
    return "".join(f'<div class="formula">{_titled(svg, title)}</div>' for svg in drawn if svg)


def text_with_formulas(latex: str) -> str:
    """HTML for a text with formulas between dollar signs; each as a picture in its line, or as LaTeX."""
    pieces = []
    for place, piece in enumerate(re.split(r"(?<!\\)\$", latex)):
        if place % 2 == 0:
            pieces.append(escape(_plain(piece)).replace("\n\n", "</p><p>"))
            continue
        svg = _svg(piece)
        code = f"<code>{escape(piece)}</code>"
        title = f"<title>{escape(piece)}</title>"
        pieces.append(code if svg is None else f'<span class="inline">{_titled(svg, title)}</span>')
    return "".join(pieces)


def _plain(text: str) -> str:
    """The commands of LaTeX's text that derivations use, as text."""
    text = re.sub(r"\\(emph|textbf|textit|texttt)\{([^{}]*)\}", r"\2", text)
    return re.sub(r"\\([%&#_{}$])", r"\1", text).replace("~", " ").replace("\\ ", " ")


def _lines(latex: str) -> list[str]:
    """The lines of an aligned formula; matplotlib knows no environments."""
    body = re.sub(r"\\(begin|end)\{(aligned|align\*?)\}", "", latex)
    return [line.replace("&", " ").strip() for line in body.split(r"\\") if line.strip()]


def _svg(latex: str) -> str | None:
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib.mathtext import math_to_image

    buffer = io.StringIO()
    try:
        math_to_image(f"${latex}$", buffer, format="svg", color="#010203")
    except ValueError:
        # beyond mathtext, such as cases
        return None
    text = buffer.getvalue()
    svg = text[text.index("<svg") :].replace("#010203", "currentColor")
    return re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)


def _titled(svg: str, title: str) -> str:
    head, end, rest = svg.partition(">")
    return f'{head} role="img"{end}{title}{rest}'
