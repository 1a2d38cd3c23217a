"""The page, whole: what stands round the claims, in which order, and what it says of the digits."""

from dataclasses import replace
from typing import Any

import pytest

from pqtheory.claims import Claim, Control, Part, Report
from pqtheory.claims.results import ClaimResult, Failure, ItemResult, Rechecked
from pqtheory.digits import DigitsSettings
from pqtheory.evidence import Evidence
from pqtheory.report import Picture, digits_setting, digits_table, lab_page, render
from pqtheory.report.book_map import book_map, entries
from pqtheory.report.claims import claim_details, claim_row
from pqtheory.report.digits import digits_section
from pqtheory.report.html import table, table_row

HOLDS = Evidence("enumerated", 3, 0.5)
REFUTED = Evidence("refuted", counterexample={"x": 1})


def never(budget: object) -> Evidence:
    return REFUTED


def result(
    name: str, part: Evidence = HOLDS, control: Evidence = REFUTED, **more: Any
) -> ClaimResult:
    claim = Claim(name, "a", "b", "c", (Part("p", "q", never),), (Control("c<", "d", never),))
    return ClaimResult(
        claim, (ItemResult("p", "q", part),), (ItemResult("c<", "d", control),), 1.0, **more
    )


class Digits:
    """Figures at hand."""

    settings = DigitsSettings()
    figures = (
        *("latent_error", "quantized_error", "late_quantized_error", "quantization_error"),
        *("change_from_start", "flips", "reversals"),
    )

    def summary(self) -> dict[str, dict[str, tuple[float, float]]]:
        return {
            name: {f: (factor * (i + 1) / 8, (i + 1) / 64) for i, f in enumerate(self.figures)}
            for name, factor in (("a <", 1), ("b", -1))
        }


DIGITS: Any = Digits()
HEAD = (
    *("method", "test error, latent", "test error, quantized", "quantized, last tenth"),
    *("distance to the levels", "signs changed since start", "flips per step"),
    "reversals per step",
)
NUMBERS = [
    *("12.50 ± 1.56 %", "25.00 ± 3.12 %", "37.50 ± 4.69 %", "0.500"),
    *("62.50 ± 7.81 %", "75.00 ± 9.38 %", "87.50 ± 10.94 %"),
]
SETTING = (
    "5 seeds, 100 epochs after one full-precision warm start of 20 epochs; tanh network with 64 hidden units. "
    "All methods take the same constant step size 5, ProxQuant the strength lambda_t = 3e-07 t{}. "
    "Mean ± standard deviation over the seeds at the last epoch; flips, reversals and the column so named: "
    "over the last tenth of the epochs."
)
CHOSEN = (
    "; both were chosen on a held-out part of the training set. BinaryConnect alone does better at a smaller step "
    "size, with fewer flips: experiments/results/digits.json has each method at its own best one"
)


def test_the_digits_in_full() -> None:
    negative = [n if n == "0.500" else f"-{n}" for n in NUMBERS]
    negative[3] = "-0.500"
    assert digits_table(DIGITS) == (HEAD, [["a <", *NUMBERS], ["b", *negative]])
    rows = [
        table_row(list(zip(HEAD, ("a &lt;", *NUMBERS), strict=True))),
        table_row(list(zip(HEAD, ("b", *negative), strict=True))),
    ]
    assert digits_section(DIGITS) == (
        f"<h2>Handwritten digits</h2><p>{SETTING.format(CHOSEN)}</p>{table(HEAD, rows, 'numbers')}"
    )


@pytest.mark.parametrize("other", [{"step_size": 0.5}, {"rate": 0.5}])
def test_the_setting_names_a_choice_where_it_was_made(other: dict[str, float]) -> None:
    digits: Any = Digits()
    assert digits_setting(digits) == SETTING.format(CHOSEN)
    digits.settings = DigitsSettings(**other)
    step = other.get("step_size", 5)
    rate = other.get("rate", "3e-07")
    plain = SETTING.replace("size 5,", f"size {step},").replace("3e-07", f"{rate}")
    assert digits_setting(digits) == plain.format("")


def body(text: str) -> str:
    return text.partition("<body>\n")[2]


HEADS = ("claim", "statement", "evidence", "figure", "measured", "predicted", "controls refuted")
TITLE = "<h1>pqtheory</h1>\n<p>Stability analysis and theory of quantized neural-network training.</p>\n"


def claims(report: Report, heads: tuple[str, ...]) -> str:
    return (
        f"<h2>Claims</h2>\n<p>Budget: {report.budget}. Evidence, strongest first: proved, certified, enumerated, "
        "sampled; a step\nof prose is one that no engine has checked. A control is a false statement near\n"
        "the claim; the check that supports the claim must refute it.</p>\n"
        '<div class="wide"><table class="claims">\n'
        f"<thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>\n<tbody>\n"
        + "\n".join(map(claim_row, report.values()))
        + "\n</tbody>\n</table></div>\n"
    )


def test_a_page_with_nothing_but_a_claim() -> None:
    report = Report((result("one"),), "quick")
    assert body(render(report)) == (
        f"{TITLE}"
        '<p class="verdict ok">Claims checked: 1, none refuted. Negative controls: 1, all refuted.</p>\n\n\n\n'
        f"{claims(report, (*HEADS, 'seconds'))}"
        f"\n<h3>Each claim in full</h3>\n{claim_details(report['one'], 'quick', ['one'])}\n\n\n</body>\n</html>\n"
    )


def figure(name: str, caption: str, data: str) -> str:
    return (
        f'<figure id="picture-{name}"><div class="wide"><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"</div><figcaption>{caption}</figcaption></figure>"
    )


def test_a_page_with_everything() -> None:
    second = result("two", rechecked=Rechecked(2, 2))
    second = replace(second, claim=replace(second.claim, uses=("one",)))
    report = Report((result("one"), second), "full")
    pictures = [
        Picture("x<", b"other", 'say "x"'),
        Picture("sign-flips", b"digits", "flips"),
        Picture("toy", b"the toy", "toy"),
        Picture("regularizer", b"the W", "W"),
        Picture("y", b"more", "y"),
    ]
    text = render(report, DIGITS, pictures, {"seed": "<1>"}, 'lab"x.html')
    inside = lab_page().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inside = inside.replace('"', "&quot;").replace("'", "&#x27;")
    drawn = book_map(entries(report), {"one": "#one", "two": "#two"})
    parts = [
        TITLE.removesuffix("\n"),
        '<p class="verdict ok">Claims checked: 2, none refuted. Negative controls: 2, all refuted.</p>',
        "<h2>The W and the toy</h2>",
        figure("toy", "toy", "dGhlIHRveQ=="),
        figure("regularizer", "W", "dGhlIFc="),
        digits_section(DIGITS),
        figure("sign-flips", "flips", "ZGlnaXRz"),
        "<h2>Paths and basins</h2>",
        figure("x&lt;", "say &quot;x&quot;", "b3RoZXI="),
        figure("y", "y", "bW9yZQ=="),
        claims(report, (*HEADS, "rechecked", "seconds")).removesuffix("\n"),
        f'<h3>Map of the book</h3><div class="map">{drawn}</div>',
        "<h3>Each claim in full</h3>",
        *(claim_details(r, "full", ("one", "two")) for r in report.values()),
        "<h2>The lab</h2><p>Drag the start, change the method, watch the signs: both toys and the prox. "
        '<a href="lab&quot;x.html">As a page of its own</a>.</p>'
        f'<iframe class="lab" title="The lab" srcdoc="{inside}"></iframe>',
        "<h2>Where this comes from</h2><pre>{\n &quot;seed&quot;: &quot;&lt;1&gt;&quot;\n}</pre>",
        "</body>\n</html>\n",
    ]
    assert body(text) == "\n".join(parts)


def test_pictures_of_the_digits_stand_under_their_heading_without_the_digits_too() -> None:
    text = render(Report((result("one"),), "full"), None, [Picture("sign-flips", b"1", "c")])
    assert f"<h2>Handwritten digits</h2>\n{figure('sign-flips', 'c', 'MQ==')}\n" in text


def verdict(*results: ClaimResult) -> str:
    text = body(render(Report(results, "quick")))
    return text.removeprefix(TITLE).partition("\n")[0]


def test_what_did_not_hold_is_named() -> None:
    failed = replace(result("f<", failure=Failure("timeout", "too long")), parts=(), controls=())
    wrong, loose = result("w", REFUTED), result("l", control=HOLDS)
    assert verdict(wrong) == '<p class="verdict bad">Refuted: w.</p>'
    assert verdict(loose) == '<p class="verdict bad">Controls that survive: l: c&lt;.</p>'
    assert verdict(failed) == '<p class="verdict bad">Not checked: f&lt; (timeout).</p>'
    both = result("b", REFUTED, HOLDS)
    assert verdict(result("o"), wrong, loose, both, failed) == (
        '<p class="verdict bad">Refuted: w, b; controls that survive: l: c&lt;, b: c&lt;; '
        "not checked: f&lt; (timeout).</p>"
    )


def test_what_steers_a_terminal_is_written_out() -> None:
    assert r"a\x1bb" in render(Report((result("a\x1bb"),), "quick"))
