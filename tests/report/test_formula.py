"""Formulas on the page: what matplotlib is given, the outline and box that come back, and what is said instead."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from pqtheory.report.formula import (
    ROOM,
    UNITS,
    _drawn,
    _lines,
    _plain,
    for_mathtext,
    formula,
    text_with_formulas,
)


@pytest.mark.parametrize(
    ("latex", "known"),
    [
        (r"a \le b \leq c", r"a \leq  b \leq c"),
        (r"\tfrac12 + \frac1T + \dfrac 1 {2}", r"\frac{1}{2} + \frac{1}{T} + \frac  1 {2}"),
        (r"\frac{a}{b} \frac a b", r"\frac{a}{b} \frac{a}{b}"),
        (
            r"\operatorname{sign} x \operatorname*{arg\,min}_x",
            r"\mathrm{sign} x \mathrm{arg\,min}_x",
        ),
        (r"x \text{if not so} y\text{}", r"x \mathrm{if\ not\ so} y\mathrm{}"),
        (r"\bigl( x \Bigr) \displaystyle", r" ( x  )  "),
        (r"\lVert x \rVert \to \argmin", r"\|  x \|  \rightarrow  \mathrm{arg\,min} "),
        (r"\alpha \lessgtr \leftarrow", r"\alpha \lessgtr \leftarrow"),
    ],
)
def test_what_matplotlib_is_given(latex: str, known: str) -> None:
    assert for_mathtext(latex) == known


def test_lines_of_an_aligned_formula() -> None:
    assert _lines(r"a &= b \\ \\ &\le c") == ["a  = b", r"\le c"]
    for name in ("aligned", "align", "align*"):
        assert _lines(rf"\begin{{{name}}} a \\ b \end{{{name}}}") == ["a", "b"]
    assert _lines(r"\begin{cases} a \end{cases}") == [r"\begin{cases} a \end{cases}"]


def test_text_without_its_commands() -> None:
    assert _plain(r"\emph{a} \textbf{b} \textit{c} \texttt{d} \other{e}") == r"a b c d \other{e}"
    assert (
        _plain(r"1\%, a\&b, \#, x\_y, \{z\}, 2\$, p.~3 a\ b")
        == "1%, a&b, #, x_y, {z}, 2$, p. 3 a b"
    )


def test_a_text_in_full() -> None:
    pytest.importorskip("matplotlib")

    def inline(latex: str) -> str:
        return (
            formula(latex)
            .replace('<div class="formula">', '<span class="inline">')
            .replace("</div>", "</span>")
        )

    text = "One < $x$ costs 2\\$.\n\nTwo $\\begin{cases}a < b\\end{cases}$, \\emph{three} $y$"
    assert text_with_formulas(text) == (
        f"One &lt; {inline('x')} costs 2$.</p><p>Two <code>\\begin{{cases}}a &lt; b\\end{{cases}}</code>, three "
        f"{inline('y')}"
    )


def test_a_formula_is_drawn_whole_or_said_whole() -> None:
    pytest.importorskip("matplotlib")
    assert formula("") == ""
    beyond = r"a < b \\ \begin{cases} c \end{cases}"
    said = beyond.replace("<", "&lt;")
    assert formula(beyond) == f'<div class="formula"><code>{said}</code></div>'
    both = formula(r"x < 1 \\ y")
    first = formula("x < 1").replace("<title>x &lt; 1<", r"<title>x &lt; 1 \\ y<")
    second = formula("y").replace("<title>y<", r"<title>x &lt; 1 \\ y<")
    assert both == first + second


@pytest.fixture
def _undrawn() -> Iterator[None]:
    """What is drawn is drawn anew."""
    _drawn.cache_clear()
    yield
    _drawn.cache_clear()


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d", text)]


@pytest.mark.parametrize(
    "latex",
    ["x", "f", r"\frac{1}{2} x^2", r"\int_0^1 f", r"\Rightarrow j", "-", r"\sum_{i=1}^n Q_y"],
)
@pytest.mark.usefixtures("_undrawn")
def test_the_outline_and_its_box_are_those_of_the_font(latex: str) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=100)
    with rc_context({"mathtext.fontset": "dejavusans"}):
        corners, codes = text_to_path.get_text_path(font, f"${latex}$", ismath=True)
        wide, high, below = text_to_path.get_text_width_height_descent(
            f"${latex}$", font, ismath=True
        )
    # settings of one's own change nothing
    with rc_context({"mathtext.fontset": "stix", "font.family": "serif", "font.size": 30.0}):
        text = formula(latex)
    outline = re.search(r' d="([^"]*)"', text)
    assert outline is not None
    kept = [(x, y) for (x, y), code in zip(corners, codes, strict=True) if code != Path.CLOSEPOLY]
    points = np.reshape(numbers(outline[1]), (-1, 2)) * (1, -1)
    np.testing.assert_allclose(points, kept, rtol=0, atol=0.051)
    commands = [letter for letter in outline[1] if letter.isalpha()]
    # a curve has several points
    assert commands.count("M") == list(codes).count(Path.MOVETO)
    assert commands.count("L") == list(codes).count(Path.LINETO)
    assert commands.count("Q") * 2 == list(codes).count(Path.CURVE3)
    assert commands.count("C") * 3 == list(codes).count(Path.CURVE4)
    assert commands.count("Z") == list(codes).count(Path.CLOSEPOLY)
    assert set(commands) <= set("MLQCZ")
    left, right = min([0.0, *(x for x, _ in kept)]), max([wide, *(x for x, _ in kept)])
    top, bottom = max([high - below, *(y for _, y in kept)]), min([-below, *(y for _, y in kept)])
    box = (left - 8, -top - 8, right - left + 16, top - bottom + 16)
    assert (ROOM, UNITS) == (8, 100)
    assert text == (
        f'<div class="formula"><svg role="img" width="{box[2] / 100:.2f}em" height="{box[3] / 100:.2f}em" '
        f'viewBox="{" ".join(f"{x:.1f}" for x in box)}" style="vertical-align: {(bottom - 8) / 100:.2f}em">'
        f'<title>{latex}</title><path fill="currentColor" d="{outline[1]}"/></svg></div>'
    )
