"""A page for each theorem, from its claim, and the map of the book: nobody writes them, so that none is out of date."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import api_pages
import evidence
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from pqtheory._files import write_whole
from pqtheory.claims import Claim
from pqtheory.claims.sentences import sentences
from pqtheory.plotting.book_layout import Entry
from pqtheory.report.book_map import book_map
from pqtheory.report.text import in_words
from pqtheory.theory import BOOK

DOCS = Path(__file__).parents[1]
#: why each theorem matters, and its picture
WHY: Mapping[str, Mapping[str, str]] = tomllib.loads((DOCS / "why.toml").read_text("utf-8"))
CHAPTERS = {
    "prox": "The W and its relatives: proximal maps",
    "binary_connect": "BinaryConnect",
    "lazy": "Lazy proximal steps",
    "proxquant": "ProxQuant",
    "successors": "Successors",
}
INDEX = """# The theorems

A page for each theorem, made from the claim that `pqtheory verify` checks: what is true and under which assumptions,
why, by what it is proved, and the nearby false statements that the same checks refute.

## Map of the book

An arrow leads from a theorem to one that it uses. Each box is a link.

```{{book-map}}
```

{chapters}
"""


def write_pages(app: Sphinx) -> None:
    """A file for each page, before Sphinx looks for files."""
    folder = Path(app.srcdir) / "theorems"
    folder.mkdir(exist_ok=True)
    pages = {f"{name}.md": page(name) for name in BOOK.names}
    pages["index.md"] = INDEX.format(chapters="\n".join(map(chapter, BOOK.chapters)))
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.is_file() or file.read_text("utf-8") != text:
            write_whole(file, text.encode())


def page(name: str) -> str:
    """The file of a theorem: all that it shows is made by the directive."""
    return f"({name})=\n# {name}\n\n```{{theorem}} {name}\n```\n"


def chapter(name: str) -> str:
    """A chapter of the index."""
    listed = "\n".join(BOOK.chapters[name])
    title = CHAPTERS.get(name, name.replace("_", " "))
    lines = [f"- [{n}]({n}.md): {WHY[n]['why']}" for n in BOOK.chapters[name] if n in WHY]
    return "\n".join(
        [f"## {title}", "", *lines, "", "```{toctree}", ":hidden:", "", listed, "```", ""]
    )


class Theorem(SphinxDirective):
    """``{theorem} NAME``: all of a claim's page below its title."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page."""
        name = self.arguments[0]
        claim = BOOK.load(name)
        self.env.note_dependency(str(evidence.RECORD))
        self.env.note_dependency(str(DOCS / "why.toml"))
        found = self.config.found_of_claims[name]
        return [
            nodes.paragraph("", "", badge(found), nodes.Text(f"  {claim.source}")),
            *self._why(claim),
            section("What is true", *self._statement(claim)),
            section("Why", *derivation(claim)),
            section("What shows it", *parts(claim, found)),
            section("What is false", *controls(claim, found)),
            *figures(claim, found),
            section("Look closer", *commands(claim), *self._related(claim)),
        ]

    def _why(self, claim: Claim) -> Iterator[nodes.Node]:
        said = WHY.get(claim.name, {})
        if "why" in said:
            yield nodes.paragraph("", said["why"], classes=["why"])
        if "picture" in said:
            script = said["picture"]
            image = nodes.image(
                uri=f"/pictures/images/sphx_glr_{script}_001.png", alt=f"The picture of {script}"
            )
            link = self.parse_inline(f"[The script that draws it](/pictures/{script}.rst)")[0]
            yield nodes.figure("", image, nodes.caption("", "", *link), classes=["theorem"])

    def _statement(self, claim: Claim) -> Iterator[nodes.Node]:
        yield nodes.paragraph("", "", *plain_formulas(claim.statement))
        if claim.formula_latex:
            yield display(claim.formula_latex)
        else:
            yield nodes.literal_block("", claim.formula, language="none")

    def _related(self, claim: Claim) -> Iterator[nodes.Node]:
        users = [n for n in BOOK.names if claim.name in BOOK.load(n).uses]
        for what, names in (("Uses", claim.uses), ("Used by", users)):
            if names:
                links = ", ".join(f"[{n}](/theorems/{n}.md)" for n in names)
                yield nodes.paragraph("", "", *self.parse_inline(f"{what} {links}.")[0])
        if claim.operators:
            code = ", ".join(map(operator, claim.operators))
            yield nodes.paragraph("", "", *self.parse_inline(f"About {code}.")[0])


class BookMap(SphinxDirective):
    """``{book-map}``: the map of the book with a link for each box."""

    def run(self) -> list[nodes.Node]:
        """The map, in a frame that scrolls where the screen is narrow."""
        found = self.config.found_of_claims
        entries = [
            Entry(
                c.name,
                c.chapter.replace("_", " "),
                c.uses,
                found[c.name]["kind"],
                in_words(found[c.name]["kind"], found[c.name]["prose"]),
            )
            for c in map(BOOK.load, BOOK.names)
        ]
        svg = book_map(entries, {name: f"{name}.html" for name in BOOK.names})
        return [nodes.raw("", f'<div class="map-frame" tabindex="0">{svg}</div>', format="html")]


def operator(name: str) -> str:
    """A public operator, with a link to its class or function where the reference has that."""
    short = name.removeprefix("pqtheory.")
    for module in api_pages.MODULES:
        rest = name.removeprefix(f"{module}.").split(".")
        if name.startswith(f"{module}.") and rest[0] in api_pages.described(module):
            return f"{{py:obj}}`{short} <{module}.{rest[0]}>`"
    return f"`{short}`"


def section(title: str, *children: nodes.Node) -> nodes.section:
    """A section that the page's contents list."""
    name = nodes.fully_normalize_name(title)
    return nodes.section(
        "", nodes.title("", title), *children, ids=[nodes.make_id(title)], names=[name]
    )


def display(latex: str) -> nodes.Node:
    """A formula on a line of its own, or a text with formulas."""
    if "$" in latex.replace(r"\$", ""):
        return nodes.paragraph("", "", *text_with_formulas(latex))
    latex = in_lines(latex)
    return nodes.math_block(latex, latex, nowrap=True, number=None, label=None)


#: formulas that are longer stand in lines
LONG = 90


def in_lines(latex: str) -> str:
    """A long formula of several that stand apart, one below the other."""
    apart = r"\\qquad(?![a-z])" if r"\qquad" in latex else r"\\quad(?![a-z])"
    pieces = [piece.strip() for piece in re.split(apart, latex)]
    whole = all(piece.count("{") == piece.count("}") for piece in pieces)
    if len(latex) <= LONG or len(pieces) == 1 or not whole or r"\begin" in latex or r"\\" in latex:
        return latex
    return r"\begin{gathered}" + r" \\ ".join(pieces) + r"\end{gathered}"


#: as claims name them in plain text
LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ",
}  # fmt: skip
SIGNS = {"<=>": "⇔", "<=": "≤", ">=": "≥", "+-": "±"}
_LETTER = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(LETTERS)})(?![A-Za-z])")
_SIGN = re.compile("|".join(map(re.escape, SIGNS)))
#: an index or a power of a letter or a short name
_SHIFTED = re.compile(r"(?<=[A-Za-zα-ω0-9)|*}])([_^])(\{[^{}]*\}|[A-Za-z]+(?![A-Za-z_(])|-?\d+|\*)")


def plain_formulas(text: str) -> Iterator[nodes.Node]:
    """Text with formulas in plain letters, as it would be printed: Greek, relations, indices and powers."""
    text = _LETTER.sub(lambda m: LETTERS[m[0]], text)
    text = _SIGN.sub(lambda m: SIGNS[m[0]], text)
    last = 0
    for found in _SHIFTED.finditer(text):
        yield nodes.Text(text[last : found.start()])
        shifted = nodes.subscript if found[1] == "_" else nodes.superscript
        inside = found[2].strip("{}")
        yield shifted("", inside)
        last = found.end()
    yield nodes.Text(text[last:])


def text_with_formulas(latex: str) -> Iterator[nodes.Node]:
    """Text and formulas between dollar signs."""
    for place, piece in enumerate(re.split(r"(?<!\\)\$", latex)):
        if place % 2:
            yield nodes.math(piece, piece)
        elif piece:
            yield nodes.Text(re.sub(r"\\emph\{([^{}]*)\}|~", lambda m: m[1] or " ", piece))


def derivation(claim: Claim) -> Iterator[nodes.Node]:
    """In LaTeX; the whole argument, as it stands above the claim's code, folded."""
    if claim.derivation_latex:
        yield nodes.paragraph("", "", *text_with_formulas(claim.derivation_latex))
    if claim.derivation:
        inside = nodes.literal_block("", claim.derivation.strip(), language="none")
        yield from folded("The derivation in full", inside)


def folded(summary: str, *children: nodes.Node) -> list[nodes.Node]:
    """What is shown where the reader asks for it."""
    before = nodes.raw("", f"<details><summary>{summary}</summary>", format="html")
    return [before, *children, nodes.raw("", "</details>", format="html")]


def badge(found: Mapping[str, Any]) -> nodes.Node:
    """The kind of evidence, in words and by colour."""
    words = in_words(found["kind"], found["prose"])
    return nodes.inline("", words, classes=["evidence", found["kind"]])


def parts(claim: Claim, found: Mapping[str, Any]) -> Iterator[nodes.Node]:
    """Each part, by what it was shown and where its assumptions hold; the sentences folded."""
    items = []
    for part, result in zip(claim.parts, found["parts"], strict=True):
        steps = ", ".join(
            f"{engine} ({count} question{'s' if count > 1 else ''})"
            for engine, count in result["steps"].items()
        )
        facts = [
            *([steps] if steps else []),
            *([f"{result['cases']:,} cases"] if result["cases"] else []),
            *([f"its assumptions hold at {result['model']}"] if result["model"] else []),
            *([result["note"]] if result["note"] else []),
        ]
        item = nodes.list_item(
            "",
            nodes.paragraph(
                "",
                "",
                nodes.strong("", part.name),
                *plain_formulas(f": {part.statement} "),
                nodes.inline("", result["kind"], classes=["evidence", result["kind"]]),
            ),
        )
        if facts:
            item += nodes.paragraph("", f"By {'; '.join(facts)}.", classes=["facts"])
        for prose in part.prose:
            item += nodes.paragraph("", f"In words alone: {prose}", classes=["facts"])
        item.extend(stated(part.check))
        items.append(item)
    yield nodes.bullet_list("", *items)


def stated(check: Any) -> list[nodes.Node]:
    """What a check states, by its own source, folded."""
    said = sentences(check)
    if not said:
        return []
    block = nodes.literal_block("", "\n\n".join(said), language="none")
    return folded("the sentences that are checked", block)


def controls(claim: Claim, found: Mapping[str, Any]) -> Iterator[nodes.Node]:
    """The false statements, and what refutes each."""
    yield nodes.paragraph("", "Nearby false statements, which the same checks refute:")
    items = []
    for control, result in zip(claim.controls, found["controls"], strict=True):
        word = "refuted" if result["refuted"] else "not refuted"
        item = nodes.list_item(
            "",
            nodes.paragraph(
                "",
                "",
                nodes.strong("", control.name),
                *plain_formulas(f": {control.statement} "),
                nodes.inline("", word, classes=["evidence", "refuted"]),
            ),
        )
        if result["by"]:
            item += nodes.paragraph("", f"By {shortened(result['by'])}.", classes=["facts"])
        items.append(item)
    yield nodes.bullet_list("", *items)


def shortened(text: str, length: int = 240) -> str:
    """A counterexample as far as a page has room for it; ``pqtheory verify`` has it in full."""
    return text if len(text) <= length else f"{text[:length].rstrip()} ..."


def figures(claim: Claim, found: Mapping[str, Any]) -> Iterator[nodes.Node]:
    """What was measured, beside what the theorem predicts."""
    names = [n for n in found["measured"] if n in found["predicted"]]
    if not names:
        return
    rows = [(n, found["measured"][n], found["predicted"][n]) for n in names]
    yield section(
        "Measured and predicted", table(("figure", "measured", "predicted"), rows, (50, 25, 25))
    )


def table(
    head: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[int, ...]
) -> nodes.table:
    """Texts in columns."""

    def row(cells: tuple[str, ...]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))

    group = nodes.tgroup("", *(nodes.colspec(colwidth=w) for w in widths), cols=len(head))
    group += nodes.thead("", row(head))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group)


def commands(claim: Claim) -> Iterator[nodes.Node]:
    """What to type."""
    lines = [
        f"pqtheory verify {claim.name}     # check it again, controls and all",
        f"pqtheory show {claim.name}       # the statement by its own source, and the proof",
        f"pqtheory falsify {claim.name}    # search for a counterexample, case by case",
    ]
    yield nodes.literal_block("", "\n".join(lines), language="console")


def set_up_found(app: Sphinx) -> None:
    """What was found of every claim, once."""
    record = evidence.read()
    app.config.found_of_claims = {n: evidence.found_of(BOOK.load(n), record) for n in BOOK.names}


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_config_value("found_of_claims", {}, "")
    app.add_directive("theorem", Theorem)
    app.add_directive("book-map", BookMap)
    app.connect("builder-inited", set_up_found)
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
