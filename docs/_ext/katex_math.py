"""Formulas by the KaTeX that lies in ``_static/katex``: no network, neither for the site nor for its reader."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number


def inline(writer: Any, node: nodes.math) -> None:
    """``$...$`` as its LaTeX, which the page's script draws."""
    writer.body.append(
        writer.starttag(node, "span", "", CLASS="math inline") + writer.encode(node.astext())
    )
    writer.body.append("</span>")
    raise nodes.SkipNode


def display(writer: Any, node: nodes.math_block) -> None:
    """A formula on lines of its own."""
    writer.body.append(writer.starttag(node, "div", CLASS="math display"))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})</span>')
    writer.body.append(f'<span class="formula">{writer.encode(gathered(node.astext()))}</span>')
    writer.body.append("</div>")
    raise nodes.SkipNode


def gathered(latex: str) -> str:
    """A formula of several lines needs an environment round it."""
    latex = latex.strip()
    if r"\\" in latex and r"\begin{" not in latex:
        return rf"\begin{{gathered}}{latex}\end{{gathered}}"
    return latex


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_html_math_renderer("katex", (inline, None), (display, None))
    app.add_css_file("katex/katex.min.css")
    app.add_js_file("katex/katex.min.js")
    app.add_js_file("formulas.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
