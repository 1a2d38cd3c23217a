"""A claim as a LaTeX fragment: statement, formula and derivation; it needs amsmath and nothing else."""

from pqtheory.claims.claim import Claim

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': r"\textquotedbl{}",
}


def latex(claim: Claim) -> str:
    """The fragment; what a claim does not have in LaTeX stands there as plain text."""
    lines = [
        r"% \usepackage[T1]{fontenc} \usepackage{amsmath}",
        rf"\paragraph{{{as_text(claim.name)}}}",
        as_text(claim.statement),
        _display(claim),
        _derivation(claim),
        rf"Source: {as_text(claim.source)}.",
    ]
    if claim.uses:
        lines.append(rf"Uses {as_text(', '.join(claim.uses))}.")
    return "\n".join(line for line in lines if line) + "\n"


def as_text(text: str) -> str:
    """Plain text, so that LaTeX prints it as it is."""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def _display(claim: Claim) -> str:
    formula = claim.formula_latex.strip()
    if not formula:
        return rf"\begin{{quote}}\ttfamily {as_text(claim.formula)}\end{{quote}}"
    if "$" in formula:
        # text with formulas in it
        return rf"\begin{{quote}}{formula}\end{{quote}}"
    if r"\\" in formula and r"\begin{" not in formula:
        formula = rf"\begin{{gathered}}{formula}\end{{gathered}}"
    return f"\\[\n{formula}\n\\]"


def _derivation(claim: Claim) -> str:
    if claim.derivation_latex:
        return rf"\emph{{Derivation.}} {claim.derivation_latex.strip()}"
    if not claim.derivation:
        return ""
    paragraphs = as_text(claim.derivation).split("\n\n")
    return r"\emph{Derivation.} " + "\n\n".join(paragraphs)
