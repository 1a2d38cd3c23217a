"""The table of claims at every width: whole words, the more important columns, and what solvers make of each other."""

from dataclasses import replace

import pytest
from rich.console import Console

from pqtheory.claims import Claim, Control, Part, Report, Step, judge
from pqtheory.claims.results import ClaimResult, ItemResult, Rechecked
from pqtheory.cli.claims_table import claims_table
from pqtheory.evidence import Evidence

STATEMENT = (
    "With W(x) = min(|x - 1|, |x + 1|), the closed form of the W's prox is a global minimiser for every real theta "
    "and every lambda > 0; the only one unless theta = 0, where +-min(lambda, 1) are the two."
)


def result(name: str, prose: int = 0, headline: str = "", **changes: object) -> ClaimResult:
    figures = {headline: [-0.5, 0.5]} if headline else {}
    steps = (Step("shown"), *(Step(f"because {i}", prose=True) for i in range(prose)))
    shown = Evidence("proved", measured=figures, predicted=figures, proof=steps)
    refuted = Evidence("refuted", 1, counterexample={"x": 1})
    claim = Claim(
        name,
        "arXiv 1810.00861, Theorem 5.3, read as optimality over the box",
        STATEMENT,
        "f",
        (Part("p", "q", lambda budget: shown),),
        (Control("k", "l", lambda budget: refuted),),
        headline,
    )
    found = ClaimResult(
        claim, (ItemResult("p", "q", shown),), (ItemResult("k", "l", refuted),), 1.25
    )
    return replace(found, **changes)  # type: ignore[arg-type]


REPORT = Report(
    (
        result("w-prox", headline="minimisers at 0, lambda = 1/2"),
        result("fixed-points-are-vertices", prose=1),
        result("bc-average", prose=2, headline="share of vertices"),
    ),
    "quick",
)
RECHECKED = Report(
    tuple(
        replace(r, rechecked=Rechecked(6, 5, only_one=("closed form: unsat by z3 alone",)))
        for r in REPORT.values()
    ),
    "quick",
)


def printed(report: Report, width: int) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    with console.file:
        console.print(claims_table(report, width))
    return console.export_text()


def cells(text: str) -> list[list[str]]:
    """The cells of each row of the table, with their lines in one."""
    rows, row = [], None
    for line in text.splitlines():
        if line[:1] in "┃│":
            pieces = [
                piece.strip() for piece in line.strip("┃│").split("│" if "│" in line else "┃")
            ]
            row = pieces if row is None else [f"{a} {b}".strip() for a, b in zip(row, pieces)]  # noqa: B905
        elif row is not None:
            rows.append(row)
            row = None
    return rows


@pytest.mark.parametrize("report", [REPORT, RECHECKED], ids=["plain", "rechecked"])
@pytest.mark.parametrize("width", [80, 90, 100, 120, 140, 160, 200, 300])
def test_no_word_is_cut_and_no_line_too_long(report: Report, width: int) -> None:
    text = printed(report, width)
    assert max(map(len, text.splitlines())) <= width
    head, *rows = cells(text)
    assert head[:3] == ["claim", "statement", "evidence"]
    assert [row[0] for row in rows] == list(report)
    assert [row[1] for row in rows] == [STATEMENT] * 3
    assert [row[2] for row in rows] == [
        "proved",
        "proved, 1 step of prose",
        "proved, 2 steps of prose",
    ]


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (80, []),
        (100, ["controls refuted"]),
        (160, ["controls refuted", "figure", "measured", "predicted", "seconds"]),
        (200, ["controls refuted", "figure", "measured", "predicted", "seconds", "source"]),
    ],
)
def test_the_less_important_columns_go_first(width: int, heads: list[str]) -> None:
    found = cells(printed(REPORT, width))[0]
    assert found == ["claim", "statement", "evidence", *heads]


def test_a_claim_without_a_headline_shows_a_dash() -> None:
    rows = cells(printed(REPORT, 200))
    place = rows[0].index("figure")
    assert rows[1][place : place + 3] == [
        "minimisers at 0, lambda = 1/2",
        "[-0.5, 0.5]",
        "[-0.5, 0.5]",
    ]
    assert rows[2][place : place + 3] == ["–"] * 3


def test_how_many_questions_two_solvers_answer_alike() -> None:
    text = printed(RECHECKED, 160)
    rows = cells(text)
    place = rows[0].index("rechecked")
    assert [row[place] for row in rows[1:]] == ["5/6"] * 3
    assert "w-prox: closed form: unsat by z3 alone" in text
    assert "rechecked" not in printed(REPORT, 160)
    disagreed = Rechecked(4, 1, disagreed=("p: z3 says unsat, cvc5 sat",), neither=("q", "q"))
    text = printed(Report((replace(result("one"), rechecked=disagreed),), "quick"), 120)
    assert "one: SOLVERS DISAGREE: p: z3 says unsat, cvc5 sat" in text
    assert "one: q (2 questions): decided by no solver" in text
    none = replace(result("one"), rechecked=Rechecked(0, 0))
    assert cells(printed(Report((none,), "quick"), 100))[1][3] == "–"


def test_notes_stand_below() -> None:
    noted = judge("sampled", [1.0], {"n": [1]})
    item = ItemResult("p", "q", replace(noted, note="with z3-solver installed it would be proved"))
    text = printed(Report((replace(result("one"), parts=(item,)),), "quick"), 80)
    assert "one: with z3-solver installed it would be proved" in text
    assert cells(text)[1][2] == "sampled"
