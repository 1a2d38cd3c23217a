"""A claim as LaTeX, whole: with all that it may have, with nothing of it, and every letter that LaTeX would read."""

from dataclasses import replace

from pqtheory.claims import Claim, Control, Part
from pqtheory.evidence import Evidence
from pqtheory.report import latex
from pqtheory.report.latex import as_text


def never(budget: object) -> Evidence:
    return Evidence("refuted", counterexample={"x": 1})


CLAIM = Claim(
    "one_two",
    "a & b",
    "100 % of it",
    "x < y_1",
    (Part("p", "q", never),),
    (Control("c", "d", never),),
)
PACKAGES = r"% \usepackage[T1]{fontenc} \usepackage{amsmath}"


def test_a_claim_without_latex_is_plain_text() -> None:
    assert latex(CLAIM) == (
        PACKAGES + "\n"
        r"\paragraph{one\_two}" + "\n"
        r"100 \% of it" + "\n"
        r"\begin{quote}\ttfamily x \ensuremath{<} y\_1\end{quote}" + "\n"
        r"Source: a \& b." + "\n"
    )


def test_a_claim_with_all_of_it() -> None:
    claim = replace(
        CLAIM, uses=("u_1", "v"), formula_latex=" x < y_1\n", derivation_latex=" As $x < y_1$.\n"
    )
    lines = [
        PACKAGES,
        r"\paragraph{one\_two}",
        r"100 \% of it",
        r"\[",
        "x < y_1",
        r"\]",
        r"\emph{Derivation.} As $x < y_1$.",
        r"Source: a \& b.",
        r"Uses u\_1, v.",
        "",
    ]
    assert latex(claim) == "\n".join(lines)
    plain = replace(claim, derivation="As x_1.\n\nAnd y.", derivation_latex="")
    lines[6] = r"\emph{Derivation.} As x\_1." + "\n\nAnd y."
    assert latex(plain) == "\n".join(lines)


def test_a_formula_of_several_lines_or_with_words() -> None:
    def shown(formula: str) -> str:
        text = latex(replace(CLAIM, formula_latex=formula))
        return text.partition("of it\n")[2].partition("\nSource")[0]

    assert shown(r"a \\ b") == "\\[\n" r"\begin{gathered}a \\ b\end{gathered}" "\n\\]"
    aligned = r"\begin{aligned}a \\ b\end{aligned}"
    assert shown(aligned) == f"\\[\n{aligned}\n\\]"
    assert shown(r"\begin{aligned}a\end{aligned}") == "\\[\n\\begin{aligned}a\\end{aligned}\n\\]"
    assert shown(r"if $a$ \\ then $b$") == r"\begin{quote}if $a$ \\ then $b$\end{quote}"


def test_letters_that_latex_reads_are_printed() -> None:
    assert as_text('\\{}$&#%_^~<>|"a') == (
        r"\textbackslash{}\{\}\$\&\#\%\_\textasciicircum{}\textasciitilde{}"
        r"\ensuremath{<}\ensuremath{>}\ensuremath{|}\textquotedbl{}a"
    )
