"""A page for each theorem, from its claim, and the map of the book: nobody writes them, so that none is out of date."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import api_pages
import evidence
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from theorem_text import DOCS, WHY, in_lines, pages, printed, shortened

from pqtheory._files import write_whole
from pqtheory.claims import Claim
from pqtheory.claims.sentences import sentences
from pqtheory.plotting.book_layout import Entry
from pqtheory.report.book_map import book_map
from pqtheory.report.text import in_words
from pqtheory.theory import BOOK


def write_pages(app: Sphinx) -> None:
    """A file for each page, before Sphinx looks for files."""
    folder = Path(app.srcdir) / "theorems"
    folder.mkdir(exist_ok=True)
    made = pages()
    for file in folder.glob("*.md"):
        if file.name not in made:
            file.unlink()
    for name, text in made.items():
        file = folder / name
        if not file.is_file() or file.read_text("utf-8") != text:
            write_whole(file, text.encode())


class Theorem(SphinxDirective):
    """``{theorem} NAME``: all of a claim's page below its title."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page."""
        name = self.arguments[0]
        claim = BOOK.load(name)
        for file in (evidence.RECORD, DOCS / "why.toml", __file__):
            self.env.note_dependency(str(file))
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
        if "network" in said:
            link = self.parse_inline(f"[What networks do, beside it](/{said['network']})")[0]
            yield nodes.paragraph("", "", *link)

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


def plain_formulas(text: str) -> Iterator[nodes.Node]:
    """Text with formulas in plain letters, as it would be printed: Greek, relations, indices and powers."""
    kinds = {"": nodes.Text, "_": partial(nodes.subscript, ""), "^": partial(nodes.superscript, "")}
    for shift, piece in printed(text):
        yield kinds[shift](piece)


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
                nodes.strong("", "", *plain_formulas(part.name)),
                *plain_formulas(f": {part.statement} "),
                nodes.inline("", result["kind"], classes=["evidence", result["kind"]]),
            ),
        )
        if facts:
            said = plain_formulas(f"By {'; '.join(facts)}.")
            item += nodes.paragraph("", "", *said, classes=["facts"])
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
                nodes.strong("", "", *plain_formulas(control.name)),
                *plain_formulas(f": {control.statement} "),
                nodes.inline("", word, classes=["evidence", "refuted"]),
            ),
        )
        if result["by"]:
            said = plain_formulas(f"By {shortened(result['by'])}.")
            item += nodes.paragraph("", "", *said, classes=["facts"])
        items.append(item)
    yield nodes.bullet_list("", *items)


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
        shown = (nodes.paragraph("", "", *plain_formulas(cell)) for cell in cells)
        return nodes.row("", *(nodes.entry("", paragraph) for paragraph in shown))

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
    yield nodes.literal_block("", "\n".join(lines), language="bash")


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
