"""What the pages of theorems say, as text: which there are, why each matters, formulas in plain letters as printed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

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


def pages() -> dict[str, str]:
    """The files, by name."""
    made = {f"{name}.md": page(name) for name in BOOK.names}
    return {**made, "index.md": INDEX.format(chapters="\n".join(map(chapter, BOOK.chapters)))}


def page(name: str) -> str:
    """The file of a theorem: all that it shows is made by the directive."""
    return f"({name})=\n# {name}\n\n```{{theorem}} {name}\n```\n"


def chapter(name: str) -> str:
    """A chapter of the index."""
    listed = "\n".join(BOOK.chapters[name])
    title = CHAPTERS.get(name, name.replace("_", " "))
    said = {n: f": {WHY[n]['why']}" for n in BOOK.chapters[name] if n in WHY}
    lines = [f"- [{n}]({n}.md){said.get(n, '')}" for n in BOOK.chapters[name]]
    return "\n".join(
        [f"## {title}", "", *lines, "", "```{toctree}", ":hidden:", "", listed, "```", ""]
    )


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


def printed(text: str) -> Iterator[tuple[str, str]]:
    """Text with formulas in plain letters, as it would be printed: ("", text), ("_", an index), ("^", a power)."""
    text = _LETTER.sub(lambda m: LETTERS[m[0]], text)
    text = _SIGN.sub(lambda m: SIGNS[m[0]], text)
    last = 0
    for found in _SHIFTED.finditer(text):
        yield "", text[last : found.start()]
        yield found[1], found[2].strip("{}")
        last = found.end()
    yield "", text[last:]


def shortened(text: str, length: int = 240) -> str:
    """A counterexample as far as a page has room for it; ``pqtheory verify`` has it in full."""
    return text if len(text) <= length else f"{text[:length].rstrip()} ..."
