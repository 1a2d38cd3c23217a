"""What the page says of a claim, whole: its row and its details, and every piece that a claim may have or lack."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from pqtheory.claims import Claim, Control, Part
from pqtheory.claims.results import ClaimResult, Failure, ItemResult, Rechecked
from pqtheory.evidence import Evidence, Step
from pqtheory.report import claims as page
from pqtheory.report.formula import formula, text_with_formulas
from pqtheory.report.html import kind_badge, table, table_row
from pqtheory.report.text import in_words, looked_at, rechecked, reproduce, show

PLAIN = Evidence("enumerated", 3, 0.5)
REFUTED = Evidence("refuted", 2, -1.0, counterexample={"x <": Fraction(1, 3), "y": 0.5})


class Stated:
    """A check that states something."""

    def __call__(self, budget: Any) -> Evidence:
        return PLAIN


STATED = Stated()


@pytest.fixture(autouse=True)
def _sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {id(STATED): ("first <&>", "second")}
    monkeypatch.setattr(page, "sentences", lambda check: texts.get(id(check), ()))


CLAIM = Claim(
    name="<one>",
    source="a & b",
    statement="s < t",
    formula="f < g",
    parts=(Part("p <", "holds <", STATED),),
    controls=(Control("c <", "fails <", STATED),),
)


def result(claim: Claim = CLAIM, part: Evidence = PLAIN, control: Evidence = REFUTED, **more: Any):
    return ClaimResult(
        claim,
        (ItemResult("p <", "holds <", part),),
        (ItemResult("c <", "fails <", control),),
        1.234,
        **more,
    )


SAID = (
    "<details><summary>what is stated</summary><pre>first &lt;&amp;&gt;\n\nsecond</pre></details>"
)
COUNTEREXAMPLE = '<br><span class="counterexample">Counterexample: x &lt; = 1/3, y = 0.5</span>'
PART = (
    '<li><b>p &lt;</b>: holds &lt; <span class="kind enumerated">enumerated</span> '
    f"(3 cases, least margin 0.5){SAID}</li>"
)
CONTROL = f"<li><b>c &lt;</b>: fails &lt; <b>refuted</b>{COUNTEREXAMPLE}{SAID}</li>"
BADGE = '<span class="kind enumerated">enumerated</span>'
AGAIN = "pqtheory verify &lt;one&gt; --budget full"


def details(found: str, *, before: str = "", after: str = "", is_open: str = "") -> str:
    """A claim in full, round what else is said of it."""
    return (
        f'<details id="&lt;one&gt;"{is_open}><summary>&lt;one&gt; {BADGE}</summary>'
        f"<p>s &lt; t</p><pre>f &lt; g</pre><p>Source: a &amp; b. Again: <code>{AGAIN}</code></p>{before}"
        f"<h4>Parts</h4><ul>{found}</ul>{after}"
        f"<h4>Controls: false statements that the same checks refute</h4><ul>{CONTROL}</ul></details>"
    )


def test_a_bare_claim() -> None:
    assert page.claim_details(result(), "full") == details(PART)


def test_what_it_rests_on_and_its_derivation() -> None:
    claim = replace(CLAIM, uses=("a<", "b<"), operators=("x<", "y"), derivation="so < that")
    before = (
        '<p>Uses <a href="#a&lt;">a&lt;</a>, b&lt;.</p>'
        "<p>About <code>x&lt;</code>, <code>y</code>.</p>"
    )
    plain = before + "<h4>Derivation</h4><pre>so &lt; that</pre>"
    assert page.claim_details(result(claim), "full", ("a<",)) == details(PART, before=plain)
    before = before.replace('<a href="#a&lt;">a&lt;</a>', "a&lt;")
    formulas = before + f"<h4>Derivation</h4><p>{text_with_formulas('$x$ < y')}</p>"
    claim = replace(claim, derivation_latex="$x$ < y")
    assert page.claim_details(result(claim), "full") == details(PART, before=formulas)
    drawn = page.claim_details(result(replace(CLAIM, formula_latex="x^2")), "full")
    assert drawn == details(PART).replace("<pre>f ", f"{formula('x^2')}<pre>f ")


def test_the_second_solver() -> None:
    found = Rechecked(9, 4, ("o<", "p"), ("d<", "e"), ("n<", "m"))
    before = (
        "<p>Rechecked: two solvers agree on 4 of 9 questions.</p><ul><li>They disagree: d&lt;; e</li>"
        "<li>Only one decides: o&lt;; p</li><li>None decides: n&lt;; m</li></ul>"
    )
    shown = page.claim_details(result(rechecked=found), "full")
    assert shown == details(PART, before=before, is_open=" open")
    before = "<p>Rechecked: two solvers agree on 4 of 4 questions.</p>"
    shown = page.claim_details(result(rechecked=Rechecked(4, 4)), "full")
    assert shown == details(PART, before=before)


def test_a_claim_that_could_not_be_checked() -> None:
    failed = ClaimResult(CLAIM, (), (), 0.0, failure=Failure("died", "killed by <9>"))
    assert page.claim_details(failed, "full") == (
        '<details id="&lt;one&gt;" open><summary>&lt;one&gt; <span class="kind died">died</span></summary>'
        f"<p>s &lt; t</p><pre>f &lt; g</pre><p>Source: a &amp; b. Again: <code>{AGAIN}</code></p>"
        "<p><b>Not checked:</b> killed by &lt;9&gt;</p><h4>Parts</h4><ul></ul>"
        "<h4>Controls: false statements that the same checks refute</h4><ul></ul></details>"
    )


def test_a_part_with_all_that_evidence_may_hold() -> None:
    evidence = Evidence(
        "proved",
        measured={"m <": 0.25, "n": 1},
        predicted={"n": Fraction(1, 1)},
        note="note <",
        proof=(
            Step("shown <", "x^2", "(assert <)"),
            Step("argued", prose=True),
        ),
    )
    part = (
        '<li><b>p &lt;</b>: holds &lt; <span class="kind proved">proved</span><br>note &lt;'
        f'{SAID}<ul class="proof"><li>shown &lt;{formula("x^2")}<details><summary>as the engine read it</summary>'
        "<pre>(assert &lt;)</pre></details></li><li><b>in words alone:</b> argued</li></ul></li>"
    )
    row = '<tr><td data-head="figure"><div>{}</div></td><td data-head="measured"><div>{}</div></td>'
    row += '<td data-head="predicted"><div>{}</div></td></tr>'
    figures = (
        '<div class="wide"><table class="words"><thead><tr><th>figure</th><th>measured</th><th>predicted</th></tr>'
        f"</thead><tbody>{row.format('m &lt;', '0.25', '–')}{row.format('n', '1', '1')}</tbody></table></div>"
    )
    badge = '<span class="kind proved">proved</span><small>, 1 step of prose</small>'
    shown = page.claim_details(result(part=evidence), "full")
    assert shown == details(part, after=figures).replace(BADGE, badge)


def test_a_refuted_part_and_a_control_that_survives() -> None:
    shown = page.claim_details(result(part=REFUTED, control=PLAIN), "full")
    part = (
        '<li><b>p &lt;</b>: holds &lt; <span class="kind refuted">refuted</span> (2 cases, least margin -1)'
        f"{COUNTEREXAMPLE}{SAID}</li>"
    )
    expected = details(part, is_open=" open").replace(BADGE, kind_badge("refuted"))
    assert shown == expected.replace(f"<b>refuted</b>{COUNTEREXAMPLE}", "<b>survives</b>")


def test_a_row_in_full() -> None:
    claim = replace(CLAIM, headline="n <")
    found = Evidence("enumerated", 3, 0.5, {"n <": 0.25}, {"n <": Fraction(1, 4)})
    cells = [
        ("claim", '<a href="#&lt;one&gt;">&lt;one&gt;</a>'),
        ("statement", "s &lt; t<br><small>a &amp; b</small>"),
        ("evidence", BADGE),
        ("figure", "n &lt;"),
        ("measured", "0.25"),
        ("predicted", "1/4"),
        ("controls refuted", "1/1"),
        ("seconds", "1.23"),
    ]
    assert page.claim_row(result(claim, found)) == table_row(cells)
    second = [*cells[:-1], ("rechecked", "4/5"), cells[-1]]
    row = page.claim_row(result(claim, found, rechecked=Rechecked(5, 4)))
    assert row == table_row(second)
    row = page.claim_row(result(claim, found, PLAIN))
    cells[6] = ("controls refuted", "0/1")
    assert row == table_row(cells, ' class="bad"')
    assert row.startswith('<tr class="bad"><td data-head="claim"><div><a ')
    # without a headline there is nothing to show
    cells[3:7] = [
        ("figure", "–"),
        ("measured", "–"),
        ("predicted", "–"),
        ("controls refuted", "1/1"),
    ]
    assert page.claim_row(result(part=found)) == table_row(cells)


def test_tables_of_numbers_say_so() -> None:
    assert table(("a <",), ("<tr></tr>", "<tr></tr>"), "numbers") == (
        '<div class="wide"><table class="numbers"><thead><tr><th>a &lt;</th></tr></thead>'
        "<tbody><tr></tr><tr></tr></tbody></table></div>"
    )
    assert table((), ()) == (
        '<div class="wide"><table class="words"><thead><tr></tr></thead><tbody></tbody></table></div>'
    )
    assert table_row([("h <", "<b>")], ' id="r"') == (
        '<tr id="r"><td data-head="h &lt;"><div><b></div></td></tr>'
    )
    assert kind_badge("a<") == '<span class="kind a&lt;">a&lt;</span>'


def test_evidence_in_words() -> None:
    assert [in_words("proved", n) for n in (0, 1, 2)] == [
        "proved",
        "proved, 1 step of prose",
        "proved, 2 steps of prose",
    ]
    assert looked_at(Evidence("sampled", 1, 0.0)) == ["1 case", "least margin 0"]
    assert looked_at(Evidence("sampled", 2, -0.25, tolerance=0.5)) == [
        "2 cases",
        "least margin -0.25",
        "tolerance 0.5",
    ]
    assert looked_at(Evidence("proved", proof=(Step("s"),))) == []


def test_figures_in_words() -> None:
    assert show([None, 1, (0.5, "w")]) == "[–, 1, [0.5, w]]"
    assert show({"a": {"b": None}, "c": 1234567.0}) == "a = b = –, c = 1.235e+06"


def test_questions_of_a_second_solver() -> None:
    assert rechecked(result()) == "–"
    assert rechecked(result(rechecked=Rechecked(0, 0))) == "–"
    assert rechecked(result(rechecked=Rechecked(5, 0))) == "0/5"


def test_a_claim_of_one_s_own_is_checked_again_by_its_file() -> None:
    assert reproduce(result(replace(CLAIM, file="mine.py")), "quick") == (
        "pqtheory verify mine.py --budget quick"
    )
